import { AppError, OutOfDate } from '../errors.ts';
import { tellFault } from './cluster-failures.ts';
import { type ClusterNode, inTime } from './cluster-node.ts';
import type { ClusterNodes, ClusterView } from './cluster-nodes.ts';
import { isLost } from './cluster-gaps.ts';
import { isOnShardSql } from './cluster-shards.ts';
import type { NodeStatus } from './store.ts';

/** Why nobody could be asked about the courses of a shard, or about anything (null). */
export function explainAbsence(nodes: ClusterNodes, shard: number | null): AppError {
  const { listed } = nodes;
  if (shard !== null && shard >= listed) {
    return new OutOfDate(
      `CLICKHOUSE_CLUSTER lists ${listed} shards, but the courses are spread over ${nodes.known.shards}.`,
    );
  }
  const asked = shard === null ? nodes.all : nodes.ofShard(shard);
  const what = shard === null ? 'No node of the cluster' : `No node of shard ${shard + 1}`;
  return new AppError(
    'store_unavailable',
    `${what} answers that lacks nothing (${asked.map(({ name }) => name).join(', ')}); "learner-analytics cluster" says how each stands.`,
  );
}

/** Why a node is not brought what it lacks. */
export function explainLoss({ name, shard }: ClusterNode): AppError {
  return new AppError(
    'store_unavailable',
    `No node of shard ${shard + 1} has what ${name} lacks: one came back with nothing when no other had all. docs/cluster.md says how a shard that was lost is restored.`,
  );
}

/** A process that does not know of all shards would leave out what is theirs, and one of an earlier version what is new. @throws OutOfDate */
export function requireAll(nodes: ClusterNodes, view: ClusterView): ClusterView {
  const { listed, newer, unlisted } = nodes;
  if (newer !== undefined) throw newer;
  if (view.shards > listed) {
    throw new OutOfDate(
      `CLICKHOUSE_CLUSTER of this process lists ${listed} shards, but the courses are spread over ${view.shards} by now: start it again with all of them.`,
    );
  }
  const added = unlisted.filter(({ shard }) => shard >= listed).map(({ name }) => name);
  if (added.length === 0) return view;
  throw new OutOfDate(
    `CLICKHOUSE_CLUSTER of this process lists ${listed} shards, but the cluster has more by now (${added.join(', ')}): start it again with all of them.`,
  );
}

/** See `Cluster.status`. */
export async function readStatus(nodes: ClusterNodes): Promise<readonly NodeStatus[]> {
  const { shards, up, gaps } = await nodes.look();
  const { all, own } = nodes;
  const describe = async (node: ClusterNode): Promise<NodeStatus> => ({
    node: node.name,
    shard: node.shard + 1,
    inForce: node.shard < shards,
    listed: own.includes(node),
    up: up.has(node),
    fault: own.includes(node)
      ? tellFault(up.has(node) ? (gaps.has(node) ? node.refusal : null) : node.fault)
      : 'It is not in CLICKHOUSE_CLUSTER of this process.',
    lacks: gaps.has(node),
    lost: gaps.has(node) && isLost(nodes.ofShard(node.shard), gaps),
    strays: up.has(node) ? await countStrays(node, shards) : 0,
  });
  return Promise.all(all.map(describe));
}

/** What came to the former shard of a course while it was moved is asked for by nobody, until it is copied and removed there. */
async function countStrays({ store, shard }: ClusterNode, shards: number): Promise<number> {
  const counting = store.query<{ courses: number }>(
    `SELECT uniqExact(course_id) AS courses FROM touched_courses WHERE NOT (${isOnShardSql(shard, shards)})`,
  );
  // one that cannot tell now is told of by other means
  const [counted] = await inTime(counting).catch(() => []);
  return counted?.courses ?? 0;
}
