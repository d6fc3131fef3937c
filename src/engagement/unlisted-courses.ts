import type { Store } from '../store/store.ts';
import { type CourseState, LISTING_TABLES, type Measured } from './find-courses.ts';

/**
 * So many courses of which only events are known are published at most. Any learner's browser can tell of any number, and each takes twenty
 * files, a partition in the engine's memory, and a share of every night. Those that are published stay; a roster or a name lets others in.
 */
export const UNLISTED_AT_MOST = 5000;

/** SQL of the keys of the courses of which more than events is known. */
export const LISTED = LISTING_TABLES.map((table) => `SELECT DISTINCT course_id FROM ${table}`).join(' UNION ALL ');

const MINUTE_US = 60_000_000;

/** How many courses are published of which only events are known. */
export async function countUnlisted(store: Store): Promise<number> {
  const [counted] = await store.read<{ courses: number }>(
    `SELECT uniqExact(course_id) AS courses FROM snapshots WHERE course_id NOT IN (${LISTED})`,
  );
  return counted?.courses ?? 0;
}

/**
 * Which of the courses, of all of which only events are known, may be published: what is published already and, of the others, those of which
 * most is known, as long as there is room. First comes what waits longest, by the minute in which it was published last, or since which it waits to be
 * for the first time: several processes each have an order of their own.
 */
export async function admitUnlisted(
  store: Store,
  courses: readonly CourseState[],
  known: ReadonlyMap<string, Measured>,
): Promise<CourseState[]> {
  const fresh = courses.filter(isNew);
  const room = fresh.length === 0 ? 0 : Math.max(0, UNLISTED_AT_MOST - (await countUnlisted(store)));
  const rowsOf = ({ course_id }: CourseState) => known.get(course_id)?.rows ?? 0;
  // of equals by key: other processes, and the other nodes of a shard, let in the same
  const order = (a: CourseState, b: CourseState) => rowsOf(b) - rowsOf(a) || (a.course_id < b.course_id ? -1 : 1);
  const admitted = new Set(fresh.length <= room ? fresh : fresh.toSorted(order).slice(0, room));
  return courses
    .filter((course) => !isNew(course) || admitted.has(course))
    .toSorted((a, b) => minuteOf(a) - minuteOf(b));
}

/** Whether nothing was published of a course yet. */
export function isNew({ snapshot }: CourseState): boolean {
  return snapshot === 0;
}

function minuteOf(course: CourseState): number {
  return Math.floor((isNew(course) ? course.touched : course.snapshot) / MINUTE_US);
}
