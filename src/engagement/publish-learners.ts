import type { Store } from '../store/store.ts';
import { COUNTED_METRIC_NAMES, LEADING_METRICS, RATIO_METRIC, RATIO_SQL } from './metrics.ts';
import { CARRIED } from './measure-distributions.ts';
import { type Distributions, highThresholds } from './ranges.ts';
import { SEGMENTS, type Segment, inSegmentSql } from './segments.ts';
import { PROFILE_FIELDS } from './learner.ts';

/** What the drafts say of a learner, read back from what was published: `unenrolled_on` and `active_before` from the segments. */
const PUBLISHED_DRAFT = {
  username: 'username',
  user_id: 'user_id',
  enrollment_mode: 'enrollment_mode',
  enrollment_date: 'enrollment_date',
  cohort: 'cohort',
  enrolled: `NOT ${inSegmentSql('unenrolled')}`,
  unenrolled_on: 'unenrolled_on',
  last_active: 'last_active',
  active_before: inSegmentSql('disengaging'),
  ...Object.fromEntries(COUNTED_METRIC_NAMES.map((name) => [name, name])),
};

/**
 * Turns the drafts of a snapshot into its learners: profile, segments; together with those of
 * the published snapshot `base` who were not drafted again (0: none), whose segments follow the new thresholds.
 */
export async function publishLearners(
  store: Store,
  { snapshot, base }: { readonly snapshot: number; readonly base: number },
  distributions: Distributions,
): Promise<void> {
  const thresholds = highThresholds(distributions);
  const judge = {
    highly_engaged: LEADING_METRICS.map((name) => `${name} >= {high_${name}:Float64}`).join(' OR '),
    disengaging: 'days_active = 0 AND active_before',
    struggling: `${RATIO_SQL} >= {high_${RATIO_METRIC}:Float64}`,
    inactive: 'days_active = 0 AND NOT active_before',
    unenrolled: 'NOT enrolled',
  } as const satisfies Record<Segment, string>;
  const profile = PROFILE_FIELDS.map((field) =>
    field === 'year_of_birth'
      ? 'nullIf(users.year_of_birth, 0) AS year_of_birth'
      : `nullIf(users.${field}, '') AS ${field}`,
  );
  const drafted = Object.keys(PUBLISHED_DRAFT).map((name) =>
    name === 'user_id' ? 'coalesce(users.user_id, draft.user_id) AS user_id' : `draft.${name} AS ${name}`,
  );
  const carried = Object.entries(PUBLISHED_DRAFT).map(([name, sql]) => `${sql} AS ${name}`);
  await store.run(
    `INSERT INTO learners
     WITH
     users AS (
       SELECT * FROM lms_users FINAL
       WHERE username IN (SELECT username FROM learner_drafts WHERE snapshot = {snapshot:UInt64})
     ),
     own AS (
       SELECT ${drafted.join(', ')}, nullIf(users.name, '') AS name, nullIf(users.email, '') AS email, ${profile.join(', ')}
       FROM (SELECT * FROM learner_drafts WHERE snapshot = {snapshot:UInt64}) AS draft
       LEFT JOIN users ON users.username = draft.username
       UNION ALL
       SELECT ${carried.join(', ')}, name, email, ${PROFILE_FIELDS.join(', ')}
       FROM learners
       WHERE ${CARRIED}
     ),
     judged AS (
       SELECT *, ${SEGMENTS.map((segment, index) => `bitShiftLeft(toUInt8(${judge[segment]}), ${index})`).join(' + ')} AS in_segments
       FROM own
     )
     SELECT
       {snapshot:UInt64},
       username,
       user_id,
       name,
       email,
       enrollment_mode,
       enrollment_date,
       cohort,
       in_segments AS segments,
       last_active,
       unenrolled_on,
       ${PROFILE_FIELDS.join(', ')},
       ${COUNTED_METRIC_NAMES.join(', ')}
     FROM judged
     SETTINGS max_insert_threads = 2`,
    {
      snapshot,
      base,
      ...Object.fromEntries(Object.entries(thresholds).map(([name, value]) => [`high_${name}`, value])),
    },
  );
}
