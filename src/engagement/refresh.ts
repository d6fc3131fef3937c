import { availableParallelism } from 'node:os';
import { awaitAll, workOn } from '../await-all.ts';
import { isAway } from '../store/is-away.ts';
import type { Store } from '../store/store.ts';
import { buildCopy, copyFolder, linkCopy } from './copy/build-copy.ts';
import { readMeta } from './copy/course-copy.ts';
import { carryLearners, isCarried } from './carry-learners.ts';
import { removeCopy } from './copy/tidy-copies.ts';
import { forgetCourse } from './course.ts';
import { addDays, nextDay } from './days.ts';
import { dropOldSnapshots } from './drop-old-snapshots.ts';
import { type CourseState, TOLD_AT_ONCE, findCourses, findSmall, readClock } from './find-courses.ts';
import { findIdle, publishAgain } from './idle-courses.ts';
import { findRenames, renameParams, withAllNamesSql } from './renames.ts';
import { takeNumbers } from './snapshot-numbers.ts';
import { type SnapshotRows, countLearners } from './snapshot-rows.ts';
import { type LearnersSetup, writeLearners } from './write-learners.ts';

export interface RefreshOptions {
  /** Exclusive end of the window, `YYYY-MM-DD`; absent: the end of the current UTC day. */
  readonly asOf?: string | undefined;
  /** Rebuild every course from all facts, also those that nothing happened to. */
  readonly full?: boolean;
  readonly includeStaff?: boolean;
  /** Whether this process answers readers meanwhile, for whom the embedded engine leaves a processor. */
  readonly besideReaders?: boolean;
}

export interface RefreshResult {
  /** Courses brought up to date, of how many; without those that another process did meanwhile. */
  readonly refreshed: number;
  readonly courses: number;
  /** Learners in those courses. */
  readonly learners: number;
  /** How many of those were computed anew; the others were carried over. */
  readonly recomputed: number;
  readonly as_of: string;
  readonly seconds: number;
}

/** Of more learners than this, and more than this share of a course, recomputing all costs less. */
const MANY = 1000;
const MANY_OF_ALL = 0.2;

/**
 * Courses of which so much is known at most are refreshed several at once: most of what the engine does for one is planning
 * statements, in one thread, and is the same for a hundred learners as for thousands. More would wait for connections.
 */
const SMALL = 50_000;
const SMALL_AT_ONCE = 2;

/**
 * Brings the read model of every course up to date whose facts or roster changed, or whose window ends elsewhere than it
 * should. Where only some learners changed, they are recomputed and the others carried over; where nothing can have changed but
 * the window, nobody is. Each course is published as a whole by one inserted row; killed in between, the old snapshot stays in force.
 * @throws what the first course that failed did, once all others are done; what tells that the store is away at once
 */
export async function refresh(store: Store, options: RefreshOptions = {}): Promise<RefreshResult> {
  return store.exclusively(async () => {
    const started = performance.now();
    const failures: unknown[] = [];
    // of a cluster, a node that has all else is not done without for a course that failed there
    const shards = await store.everywhere(async (node) => refreshStore(node, options, failures), { mend: true });
    if (failures.length > 0) throw failures[0];
    const sum = (name: 'refreshed' | 'courses' | 'learners' | 'recomputed') =>
      shards.reduce((total, result) => total + result[name], 0);
    return {
      refreshed: sum('refreshed'),
      courses: sum('courses'),
      learners: sum('learners'),
      recomputed: sum('recomputed'),
      as_of: shards[0]?.as_of ?? '',
      seconds: (performance.now() - started) / 1000,
    };
  });
}

