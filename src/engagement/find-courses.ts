import type { Store } from '../store/store.ts';
import { type SnapshotRows, latestSql } from './snapshot-rows.ts';

/** A course, and how what is published of it stands to what is known. */
export interface CourseState extends SnapshotRows {
  readonly course_id: string;
  /** What is published; 0 without. */
  readonly snapshot: number;
  readonly learner_count: number;
  /** More than some learners changed. */
  readonly whole: boolean;
  /** Learners that changed since the snapshot was begun. */
  readonly learners: number;
  /** Nothing happened to it, but its window ends earlier than it should. */
  readonly moved: boolean;
  /** When the latest thing happened to it that is known, in microseconds since 1970. */
  readonly touched: number;
}

/** So many courses are told to the engine at once, which takes them in an address. */
export const TOLD_AT_ONCE = 100;

/** What the engine's clock says, by which all processes that share the store go, whatever their own say. */
export interface Clock {
  /**
   * Microseconds since 1970, or when the first statement began that marks something as changed and is not done: what such a statement marks has
   * the time at which it began, and is not seen before it is done. So whoever looks now sees all that was marked earlier than this. Of several
   * processes, statements of the same user are known.
   */
  readonly looked: number;
  /** The UTC day after the current one, whatever is under way. */
  readonly tomorrow: string;
}

/** Asks the engine for both in one statement. */
export async function readClock(store: Store): Promise<Clock> {
  // a subquery would not do for what is under way: the former analyzer runs it before it looks at the clock
  const [clock] = await store.read<Clock>(
    `SELECT
       toUnixTimestamp64Micro(now64(6)) - toInt64(ceil(1000000 * maxIf(
         elapsed,
         query_kind = 'Insert' AND current_database = currentDatabase() AND startsWith(query, 'INSERT INTO touched_')))) AS looked,
       toDate(now64(6), 'UTC') + 1 AS tomorrow
     FROM system.processes`,
  );
  if (clock === undefined) throw new Error('the engine gave no time');
  return clock;
}

/**
 * SQL of whether marks count that are later than now, of a course whose snapshot was begun at `started`. They were made while the clock was ahead,
 * and are later than whatever is published until it gets there: the course would be computed anew in every round. To take them back might lose a
 * newer mark that was merged with one, and where the clock is behind instead, all marks are later than now. So they count once in a
 * quarter of an hour, which finds what was merged with them.
 */
export function countsAheadSql(started: string): string {
  return `${started} < toStartOfFifteenMinutes(now64(6))`;
}

const COUNTS_AHEAD = countsAheadSql('p.started_at');

/** All courses of which anything is known, by course key; `end` and `includeStaff` are what they should be published for. */
export async function findCourses(store: Store, end: string, includeStaff: boolean): Promise<CourseState[]> {
  return store.read(
    `WITH published AS (${latestSql(['rest', 'started_at', 'window_end', 'learner_count', 'include_staff', 'enrollment_known'])}),
     learners AS (
       SELECT t.course_id AS course_id, uniqExact(username) AS learners, max(t.touched_at) AS touched_at
       FROM touched_learners AS t
       INNER JOIN published AS p ON p.course_id = t.course_id
       -- the second is known before marks are read: days that all have seen are left out
       WHERE t.touched_at >= p.started_at AND t.touched_at >= (SELECT min(started_at) FROM published)
         AND (t.touched_at <= now64(6) OR ${COUNTS_AHEAD})
       GROUP BY course_id
     )
     SELECT
       t.course_id AS course_id,
       if(p.started_at IS NULL OR ${COUNTS_AHEAD}, t.latest_mark, t.latest_by_now) AS marked_at,
       ifNull(p.latest, 0) AS snapshot,
       ifNull(p.rest, 0) AS rest,
       ifNull(p.learner_count, 0) AS learner_count,
       -- where the clock was ahead then, nothing that happened since can be told from what happened before
       toBool(ifNull(
         marked_at >= p.started_at OR p.started_at > now64(6) OR p.window_end != {end:Date} OR p.include_staff != {include_staff:Bool}
           OR (ifNull(l.learners, 0) > 0 AND NOT p.enrollment_known),
         true)) AS whole,
       ifNull(l.learners, 0) AS learners,
       toBool(ifNull(
         t.latest_mark < p.started_at AND p.started_at <= now64(6) AND p.window_end < {end:Date} AND p.include_staff = {include_staff:Bool},
         false) AND ifNull(l.learners, 0) = 0) AS moved,
       toUnixTimestamp64Micro(greatest(marked_at, ifNull(l.touched_at, marked_at))) AS touched
     FROM (
       SELECT course_id, max(touched_at) AS latest_mark, maxIf(touched_at, touched_at <= now64(6)) AS latest_by_now
       FROM touched_courses
       GROUP BY course_id
     ) AS t
     LEFT JOIN published AS p ON p.course_id = t.course_id
     LEFT JOIN learners AS l ON l.course_id = t.course_id
     ORDER BY course_id`,
    { end, include_staff: includeStaff },
  );
}

/** What is known of a course that decides when, and with whom, it is refreshed. */
export interface Measured {
  /** How many things: at least as many as it has learners. */
  readonly rows: number;
  /** Whether anything of its roster is known, or the LMS names it. Of another it is not sure that it exists: a browser can tell of any. */
  readonly isListed: boolean;
}

/** The tables that tell of a course that it exists: its enrolments and cohorts, and its name in the LMS. */
export const LISTING_TABLES = ['roster_changes', 'lms_enrollments', 'lms_courses'] as const;

/** What is known of each of the courses, by course key; one of which nothing is may be absent. */
export async function measureCourses(
  store: Store,
  courses: ReadonlyArray<{ readonly course_id: string }>,
): Promise<ReadonlyMap<string, Measured>> {
  // few are looked up; all are counted within a tenth of a second for ten million learners
  const few = courses.length <= TOLD_AT_ONCE;
  // each table by itself: a column beside the keys of all rows takes twice as long
  const countedSql = (table: string, isListed: boolean) =>
    `SELECT course_id, count() AS each, ${isListed} AS is_listed FROM ${table}
     WHERE ${few ? 'course_id IN {courses:Array(String)}' : 'true'} GROUP BY course_id`;
  const measured = await store.read<Measured & { readonly course_id: string }>(
    `SELECT course_id, sum(each) AS rows, toBool(max(is_listed)) AS isListed FROM (
       ${[countedSql('learner_activity', false), ...LISTING_TABLES.map((table) => countedSql(table, true))].join(' UNION ALL ')})
     GROUP BY course_id`,
    { courses: few ? courses.map((course) => course.course_id) : [] },
  );
  return new Map(measured.map((course) => [course.course_id, course]));
}
