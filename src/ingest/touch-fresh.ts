import type { Params, Store } from '../store/store.ts';

/**
 * Marks the learners of new rows, in the staging table `fresh`, as changed now; a course that is new, or in which somebody is
 * known by `user_id` alone, as a whole. Learners of a new course are not marked beside it: no snapshot has them.
 */
export async function touchFresh(store: Store, fresh: string): Promise<void> {
  await store.run(
    `INSERT INTO touched_learners (course_id, username, day, touched_at)
     SELECT DISTINCT course_id, username, if(action = '', toDate(time), toDate(65535)), now64(6)
     FROM ${fresh} WHERE username != '' AND course_id IN (SELECT course_id FROM touched_courses)`,
  );
  await touchCourses(
    store,
    `SELECT DISTINCT course_id FROM ${fresh} WHERE username = '' OR course_id NOT IN (SELECT course_id FROM touched_courses)`,
  );
}

/** Marks the courses that `courses`, a SELECT of one column, names as having changed now. */
export async function touchCourses(store: Store, courses: string, params: Params = {}): Promise<void> {
  await store.run(
    `INSERT INTO touched_courses (course_id, touched_at) SELECT course_id, now64(6) FROM (${courses})`,
    params,
  );
}
