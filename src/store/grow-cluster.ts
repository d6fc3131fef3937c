import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { type ClusterNodes, STALE_MS } from './cluster-nodes.ts';
import { shardOf } from './cluster-shards.ts';
import { listCourseIds, pullCourses, removeAllForgotten, removeCourses } from './pull-rows.ts';
import type { Growth } from './store.ts';
import { touchCourses } from './touch.ts';

/** Until everybody asks where the courses are now, and has the answers to what was asked before. */
const SETTLE_MS = 2 * STALE_MS;

interface Move {
  readonly from: number;
  readonly to: number;
  readonly courses: readonly string[];
}

/** See `Cluster.grow`. Until courses are asked for on another shard they are complete on the old one, and on the new one after. */
export async function growCluster(nodes: ClusterNodes, refresh: () => Promise<unknown>): Promise<Growth> {
  // new nodes get what all have
  await refresh();
  const { up, gaps, shards } = await nodes.look();
  const lacking = nodes.all.filter((node) => !up.has(node) || gaps.has(node));
  if (lacking.length > 0) {
    throw new AppError(
      'store_unavailable',
      `Courses are moved when all nodes are there and lack nothing; not so ${lacking.map(({ name }) => name).join(', ')}. Nothing was moved.`,
    );
  }
  const moves = await planMoves(nodes);
  const moved = [...new Set(moves.flatMap(({ courses }) => courses))].toSorted();
  if (moves.length === 0 && shards === nodes.listed) return { shards, moved };
  // the first time takes as long as there is much; what came meanwhile would be in no answer until it is copied after the spread
  for (let times = 0; times < 2; times += 1) {
    // once spread, the old shard's states are older than the new one's
    await copyMoves(nodes, moves, { sets: shards === nodes.listed });
    await refresh();
  }
  await nodes.spread();
  await wait(SETTLE_MS);
  // what came to the old shard in the meantime
  await copyMoves(nodes, moves, { sets: true });
  await refresh();
  for (const { from, courses } of moves)
    for (const { store } of nodes.ofShard(from)) await removeCourses(store, courses);
  return { shards: nodes.listed, moved };
}

/** Courses on a shard that is not theirs. */
async function planMoves(nodes: ClusterNodes): Promise<Move[]> {
  const moves: Move[] = [];
  for (let from = 0; from < nodes.listed; from += 1) {
    const here = await Promise.all(nodes.ofShard(from).map(async ({ store }) => listCourseIds(store)));
    const strays = [...new Set(here.flat())].filter((courseId) => shardOf(courseId, nodes.listed) !== from);
    for (const [to, courses] of Map.groupBy(strays, (courseId) => shardOf(courseId, nodes.listed)))
      moves.push({ from, to, courses });
  }
  return moves;
}

async function copyMoves(nodes: ClusterNodes, moves: readonly Move[], options: { sets: boolean }): Promise<void> {
  for (const { from, to, courses } of moves) {
    for (const target of nodes.ofShard(to)) {
      for (const source of nodes.ofShard(from)) await pullCourses(source.store, target.store, courses, options);
      // also what was copied by a run that was broken off before it was published
      await touchCourses(target.store, courses, { facts: true });
      // who was forgotten meanwhile was gone from the target before the rows that had been read came there
      await removeAllForgotten(target.store);
    }
  }
}
