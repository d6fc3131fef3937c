import { SITE_ROLE, STAFF_ROLES, orgOf } from '../staff.ts';
import { PRESENT_NAME } from '../store/present-name.ts';
import type { Store } from '../store/store.ts';
import { WINDOW_DAYS } from './days.ts';
import { COUNTED_METRIC_NAMES, countedMetricsSql, factsSql, spillSql } from './metrics.ts';
import { PROFILE_FIELDS } from './learner.ts';
import { type Renames, presentNameSql, renameParams } from './renames.ts';
import { OF_COURSES, STATED, type Slice, cutSlices } from './learner-slices.ts';

/** A course whose learners are written, and under which number. */
export interface WrittenCourse {
  readonly courseId: string;
  readonly snapshot: number;
  /** Whether an enrolment is known from anywhere; otherwise the active learners are the roster. */
  readonly enrollmentKnown: boolean;
  /** Whether anybody may have done anything after the window. */
  readonly activeLater: boolean;
}

export interface LearnersSetup {
  /** One, or several small ones. */
  readonly courses: readonly WrittenCourse[];
  /** Exclusive end of the window, `YYYY-MM-DD`. Nothing on or after it counts. */
  readonly end: string;
  readonly includeStaff: boolean;
  readonly renames: Renames;
  /** Those in `learner_scopes` alone; of one course. */
  readonly scoped: boolean;
}

/** Added to an instant in microseconds since 1970, so that none is negative; small enough that what the LMS says comes after all of them. */
const BIAS = '1152921504606846976';

/** SQL of when a change was, and of the order of those of the same instant: whoever changes something begins with what begins it. */
const INSTANT_SQL = `bitShiftLeft(toUInt128(toUnixTimestamp64Micro(time) + ${BIAS}), 64)
  + bitShiftLeft(toUInt128(multiIf(action IN ('activated', 'user_removed'), 0, action = 'mode_changed', 1, 2)), 62) + bitShiftRight(hash, 66)`;

/** SQL of a user id with how much its source counts: the largest is right. */
function rankSql(rank: number | string, id: string): string {
  return `if(${id} = 0, toUInt128(0), bitShiftLeft(toUInt128(${rank}), 64) + ${id})`;
}

/** The numbers of the actions in `roster_changes`. */
const ACTIONS = { activated: 1, deactivated: 2, user_added: 4, user_removed: 5 } as const;
/** What is known from the LMS instead. */
const LMS = 6;

/** A mode or a cohort that was emptied in the LMS, by what none is called: a former name's is not taken instead. */
const EMPTIED = String.raw`'\0'`;

/** What a row of one source may tell of somebody; where it does not, this. */
const KNOWN = {
  username: '',
  id_rank: 'toUInt128(0)',
  at: 'toUInt128(0)',
  what: 'toInt8(0)',
  is_listed: 'false',
  is_on: 'toUInt8(2)',
  mode: "''",
  cohort: "''",
  date: "toDateTime64(0, 6, 'UTC')",
  last_day: 'toDate(0)',
};

function knownSql(told: Partial<typeof KNOWN> & { readonly snapshot?: string }, from: string): string {
  const columns = Object.entries({ ...KNOWN, ...told }).map(([name, sql]) => `${sql} AS ${name}`);
  return `SELECT ${columns.join(', ')} ${from}`;
}

/** SQL of the ids by which alone somebody is enrolled in the courses, or in a cohort. */
const UNNAMED = `SELECT user_id FROM roster_changes WHERE ${OF_COURSES} AND username = ''`;

/** SQL of the snapshot to which a row's course belongs. */
const SNAPSHOT_OF = 'transform(course_id, {courses:Array(String)}, {snapshots:Array(UInt64)}, toUInt64(0))';

/**
 * Writes the rows of everyone ever enrolled in the courses, with profile and metrics of the window. What the LMS says beats what
 * the events say, field by field; a course for which no enrolment is known from anywhere lists its active learners.
 */
export async function writeLearners(store: Store, setup: LearnersSetup, sliceSize?: number): Promise<void> {
  for (const slice of await cutSlices(store, setup, sliceSize)) await writeSlice(store, setup, slice);
}

