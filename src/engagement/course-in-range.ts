import type { Store } from '../store/store.ts';
import type { CourseCopy } from './copy/course-copy.ts';
import { openCopy } from './copy/open-copy.ts';
import { type Course, getCourse } from './course.ts';
import type { DateRange } from './learner.ts';
import { type RangeNumbers, computeNumbers } from './range-numbers.ts';

interface CachedNumbers {
  readonly numbers: Promise<RangeNumbers>;
  readonly learners: number;
  readonly until: number;
  used: number;
}

const CACHE_MS = 10 * 60_000;
/** The numbers of so many learners are kept at most, of 24 bytes and 4 and a bit per order each; those used longest ago go first. */
const CACHED_LEARNERS = 4_000_000;
/** What a range costs besides, as so many learners: any number of ranges can be asked for of a small course. */
const RANGE_LEARNERS = 4000;

const cache = new WeakMap<Store, Map<string, CachedNumbers>>();

/**
 * The course with that key as of `showInRange`, and the copy that numbers its learners as it does; `snapshot` as of `getCourse`.
 * Null when the course is unknown.
 */
export async function openCourse(
  store: Store,
  courseId: string,
  range?: DateRange,
  snapshot?: number,
): Promise<{ readonly course: Course; readonly copy: CourseCopy } | null> {
  const found = await getCourse(store, courseId, snapshot);
  if (found === null) return null;
  for (;;) {
    const course = await showInRange(store, found, range);
    const copy = await openCopy(store, course);
    // where somebody was forgotten while it was counted, the copy is another one by now
    if (course.numbers === undefined || course.numbers.serial === copy.serial) return { course, copy };
  }
}

/**
 * The course with the numbers of `range` in place of those of the current window; segments and all else stay. They are
 * computed once from the facts and kept for minutes, so that pages of one listing agree.
 */
export async function showInRange(store: Store, course: Course, range: DateRange | undefined): Promise<Course> {
  if (range === undefined) return course;
  if (range.start === course.window.start && range.end === course.window.end) return course;
  const numbers = await findNumbers(store, course, range);
  return { ...course, range, numbers, distributions: numbers.distributions };
}

async function findNumbers(store: Store, course: Course, range: DateRange): Promise<RangeNumbers> {
  const entries = cache.get(store) ?? new Map<string, CachedNumbers>();
  cache.set(store, entries);
  // made again after somebody was forgotten, it numbers its learners otherwise
  const copy = await openCopy(store, course);
  const key = `${copy.serial} ${range.start} ${range.end}`;
  const now = performance.now();
  const cached = entries.get(key);
  if (cached !== undefined && cached.until > now) {
    cached.used = now;
    return cached.numbers;
  }
  const learners = course.learnerCount + RANGE_LEARNERS;
  makeRoom(entries, learners);
  const numbers = computeNumbers(copy, course, range);
  entries.set(key, { numbers, learners, until: now + CACHE_MS, used: now });
  numbers.catch(() => entries.delete(key));
  return numbers;
}

function makeRoom(entries: Map<string, CachedNumbers>, learners: number): void {
  const now = performance.now();
  let total = learners;
  for (const entry of entries.values()) total += entry.learners;
  for (const [key, entry] of [...entries].toSorted(([, a], [, b]) => a.used - b.used)) {
    if (entry.until > now && total <= CACHED_LEARNERS) continue;
    entries.delete(key);
    total -= entry.learners;
  }
}
