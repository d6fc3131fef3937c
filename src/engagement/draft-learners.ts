import type { Store } from '../store/store.ts';
import { COUNTED_METRIC_NAMES, countedMetricsSql, factsSql, spillSql } from './metrics.ts';
import { type Renames, presentNameSql, renameParams } from './renames.ts';

export interface DraftSetup {
  readonly courseId: string;
  readonly snapshot: number;
  /** Exclusive end of the window, `YYYY-MM-DD`. Nothing on or after it counts. */
  readonly end: string;
  readonly includeStaff: boolean;
  readonly renames: Renames;
  /** Whether an enrolment is known from anywhere; otherwise the active learners are the roster. */
  readonly enrollmentKnown: boolean;
  /** Draft those in `learner_scopes` alone. */
  readonly scoped: boolean;
}

/** Added to the roster of a course for which no enrolment is known. */
const ACTIVE_LEARNERS = `
       UNION ALL
       SELECT username, NULL, nullIf(id, 0), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
       FROM activity
       WHERE (SELECT count() FROM enrolled WHERE is_listed) = 0`;

/** Roles that make somebody staff of a course, who is left out of its roster unless the site wants otherwise. */
const STAFF_ROLES = ['staff', 'instructor'];

/** The condition on those who are drafted. */
function inScopeSql({ scoped }: DraftSetup, username: string): string {
  return scoped ? `${username} IN (SELECT username FROM learner_scopes WHERE snapshot = {snapshot:UInt64})` : 'true';
}

/**
 * Everyone ever enrolled in the course, with the metrics of the window. What the LMS says beats what the events say,
 * field by field; a course for which no enrolment is known from anywhere lists its active learners.
 */