async function writeSlice(store: Store, setup: LearnersSetup, { has, isNarrow, params }: Slice): Promise<void> {
  const { courses } = setup;
  // of one course, which may be large, no row says which it is of
  const several = courses.length > 1;
  const only = (sql: string) => (several ? sql : '');
  const told = several ? { snapshot: SNAPSHOT_OF } : {};
  const unlisted = courses.filter(({ enrollmentKnown }) => !enrollmentKnown).map(({ snapshot }) => snapshot);
  const later = courses.filter(({ activeLater }) => activeLater).map(({ courseId }) => courseId);
  // the profiles of a site are many more
  const possible = `SELECT username FROM (${STATED} UNION ALL SELECT known_as FROM names) WHERE ${has('username')}
    UNION ALL SELECT arrayJoin({renamed_names:Array(String)})`;
  const profile = PROFILE_FIELDS.map((field) => `nullIf(users.${field}, ${field === 'year_of_birth' ? '0' : "''"})`);
  // the latest day of each, from a table of its own where that is within the window; facts for the rest
  const activeSql = (which: string) => `
           SELECT ${only('course_id, ')}username, user_id, last_day AS last_stated
           FROM learner_activity
           WHERE ${OF_COURSES} AND last_day < {end:Date} AND ${which}${later.length > 0 ? beforeEndSql(which) : ''}`;
  const beforeEndSql = (which: string) => `
           UNION ALL
           SELECT ${only('course_id, ')}username, user_id, max(day)
           FROM facts
           WHERE course_id IN {later:Array(String)} AND day < {end:Date} AND ${which}
             AND (course_id, username, user_id) IN (
               SELECT course_id, username, user_id FROM learner_activity
               WHERE course_id IN {later:Array(String)} AND last_day >= {end:Date} AND ${which})
           GROUP BY ${only('course_id, ')}username, user_id`;
  await store.run(
    `INSERT INTO learners
     WITH
     names AS (
       SELECT user_id, ${PRESENT_NAME} AS known_as, max(from_lms) AS is_told
       FROM identities
       WHERE user_id IN (${UNNAMED})
       GROUP BY user_id
     ),
     -- logs of several sites have one id under the names of several people: whoever did something here is more likely meant
     active_names AS (
       SELECT ${only('course_id AS active_in, ')}user_id, argMax(username, (last_stated, username)) AS active_as
       FROM (${activeSql(`user_id IN (${UNNAMED})`)})
       GROUP BY ${only('course_id, ')}user_id
     ),
     week AS (
       SELECT ${only('snapshot, ')}username, ${countedMetricsSql()}
       FROM ${factsSql(`${OF_COURSES} AND day >= {end:Date} - ${WINDOW_DAYS} AND day < {end:Date} AND ${has('username')}`, presentNameSql(setup.renames, 'stated_name', 'user_id'), { few: setup.scoped, more: told })}
       GROUP BY ${only('snapshot, ')}username
     ),
     -- all that is known of anybody, a row per source and change; nothing is 0 or empty
     known AS (
       ${knownSql(
         {
           ...told,
           username: `multiIf(
             c.username != '', ${presentNameSql(setup.renames, 'c.username', 'c.user_id')},
             n.is_told OR a.active_as IS NULL, ifNull(n.known_as, ''),
             a.active_as)`,
           id_rank: rankSql(2, 'c.user_id'),
           at: INSTANT_SQL,
           what: 'toInt8(action)',
           is_listed: `action IN ('activated', 'deactivated', 'mode_changed')`,
           is_on: `multiIf(action = 'activated', 1, action = 'deactivated', 0, 2)`,
           mode: `if(action IN ('activated', 'deactivated', 'mode_changed'), value, '')`,
           cohort: `if(action IN ('user_added', 'user_removed'), value, '')`,
           date: 'time',
         },
         `FROM roster_changes AS c
         LEFT JOIN names AS n ON n.user_id = c.user_id
         LEFT JOIN active_names AS a ON a.user_id = c.user_id ${only('AND a.active_in = c.course_id')}
         WHERE c.${OF_COURSES} AND c.time < {end:Date} AND (c.username = '' OR ${has('c.username')})`,
       )}
       UNION ALL
       ${knownSql(
         {
           ...told,
           username: presentNameSql(setup.renames, 'stated_name', 'ifNull(user_id, 0)'),
           id_rank: rankSql('if(stated_name = username, 4, 3)', 'ifNull(user_id, 0)'),
           // of several former names always the same one
           at: 'bitShiftLeft(toUInt128(if(stated_name = username, 2, 1)), 126) + cityHash64(stated_name)',
           what: `toInt8(${LMS})`,
           is_listed: 'true',
           is_on: 'ifNull(toUInt8(is_active), 2)',
           mode: `if(enrollment_mode = '', ${EMPTIED}, ifNull(enrollment_mode, ''))`,
           cohort: `if(lms_cohort = '', ${EMPTIED}, ifNull(lms_cohort, ''))`,
           date: "ifNull(enrollment_date, toDateTime64(0, 6, 'UTC'))",
         },
         `FROM (
           SELECT course_id, username AS stated_name, user_id, is_active, enrollment_mode, cohort AS lms_cohort, enrollment_date
           FROM lms_enrollments FINAL WHERE ${OF_COURSES} AND ${has('username')})`,
       )}
       UNION ALL
       ${knownSql(
         {
           ...told,
           username: presentNameSql(setup.renames, 'stated_name', 'user_id'),
           id_rank: rankSql(1, 'user_id'),
           last_day: 'last_stated',
         },
         `FROM (SELECT * EXCEPT username, username AS stated_name FROM (${activeSql(has('username'))}))`,
       )}
     ),
     everyone AS (
       SELECT
         ${only('snapshot, ')}username,
         toUInt64(bitAnd(max(id_rank), 18446744073709551615)) AS id,
         max(is_listed) AS listed,
         argMaxIf(mode, at, what = ${LMS} AND mode != '') AS lms_mode,
         argMaxIf(mode, at, what != ${LMS} AND mode != '') AS last_mode,
         argMaxIf(is_on, at, is_on != 2) AS last_on,
         countIf(is_on != 2) AS times_on,
         minIf(date, what = ${LMS} AND date != toDateTime64(0, 6, 'UTC')) AS lms_date,
         minIf(date, what = ${ACTIONS.activated}) AS first_activated,
         maxIf(at, what = ${ACTIONS.activated}) AS activated,
         maxIf(at, what = ${ACTIONS.deactivated}) AS deactivated,
         argMaxIf(cohort, at, what = ${LMS} AND cohort != '') AS lms_cohort,
         argMaxIf(cohort, at, what = ${ACTIONS.user_added}) AS joined,
         maxIf(at, what = ${ACTIONS.user_added}) AS joined_at,
         -- leaving one cohort does not end being in another that was joined since
         groupArrayIf((cohort, at), what = ${ACTIONS.user_removed}) AS left,
         max(last_day) AS last_known_day
       FROM known
       WHERE username != ''
       GROUP BY ${only('snapshot, ')}username
     ),
     users AS (
       SELECT * FROM lms_users FINAL
       WHERE ${has('username')}${isNarrow ? '' : ` AND username IN (${possible})`}
     )
     SELECT
       ${several ? 'everyone.snapshot' : '{snapshots:Array(UInt64)}[1]'},
       everyone.username,
       coalesce(users.user_id, nullIf(id, 0)),
       nullIf(users.name, ''),
       nullIf(users.email, ''),
       coalesce(nullIf(nullIf(lms_mode, ''), ${EMPTIED}), nullIf(last_mode, '')),
       coalesce(nullIf(lms_date, toDateTime64(0, 6, 'UTC')), nullIf(first_activated, toDateTime64(0, 6, 'UTC'))),
       coalesce(
         nullIf(nullIf(lms_cohort, ''), ${EMPTIED}),
         if(arrayExists(each -> each.1 = joined AND each.2 > joined_at, left), NULL, nullIf(joined, ''))),
       times_on = 0 OR last_on = 1 AS enrolled,
       if(enrolled OR deactivated <= activated, NULL, toDate(fromUnixTimestamp64Micro(toInt64(bitShiftRight(deactivated, 64)) - ${BIAS}, 'UTC'))),
       nullIf(last_known_day, toDate(0)),
       ${profile.join(',\n       ')},
       ${COUNTED_METRIC_NAMES.map((name) => `ifNull(week.${name}, 0)`).join(',\n       ')}
     FROM everyone
     LEFT JOIN users ON users.username = everyone.username
     -- whoever did anything is known by it already
     LEFT JOIN week ON week.username = everyone.username ${only('AND week.snapshot = everyone.snapshot')}
     WHERE ${listedSql(unlisted.length, courses.length)}
       AND ({include_staff:Bool} OR (${only('everyone.snapshot, ')}everyone.username) NOT IN (
         SELECT ${only('course.3, ')}username
         FROM course_roles ARRAY JOIN arrayZip({courses:Array(String)}, {orgs:Array(String)}, {snapshots:Array(UInt64)}) AS course
         WHERE role = '${SITE_ROLE}'
           OR (role IN {staff_roles:Array(String)}
             AND (course_id = course.1 OR (course_id = '' AND org != '' AND org = course.2)))))
       AND ${has('everyone.username')}
     SETTINGS ${spillSql(2e9)}`,
    {
      courses: courses.map(({ courseId }) => courseId),
      orgs: courses.map(({ courseId }) => orgOf(courseId)),
      snapshots: courses.map(({ snapshot }) => snapshot),
      unlisted,
      later,
      end: setup.end,
      include_staff: setup.includeStaff,
      staff_roles: STAFF_ROLES,
      renamed_names: [],
      ...renameParams(setup.renames),
      ...params,
    },
  );
}

/** SQL of who of `everyone` is in the roster, where so many of the courses have no enrolments. */
function listedSql(unlisted: number, courses: number): string {
  const isActive = 'last_known_day != toDate(0)';
  if (unlisted === 0) return 'listed';
  return unlisted === courses ? isActive : `if(everyone.snapshot IN {unlisted:Array(UInt64)}, ${isActive}, listed)`;
}
