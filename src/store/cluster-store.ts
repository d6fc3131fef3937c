import { Turns, awaitAll } from '../await-all.ts';
import { AppError } from '../errors.ts';
import { acceptNode } from './accept-node.ts';
import { type Gap, isLost } from './cluster-gaps.ts';
import type { ClusterNode } from './cluster-node.ts';
import { ClusterNodes, type ClusterView, type OpenNode, type Shards } from './cluster-nodes.ts';
import { shardOf } from './cluster-shards.ts';
import { explainAbsence, explainLoss, readStatus, requireAll } from './cluster-status.ts';
import { findCommonFault, findFatal, isOfNode, isRefusal, toError } from './cluster-failures.ts';
import { isPassing } from './engine-errors.ts';
import { foundCluster } from './form-cluster.ts';
import { growCluster } from './grow-cluster.ts';
import { type Sources, pullMissing } from './pull-rows.ts';
import type { OpenedSpool } from './spool.ts';
import type { Cluster, FileRows, Growth, Limits, Params, SaveTarget, Store } from './store.ts';

/**
 * Opens several ClickHouses that share the courses; `shards` are the addresses of the replicas, shard by shard. The first
 * time, all of them must be there.
 * @throws AppError `usage` for nodes that are not as they are listed, `store_unavailable` when too few are there
 */
export async function openCluster(shards: Shards, spool: OpenedSpool, open: OpenNode): Promise<Store> {
  const nodes = new ClusterNodes(shards, open);
  try {
    await foundCluster(nodes);
    return new ClusterStore(nodes, spool);
  } catch (error) {
    await nodes.close();
    spool.close();
    throw error;
  }
}

/** What became of work on the nodes of a shard. */
type Done<Result> = { readonly result: Result } | { readonly failure: Error };

/**
 * ClickHouses that share the courses. Each is a store by itself, with the courses of its shard, and with all that concerns
 * no course; this one sends questions to one that has the answer, and work to all. What is called without saying about
 * which course is about the latter.
 */
class ClusterStore implements Store {
  readonly embedded = false;
  readonly keeps = 'true';
  readonly cluster: Cluster;
  readonly spool: string;
  readonly #nodes: ClusterNodes;
  readonly #closeSpool: () => void;
  readonly #turns = new Turns();

  constructor(nodes: ClusterNodes, spool: OpenedSpool) {
    this.#nodes = nodes;
    this.spool = spool.path;
    this.#closeSpool = spool.close;
    this.cluster = {
      status: async () => readStatus(nodes),
      each: async (ask) => this.#each(ask),
      accept: async (name) => acceptNode(nodes, name),
      forget: async (name) => nodes.forget(name),
      grow: async (refresh): Promise<Growth> => growCluster(nodes, refresh),
      listUnknown: async () => this.#listUnknown(),
    };
  }

  get id(): string {
    return this.#nodes.own.map(({ name }) => name).join(' ');
  }

  /** Of whichever node: they are on this machine. */
  get copies(): string {
    return this.#anyNode().store.copies;
  }

  async about<Answer>(courseId: string | null, ask: (store: Store) => Promise<Answer>): Promise<Answer> {
    const { shards } = await this.#nodes.recall();
    return this.#ask(courseId === null ? null : shardOf(courseId, shards), ask);
  }

