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
  const isSpread = shards === nodes.listed;
  if (isSpread && (await planMoves(nodes)).length === 0) return { shards, moved: [] };
  const moved = new Set<string>();
  // the first time takes as long as there is much; what came meanwhile would be in no answer until it is copied after the spread
  for (let times = isSpread ? 1 : 0; times < 2; times += 1) {
    // once spread, the old shard's states are older than the new one's
    await copyStrays(nodes, moved, { sets: isSpread });
    await refresh();
  }
  await nodes.spread();
  await wait(SETTLE_MS);
  // what came to the old shard in the meantime
  const moves = await copyStrays(nodes, moved, { sets: true });
  await refresh();
  for (const { from, courses } of moves)
    for (const { store } of nodes.ofShard(from)) await removeCourses(store, courses);
  return { shards: nodes.listed, moved: [...moved].toSorted() };
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

/** Copies the courses that are not where they belong, also those that are new since the time before; `moved` has them from then on. */
async function copyStrays(nodes: ClusterNodes, moved: Set<string>, options: { sets: boolean }): Promise<Move[]> {
  const moves = await planMoves(nodes);
  for (const { from, to, courses } of moves) {
    for (const target of nodes.ofShard(to)) {
      for (const source of nodes.ofShard(from)) await pullCourses(source.store, target.store, courses, options);
      // also what was copied by a run that was broken off before it was published
      const added = courses.filter((courseId) => !moved.has(courseId));
      await touchCourses(target.store, added, { facts: true });
      // who was forgotten meanwhile was gone from the target before the rows that had been read came there
      await removeAllForgotten(target.store);
    }
  }
  for (const courseId of moves.flatMap(({ courses }) => courses)) moved.add(courseId);
  return moves;
}
