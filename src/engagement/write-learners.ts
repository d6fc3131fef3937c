import type { Store } from '../store/store.ts';
import { COUNTED_METRIC_NAMES, countedMetricsSql, factsSql, spillSql } from './metrics.ts';
import { PROFILE_FIELDS } from './learner.ts';
import { type Renames, presentNameSql, renameParams } from './renames.ts';
import { STATED, type Slice, cutSlices } from './learner-slices.ts';

export interface LearnersSetup {
  readonly courseId: string;
  readonly snapshot: number;
  /** Exclusive end of the window, `YYYY-MM-DD`. Nothing on or after it counts. */
  readonly end: string;
  readonly includeStaff: boolean;
  readonly renames: Renames;
  /** Whether an enrolment is known from anywhere; otherwise the active learners are the roster. */
  readonly enrollmentKnown: boolean;
  /** Whether anybody may have done anything after the window. */
  readonly activeLater: boolean;
  /** Those in `learner_scopes` alone. */
  readonly scoped: boolean;
}

/** Added to an instant in microseconds since 1970, so that none is negative; small enough that what the LMS says comes after all of them. */
const BIAS = '1152921504606846976';

/** SQL of when a change was, and of the order of those of the same instant. */
const INSTANT_SQL = `bitShiftLeft(toUInt128(toUnixTimestamp64Micro(time) + ${BIAS}), 64) + bitShiftRight(hash, 64)`;

/** SQL of a user id with how much its source counts: the largest is right. */
function rankSql(rank: number | string, id: string): string {
  return `if(${id} = 0, toUInt128(0), bitShiftLeft(toUInt128(${rank}), 64) + ${id})`;
}

/** The numbers of the actions in `roster_changes`. */
const ACTIONS = { activated: 1, deactivated: 2, user_added: 4, user_removed: 5 } as const;
/** What is known from the LMS instead. */
const LMS = 6;

/** A cohort that was emptied in the LMS, by what no cohort is called: a former name's is not taken instead. */
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

function knownSql(told: Partial<typeof KNOWN>, from: string): string {
  const columns = Object.entries({ ...KNOWN, ...told }).map(([name, sql]) => `${sql} AS ${name}`);
  return `SELECT ${columns.join(', ')} ${from}`;
}

/** Roles that make somebody staff of a course, who is left out of its roster unless the site wants otherwise. */
const STAFF_ROLES = ['staff', 'instructor'];

/**
 * Writes the rows of everyone ever enrolled in the course, with profile and metrics of the window. What the LMS says beats what
 * the events say, field by field; a course for which no enrolment is known from anywhere lists its active learners.
 */
export async function writeLearners(store: Store, setup: LearnersSetup, sliceSize?: number): Promise<void> {
  for (const slice of await cutSlices(store, setup, sliceSize)) await writeSlice(store, setup, slice);
}