/** @param failures is given what courses fail with */
async function refreshStore(
  store: Store,
  options: RefreshOptions,
  failures: unknown[],
): Promise<Omit<RefreshResult, 'seconds'>> {
  const end = options.asOf ?? nextDay(new Date().toISOString().slice(0, 10));
  const includeStaff = options.includeStaff ?? false;
  // before anything is read: what comes later is for the next time
  const looked = await readClock(store);
  const [courses, renames] = await awaitAll([findCourses(store, end, includeStaff), findRenames(store)]);
  const stale = courses.filter((course) => course.whole || course.learners > 0 || options.full === true);
  const moved = options.full === true ? [] : stale.filter((course) => course.moved && course.snapshot < looked);
  const idle = await findIdle(store, moved);
  /** Does what is to keep nothing else from being done if it fails; whether it did not. */
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      return true;
    } catch (error) {
      if (await isAway(store, error)) throw error;
      failures.push(error);
      return false;
    }
  };
  const again: CourseState[] = [];
  for (let at = 0; at < idle.length; at += TOLD_AT_ONCE) {
    const some = idle.slice(at, at + TOLD_AT_ONCE);
    if (await attempt(async () => publishAgain(store, some, { end, looked }))) again.push(...some);
  }
  let [refreshed, recomputed] = [again.length, 0];
  let learners = again.reduce((sum, course) => sum + course.learner_count, 0);
  const refreshOne = async (course: CourseState) => {
    const whole =
      course.whole || options.full === true || course.learners > Math.max(MANY, MANY_OF_ALL * course.learner_count);
    const done = await refreshCourse(store, {
      courseId: course.course_id,
      end,
      includeStaff,
      renames,
      looked,
      touched: course.touched,
      published: course.snapshot,
      base: whole ? null : { snapshot: course.snapshot, rest: course.rest, learnerCount: course.learner_count },
      fromFacts: options.full === true,
    });
    if (done === null) return;
    refreshed += 1;
    learners += done.learners;
    recomputed += done.recomputed;
  };
  const attemptOne = async (course: CourseState) => void (await attempt(async () => refreshOne(course)));
  const left = arrange(store, without(stale, again));
  const atOnce = chooseAtOnce(store, options);
  const small = atOnce === 1 ? [] : await findSmall(store, left, SMALL);
  await workOn(small, atOnce, attemptOne);
  await workOn(without(left, small), 1, attemptOne);
  await attempt(async () => dropOldSnapshots(store));
  return { refreshed, courses: courses.length, learners, recomputed, as_of: end };
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

type CourseRefresh = Omit<LearnersSetup, 'snapshot' | 'enrollmentKnown' | 'activeLater' | 'scoped'> & {
  /** The published snapshot whose learners stay as they are unless they changed; null: all are recomputed. */
  readonly base: Parameters<typeof carryLearners>[2] | null;
  /** From before it was looked what happened to courses, in microseconds since 1970. */
  readonly looked: number;
  /** What was seen then of the course: when the latest thing happened to it, and what was published of it; 0 without. */
  readonly touched: number;
  readonly published: number;
  /** What an earlier copy says that learners did is held against all facts. */
  readonly fromFacts: boolean;
};

/** SQL of the ids of those whose enrolment is known from events. */
const ENROLLED = `SELECT user_id FROM roster_changes
  WHERE course_id = {course:String} AND time < {end:Date} AND action IN ('activated', 'deactivated', 'mode_changed')`;

/**
 * Recomputes and publishes one course; gives the number of its learners, and of those who were computed anew. Null: another process
 * has published it meanwhile, with all that was seen here; where it is to be held against the facts, it is done all the same.
 */
