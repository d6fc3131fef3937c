import type { Store } from './store.ts';

/**
 * Marks courses as changed now, also those of which nothing is known here yet. `facts`: as if facts of anybody came or went;
 * else what learners did is as it was, but for whom it is marked.
 */
export async function touchCourses(
  store: Store,
  courses: readonly string[],
  { facts = false }: { readonly facts?: boolean } = {},
): Promise<void> {
  if (courses.length === 0) return;
  if (facts)
    await store.run(
      `INSERT INTO touched_learners (course_id, username, day, touched_at)
       SELECT arrayJoin({courses:Array(String)}), '', toDate(0), now64(6)`,
      { courses },
    );
  await store.run(
    'INSERT INTO touched_courses (course_id, touched_at) SELECT arrayJoin({courses:Array(String)}), now64(6)',
    { courses },
  );
}
