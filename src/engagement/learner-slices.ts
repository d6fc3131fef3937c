import type { Params, Store } from '../store/store.ts';
import { type Renames, renameParams } from './renames.ts';

/** Learners of whom all is in memory at once. */
const SLICE = 250_000;
/** Usernames by which a course is cut into slices. */
const SAMPLE = 10_000;

/** Some of a course's learners. */
export interface Slice {
  /** The condition on the names, as stated, of theirs. */
  readonly has: (username: string) => string;
  /** Whether few others of the site meet it. */
  readonly isNarrow: boolean;
  readonly params: Params;
}

/** SQL of the names that are fixed for a snapshot in `learner_scopes`. */
export const SCOPE = 'SELECT username FROM learner_scopes WHERE snapshot = {snapshot:UInt64}';
/** Where the site has at most so many persons per learner of the course, all are read: to look for the course's takes longer. */
const OTHERS = 2;

/** The condition for the rows of the courses that are written. */
export const OF_COURSES = 'course_id IN {courses:Array(String)}';

/** SQL of the names, as stated, of everyone who may be in the roster of one of the courses. */
export const STATED = ['lms_enrollments', 'roster_changes', 'learner_activity']
  .map((table) => `SELECT username FROM ${table} WHERE ${OF_COURSES}`)
  .join(' UNION ALL ');

interface SlicesSetup {
  readonly courses: ReadonlyArray<{ readonly courseId: string; readonly snapshot: number }>;
  readonly renames: Renames;
  /** Those in `learner_scopes` alone. */
  readonly scoped: boolean;
}

/**
 * Cuts a course into parts in the order of usernames, and those who have several of them, wherever these are: in `learner_scopes`.
 * Several courses are as small as one part together.
 */
export async function cutSlices(
  store: Store,
  { courses, scoped, renames }: SlicesSetup,
  size = SLICE,
): Promise<Slice[]> {
  const [course, ...others] = courses;
  if (course === undefined) return [];
  if (others.length > 0) return [{ has: () => 'true', isNarrow: false, params: {} }];
  const { courseId, snapshot } = course;
  const scope: Slice = { has: (username) => `${username} IN (${SCOPE})`, isNarrow: true, params: { snapshot } };
  if (scoped) return [scope];
  const [found] = await store.read<{ learners: number; users: number; sample: string[] }>(
    `SELECT uniq(username) AS learners, (SELECT count() FROM lms_users) AS users, if(learners > {size:UInt64}, arraySort(groupArraySample(${SAMPLE}, 1)(username)), []) AS sample
     FROM (${STATED})`,
    { courses: [courseId], size },
  );
  const { learners, users, sample } = found ?? { learners: 0, users: 0, sample: [] };
  const count = Math.ceil(learners / size);
  const isNarrow = users <= OTHERS * learners;
  if (count <= 1) return [{ has: () => 'true', isNarrow, params: {} }];
  const ends = Array.from(
    { length: count - 1 },
    (_, index) => sample[Math.floor(((index + 1) * sample.length) / count)] ?? '',
  );
  const isRenamed = renames.ids.length > 0;
  if (isRenamed) await scopeRenamed(store, courseId, snapshot, renames);
  const ranges = [...ends, null].map((end, index): Slice => {
    const start = ends[index - 1] ?? null;
    return {
      has: (username) =>
        [
          start !== null && `${username} > {slice_start:String}`,
          end !== null && `${username} <= {slice_end:String}`,
          isRenamed && `${username} NOT IN (${SCOPE})`,
        ]
          .filter((sql) => sql !== false)
          .join(' AND '),
      isNarrow,
      params: { snapshot, ...(start !== null && { slice_start: start }), ...(end !== null && { slice_end: end }) },
    };
  });
  return isRenamed ? [...ranges, scope] : ranges;
}

/** Fixes who has several names: each is in the same slice for all statements, whatever an ingest learns meanwhile. */
async function scopeRenamed(store: Store, courseId: string, snapshot: number, renames: Renames): Promise<void> {
  await store.run(
    `INSERT INTO learner_scopes
     SELECT DISTINCT {snapshot:UInt64}, username FROM (
       SELECT username FROM identities WHERE user_id IN {renamed_ids:Array(UInt64)}
       UNION ALL
       SELECT username FROM lms_enrollments WHERE course_id = {course:String} AND user_id IN {renamed_ids:Array(UInt64)})`,
    { snapshot, course: courseId, ...renameParams(renames) },
  );
}
