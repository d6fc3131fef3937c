import { availableParallelism } from 'node:os';
import { awaitAll, workOn } from '../await-all.ts';
import { divide } from '../divide.ts';
import { isPassing } from '../store/engine-errors.ts';
import { isAway } from '../store/is-away.ts';
import { requireKnownVersion } from '../store/known-version.ts';
import type { Store } from '../store/store.ts';
import { dropOldSnapshots } from './drop-old-snapshots.ts';
import { isResting, noteOutcome } from './failing-courses.ts';
import {
  type CourseState,
  type Measured,
  TOLD_AT_ONCE,
  findCourses,
  measureCourses,
  readClock,
} from './find-courses.ts';
import { findIdle, publishAgain } from './idle-courses.ts';
import { type DueCourse, refreshCourses } from './refresh-courses.ts';
import { findRenames } from './renames.ts';
import { admitUnlisted, isNew } from './unlisted-courses.ts';

export interface RefreshOptions {
  /** Exclusive end of the window, `YYYY-MM-DD`; absent: the end of the current UTC day, by the engine's clock. */
  readonly asOf?: string | undefined;
  /** Rebuild every course from all facts, also those that nothing happened to. */
  readonly full?: boolean;
  readonly includeStaff?: boolean;
  /** Whether this process answers readers meanwhile, for whom the embedded engine leaves a processor. */
  readonly besideReaders?: boolean;
  /**
   * Of whoever refreshes all the time: is told what failed, which is thrown else; courses that failed lately are left alone for a while,
   * and of those that are not listed some may be left to the next refresh.
   */
  readonly onFailure?: (error: unknown, courseId: string | null) => void;
  /** For tests. */
  readonly clock?: () => number;
}

/** What failed, of one course or of none. */
interface Failure {
  readonly error: unknown;
  readonly courseId: string | null;
}

export interface RefreshResult {
  /** Courses brought up to date, of how many; without those that another process did meanwhile. */
  readonly refreshed: number;
  readonly courses: number;
  /** Learners in those courses. */
  readonly learners: number;
  /** How many of those were computed anew; the others were carried over. */
  readonly recomputed: number;
  /** Courses that are left to the next refresh, which should be soon: of whoever refreshes all the time. */
  readonly left: number;
  /** Courses of which only events are known, and that are not published, as enough such are; unlisted-courses.ts. */
  readonly withheld: number;
  readonly as_of: string;
  readonly seconds: number;
}

/** Of more learners than this, and more than this share of a course, recomputing all costs less. */
const MANY = 1000;
const MANY_OF_ALL = 0.2;

/** Courses of which so much is known at most are refreshed several at once; more at once would wait for connections. */
const SMALL = 50_000;
const SMALL_AT_ONCE = 2;

/**
 * Where all learners are recomputed anyway, or so little is known that to find those who changed costs more, small courses are refreshed
 * together: what the engine does for a small one is planning statements, and looking through the people of the site, which are the same
 * for many. Of so many courses and things known together at most, as they are published together, and all of it is in memory.
 */
const TINY = 5000;
const TOGETHER = 50;
const TOGETHER_KNOWN = 500_000;
const TOGETHER_AT_LEAST = 8;

/**
 * Courses that are not listed, and have no more learners than a small one, may be made up, as many as somebody likes: they come last, and
 * whoever refreshes all the time begins no more of them after so long.
 */
const UNLISTED_MS = 2000;

/**
 * Brings the read model of every course up to date whose facts or roster changed, or whose window ends elsewhere than it
 * should. Where only some learners changed, they are recomputed and the others carried over; where nothing can have changed but
 * the window, nobody is. Each course is published as a whole by one inserted row; killed in between, the old snapshot stays in force.
 * @throws StoreIsNewer; what the first course that failed did, once all others are done, unless `onFailure` is; what tells that the store is away at once
 */
