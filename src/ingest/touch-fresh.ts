import type { Store } from '../store/store.ts';
import { touchCourses } from '../store/touch.ts';

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
  const courses = await store.read<{ course_id: string }>(
    `SELECT DISTINCT course_id FROM ${fresh} WHERE username = '' OR course_id NOT IN (SELECT course_id FROM touched_courses)`,
  );
  await touchCourses(
    store,
    courses.map((row) => row.course_id),
  );
}
