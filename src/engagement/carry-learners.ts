import type { Store } from '../store/store.ts';
import { SCOPE } from './learner-slices.ts';
import { type SnapshotRows, inSnapshotSql, snapshotParams } from './snapshot-rows.ts';

/** Of more rows of its own than this share of a course, a snapshot has all. */
const OWN = 0.1;

/**
 * Completes a snapshot whose changed learners are written, after `base`: with what that one has of its own, or, where that would be
 * much, with all learners.
 */
export async function carryLearners(
  store: Store,
  snapshot: number,
  base: SnapshotRows & { readonly learnerCount: number },
): Promise<SnapshotRows> {
  const rest = base.rest === 0 ? base.snapshot : base.rest;
  const unchanged = 'username NOT IN (SELECT username FROM learners WHERE snapshot = {snapshot:UInt64})';
  const params = { snapshot, ...snapshotParams(base, 'base') };
  const own = `snapshot = {base:UInt64} AND ${unchanged}`;
  const [counted] = await store.read<{ rows: number }>(
    `SELECT count() AS rows FROM learners WHERE snapshot = {snapshot:UInt64}${base.rest === 0 ? '' : ` OR (${own})`}`,
    params,
  );
  const isShared = (counted?.rows ?? 0) <= OWN * base.learnerCount;
  if (!isShared || base.rest !== 0)
    await store.run(
      `INSERT INTO learners
       SELECT {snapshot:UInt64}, * EXCEPT snapshot FROM learners
       WHERE ${isShared ? own : `${inSnapshotSql(base, 'base')} AND ${unchanged}`}
       SETTINGS max_insert_threads = 2`,
      params,
    );
  return { snapshot, rest: isShared ? rest : 0 };
}

/**
 * Whether `base` has been there until now, and whoever was to be computed and is in it has a row in the snapshot: one whose name
 * became another's has none, and cannot be taken out of rows that are shared.
 */
export async function isCarried(store: Store, snapshot: number, base: SnapshotRows): Promise<boolean> {
  const computed = 'SELECT username FROM learners WHERE snapshot = {snapshot:UInt64}';
  const [found] = await store.read<{ rows: number; left: number }>(
    `SELECT (SELECT count() FROM (SELECT 1 FROM learners WHERE snapshot = {base:UInt64} LIMIT 1)) AS rows, count() AS left
     FROM learners
     WHERE ${inSnapshotSql(base, 'base')} AND username IN (${SCOPE} AND username NOT IN (${computed}))`,
    { snapshot, ...snapshotParams(base, 'base') },
  );
  return found !== undefined && found.rows > 0 && found.left === 0;
}
