import type { Store } from '../src/store/store.ts';

/** What such courses are called. */
export const EMPTY = 'course-v1:Empty+';

/** Publications, without learners, of so many courses of which nothing else is known. */
export async function publishEmpty(store: Store, courses: number, end: string): Promise<void> {
  await store.run(
    `INSERT INTO snapshots (course_id, snapshot, started_at, published_at, window_end)
     SELECT concat('${EMPTY}', toString(number), '+1'), number + 1, now64(6), now64(6), {end:Date} FROM numbers({courses:UInt64})`,
    { courses, end },
  );
}
