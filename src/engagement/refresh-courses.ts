import { divide } from '../divide.ts';
import type { Store } from '../store/store.ts';
import { carryLearners, isCarried } from './carry-learners.ts';
import { type CountedPeople, buildCopy, copyFolder, countPeopleOf, linkCopy } from './copy/build-copy.ts';
import { type CopyMeta, readMeta } from './copy/course-copy.ts';
import { TOLD_LEARNERS, tellTogether } from './copy/tell-together.ts';
import type { Told } from './copy/told.ts';
import { forgetCourse } from './course.ts';
import { windowOf } from './days.ts';
import { dropUnpublished } from './drop-unpublished.ts';
import { OF_COURSES } from './learner-slices.ts';
import type { Renames } from './renames.ts';
import { scopeLearners } from './scope-learners.ts';
import { takeNumbers } from './snapshot-numbers.ts';
import { type SnapshotRows, countEach, countLearners } from './snapshot-rows.ts';
import { type WrittenCourse, writeLearners } from './write-learners.ts';

/** What is the same for all courses of a refresh. */
export interface Round {
  /** Exclusive end of the window, `YYYY-MM-DD`. */
  readonly end: string;
  readonly includeStaff: boolean;
  readonly renames: Renames;
  /** From before it was looked what happened to courses, in microseconds since 1970. */
  readonly looked: number;
  /** What an earlier copy says that learners did is held against all facts. */
  readonly fromFacts: boolean;
}

/** A course that is to be refreshed. */
export interface DueCourse {
  readonly courseId: string;
  /** What was seen of it when it was looked: when the latest thing happened to it, and what was published of it; 0 without. */
  readonly touched: number;
  readonly published: number;
  /** The published snapshot whose learners stay as they are unless they changed; null: all are recomputed. */
  readonly base: (SnapshotRows & { readonly learnerCount: number }) | null;
}

/** How many courses were published, with how many learners, and how many of those were computed anew. */
export interface Refreshed {
  readonly courses: number;
  readonly learners: number;
  readonly recomputed: number;
  /** Courses that have to be refreshed once more, all of whose learners: what was theirs went away meanwhile. */
  readonly again: readonly DueCourse[];
}

/** A course that is refreshed under a number of its own. */
type BegunCourse = DueCourse & WrittenCourse;

/** A course of which all is written but that it is published. */
interface ReadyCourse extends BegunCourse, Pick<CopyMeta, 'count' | 'groups' | 'ranges'> {
  readonly rows: SnapshotRows;
  readonly recomputed: number;
}

/**
 * Recomputes and publishes a course, or several small ones, all of whose learners are recomputed: most of what the engine does for one is
 * planning statements. One that another process has published meanwhile, with all that was seen here, is left out; where it is to
 * be held against the facts, it is done all the same.
 * @param attempt does what is to keep no other course from being published, should it fail
 */
export async function refreshCourses(
  store: Store,
  round: Round,
  due: readonly DueCourse[],
  attempt: (work: () => Promise<void>, courseId: string) => Promise<unknown>,
): Promise<Refreshed> {
  const begun = await begin(store, round, due);
  const ready: ReadyCourse[] = [];
  const again: DueCourse[] = [];
  /** Whatever fails from then on, they may be published: a statement that failed here may have been done. */
  let publishing: readonly ReadyCourse[] = [];
  try {
    const scoped = begun.filter(({ base }) => base !== null);
    for (const { courseId, snapshot, base } of scoped)
      await scopeLearners(store, { courseId, snapshot, base: base?.snapshot ?? 0, renames: round.renames });
    await writeLearners(store, { ...round, courses: begun, scoped: scoped.length > 0 });
    const numbers = begun.map(({ snapshot }) => snapshot);
    const people = begun.length > 1 ? await countPeopleOf(store, numbers) : new Map<number, CountedPeople>();
    const sizeOf = ({ snapshot }: BegunCourse) => people.get(snapshot)?.count ?? 0;
    for (const some of divide(begun, sizeOf, { sum: TOLD_LEARNERS })) {
      const written = some.flatMap(({ courseId, snapshot }) => {
        const counted = people.get(snapshot);
        return counted === undefined ? [] : [{ courseId, snapshot, counted }];
      });
      const told = await tellTogether(store, written, round);
      for (const course of some)
        await attempt(async () => {
          const { snapshot } = course;
          const made = await complete(store, round, course, {
            counted: people.get(snapshot),
            told: told.get(snapshot),
          });
          if (made === null) again.push({ ...course, base: null });
          else ready.push(made);
        }, course.courseId);
    }
    // another process removed learners that were left to an earlier snapshot, or forgot somebody
    const stay = await countEach(store, ready);
    const isWhole = ({ snapshot, count, base }: ReadyCourse) =>
      (stay.get(snapshot) ?? 0) >= count && (base === null || count >= base.learnerCount);
    const whole = ready.filter(isWhole);
    for (const course of ready) if (!isWhole(course)) again.push({ ...course, base: null });
    publishing = whole;
    await publish(store, round, whole);
    const sum = (tell: (course: ReadyCourse) => number) => whole.reduce((total, course) => total + tell(course), 0);
    return {
      courses: whole.length,
      learners: sum(({ count }) => count),
      recomputed: sum(({ recomputed }) => recomputed),
      again,
    };
  } finally {
    await dropUnpublished(store, begun, publishing);
  }
}

