import { AppError } from '../errors.ts';
import { SILENCES } from './attend.ts';
import type { Gap } from './cluster-gaps.ts';
import type { Member } from './cluster-members.ts';
import { isAnswer, isPassing } from './engine-errors.ts';
import { StoreIsNewer, findUnknown } from './migrate.ts';
import type { Watch } from './pooled-store.ts';
import type { Store } from './store.ts';
import { LATE, within, withinMs } from './within.ts';

/** What a node knows of the cluster. */
export interface NodeView {
  /** Which shard it is of, from 0 on; null: it was never in a cluster. */
  readonly shard: number | null;
  /** Over how many shards courses are spread; 0: nothing is known. */
  readonly shards: number;
  /** What it knows of as open. */
  readonly gaps: readonly Gap[];
  /** Which nodes it knows, itself too. */
  readonly members: readonly Member[];
}

/** How long an answer to "are you there?" may take; a few times in a row it may fail to come: an engine may be busy. */
const PATIENCE_MS = 3000;

/** To be opened, a node has to answer once, and then may have to be given its tables, of what it has. */
const OPENING_MS = 30_000;
const MIGRATING_MS = 600_000;
/** So long one that refused what others did is not mended: its disk may be full. */
const MENDING_MS = 60_000;
/** So long everybody waits for one that has been silent. */
const GLANCE_MS = 100;

/** One ClickHouse of a cluster, which may come and go. */
export class ClusterNode {
  /** `host:port/database` */
  readonly name: string;
  /** From 0 on. */
  readonly shard: number;
  readonly #open: (watch: Watch) => Promise<Store>;
  #opening: Promise<Store> | null = null;
  #store: Store | null = null;
  #statements = new Statements();
  #wasSought = false;
  #silences = 0;
  #fault: AppError | null = null;
  #refusal: { readonly reason: AppError; readonly at: number } | null = null;

  constructor(name: string, shard: number, open: (watch: Watch) => Promise<Store>) {
    this.name = name;
    this.shard = shard;
    this.#open = open;
  }

  /** @throws AppError `store_unavailable` while it cannot be opened */
  get store(): Store {
    if (this.#store === null) throw this.#fault ?? this.#away();
    return this.#store;
  }

  get isOpen(): boolean {
    return this.#store !== null;
  }

  /** What was wrong when it was looked at last; null when it was there. */
  get fault(): AppError | null {
    return this.#fault;
  }

  /** Why it did not do what others did, for a reason that waiting does not help; null once it was mended. */
  get refusal(): AppError | null {
    return this.#refusal?.reason ?? null;
  }

  /** Whether it is to be mended now: what it refused a short while ago would be compared in vain, which takes long. */
  get isMendable(): boolean {
    return this.#refusal === null || performance.now() - this.#refusal.at > MENDING_MS;
  }

  /** Remembers why it did not do what others did. */
  refuse(reason: AppError): void {
    this.#refusal = { reason, at: performance.now() };
  }

  /** It has what the others have. */
  recover(): void {
    this.#refusal = null;
  }

  /**
   * Asks it what it knows. Silent: it has not answered in time, which a busy one may not; null: it is gone, and so is
   * whatever its connections still wait for.
   */
  async look(): Promise<NodeView | 'silent' | null> {
    try {
      const store = this.#store ?? (await this.#seek());
      const view = await inTime(readView(store));
      this.#silences = 0;
      this.#fault = null;
      return view;
    } catch (error) {
      this.#silences = error === LATE ? this.#silences + 1 : 0;
      if (this.#store !== null && (error === LATE ? this.#silences < SILENCES : isBusy(error))) return 'silent';
      this.#fault = error instanceof AppError ? error : this.#away();
      if (this.#store === null) return null;
      // whoever asks next does so on new connections, and finds out what there is where it answers as one that lost what it had
      const isOver = error === LATE || isAnswer(error);
      this.#statements.fail(this.#fault, { forEver: isOver });
      if (isOver) this.#drop(this.#store);
      return null;
    }
  }

  async close(): Promise<void> {
    if (this.#store === null) this.#statements.fail(this.#away(), { forEver: true });
    const store = this.#store ?? (await this.#opening?.catch(() => null));
    await store?.close();
  }

  #drop(store: Store): void {
    this.#store = null;
    // what cannot be closed is not used again, either
    store.close().catch(() => undefined);
  }

  /** Opening goes on when nobody waits for it any more: for one that is silent everybody would wait, each time. */
  async #seek(): Promise<Store> {
    this.#opening ??= this.#openStore().finally(() => (this.#opening = null));
    const ms = this.#silences > 0 ? GLANCE_MS : this.#wasSought ? PATIENCE_MS : OPENING_MS;
    this.#wasSought = true;
    return withinMs(ms, this.#opening);
  }

  async #openStore(): Promise<Store> {
    const statements = new Statements();
    this.#statements = statements;
    const limit = (ms: number) => setTimeout(() => statements.fail(this.#away(), { forEver: true }), ms);
    let timer = limit(OPENING_MS);
    let isOpening = true;
    try {
      this.#store = await this.#open(async (statement) => {
        const result = await statements.watch(statement);
        if (!isOpening) return result;
        clearTimeout(timer);
        timer = limit(MIGRATING_MS);
        return result;
      });
      this.#silences = 0;
      return this.#store;
    } finally {
      isOpening = false;
      clearTimeout(timer);
    }
  }

  #away(): AppError {
    return new AppError('store_unavailable', `The ClickHouse at ${this.name} does not answer.`);
  }
}

/** The statements that a node was given since it was opened. */
class Statements {
  #ending = new AbortController();

