import { awaitAll } from '../await-all.ts';
import { AppError } from '../errors.ts';
import { type Gap, createGap, haveAll, joinGaps, listClosed, listOpen } from './cluster-gaps.ts';
import { type Member, type Members, createEntry, isMember, mergeMembers } from './cluster-members.ts';
import { ClusterNode, type NodeView, createUnlisted, inTime, nameNode, setLayout } from './cluster-node.ts';
import { isOnShardSql } from './cluster-shards.ts';
import { StoreIsNewer } from './migrate.ts';
import type { NodeOptions, Watch } from './pooled-store.ts';
import type { Store } from './store.ts';

/** For so long what was seen of the nodes is believed; then it is looked again, and after the second time waited for. */
const FRESH_MS = 1000;
export const STALE_MS = 5000;
/** While somebody waits for a node, it is looked after so often. */
const WATCH_MS = 2000;

/** So many gaps of a node are put together: one that is away for days would have one for each write of others. */
const MANY_GAPS = 20;

/** Opens one node, by its address and a folder name of its own. */
export type OpenNode = (url: string, folder: string, options: NodeOptions) => Promise<Store>;

/** Addresses of the replicas, shard by shard. */
export type Shards = ReadonlyArray<readonly string[]>;

/** What is known of the nodes. */
export interface ClusterView {
  readonly at: number;
  /** Over how many shards courses are spread. */
  readonly shards: number;
  /** Those that are not in here are away. */
  readonly up: ReadonlySet<ClusterNode>;
  /** Open gaps, by node; one with any is not asked. */
  readonly gaps: ReadonlyMap<ClusterNode, readonly Gap[]>;
}

const NOTHING: ClusterView = { at: -Infinity, shards: 0, up: new Set(), gaps: new Map() };