/** The changes that say of somebody that they are enrolled, or were. */
const ENROLLED = `roster_changes
  WHERE ${OF_COURSES} AND time < {end:Date} AND action IN ('activated', 'deactivated', 'mode_changed')`;

/** SQL of the courses of which an enrolment is known by a user id that has a name, as columns of the list below. */
function identifiedSql(courses: number): string {
  const named = `SELECT user_id FROM identities WHERE user_id IN (SELECT user_id FROM ${ENROLLED} AND username = '')`;
  // of a course that may be large, a second set of numbers would take as long again
  return courses === 1
    ? `SELECT {courses:Array(String)}[1], 0, false, false, true FROM (${named} LIMIT 1)`
    : `SELECT DISTINCT course_id, 0, false, false, true FROM ${ENROLLED} AND username = '' AND user_id IN (${named}) LIMIT {count:UInt64}`;
}

interface CourseNow {
  readonly course_id: string;
  readonly now: number;
  /** What is published; 0 without. */
  readonly newest: number;
  readonly isDone: boolean;
  readonly activeLater: boolean;
  readonly enrollmentKnown: boolean;
}

/** What is known now of the courses that are left to be done, and the numbers under which they are. */
async function begin(store: Store, round: Round, due: readonly DueCourse[]): Promise<BegunCourse[]> {
  const states = await store.read<CourseNow>(
    `SELECT course_id, toUnixTimestamp64Micro(now64(6)) AS now, max(latest) AS newest, toBool(max(done)) AS isDone,
       toBool(max(later)) AS activeLater, toBool(max(known)) AS enrollmentKnown
     FROM (
       SELECT arrayJoin({courses:Array(String)}) AS course_id, toUInt64(0) AS latest, false AS done, false AS later, false AS known
       UNION ALL
       SELECT course_id, snapshot,
         snapshot > {published:Array(UInt64)}[indexOf({courses:Array(String)}, course_id)]
           AND started_at > fromUnixTimestamp64Micro({touched:Array(Int64)}[indexOf({courses:Array(String)}, course_id)])
           AND window_end = {end:Date} AND include_staff = {include_staff:Bool},
         false, false
       FROM snapshots WHERE ${OF_COURSES}
       UNION ALL
       -- no more is read than until each was met
       SELECT DISTINCT course_id, 0, false, true, false FROM learner_activity WHERE ${OF_COURSES} AND last_day >= {end:Date} LIMIT {count:UInt64}
       UNION ALL
       SELECT DISTINCT course_id, 0, false, false, true FROM lms_enrollments WHERE ${OF_COURSES} LIMIT {count:UInt64}
       UNION ALL
       SELECT DISTINCT course_id, 0, false, false, true FROM ${ENROLLED} AND username != '' LIMIT {count:UInt64}
       UNION ALL
       ${identifiedSql(due.length)})
     GROUP BY course_id`,
    {
      courses: due.map(({ courseId }) => courseId),
      published: due.map(({ published }) => published),
      touched: due.map(({ touched }) => touched),
      count: due.length,
      end: round.end,
      include_staff: round.includeStaff,
    },
  );
  const byId = new Map(states.map((state) => [state.course_id, state]));
  const open = due.flatMap((course) => {
    const state = byId.get(course.courseId);
    if (state === undefined) throw new Error('the engine told nothing of a course');
    return state.isDone && !round.fromFacts ? [] : [{ course, state }];
  });
  if (open.length === 0) return [];
  // the newest, also where the clock was set back
  const from = Math.max(...open.map(({ state }) => Math.max(state.now, state.newest + 1)));
  const first = await takeNumbers(store, from, open.length);
  return open.map(({ course, state: { newest, activeLater, enrollmentKnown } }, index) => ({
    ...course,
    snapshot: first + index,
    // what another process published since may be of more, or of less
    base: newest === course.published ? course.base : null,
    // elsewhere another process may take in what somebody did after the window, before all is read
    activeLater: activeLater || !store.embedded,
    enrollmentKnown,
  }));
}