export async function refresh(store: Store, options: RefreshOptions = {}): Promise<RefreshResult> {
  return store.exclusively(async () => {
    const started = performance.now();
    const failures: Failure[] = [];
    const { onFailure } = options;
    await requireKnownVersion(store);
    // of a cluster, a node that has all else is not done without for a course that failed there
    const shards = await store
      .everywhere(async (node) => refreshStore(node, options, failures), { mend: true })
      // also where it ended at once for another reason
      .finally(() => failures.forEach(({ error, courseId }) => onFailure?.(error, courseId)));
    const [first] = failures;
    if (first !== undefined && onFailure === undefined) throw first.error;
    const sum = (name: 'refreshed' | 'courses' | 'learners' | 'recomputed' | 'left' | 'withheld') =>
      shards.reduce((total, result) => total + result[name], 0);
    return {
      refreshed: sum('refreshed'),
      courses: sum('courses'),
      learners: sum('learners'),
      recomputed: sum('recomputed'),
      left: sum('left'),
      withheld: sum('withheld'),
      as_of: shards[0]?.as_of ?? '',
      seconds: (performance.now() - started) / 1000,
    };
  });
}

/** @param failures is given what courses fail with */
async function refreshStore(
  store: Store,
  options: RefreshOptions,
  failures: Failure[],
): Promise<Omit<RefreshResult, 'seconds'>> {
  try {
    return await refreshStale(store, options, failures);
  } catch (error) {
    // On a full disk nothing else makes room for the next time. Whatever becomes of it, why the refresh failed is told.
    if (!isPassing(error)) await dropOldSnapshots(store).catch(() => {});
    throw error;
  }
}

async function refreshStale(
  store: Store,
  options: RefreshOptions,
  failures: Failure[],
): Promise<Omit<RefreshResult, 'seconds'>> {
  const includeStaff = options.includeStaff ?? false;
  // before anything is read: what comes later is for the next time
  const { looked, tomorrow } = await readClock(store);
  const end = options.asOf ?? tomorrow;
  const [courses, renames] = await awaitAll([findCourses(store, end, includeStaff), findRenames(store)]);
  const stale = courses.filter(
    (course) =>
      (course.whole || course.learners > 0 || options.full === true) &&
      (options.onFailure === undefined || !isResting(store, course.course_id)),
  );
  const moved = options.full === true ? [] : stale.filter((course) => course.moved && course.snapshot < looked);
  const idle = new Set(await findIdle(store, moved));
  const failed = new Set<string>();
  const tell = (error: unknown, courseId: string | null) => {
    failures.push({ error, courseId });
    if (courseId !== null) failed.add(courseId);
  };
  /** Does what is to keep nothing else from being done if it fails; whether it did not. */
  const attempt = async (work: () => Promise<void>, courseId: string | null = null) => {
    try {
      await work();
      return true;
    } catch (error) {
      if (await isAway(store, error)) throw error;
      tell(error, courseId);
      return false;
    }
  };
  let [refreshed, learners, recomputed] = [0, 0, 0];
  const full = options.full === true;
  const round = { end, includeStaff, renames, looked, fromFacts: full };
  const refreshTogether = async (due: readonly DueCourse[]): Promise<void> => {
    let left = due;
    try {
      while (left.length > 0) {
        const done = await refreshCourses(store, round, left, attempt);
        refreshed += done.courses;
        learners += done.learners;
        recomputed += done.recomputed;
        left = done.again;
      }
    } catch (error) {
      if (await isAway(store, error)) throw error;
      const [only, ...others] = left;
      if (only !== undefined && others.length === 0) tell(error, only.courseId);
      else {
        // one of them may keep the others from being refreshed
        for (const course of left) await refreshTogether([course]);
        if (!isPassing(error) && left.every(({ courseId }) => !failed.has(courseId))) tell(error, null);
      }
    }
  };
  // one alone comes first and last; only whether it may be published is asked
  const known = stale.length < 2 && !stale.some(isNew) ? null : await measureCourses(store, stale);
  const left = new Set<string>();
  const refreshAll = async (due: readonly CourseState[], isLate = () => false): Promise<void> => {
    const moving = due.filter((course) => idle.has(course));
    const again: CourseState[] = [];
    for (let at = 0; at < moving.length && !isLate(); at += TOLD_AT_ONCE) {
      const some = moving.slice(at, at + TOLD_AT_ONCE);
      if (await attempt(async () => publishAgain(store, some, { end, looked }))) again.push(...some);
    }
    refreshed += again.length;
    learners += again.reduce((sum, course) => sum + course.learner_count, 0);
    const { small, large } = group(without(due, again), known, full);
    const refreshOrLeave = async (together: readonly DueCourse[]): Promise<void> => {
      if (isLate()) for (const { courseId } of together) left.add(courseId);
      else await refreshTogether(together);
    };
    await workOn(small, chooseAtOnce(store, options), refreshOrLeave);
    await workOn(large, 1, refreshOrLeave);
  };
  const unlisted = stale.filter(({ course_id }) => {
    const { rows, isListed } = known?.get(course_id) ?? { rows: 0, isListed: known === null };
    return !isListed && rows <= SMALL;
  });
  const { onFailure, clock = () => performance.now() } = options;
  let done: readonly CourseState[] = [];
  let withheld = 0;
  try {
    await refreshAll(arrange(store, without(stale, unlisted)));
    const admitted = known === null ? [] : await admitUnlisted(store, arrange(store, unlisted), known);
    withheld = unlisted.length - admitted.length;
    const until = onFailure === undefined ? Infinity : clock() + UNLISTED_MS;
    await refreshAll(admitted, () => clock() >= until);
    done = stale.filter((course) => !left.has(course.course_id));
  } finally {
    noteOutcome(store, { failed, done: done.map((course) => course.course_id) });
  }
  await attempt(async () => dropOldSnapshots(store, refreshed));
  return { refreshed, courses: courses.length, learners, recomputed, left: left.size, withheld, as_of: end };
}

