import type { Store } from '../store/store.ts';
import { countsAheadSql } from './find-courses.ts';
import { type Renames, renameParams, withAllNamesSql } from './renames.ts';

interface Scope {
  readonly courseId: string;
  readonly snapshot: number;
  /** The published snapshot. */
  readonly base: number;
  readonly renames: Renames;
}

const STARTED = '(SELECT started_at FROM snapshots WHERE course_id = {course:String} AND snapshot = {base:UInt64})';

/**
 * Fixes who is recomputed: whoever changed since the base was begun, with all names that are the same person's, and those of an
 * id by which alone somebody is enrolled: what one of them did may make it theirs.
 */
export async function scopeLearners(store: Store, { courseId, snapshot, base, renames }: Scope): Promise<void> {
  const touched = `SELECT DISTINCT username, toDate(0) AS day FROM touched_learners
       WHERE course_id = {course:String} AND touched_at >= ${STARTED} AND (touched_at <= now64(6) OR ${countsAheadSql(STARTED)})`;
  await store.run(
    `INSERT INTO learner_scopes
     SELECT DISTINCT {snapshot:UInt64}, username FROM (
       SELECT username FROM (${withAllNamesSql(renames, touched)})
       UNION ALL
       SELECT username FROM identities
       WHERE user_id IN (
         SELECT user_id FROM roster_changes
         WHERE course_id = {course:String} AND username = '' AND user_id IN (
           SELECT user_id FROM learner_activity
           WHERE course_id = {course:String} AND username IN (SELECT username FROM (${touched})))))`,
    { course: courseId, base, snapshot, ...renameParams(renames) },
  );
}
