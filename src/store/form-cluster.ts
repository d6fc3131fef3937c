import { AppError } from '../errors.ts';
import { type ClusterNode, setLayout } from './cluster-node.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import { isPassing } from './engine-errors.ts';
import { listCourseIds, pullSalt } from './pull-rows.ts';

/**
 * Makes a cluster of nodes that are in none yet, or finds it.
 * @throws AppError `usage` where they are not as they are listed, `store_unavailable` when too few are there; StoreIsNewer
 */
export async function foundCluster(nodes: ClusterNodes): Promise<void> {
  const { own, listed } = nodes;
  const { seen } = await nodes.ask();
  const isFormed = [...seen.values()].some(({ shards }) => shards > 0);
  if (nodes.newer !== undefined) throw nodes.newer;
  // once there is a cluster one that refuses, as it is new and has no database yet, is away as others are
  if (!isFormed) for (const { fault } of own) if (fault !== null && !isPassing(fault)) throw fault;
  for (const [node, { shard }] of seen) {
    if (shard === null || shard === node.shard) continue;
    throw new AppError(
      'usage',
      `CLICKHOUSE_CLUSTER lists ${node.name} as of shard ${node.shard + 1}, but it is of shard ${shard + 1}. Shards keep their places; new ones come last.`,
    );
  }
  await requireDistinct(seen.keys());
  if (!isFormed) await formCluster(own, listed);
  const { shards } = await nodes.look();
  if (shards <= listed) return;
  throw new AppError('usage', `CLICKHOUSE_CLUSTER lists ${listed} shards, but the courses are spread over ${shards}.`);
}

/**
 * The first time: makes a cluster of nodes with nothing in them, or one shard of which one has been a store by itself.
 * @throws AppError `usage` where they are not so, `store_unavailable` when one is away
 */
async function formCluster(nodes: readonly ClusterNode[], shards: number): Promise<void> {
  const away = nodes.filter(({ fault }) => fault !== null);
  const names = away.map(({ name }) => name).join(', ');
  if (away.length === nodes.length)
    throw new AppError('store_unavailable', `No node of the cluster answers (${names}).`);
  if (away.length > 0) {
    throw new AppError(
      'store_unavailable',
      `A cluster is made when all its nodes are there; ${names} does not answer.`,
    );
  }
  const filled: ClusterNode[] = [];
  for (const node of nodes) if ((await listCourseIds(node.store)).length > 0) filled.push(node);
  const [first, ...more] = filled.length === 0 ? nodes : filled;
  if (first === undefined) return;
  if (filled.length > 0 && (shards > 1 || more.length > 0)) {
    throw new AppError(
      'usage',
      `${first.name} has courses already: begin with its shard alone and empty replicas, then add the others (docs/cluster.md).`,
    );
  }
  await setLayout(first, shards);
  if (filled.length > 0) return;
  for (const node of more) {
    await pullSalt(first.store, node.store);
    await setLayout(node, shards);
  }
}

/**
 * What has two names would be taken for two replicas, and lost at once.
 * @throws AppError `usage`
 */
async function requireDistinct(nodes: Iterable<ClusterNode>): Promise<void> {
  const known = new Map<string, ClusterNode>();
  for (const node of nodes) {
    const [own] = await node.store.query<{ id: string }>(
      `SELECT concat(toString(serverUUID()), ' ', toString(uuid)) AS id FROM system.tables
       WHERE database = currentDatabase() AND name = 'cluster_layout'`,
    );
    const other = known.get(own?.id ?? '');
    if (other !== undefined)
      throw new AppError('usage', `CLICKHOUSE_CLUSTER has one ClickHouse twice, as ${other.name} and as ${node.name}.`);
    if (own !== undefined) known.set(own.id, node);
  }
}