/**
 * Who is refreshed together with whom.
 * @param known what is known about each course; null where that does not matter
 */
function group(
  courses: readonly CourseState[],
  known: ReadonlyMap<string, Measured> | null,
  full: boolean,
): { readonly small: DueCourse[][]; readonly large: DueCourse[][] } {
  const knownOf = ({ course_id }: CourseState) => (known === null ? Infinity : (known.get(course_id)?.rows ?? 0));
  const isWhole = ({ whole, learners, learner_count }: CourseState) =>
    full || whole || learners > Math.max(MANY, MANY_OF_ALL * learner_count);
  const small = courses.filter((course) => knownOf(course) <= SMALL);
  const joined = small.filter((course) => knownOf(course) <= (isWhole(course) ? SMALL : TINY));
  const most = Math.min(TOGETHER, Math.max(TOGETHER_AT_LEAST, Math.ceil(joined.length / SMALL_AT_ONCE)));
  const groups = divide(joined, knownOf, { most, sum: TOGETHER_KNOWN });
  const describe = (together: readonly CourseState[]) =>
    together.map((course): DueCourse => ({
      courseId: course.course_id,
      touched: course.touched,
      published: course.snapshot,
      base:
        together.length > 1 || isWhole(course)
          ? null
          : { snapshot: course.snapshot, rest: course.rest, learnerCount: course.learner_count },
    }));
  return {
    small: [...groups.map(describe), ...without(small, joined).map((course) => describe([course]))],
    large: without(courses, small).map((course) => describe([course])),
  };
}

function without<Item>(items: readonly Item[], others: readonly Item[]): Item[] {
  const excluded = new Set(others);
  return items.filter((item) => !excluded.has(item));
}

/** Where several processes may be at it, each has an order of its own, so that what one has done another need not do. */
function arrange(store: Store, courses: readonly CourseState[]): readonly CourseState[] {
  if (store.embedded) return courses;
  return courses
    .map((course) => ({ course, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ course }) => course);
}

/** A listening ClickHouse has processors of its own. */
function chooseAtOnce({ embedded }: Store, { besideReaders = false }: RefreshOptions): number {
  return embedded && besideReaders && availableParallelism() <= SMALL_AT_ONCE ? 1 : SMALL_AT_ONCE;
}
