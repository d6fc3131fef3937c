import { limitConditions } from '../store/limit-conditions.ts';
import type { Store } from '../store/store.ts';
import { BASE_DAYS } from './copy/find-base.ts';
import { tidyCopies } from './copy/tidy-copies.ts';
import { judgeSnapshots } from './judge-snapshots.ts';
import { latestSql } from './snapshot-rows.ts';

/** So many rows about snapshots that are gone are left alone, and all for so long after they were replaced. */
const OLD_PUBLICATIONS = 1000;
const OLD_MINUTES = 60;
/** A deletion that is given more takes the square of their number; the rest goes the next times. */
const MOST_PUBLICATIONS = 4000;

/** Copies that are older than this are not carried over. */
const TOUCHES_DAYS = BASE_DAYS + 2;

/**
 * Nobody reads them, and each takes the engine a fiftieth of a second in which nothing is taken in: after the turn of the day
 * there are as many as courses. But always more than come; on a busy machine each may take ten times as long, and no others are dropped after so long.
 */
const DROPPED_AT_LEAST = 300;
const DROPPED_PER_COURSE = 2;
const DROPPED_MS = 5000;

/**
 * Removes learners of snapshots that were replaced a while ago or by many, or that a killed refresh never published: the
 * largest first, and the rest of very many the next times.
 * @param refreshed how many courses were published just now
 * @param clock is for tests
 */
export async function dropOldSnapshots(store: Store, refreshed = 0, clock = () => performance.now()): Promise<void> {
  const judged = await judgeSnapshots(store);
  // first: a full disk may keep the engine from dropping anything
  await tidyCopies(store, judged);
  const stale = await store.read<{ table: string; partition: string }>(
    `SELECT table, partition
     FROM system.parts
     WHERE database = currentDatabase() AND active AND table IN ('learners', 'learner_scopes')
       AND toUInt64(partition) NOT IN {kept:Array(UInt64)} AND toUInt64(partition) NOT IN {shared:Array(UInt64)}
       AND (toUInt64(partition) < {old:UInt64} OR toUInt64(partition) IN {replaced:Array(UInt64)})
     GROUP BY table, partition
     ORDER BY sum(bytes_on_disk) DESC, toUInt64(partition)
     LIMIT {most:UInt64}`,
    { ...judged, most: Math.max(DROPPED_AT_LEAST, DROPPED_PER_COURSE * refreshed) },
  );
  const until = clock() + DROPPED_MS;
  for (const [index, { table, partition }] of stale.entries()) {
    if (index >= DROPPED_PER_COURSE * refreshed && clock() >= until) break;
    await store.run(`ALTER TABLE ${table} DROP PARTITION {partition:UInt64}`, { partition });
  }
  await forgetOldPublications(store);
  await forgetOldTouches(store);
  await limitConditions(store);
}

/** Removes copies that nobody asks for any more, where other processes refresh: learners whom they forgot may be in them. */
export async function dropOldCopies(store: Store): Promise<void> {
  await store.shards(async (shard) => tidyCopies(shard, await judgeSnapshots(shard)));
  await limitConditions(store);
}

/** Rows of `snapshots` that nobody asks for any more, once they are many: a busy course is published every few seconds. */
async function forgetOldPublications(store: Store): Promise<void> {
  // one that was published long ago may have been replaced just now
  const old = await store.read<{ snapshot: number }>(
    `SELECT snapshot FROM (
       SELECT
         snapshot,
         maxIf(snapshot, published_at < now64(6) - INTERVAL ${OLD_MINUTES} MINUTE) OVER (PARTITION BY course_id) AS latest_then
       FROM snapshots)
     WHERE snapshot < latest_then
     LIMIT ${MOST_PUBLICATIONS}`,
  );
  if (old.length <= OLD_PUBLICATIONS) return;
  // by their numbers: where tables are replicated, each replica does it, and the engine refuses what each might take otherwise
  await store.run(
    'ALTER TABLE snapshots DELETE WHERE snapshot IN {snapshots:Array(UInt64)} SETTINGS mutations_sync = 1',
    { snapshots: old.map(({ snapshot }) => snapshot) },
  );
}

/** Whole days of touches that no copy needs any more. A course that has not seen all of them, as it fails each time, is marked as a whole before. */
async function forgetOldTouches(store: Store): Promise<void> {
  const days = await store.read<{ partition: string }>(
    `SELECT DISTINCT partition FROM system.parts
     WHERE database = currentDatabase() AND active AND table = 'touched_learners'
       AND toDate(partition) < today() - ${TOUCHES_DAYS}
     ORDER BY toDate(partition)`,
  );
  const last = days.at(-1)?.partition;
  if (last === undefined) return;
  // what began to be refreshed before this has to be once more: the mark is later
  await store.run(
    `INSERT INTO touched_courses (course_id, touched_at)
     SELECT DISTINCT t.course_id, now64(6)
     FROM touched_learners AS t
     INNER JOIN (${latestSql(['started_at'])}) AS p ON p.course_id = t.course_id
     WHERE toDate(t.touched_at) <= {last:Date} AND t.touched_at >= p.started_at`,
    { last },
  );
  for (const { partition } of days)
    await store.run('ALTER TABLE touched_learners DROP PARTITION {partition:Date}', { partition });
}
