import { AppError } from '../errors.ts';
import type { Store } from './store.ts';

/** An entry of the table `cluster_gaps`. */
export interface Gap {
  readonly node: string;
  readonly id: string;
  /** Whether something of its courses is missing, and not only what all nodes have. */
  readonly courses: boolean;
  readonly closed: boolean;
}

/** What a node knows of the cluster. */
export interface NodeView {
  /** Which shard it is of, from 0 on; null: it was never in a cluster. */
  readonly shard: number | null;
  /** Over how many shards courses are spread; 0: nothing is known. */
  readonly shards: number;
  readonly gaps: readonly Gap[];
}

/** How long an answer to "are you there?" may take, and how often it may fail to come: an engine may be busy. */
const PATIENCE_MS = 3000;
const SILENCES = 3;

/** To be opened, a node may have to be given its tables. */
const OPENING_MS = 30_000;

/** One ClickHouse of a cluster, which may come and go. */
export class ClusterNode {
  /** `host:port/database` */
  readonly name: string;
  /** From 0 on. */
  readonly shard: number;
  readonly #open: () => Promise<Store>;
  #opening: Promise<Store> | null = null;
  #store: Store | null = null;
  #silences = 0;
  #fault: AppError | null = null;
  /** Told of those who wait for it that it is gone. */
  readonly #waiting = new Set<(reason: AppError) => void>();

  constructor(name: string, shard: number, open: () => Promise<Store>) {
    this.name = name;
    this.shard = shard;
    this.#open = open;
  }

  /** @throws AppError `store_unavailable` while it cannot be opened */
  get store(): Store {
    if (this.#store === null) throw this.#fault ?? this.#away();
    return this.#store;
  }

  /**
   * Does work on it; when it is found to be gone meanwhile, that is what comes of it, whatever its connections still wait for.
   * @throws AppError
   */
  async use<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
    const { store } = this;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.add(reject);
    try {
      work(store).then(resolve, reject);
      return await promise;
    } finally {
      this.#waiting.delete(reject);
    }
  }

  get isOpen(): boolean {
    return this.#store !== null;
  }

  /** What was wrong when it was looked at last; null when it was there. */
  get fault(): AppError | null {
    return this.#fault;
  }

  /** Asks it what it knows. Silent: it has not answered in time, which a busy one may not; null: it is gone. */
  async look(): Promise<NodeView | 'silent' | null> {
    try {
      const store = this.#store ?? (await within(OPENING_MS, this.#openStore()));
      const view = await within(PATIENCE_MS, readView(store));
      this.#silences = 0;
      this.#fault = null;
      return view;
    } catch (error) {
      this.#silences = error === SILENT ? this.#silences + 1 : 0;
      if (error === SILENT && this.#store !== null && this.#silences < SILENCES) return 'silent';
      this.#fault = error instanceof AppError ? error : this.#away();
      for (const reject of this.#waiting) reject(this.#fault);
      // its connections still wait; whoever asks next does so on new ones
      if (error === SILENT) this.#store = null;
      return null;
    }
  }

  async close(): Promise<void> {
    const store = this.#store ?? (await this.#opening?.catch(() => null));
    await store?.close();
  }

  async #openStore(): Promise<Store> {
    this.#opening ??= this.#open();
    try {
      this.#store = await this.#opening;
      return this.#store;
    } finally {
      this.#opening = null;
    }
  }

  #away(): AppError {
    return new AppError('store_unavailable', `The ClickHouse at ${this.name} does not answer.`);
  }
}

/** Nothing came in time. */
const SILENT = new Error('no answer in time');

async function within<Value>(ms: number, answer: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(SILENT), ms);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function readView(store: Store): Promise<NodeView> {
  const [view] = await store.query<{ shard: number; shards: number; gaps: Array<[string, string, boolean, boolean]> }>(
    `SELECT
       (SELECT ifNull(maxOrNull(toInt64(shard)), -1) FROM cluster_layout) AS shard,
       (SELECT max(shards) FROM cluster_layout) AS shards,
       (SELECT groupArray((node, id, courses, is_closed)) FROM (
         SELECT node, id, max(courses) AS courses, max(closed) AS is_closed FROM cluster_gaps GROUP BY node, id)) AS gaps`,
  );
  if (view === undefined) throw new Error('a node told nothing of its cluster');
  return {
    shard: view.shard < 0 ? null : view.shard,
    shards: view.shards,
    gaps: view.gaps.map(([node, id, courses, closed]) => ({ node, id, courses, closed })),
  };
}