/** The nodes of a cluster, and what is known of them: who is there, who lacks something, over how many shards courses are spread. */
export class ClusterNodes {
  /** Those that CLICKHOUSE_CLUSTER of this process has. */
  readonly own: readonly ClusterNode[];
  /** Shards that are listed; courses may be on fewer. */
  readonly listed: number;
  #unlisted: readonly ClusterNode[] = [];
  #members: Members = new Map();
  #view = NOTHING;
  #looking: Promise<ClusterView> | null = null;
  #watched = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(shards: Shards, open: OpenNode) {
    this.listed = shards.length;
    // while anybody waits for a node, all are looked after
    const watched =
      (watch: Watch): Watch =>
      async (statement) => {
        if (this.#watched === 0)
          this.#watch = setInterval(() => void this.look().catch(() => undefined), WATCH_MS).unref();
        this.#watched += 1;
        try {
          return await watch(statement);
        } finally {
          this.#watched -= 1;
          if (this.#watched === 0) clearInterval(this.#watch);
        }
      };
    this.own = shards.flatMap((urls, shard) =>
      urls.map((url) => {
        const name = nameNode(url);
        const keeps = () => isOnShardSql(shard, this.#view.shards);
        return new ClusterNode(name, shard, async (watch) =>
          open(url, name.replaceAll(/[^\w.-]/g, '_'), { keeps, watch: watched(watch) }),
        );
      }),
    );
  }

  /** What a node said that a newer version of the program has brought up to date. */
  get newer(): StoreIsNewer | undefined {
    return this.all.map(({ fault }) => fault).find((fault) => fault instanceof StoreIsNewer);
  }

  /** Also those that this process does not list: they are as nodes that are away, and lack what it writes. */
  get all(): readonly ClusterNode[] {
    return [...this.own, ...this.#unlisted];
  }

  /** Those of them that it does not list. */
  get unlisted(): readonly ClusterNode[] {
    return this.#unlisted;
  }

  /** What was seen last. */
  get known(): ClusterView {
    return this.#view;
  }

  /** Nodes of a shard, from 0 on, in their order. */
  ofShard(shard: number): ClusterNode[] {
    return this.all.filter((node) => node.shard === shard);
  }

  /** What is known, not older than some seconds. */
  async recall(): Promise<ClusterView> {
    const age = performance.now() - this.#view.at;
    if (age < FRESH_MS) return this.#view;
    const looking = this.look();
    if (age > STALE_MS) return looking;
    // met by whoever waits for it
    looking.catch(() => undefined);
    return this.#view;
  }

  /** Looks at all nodes. Those that are new are taken in, as nodes that lack what the others have. */
  async look(): Promise<ClusterView> {
    this.#looking ??= this.#lookAtAll().finally(() => (this.#looking = null));
    return this.#looking;
  }

  /** The same, as it is from now on: a look that is under way may have asked before. */
  async lookAnew(): Promise<ClusterView> {
    await this.#looking;
    return this.look();
  }

  /** Takes a node for away until it was looked at again. */
  suspect(node: ClusterNode): void {
    if (!this.#view.up.has(node)) return;
    this.#view = { ...this.#view, at: -Infinity, up: new Set([...this.#view.up].filter((each) => each !== node)) };
  }

  /**
   * Notes on all other nodes that these missed something: of their courses too, or only what all nodes have; `lost`: see `Gap`.
   * @throws AppError where none can take the note
   */
  async noteGaps(nodes: readonly ClusterNode[], courses: boolean, { lost = false } = {}): Promise<void> {
    if (nodes.length === 0) return;
    const noted = nodes.map((node) => {
      const open = this.#view.gaps.get(node) ?? [];
      const covered = open.length < MANY_GAPS ? [] : open;
      return { node, open, covered, gap: joinGaps(createGap(node, courses, { lost }), covered) };
    });
    const gaps = new Map(this.#view.gaps);
    for (const { node, open, gap } of noted) gaps.set(node, [...open, gap]);
    this.#view = { ...this.#view, gaps };
    const rows = noted.map(({ gap }) => gap);
    await this.#note('cluster_gaps', rows, nodes);
    for (const { node, covered } of noted) if (covered.length > 0) await this.closeGaps(node, covered);
  }

  /** Notes that a node has what it missed. */
  async closeGaps(node: ClusterNode, closed: readonly Gap[]): Promise<void> {
    const rows = closed.map((gap) => ({ ...gap, closed: true }));
    await this.#note('cluster_gaps', rows, []);
    const open = this.#view.gaps.get(node)?.filter(({ id }) => !closed.some((gap) => gap.id === id)) ?? [];
    const gaps = new Map([...this.#view.gaps, [node, open] as const].filter(([, left]) => left.length > 0));
    this.#view = { ...this.#view, gaps };
  }

  /**
   * Notes that a node is gone for good: nobody notes any more what it misses, and should it come back it lacks everything.
   * @throws AppError `usage` for one that is listed, or that is not known
   */
  async forget(name: string): Promise<void> {
    const { gaps } = await this.look();
    if (this.own.some((node) => node.name === name))
      throw new AppError('usage', `${name} is in CLICKHOUSE_CLUSTER: take it off there first, for all processes.`);
    const node = this.#unlisted.find((each) => each.name === name);
    if (node === undefined)
      throw new AppError('usage', `No node ${name} is known that CLICKHOUSE_CLUSTER does not have.`);
    const entry = createEntry(this.#members, node);
    await this.#note('cluster_nodes', [entry], []);
    await this.closeGaps(node, gaps.get(node) ?? []);
    this.#learn([[entry]]);
  }

  /** Spreads courses over all listed shards, from now on. */
  async spread(): Promise<void> {
    for (const node of this.own) await setLayout(node, this.listed);
    this.#view = { ...this.#view, at: -Infinity };
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#looking?.catch(() => undefined);
    await awaitAll(this.all.map(async (node) => node.close()));
  }

  async #note(table: string, rows: readonly object[], except: readonly ClusterNode[]): Promise<void> {
    const others = this.own.filter((node) => !except.includes(node) && this.#view.up.has(node));
    const done = await Promise.allSettled(others.map(async ({ store }) => store.insert(table, rows)));
    if (done.some(({ status }) => status === 'fulfilled')) return;
    throw new AppError('store_unavailable', 'No node of the cluster can note what becomes of the others.');
  }

  async #lookAtAll(): Promise<ClusterView> {
    const { seen, silent } = await this.ask();
    const shards = Math.max(this.#view.shards, ...[...seen.values()].map((view) => view.shards));
    const there = [...seen.keys()];
    for (const [node, { shard }] of seen) {
      // one that is of another shard would answer for courses that it does not have
      if (shard !== null && shard !== node.shard) seen.delete(node);
    }
    this.#learn([...seen.values()].map(({ members }) => members));
    // nothing is known where a cluster is new, or was made before nodes were noted
    if (shards > 0 && this.#members.size === 0) this.#learn([this.own.map((node) => createEntry(new Map(), node))]);
    const isStranger = ({ name }: ClusterNode, { shard }: NodeView) =>
      shard === null || !isMember(this.#members.get(name));
    const strangers = [...seen].filter(([node, view]) => shards > 0 && isStranger(node, view));
    // where that cannot be done now it is away: nothing is asked of it, and nobody waits for it
    const closed = await this.#findClosed(seen);
    const gaps = this.#findGaps([...seen.values()], closed);
    // one that is not listed any more was replaced
    const others = this.own.filter(
      (node) => isMember(this.#members.get(node.name)) && !strangers.some(([stranger]) => stranger === node),
    );
    const joins = strangers.map(async ([node, { shard }]) => {
      const lost = shard === null && node.shard < shards && !haveAll(others, node.shard, gaps);
      await inTime(this.#join(node, there, { shards, lost })).catch(() => seen.delete(node));
    });
    await Promise.all(joins);
    const busy = silent.filter((node) => this.#view.up.has(node));
    const up = new Set([...seen.keys(), ...busy]);
    this.#view = { at: performance.now(), shards, up, gaps: this.#findGaps([...seen.values()], closed) };
    await inTime(this.#passNotes(seen)).catch(() => undefined);
    return this.#view;
  }

  /** Takes note of nodes that a cluster has. */
  #learn(lists: ReadonlyArray<readonly Member[]>): void {
    this.#members = mergeMembers([this.#members.values(), ...lists]);
    const others = [...this.#members.values()].filter(
      (member) => isMember(member) && !this.own.some(({ name }) => name === member.node),
    );
    this.#unlisted = others.map(
      ({ node, shard }) => this.#unlisted.find(({ name }) => name === node) ?? createUnlisted(node, shard),
    );
  }

  /** Asks all that are listed what they know. */
  async ask(): Promise<{ seen: Map<ClusterNode, NodeView>; silent: ClusterNode[] }> {
    const looks = await Promise.all(this.own.map(async (node) => [node, await node.look()] as const));
    const seen = new Map<ClusterNode, NodeView>();
    const silent: ClusterNode[] = [];
    for (const [node, look] of looks) {
      if (look === 'silent') silent.push(node);
      else if (look !== null) seen.set(node, look);
    }
    return { seen, silent };
  }

  /** Gaps that one node knows of as closed while another, or this process, knows of them as open. */
  async #findClosed(seen: ReadonlyMap<ClusterNode, NodeView>): Promise<Set<string>> {
    const open = [...listOpen([...seen.values(), this.#known]).keys()];
    const closed = await Promise.all(
      [...seen].map(async ([{ store }, { gaps }]) => {
        const own = new Set(gaps.map(({ id }) => id));
        // of one that does not answer nothing is known
        const asked = open.filter((id) => !own.has(id));
        return inTime(listClosed(store, asked)).catch(() => []);
      }),
    );
    return new Set(closed.flat());
  }

  /** What was noted by this process, or seen before. */
  get #known(): { readonly gaps: readonly Gap[] } {
    return { gaps: [...this.#view.gaps.values()].flat() };
  }

  #findGaps(views: readonly NodeView[], closed: ReadonlySet<string>): ClusterView['gaps'] {
    const open = [...listOpen([...views, this.#known]).values()].filter(({ id }) => !closed.has(id));
    const gaps = new Map<ClusterNode, Gap[]>();
    for (const node of this.all) {
      const own = open.filter((gap) => gap.node === node.name);
      if (own.length > 0) gaps.set(node, own);
    }
    return gaps;
  }

  /** Tells nodes what others know of: whoever noted that one lacks something may be away when it returns. */
  async #passNotes(seen: ReadonlyMap<ClusterNode, NodeView>): Promise<void> {
    const open = this.#known.gaps;
    await Promise.allSettled(
      [...seen].map(async ([{ store }, view]) => {
        const known = new Set(view.gaps.map(({ id }) => id));
        const met = mergeMembers([view.members]);
        await store.insert(
          'cluster_gaps',
          open.filter(({ id }) => !known.has(id)),
        );
        await store.insert(
          'cluster_nodes',
          [...this.#members.values()].filter(({ node, entry }) => entry > (met.get(node)?.entry ?? 0)),
        );
      }),
    );
  }

  /** A node without anything, or that the others do not know, is one that lacks everything. */
  async #join(
    node: ClusterNode,
    there: readonly ClusterNode[],
    { shards, lost }: { readonly shards: number; readonly lost: boolean },
  ): Promise<void> {
    const gap = createGap(node, true, { lost });
    for (const other of there) await other.store.insert('cluster_gaps', [gap]);
    this.#view = { ...this.#view, gaps: new Map([...this.#view.gaps, [node, [gap]]]) };
    await setLayout(node, shards);
    // once it is known to lack something: from now on others note what they do not write there
    if (isMember(this.#members.get(node.name))) return;
    const entry = createEntry(this.#members, node);
    for (const other of there) await other.store.insert('cluster_nodes', [entry]);
    this.#learn([[entry]]);
  }
}