async function writeSlice(store: Store, setup: LearnersSetup, { has, isNarrow, params }: Slice): Promise<void> {
  // the profiles of a site are many more
  const possible = `SELECT username FROM (${STATED} UNION ALL SELECT known_as FROM names) WHERE ${has('username')}
    UNION ALL SELECT arrayJoin({renamed_names:Array(String)})`;
  const profile = PROFILE_FIELDS.map((field) => `nullIf(users.${field}, ${field === 'year_of_birth' ? '0' : "''"})`);
  const beforeEnd = `
           UNION ALL
           SELECT username, user_id, max(day)
           FROM facts
           WHERE course_id = {course:String} AND day < {end:Date} AND ${has('username')}
             AND (username, user_id) IN (SELECT username, user_id FROM learner_activity WHERE course_id = {course:String} AND last_day >= {end:Date})
           GROUP BY username, user_id`;
  await store.run(
    `INSERT INTO learners
     WITH
     names AS (
       SELECT user_id, argMax(username, (from_lms, last_seen, username)) AS known_as
       FROM identities
       WHERE user_id IN (SELECT user_id FROM roster_changes WHERE course_id = {course:String} AND username = '')
       GROUP BY user_id
     ),
     week AS (
       SELECT username, ${countedMetricsSql()}
       FROM ${factsSql(`course_id = {course:String} AND day >= {end:Date} - 7 AND day < {end:Date} AND ${has('username')}`, presentNameSql(setup.renames, 'stated_name', 'user_id'), { few: setup.scoped })}
       GROUP BY username
     ),
     -- all that is known of anybody, a row per source and change; nothing is 0 or empty
     known AS (
       ${knownSql(
         {
           username: `if(c.username = '', ifNull(n.known_as, ''), ${presentNameSql(setup.renames, 'c.username', 'c.user_id')})`,
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
         WHERE c.course_id = {course:String} AND c.time < {end:Date} AND (c.username = '' OR ${has('c.username')})`,
       )}
       UNION ALL
       ${knownSql(
         {
           username: presentNameSql(setup.renames, 'stated_name', 'ifNull(user_id, 0)'),
           id_rank: rankSql('if(stated_name = username, 4, 3)', 'ifNull(user_id, 0)'),
           // of several former names always the same one
           at: 'bitShiftLeft(toUInt128(if(stated_name = username, 2, 1)), 126) + cityHash64(stated_name)',
           what: `toInt8(${LMS})`,
           is_listed: 'true',
           is_on: 'ifNull(toUInt8(is_active), 2)',
           mode: "ifNull(enrollment_mode, '')",
           cohort: `if(lms_cohort = '', ${EMPTIED}, ifNull(lms_cohort, ''))`,
           date: "ifNull(enrollment_date, toDateTime64(0, 6, 'UTC'))",
         },
         `FROM (
           SELECT username AS stated_name, user_id, is_active, enrollment_mode, cohort AS lms_cohort, enrollment_date
           FROM lms_enrollments FINAL WHERE course_id = {course:String} AND ${has('username')})`,
       )}
       UNION ALL
       -- the latest day of each, from a table of its own where that is within the window; facts for the rest
       ${knownSql(
         {
           username: presentNameSql(setup.renames, 'stated_name', 'user_id'),
           id_rank: rankSql(1, 'user_id'),
           last_day: 'last_stated',
         },
         `FROM (
           SELECT username AS stated_name, user_id, last_day AS last_stated
           FROM learner_activity
           WHERE course_id = {course:String} AND last_day < {end:Date} AND ${has('username')}${setup.activeLater ? beforeEnd : ''})`,
       )}
     ),
     everyone AS (
       SELECT
         username,
         toUInt64(bitAnd(max(id_rank), 18446744073709551615)) AS id,
         max(is_listed) AS listed,
         argMaxIf(mode, at, mode != '') AS last_mode,
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
       GROUP BY username
     ),
     users AS (
       SELECT * FROM lms_users FINAL
       WHERE ${has('username')}${isNarrow ? '' : ` AND username IN (${possible})`}
     )
     SELECT
       {snapshot:UInt64},
       everyone.username,
       coalesce(users.user_id, nullIf(id, 0)),
       nullIf(users.name, ''),
       nullIf(users.email, ''),
       nullIf(last_mode, ''),
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
     LEFT JOIN week ON week.username = everyone.username
     WHERE ${setup.enrollmentKnown ? 'listed' : 'last_known_day != toDate(0)'} AND ({include_staff:Bool} OR everyone.username NOT IN (
       SELECT username FROM course_roles
       WHERE role = 'global_staff'
         OR (role IN {staff_roles:Array(String)}
           AND (course_id = {course:String} OR (course_id = '' AND org != '' AND org = {org:String})))))
       AND ${has('everyone.username')}
     SETTINGS ${spillSql(2e9)}`,
    {
      course: setup.courseId,
      snapshot: setup.snapshot,
      end: setup.end,
      include_staff: setup.includeStaff,
      staff_roles: STAFF_ROLES,
      org: readOrg(setup.courseId),
      renamed_names: [],
      ...renameParams(setup.renames),
      ...params,
    },
  );
}

/** The organisation in a course key of any style. */
function readOrg(courseId: string): string {
  return /^(?:[a-z]+-v1:)?([^+/]+)/.exec(courseId)?.[1] ?? '';
}