async function refreshCourse(
  store: Store,
  setup: CourseRefresh,
): Promise<Pick<RefreshResult, 'learners' | 'recomputed'> | null> {
  const { courseId, end, looked, touched, published, fromFacts } = setup;
  const [state] = await store.read<{
    now: number;
    newest: number;
    isDone: boolean;
    activeLater: boolean;
    enrollmentKnown: boolean;
  }>(
    `SELECT toUnixTimestamp64Micro(now64(6)) AS now,
       (SELECT max(snapshot) FROM snapshots WHERE course_id = {course:String}) AS newest,
       toBool((SELECT count() FROM snapshots
         WHERE course_id = {course:String} AND snapshot > {published:UInt64} AND started_at > fromUnixTimestamp64Micro({touched:Int64})
           AND window_end = {end:Date} AND include_staff = {include_staff:Bool}) > 0) AS isDone,
       toBool((SELECT count() FROM (SELECT 1 FROM learner_activity WHERE course_id = {course:String} AND last_day >= {end:Date} LIMIT 1)) > 0) AS activeLater,
       toBool((SELECT count() FROM (SELECT 1 FROM lms_enrollments WHERE course_id = {course:String} LIMIT 1)) > 0
         OR (SELECT count() FROM (${ENROLLED} AND username != '' LIMIT 1)) > 0
         OR (SELECT count() FROM (SELECT 1 FROM identities WHERE user_id IN (${ENROLLED} AND username = '') LIMIT 1)) > 0) AS enrollmentKnown`,
    { course: courseId, end, touched, published, include_staff: setup.includeStaff },
  );
  if (state === undefined) throw new Error('the engine gave no time');
  const { now, newest, isDone, enrollmentKnown } = state;
  // elsewhere another process may take in what somebody did after the window, before all is read
  const activeLater = state.activeLater || !store.embedded;
  if (isDone && !fromFacts) return null;
  // what another process published since may be of more, or of less
  const base = newest === published ? setup.base : null;
  // the newest, also where the clock was set back
  const snapshot = await takeNumbers(store, Math.max(now, newest + 1), 1);
  let [learners, recomputed] = [0, 0];
  let rows: SnapshotRows = { snapshot, rest: 0 };
  try {
    if (base !== null) await scopeLearners(store, setup, base.snapshot, snapshot);
    await writeLearners(store, { ...setup, snapshot, enrollmentKnown, activeLater, scoped: base !== null });
    if (base !== null) {
      recomputed = await countLearners(store, rows);
      rows = await carryLearners(store, snapshot, base);
      if (!(await isCarried(store, snapshot, base))) return await refreshCourse(store, { ...setup, base: null });
    }
    // rows of its own are told apart from those of `base` where the others are an earlier snapshot's
    const carriedFrom = rows.rest === 0 ? undefined : base?.snapshot;
    const options = { renames: setup.renames, fromFacts: setup.fromFacts, isCounted: true, carriedFrom };
    const window = { start: addDays(end, -7), end };
    await buildCopy(store, { courseId, ...rows, window, windowDistributions: null }, options);
    const { count, groups, ranges } = readMeta(copyFolder(store, snapshot));
    // another process removed learners that were left to an earlier snapshot, or forgot somebody
    const stay = await countLearners(store, rows);
    if (stay < count || (base !== null && count < base.learnerCount)) {
      removeCopy(store, snapshot);
      return await refreshCourse(store, { ...setup, base: null });
    }
    learners = count;
    if (base === null) recomputed = count;
    const own = fromFacts ? await overtake(store, courseId, rows) : rows;
    await store.run(
      `INSERT INTO snapshots (course_id, snapshot, rest, started_at, published_at, window_end, data_until, ranges,
         include_staff, enrollment_known, learner_count, cohorts, enrollment_modes, segments)
       SELECT
         {course:String}, {snapshot:UInt64}, {rest:UInt64}, fromUnixTimestamp64Micro({looked:Int64}), now64(6), {end:Date},
         (SELECT maxOrNull(time) FROM facts
          WHERE course_id = {course:String}
            AND day = (
              SELECT day FROM facts WHERE course_id = {course:String} AND day < {end:Date} ORDER BY day DESC LIMIT 1)),
         {ranges:String}, {include_staff:Bool}, {enrollment_known:Bool},
         {count:UInt64}, {cohorts:String}, {modes:String}, {segments:String}`,
      {
        course: courseId,
        ...own,
        looked,
        end,
        ranges: JSON.stringify(ranges),
        include_staff: setup.includeStaff,
        enrollment_known: enrollmentKnown,
        count,
        cohorts: JSON.stringify(groups.cohorts),
        modes: JSON.stringify(groups.modes),
        segments: JSON.stringify(groups.segments),
      },
    );
  } finally {
    await store.run('ALTER TABLE learner_scopes DROP PARTITION {snapshot:UInt64}', { snapshot });
  }
  forgetCourse(store, courseId);
  return { learners, recomputed };
}

/**
 * Another process that trusts what was published before may have begun later and published already; what was held against
 * all facts is to come into force all the same: under a later number, with the rows that it has.
 */
async function overtake(store: Store, courseId: string, rows: SnapshotRows): Promise<SnapshotRows> {
  const [found] = await store.read<{ newest: number }>(
    'SELECT max(snapshot) AS newest FROM snapshots WHERE course_id = {course:String}',
    { course: courseId },
  );
  if (found === undefined || found.newest < rows.snapshot) return rows;
  const snapshot = await takeNumbers(store, found.newest + 1, 1);
  await linkCopy(store, rows.snapshot, snapshot);
  return { snapshot, rest: rows.snapshot };
}

/** Fixes who is recomputed: whoever changed since `base` was begun, with all names that are the same person's. */
async function scopeLearners(
  store: Store,
  { courseId, renames }: CourseRefresh,
  base: number,
  snapshot: number,
): Promise<void> {
  await store.run(
    `INSERT INTO learner_scopes
     SELECT DISTINCT {snapshot:UInt64}, username FROM (${withAllNamesSql(
       renames,
       `SELECT DISTINCT username, toDate(0) AS day FROM touched_learners
       WHERE course_id = {course:String}
         AND touched_at >= (SELECT started_at FROM snapshots WHERE course_id = {course:String} AND snapshot = {base:UInt64})`,
     )})`,
    { course: courseId, base, snapshot, ...renameParams(renames) },
  );
}