/** Writes what else belongs to a course whose changed learners, or all of them, are written. Null: all of them have to be. */
async function complete(
  store: Store,
  round: Round,
  course: BegunCourse,
  known: { readonly counted: CountedPeople | undefined; readonly told: Told | undefined },
): Promise<ReadyCourse | null> {
  const { courseId, snapshot, base } = course;
  let rows: SnapshotRows = { snapshot, rest: 0 };
  let recomputed: number | undefined;
  if (base !== null) {
    recomputed = await countLearners(store, rows);
    rows = await carryLearners(store, snapshot, base);
    if (!(await isCarried(store, snapshot, base))) return null;
  }
  // rows of its own are told apart from those of `base` where the others are an earlier snapshot's
  const carriedFrom = rows.rest === 0 ? undefined : base?.snapshot;
  const { end, renames, fromFacts } = round;
  await buildCopy(
    store,
    { courseId, ...rows, window: windowOf(end), windowDistributions: null },
    { renames, fromFacts, isCounted: true, carriedFrom, ...known },
  );
  const { count, groups, ranges } = readMeta(copyFolder(store, snapshot));
  return { ...course, rows, count, groups, ranges, recomputed: recomputed ?? count };
}

/** Publishes all of the courses at once. */
async function publish(store: Store, round: Round, courses: readonly ReadyCourse[]): Promise<void> {
  if (courses.length === 0) return;
  const rows = round.fromFacts ? await overtake(store, courses) : courses.map((course) => course.rows);
  const { looked, end, includeStaff } = round;
  await store.run(
    `INSERT INTO snapshots (course_id, snapshot, rest, started_at, published_at, window_end, data_until, ranges,
       include_staff, enrollment_known, learner_count, cohorts, enrollment_modes, segments, display_name)
     SELECT
       course, snapshot, rest, fromUnixTimestamp64Micro({looked:Int64}), now64(6), {end:Date}, latest.time,
       ranges, {include_staff:Bool}, is_known, count, cohorts, modes, segments, named.display_name
     FROM (
       SELECT course, snapshot, rest, ranges, is_known, count, cohorts, modes, segments
       FROM (SELECT 1)
       ARRAY JOIN {courses:Array(String)} AS course, {snapshots:Array(UInt64)} AS snapshot, {rests:Array(UInt64)} AS rest,
         {ranges:Array(String)} AS ranges, {known:Array(UInt8)} AS is_known, {counts:Array(UInt64)} AS count,
         {cohorts:Array(String)} AS cohorts, {modes:Array(String)} AS modes, {segments:Array(String)} AS segments
     ) AS published
     LEFT JOIN (
       SELECT course_id, max(time) AS time FROM facts
       WHERE ${OF_COURSES} AND ${onLatestDaySql(courses.length)}
       GROUP BY course_id
     ) AS latest ON latest.course_id = published.course
     LEFT JOIN (SELECT course_id, display_name FROM lms_courses FINAL WHERE ${OF_COURSES}) AS named ON named.course_id = published.course`,
    {
      courses: courses.map(({ courseId }) => courseId),
      snapshots: rows.map(({ snapshot }) => snapshot),
      rests: rows.map(({ rest }) => rest),
      looked,
      end,
      ranges: courses.map(({ ranges }) => JSON.stringify(ranges)),
      include_staff: includeStaff,
      known: courses.map(({ enrollmentKnown }) => Number(enrollmentKnown)),
      counts: courses.map(({ count }) => count),
      cohorts: courses.map(({ groups }) => JSON.stringify(groups.cohorts)),
      modes: courses.map(({ groups }) => JSON.stringify(groups.modes)),
      segments: courses.map(({ groups }) => JSON.stringify(groups.segments)),
    },
  );
  for (const { courseId } of courses) forgetCourse(store, courseId);
}

/** The condition for facts of the latest day before the end of the window on which there are any, of each course; of one, which may be large, looked for from the end. */
function onLatestDaySql(courses: number): string {
  return courses === 1
    ? 'day = (SELECT day FROM facts WHERE course_id = {courses:Array(String)}[1] AND day < {end:Date} ORDER BY day DESC LIMIT 1)'
    : `(course_id, day) IN (SELECT course_id, max(day) FROM facts WHERE ${OF_COURSES} AND day < {end:Date} GROUP BY course_id)`;
}

/**
 * Another process that trusts what was published before may have begun later and published already; what was held against
 * all facts is to come into force all the same: under a later number, with the rows that it has.
 */
async function overtake(store: Store, courses: readonly ReadyCourse[]): Promise<SnapshotRows[]> {
  const published = await store.read<{ course_id: string; newest: number }>(
    `SELECT course_id, max(snapshot) AS newest FROM snapshots WHERE ${OF_COURSES} GROUP BY course_id`,
    { courses: courses.map(({ courseId }) => courseId) },
  );
  const newest = new Map(published.map((row) => [row.course_id, row.newest]));
  const rows: SnapshotRows[] = [];
  for (const { courseId, rows: own } of courses) {
    const latest = newest.get(courseId) ?? 0;
    if (latest < own.snapshot) {
      rows.push(own);
      continue;
    }
    const snapshot = await takeNumbers(store, latest + 1, 1);
    await linkCopy(store, own.snapshot, snapshot);
    rows.push({ snapshot, rest: own.snapshot });
  }
  return rows;
}
