import type { Log } from '../log.ts';
import { type Repeating, repeat } from '../repeat.ts';
import type { Cluster, NodeStatus } from '../store/store.ts';

const STANDINGS = {
  there: 'a node of the cluster is there again, and lacks nothing',
  away: 'a node of the cluster is away',
  lacking: 'a node of the cluster is there, and lacks what it missed',
  lost: 'a node of the cluster is there, and lacks what no node of its shard has: docs/cluster.md says how that is restored',
  moving: 'a node of the cluster has courses of other shards; unless that is under way: learner-analytics cluster grow',
} as const;

type Standing = keyof typeof STANDINGS;

/**
 * Tells the log of each node of a cluster that is lost, and that is back: questions go on without one, so that nobody would
 * notice before the next is lost.
 */
export function followNodes(cluster: Cluster, log: Log, everyMs = 10_000): Repeating {
  const known = new Map<string, { readonly standing: Standing; readonly fault: string | null }>();
  const tell = (status: NodeStatus) => {
    const { node, shard, fault } = status;
    const standing = findStanding(status);
    const before = known.get(node) ?? { standing: 'there', fault: null };
    known.set(node, { standing, fault });
    if (standing === before.standing && (fault === null || fault === before.fault)) return;
    log[standing === 'there' ? 'info' : 'warn']({ node, shard, ...(fault !== null && { fault }) }, STANDINGS[standing]);
  };
  return repeat(
    everyMs,
    async () => {
      for (const status of await cluster.status()) tell(status);
      return everyMs;
    },
    (error) => log.error({ err: error }, 'the nodes of the cluster could not be looked at'),
  );
}

function findStanding({ up, lacks, lost, inForce, strays }: NodeStatus): Standing {
  if (!up) return 'away';
  if (lost) return 'lost';
  if (lacks) return 'lacking';
  return inForce && strays > 0 ? 'moving' : 'there';
}