  /** @throws AppError of the statement, or what `fail` says, whatever the statement still waits for */
  async watch<Result>(statement: () => Promise<Result>): Promise<Result> {
    return within(this.#ending.signal, statement);
  }

  /** Ends those that are under way; for ever: also those that are still to come. */
  fail(reason: AppError, { forEver }: { readonly forEver: boolean }): void {
    this.#ending.abort(reason);
    if (!forEver) this.#ending = new AbortController();
  }
}

/** Whether it answered, and only could not do what it was asked now. */
function isBusy(error: unknown): boolean {
  return isAnswer(error) && isPassing(error);
}

/** What a node that is there answers soon. */
export async function inTime<Value>(answer: Promise<Value>): Promise<Value> {
  return withinMs(PATIENCE_MS, answer);
}

/** @throws StoreIsNewer */
async function readView(store: Store): Promise<NodeView> {
  const [view] = await store.query<{
    shard: number;
    shards: number;
    gaps: Array<[node: string, id: string, courses: boolean, lost: boolean]>;
    members: Array<[node: string, shard: number, entry: number]>;
    migrations: string[];
  }>(
    `SELECT
       (SELECT ifNull(maxOrNull(toInt64(shard)), -1) FROM cluster_layout) AS shard,
       (SELECT max(shards) FROM cluster_layout) AS shards,
       (SELECT groupArray((node, id, courses, lost)) FROM (
         SELECT node, id, max(courses) AS courses, max(lost) AS lost FROM cluster_gaps GROUP BY node, id HAVING NOT max(closed))) AS gaps,
       (SELECT groupArray((node, shard, entry)) FROM cluster_nodes) AS members,
       (SELECT groupUniqArray(name) FROM schema_migrations) AS migrations`,
  );
  if (view === undefined) throw new Error('a node told nothing of its cluster');
  const unknown = findUnknown(view.migrations);
  if (unknown.length > 0) throw new StoreIsNewer(unknown);
  return {
    shard: view.shard < 0 ? null : view.shard,
    shards: view.shards,
    gaps: view.gaps.map(([node, id, courses, lost]) => ({ node, id, courses, lost })),
    members: view.members.map(([node, shard, entry]) => ({ node, shard, entry })),
  };
}

/** Notes on a node of which shard it is, and over how many courses are spread. */
export async function setLayout({ store, shard }: ClusterNode, shards: number): Promise<void> {
  await store.run('INSERT INTO cluster_layout (shard, shards) SELECT {shard:UInt32}, {shards:UInt32}', {
    shard,
    shards,
  });
}

/** A node that only other processes list. */
export function createUnlisted(name: string, shard: number): ClusterNode {
  return new ClusterNode(name, shard, async () => {
    throw new AppError('store_unavailable', `${name} is not in CLICKHOUSE_CLUSTER.`);
  });
}

/** `host:port/database`, without who logs in. */
export function nameNode(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}${pathname === '/' ? '' : pathname}`;
}