export async function draftLearners(store: Store, setup: DraftSetup): Promise<void> {
  await store.run(
    `INSERT INTO learner_drafts
     WITH
     names AS (
       SELECT user_id, argMax(username, (from_lms, last_seen, username)) AS known_as
       FROM identities
       WHERE user_id IN (SELECT user_id FROM roster_changes WHERE course_id = {course:String} AND username = '')
       GROUP BY user_id
     ),
     changes AS (
       SELECT if(c.username = '', ifNull(n.known_as, ''), ${presentNameSql(setup.renames, 'c.username', 'c.user_id')}) AS username, c.user_id AS user_id, time, hash,
         CAST(action, 'String') AS action, value
       FROM roster_changes AS c
       LEFT JOIN names AS n ON n.user_id = c.user_id
       WHERE c.course_id = {course:String} AND c.time < {end:Date}
         AND (c.username = '' OR ${inScopeSql(setup, 'c.username')})
     ),
     events AS (
       SELECT
         username,
         nullIf(max(user_id), 0) AS id,
         minIf(time, action = 'activated') AS activated,
         countIf(action = 'activated') AS activations,
         argMaxIf(value, (time, hash), action IN ('activated', 'deactivated', 'mode_changed') AND value != '') AS mode,
         argMaxIf(action, (time, hash), action IN ('activated', 'deactivated')) AS latest,
         maxIf(time, action = 'deactivated') AS deactivated,
         maxIf((time, hash, value), action = 'user_added') AS joined,
         -- leaving one cohort does not end being in another that was joined since
         groupArrayIf((time, hash, value), action = 'user_removed') AS left,
         if(arrayExists(each -> each.3 = joined.3 AND each > joined, left), '', joined.3) AS cohort_name,
         countIf(action IN ('activated', 'deactivated', 'mode_changed')) > 0 AS ever_enrolled
       FROM changes
       WHERE username != ''
       GROUP BY username
     ),
     -- the latest day of each, from a table of its own where that is within the window; facts for the rest
     activity AS (
       SELECT
         ${presentNameSql(setup.renames, 'stated_name', 'user_id')} AS username,
         max(last_stated) AS last_day,
         max(was_before) AS before,
         max(user_id) AS id
       FROM (
         SELECT username AS stated_name, user_id, last_day AS last_stated, false AS was_before
         FROM learner_activity
         WHERE course_id = {course:String} AND last_day < {end:Date} AND ${inScopeSql(setup, 'username')}
         UNION ALL
         SELECT username, user_id, max(day), max(day >= {end:Date} - 14 AND day < {end:Date} - 7)
         FROM facts
         WHERE course_id = {course:String} AND day < {end:Date} AND ${inScopeSql(setup, 'username')}
           AND ((day >= {end:Date} - 14 AND day < {end:Date} - 7)
             OR (username, user_id) IN (SELECT username, user_id FROM learner_activity WHERE course_id = {course:String} AND last_day >= {end:Date}))
         GROUP BY username, user_id
       )
       GROUP BY username
     ),
     lms AS (
       SELECT
         ${presentNameSql(setup.renames, 'stated_name', 'ifNull(user_id, 0)')} AS name,
         argMax(user_id, stated_name = name) AS lms_user_id,
         argMax(nullIf(enrollment_mode, ''), stated_name = name) AS mode,
         min(enrollment_date) AS date,
         argMax(is_active, stated_name = name) AS active,
         argMax(nullIf(cohort, ''), stated_name = name) AS lms_cohort
       FROM (SELECT username AS stated_name, * EXCEPT username FROM lms_enrollments FINAL WHERE course_id = {course:String} AND ${inScopeSql(setup, 'username')})
       GROUP BY name
     ),
     enrolled AS (
       SELECT
         username,
         toBool(max(listed)) AS is_listed,
         any(lms_id) AS lms_user_id, any(event_id) AS event_user_id,
         any(lms_mode) AS lms_mode, any(event_mode) AS event_mode,
         any(lms_date) AS lms_date, any(event_date) AS event_date,
         any(lms_active) AS lms_active, any(event_latest) AS event_latest,
         any(lms_cohort) AS lms_cohort, any(event_cohort) AS event_cohort,
         any(event_deactivated) AS event_deactivated
       FROM (
         SELECT username, ever_enrolled AS listed,
           NULL AS lms_id, id AS event_id,
           NULL AS lms_mode, nullIf(mode, '') AS event_mode,
           NULL AS lms_date, if(activations > 0, activated, NULL) AS event_date,
           NULL AS lms_active, nullIf(latest, '') AS event_latest,
           NULL AS lms_cohort, nullIf(cohort_name, '') AS event_cohort,
           if(latest = 'deactivated', toDate(deactivated), NULL) AS event_deactivated
         FROM events
         UNION ALL
         SELECT name AS username, true, lms_user_id, NULL, mode, NULL, date, NULL, active, NULL, lms_cohort, NULL, NULL
         FROM lms
       )
       GROUP BY username
     ),
     roster AS (
       SELECT username, lms_user_id, event_user_id, lms_mode, event_mode, lms_date, event_date, lms_active, event_latest,
         lms_cohort, event_cohort, event_deactivated
       FROM enrolled
       WHERE is_listed${setup.enrollmentKnown ? '' : ACTIVE_LEARNERS}
     ),
     week AS (
       SELECT username, ${countedMetricsSql()}
       FROM ${factsSql(`course_id = {course:String} AND day >= {end:Date} - 7 AND day < {end:Date} AND ${inScopeSql(setup, 'username')}`, presentNameSql(setup.renames, 'stated_name', 'user_id'), { few: setup.scoped })}
       GROUP BY username
     )
     SELECT
       {snapshot:UInt64} AS snapshot,
       roster.username AS username,
       coalesce(lms_user_id, event_user_id, nullIf(activity.id, 0)) AS user_id,
       coalesce(lms_mode, event_mode) AS enrollment_mode,
       coalesce(lms_date, event_date) AS enrollment_date,
       coalesce(lms_cohort, event_cohort) AS cohort,
       coalesce(lms_active, event_latest != 'deactivated', true) AS enrolled,
       if(enrolled, NULL, event_deactivated) AS unenrolled_on,
       activity.last_day AS last_active,
       ifNull(activity.before, false) AS active_before,
       ${COUNTED_METRIC_NAMES.map((name) => `ifNull(week.${name}, 0) AS ${name}`).join(',\n       ')}
     FROM roster
     LEFT JOIN week ON week.username = roster.username
     LEFT JOIN activity ON activity.username = roster.username
     WHERE ({include_staff:Bool} OR roster.username NOT IN (
       SELECT username FROM course_roles
       WHERE role = 'global_staff'
         OR (role IN {staff_roles:Array(String)}
           AND (course_id = {course:String} OR (course_id = '' AND org != '' AND org = {org:String})))))
       AND ${inScopeSql(setup, 'roster.username')}
     SETTINGS ${spillSql(2e9)}`,
    {
      course: setup.courseId,
      snapshot: setup.snapshot,
      end: setup.end,
      include_staff: setup.includeStaff,
      staff_roles: STAFF_ROLES,
      org: readOrg(setup.courseId),
      ...renameParams(setup.renames),
    },
  );
}

/** The organisation in a course key of any style. */
function readOrg(courseId: string): string {
  return /^(?:[a-z]+-v1:)?([^+/]+)/.exec(courseId)?.[1] ?? '';
}
