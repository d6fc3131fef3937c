import type { Store } from '../store/store.ts';
import { COUNTED_METRIC_NAMES, LEADING_METRICS, RATIO_METRIC, RATIO_ORDER_SQL, RATIO_SQL } from './metrics.ts';
import { CARRIED } from './measure-distributions.ts';
import { type Distributions, highThresholds } from './ranges.ts';
import { foldSql } from './search-text.ts';
import { PROFILE_FIELDS } from './learner.ts';

/** What the drafts say of a learner, read back from what was published: `unenrolled_on` and `active_before` from the segments. */
const PUBLISHED_DRAFT = {
  username: 'username',
  user_id: 'user_id',
  enrollment_mode: 'enrollment_mode',
  enrollment_date: 'enrollment_date',
  cohort: 'cohort',
  enrolled: "NOT has(segments, 'unenrolled')",
  unenrolled_on: "toDateOrNull(segment_reasons['unenrolled'][1])",
  last_active: 'last_active',
  active_before: "has(segments, 'disengaging')",
  ...Object.fromEntries(COUNTED_METRIC_NAMES.map((name) => [name, name])),
};

/**
 * Turns the drafts of a snapshot into its learners: profile, segments with reasons, search text; together with those of
 * the published snapshot `base` who were not drafted again (0: none), whose segments follow the new thresholds.
 */
export async function publishLearners(
  store: Store,
  { snapshot, base }: { readonly snapshot: number; readonly base: number },
  distributions: Distributions,
): Promise<void> {
  const thresholds = highThresholds(distributions);
  const leads = LEADING_METRICS.map((name) => `if(${name} >= {high_${name}:Float64}, '${name}', '')`).join(', ');
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
       SELECT ${drafted.join(', ')}, nullIf(users.name, '') AS name, nullIf(users.email, '') AS email, ${profile.join(', ')},
         concat(${foldSql('draft.username')}, '\\n', ${foldSql("ifNull(users.name, '')")}, '\\n', ${foldSql("ifNull(users.email, '')")}) AS search_text
       FROM (SELECT * FROM learner_drafts WHERE snapshot = {snapshot:UInt64}) AS draft
       LEFT JOIN users ON users.username = draft.username
       UNION ALL
       SELECT ${carried.join(', ')}, name, email, ${PROFILE_FIELDS.join(', ')}, search_text
       FROM learners
       WHERE ${CARRIED}
     ),
     judged AS (
       SELECT
         *,
         ${RATIO_SQL} AS ratio,
         arrayFilter(metric -> metric != '', [${leads}]) AS leading,
         arrayFilter(segment -> segment != '', [
           if(notEmpty(leading), 'highly_engaged', ''),
           if(days_active = 0 AND active_before, 'disengaging', ''),
           if(ratio >= {high_${RATIO_METRIC}:Float64}, 'struggling', ''),
           if(days_active = 0 AND NOT active_before, 'inactive', ''),
           if(NOT enrolled, 'unenrolled', '')]) AS in_segments
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
       mapFilter((segment, reasons) -> has(in_segments, segment), map(
         'highly_engaged', leading,
         'disengaging', [ifNull(toString(last_active), '')],
         'struggling', ['${RATIO_METRIC}'],
         'inactive', [ifNull(toString(last_active), 'never')],
         'unenrolled', if(unenrolled_on IS NULL, [], [assumeNotNull(toString(unenrolled_on))]))) AS segment_reasons,
       last_active,
       ${PROFILE_FIELDS.join(', ')},
       ${COUNTED_METRIC_NAMES.join(', ')},
       if(isFinite(ratio), ratio, NULL) AS ${RATIO_METRIC},
       ${RATIO_ORDER_SQL} AS attempt_ratio_order,
       search_text
     FROM judged
     SETTINGS max_insert_threads = 2`,
    {
      snapshot,
      base,
      ...Object.fromEntries(Object.entries(thresholds).map(([name, value]) => [`high_${name}`, value])),
    },
  );
}
