import { AppError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import type { Finding } from './finding.ts';
import { tellCount } from '../tell-count.ts';

/** Whether all nodes of a cluster are there and lack nothing; nothing to find for one ClickHouse. */
export async function checkCluster(store: Store): Promise<Finding[]> {
  const nodes = (await store.cluster?.status()) ?? [];
  return nodes.map(({ node, shard, inForce, listed, up, fault, lacks, lost, strays }): Finding => {
    const name = `${node} of shard ${shard}`;
    if (!up) {
      return {
        part: 'store',
        state: 'fault',
        message: fault === null ? `${name} does not answer.` : `${name} cannot be asked. ${fault}`,
        remedy: !listed
          ? `List it again; or, where it is gone for good: learner-analytics cluster forget-node ${node}`
          : fault === null
            ? 'Start it again, or put an empty one at its address: docs/cluster.md says what happens meanwhile.'
            : 'docs/server.md says what is wanted of a ClickHouse, and docs/cluster.md what happens meanwhile.',
      };
    }
    if (lost) {
      return {
        part: 'store',
        state: 'fault',
        message: `${name} lacks what no node of its shard has, as one came back with nothing when no other had all. The courses of the shard are not answered.`,
        remedy: `Take in again what is lost, from backups, logs and roster, and then: learner-analytics cluster accept ${node}. docs/cluster.md has the steps.`,
      };
    }
    if (lacks) {
      return {
        part: 'store',
        state: 'warning',
        message: `${name} lacks what it missed as it was away or refused, and is not asked until it has that.${fault === null ? '' : ` ${fault}`}`,
        remedy: 'learner-analytics refresh brings it that, or says why not; a server tries every minute.',
      };
    }
    if (inForce && strays > 0) {
      return {
        part: 'store',
        state: 'fault',
        message: `${name} has ${tellCount(strays, 'course')} of other shards, as moving them was broken off, or is under way: what came to it meanwhile is in no answer.`,
        remedy: 'learner-analytics cluster grow, unless that is under way.',
      };
    }
    if (inForce) return { part: 'store', state: 'ok', message: `${name} is there and lacks nothing.` };
    return {
      part: 'store',
      state: 'warning',
      message: `${name} has no courses yet.`,
      remedy: 'learner-analytics cluster grow',
    };
  });
}

/** What is found on each shard, told with its number where there are several; a shard that cannot be asked is told above. */
export async function ofShards(store: Store, check: (own: Store) => Promise<Finding[]>): Promise<Finding[]> {
  if (store.cluster === null) return check(store);
  try {
    const found = await store.shards(check);
    return found.flatMap((findings, index) =>
      findings.map((finding) => ({ ...finding, message: `Shard ${index + 1}: ${finding.message}` })),
    );
  } catch (error) {
    if (error instanceof AppError && error.code === 'store_unavailable') return [];
    throw error;
  }
}