  async shards<Answer>(ask: (store: Store) => Promise<Answer>): Promise<Answer[]> {
    const { shards } = await this.#nodes.recall();
    return awaitAll(Array.from({ length: shards }, async (_, shard) => this.#ask(shard, ask)));
  }

  async everywhere<Result>(
    work: (store: Store) => Promise<Result>,
    { mend = false }: { readonly mend?: boolean } = {},
  ): Promise<Result[]> {
    for (;;) {
      const view = requireAll(this.#nodes, await this.#nodes.look());
      const { unlisted } = this.#nodes;
      const done = await awaitAll(
        Array.from({ length: this.#nodes.listed }, async (_, shard) => this.#workOn(shard, view, work, mend)),
      );
      const results = done.slice(0, view.shards).map((each) => {
        if ('failure' in each) throw each.failure;
        return each.result;
      });
      // what was taken to where courses are no longer asked for, as they were spread anew meanwhile, is taken again
      const { shards } = await this.#noteNew(unlisted, true);
      if (shards === view.shards) return results;
    }
  }

  async query<Row>(sql: string, params?: Params, limits?: Limits): Promise<Row[]> {
    return this.#ask(null, async (store) => store.query<Row>(sql, params, limits));
  }

  async read<Row>(sql: string, params?: Params, limits?: Limits): Promise<Row[]> {
    return this.#ask(null, async (store) => store.read<Row>(sql, params, limits));
  }

  async save(target: SaveTarget, sql: string, params?: Params, limits?: Limits): Promise<void> {
    await this.#ask(null, async (store) => store.save(target, sql, params, limits));
  }

  async run(sql: string, params?: Params, limits?: Limits): Promise<void> {
    await this.#write(async (store) => store.run(sql, params, limits));
  }

  async insert(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length > 0) await this.#write(async (store) => store.insert(table, rows));
  }

  async insertFiles(
    insert: (source: string) => string,
    files: FileRows,
    params?: Params,
    limits?: Limits,
  ): Promise<void> {
    await this.#write(async (store) => store.insertFiles(insert, files, params, limits));
  }

  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.take(work);
  }

  async close(): Promise<void> {
    await this.#nodes.close().finally(this.#closeSpool);
  }

  #anyNode(): ClusterNode {
    const node = this.#nodes.own.find(({ isOpen }) => isOpen);
    if (node === undefined) throw new AppError('store_unavailable', 'No node of the cluster answers.');
    return node;
  }

  /** Asks a node of a shard, or any one (null), and the next where one cannot be asked. */
  async #ask<Answer>(shard: number | null, ask: (store: Store) => Promise<Answer>): Promise<Answer> {
    let failure: Error | undefined;
    const tried = new Set<ClusterNode>();
    // one that answers again or was mended in the meantime is found by looking once more
    for (const view of [await this.#nodes.recall(), null]) {
      const { up, gaps } = view ?? (await this.#nodes.look());
      const nodes = shard === null ? this.#nodes.all : this.#nodes.ofShard(shard);
      for (const node of nodes.filter((each) => up.has(each) && !gaps.has(each) && !tried.has(each))) {
        try {
          return await ask(node.store);
        } catch (error) {
          if (!isPassing(error) && !isRefusal(error)) throw error;
          failure = toError(error);
          tried.add(node);
          this.#nodes.suspect(node);
        }
      }
    }
    throw failure ?? explainAbsence(this.#nodes, shard);
  }

  /** Notes for nodes of other processes that have come since, that they lack what was written meanwhile. */
  async #noteNew(known: readonly ClusterNode[], courses: boolean): Promise<ClusterView> {
    const view = await this.#nodes.lookAnew();
    await this.#nodes.noteGaps(
      this.#nodes.unlisted.filter((node) => !known.includes(node)),
      courses,
    );
    return view;
  }

  /** What all nodes have is written to all; those that cannot take it lack it. One must. */
  async #write(write: (store: Store) => Promise<void>): Promise<void> {
    const { up } = requireAll(this.#nodes, await this.#nodes.recall());
    const { all, unlisted } = this.#nodes;
    const failures = await this.#try(all, up, write);
    const fatal = findFatal(failures, all);
    if (fatal !== undefined) throw fatal;
    await this.#nodes.noteGaps([...failures.keys()], false);
    const fault = findCommonFault(failures);
    if (fault !== undefined) throw fault;
    await this.#noteNew(unlisted, false);
  }

  /** Does work on the nodes of a shard; those that cannot while another can lack what it did. */
  async #workOn<Result>(
    shard: number,
    { up, gaps, shards }: ClusterView,
    work: (store: Store) => Promise<Result>,
    mend: boolean,
  ): Promise<Done<Result>> {
    const nodes = this.#nodes.ofShard(shard);
    const results = new Map<ClusterNode, Result>();
    const failures = await this.#try(nodes, up, async (store, node) => {
      const missed = mend ? (gaps.get(node) ?? []) : [];
      if (missed.length > 0) {
        if (!node.isMendable) throw node.refusal ?? explainAbsence(this.#nodes, shard);
        await pullMissing(store, this.#findSources(node, missed));
      }
      results.set(node, await work(store));
      if (missed.length === 0) return;
      await this.#nodes.closeGaps(node, missed);
      node.recover();
    });
    // where courses are on the shard, whoever gave the work does it again
    const fatal = findFatal(failures, shard < shards ? nodes : []);
    if (fatal !== undefined) return { failure: fatal };
    // by the first of them, as the others may still have to learn what is new
    const done = nodes.filter((node) => results.has(node) && !failures.has(node));
    const first = done.find((node) => !gaps.has(node)) ?? done[0];
    // a node that waits for being mended is known to lack something
    const missing = [...failures.keys()].filter((node) => !(mend && gaps.has(node)));
    await this.#nodes.noteGaps(missing, true);
    const fault = findCommonFault(failures);
    if (fault !== undefined) return { failure: fault };
    if (first === undefined) return { failure: explainAbsence(this.#nodes, shard) };
    return { result: results.get(first) as Result };
  }

  /** Does something on nodes at once; gives the failures. */
  async #try(
    nodes: readonly ClusterNode[],
    up: ClusterView['up'],
    work: (store: Store, node: ClusterNode) => Promise<void>,
  ): Promise<Map<ClusterNode, Error>> {
    const failures = new Map<ClusterNode, Error>();
    await Promise.all(
      nodes.map(async (node) => {
        try {
          if (!up.has(node))
            throw new AppError(
              'store_unavailable',
              this.#nodes.own.includes(node)
                ? `The ClickHouse at ${node.name} does not answer.`
                : `${node.name}, a node of the cluster, is not in CLICKHOUSE_CLUSTER of this process.`,
            );
          await work(node.store, node);
        } catch (error) {
          const failure = toError(error);
          failures.set(node, failure);
          if (isOfNode(failure) && !isPassing(failure) && node.isMendable) node.refuse(failure);
        }
      }),
    );
    return failures;
  }

  /**
   * From whom a node gets what it lacks: a node that lacks nothing; where there is none, all others together.
   * @throws AppError `store_unavailable` where one of those is away: it alone may have something
   */
  #findSources(node: ClusterNode, missed: readonly Gap[]): Sources {
    const { up, gaps } = this.#nodes.known;
    if (isLost(this.#nodes.ofShard(node.shard), gaps)) throw explainLoss(node);
    const isWhole = (each: ClusterNode) => up.has(each) && !gaps.has(each);
    const choose = (others: readonly ClusterNode[]) => {
      const whole = others.find(isWhole);
      if (whole !== undefined) return [whole.store];
      const away = others.filter((each) => !up.has(each));
      if (away.length === 0) return others.map(({ store }) => store);
      throw new AppError(
        'store_unavailable',
        `${node.name} lacks something that only ${away.map(({ name }) => name).join(', ')} may have, which does not answer.`,
      );
    };
    const others = this.#nodes.all.filter((each) => each !== node);
    return {
      all: choose(others),
      shard: missed.some(({ courses }) => courses) ? choose(others.filter((each) => each.shard === node.shard)) : [],
      whole: others.some(isWhole),
    };
  }

  async #each<Answer>(ask: (store: Store) => Promise<Answer>) {
    const { up } = await this.#nodes.look();
    const asked = await Promise.allSettled(
      [...up].map(async ({ name, store }) => ({ node: name, answer: await ask(store) })),
    );
    return asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  }

  async #listUnknown(): Promise<readonly string[]> {
    const { up } = await this.#nodes.look();
    const { newer } = this.#nodes;
    if (newer === undefined && up.size === 0) throw explainAbsence(this.#nodes, null);
    return newer?.unknown ?? [];
  }
}
