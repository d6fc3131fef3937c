import type { Store } from '../store/store.ts';
import { COUNTED_METRIC_NAMES, LEADING_METRICS, RATIO_METRIC, RATIO_ORDER_SQL, RATIO_SQL } from './metrics.ts';
import { type Distributions, highThresholds } from './ranges.ts';
import { foldSql } from './search-text.ts';
import { PROFILE_FIELDS } from './learner.ts';

/** Turns the drafts of a snapshot into its learners: profile, segments with reasons, search text. */
export async function publishLearners(store: Store, snapshot: number, distributions: Distributions): Promise<void> {
  const thresholds = highThresholds(distributions);
  const leads = LEADING_METRICS.map((name) => `if(${name} >= {high_${name}:Float64}, '${name}', '')`).join(', ');
  const profile = PROFILE_FIELDS.map((field) =>
    field === 'year_of_birth' ? 'nullIf(year_of_birth, 0)' : `nullIf(${field}, '')`,
  );
  await store.run(
    `INSERT INTO learners
     WITH
     users AS (
       SELECT * FROM lms_users FINAL
       WHERE username IN (SELECT username FROM learner_drafts WHERE snapshot = {snapshot:UInt64})
     ),
     judged AS (
       SELECT
         *,
         ${RATIO_SQL} AS ratio,
         arrayFilter(name -> name != '', [${leads}]) AS leading,
         arrayFilter(segment -> segment != '', [
           if(notEmpty(leading), 'highly_engaged', ''),
           if(days_active = 0 AND active_before, 'disengaging', ''),
           if(ratio >= {high_${RATIO_METRIC}:Float64}, 'struggling', ''),
           if(days_active = 0 AND NOT active_before, 'inactive', ''),
           if(NOT enrolled, 'unenrolled', '')]) AS in_segments
       FROM learner_drafts
       WHERE snapshot = {snapshot:UInt64}
     )
     SELECT
       snapshot,
       judged.username AS username,
       coalesce(users.user_id, judged.user_id) AS user_id,
       nullIf(users.name, '') AS name,
       nullIf(users.email, '') AS email,
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
       ${profile.join(', ')},
       ${COUNTED_METRIC_NAMES.join(', ')},
       if(isFinite(ratio), ratio, NULL) AS ${RATIO_METRIC},
       ${RATIO_ORDER_SQL} AS attempt_ratio_order,
       concat(${foldSql('judged.username')}, '\\n', ${foldSql("ifNull(users.name, '')")}, '\\n', ${foldSql("ifNull(users.email, '')")}) AS search_text
     FROM judged
     LEFT JOIN users ON users.username = judged.username`,
    {
      snapshot,
      ...Object.fromEntries(Object.entries(thresholds).map(([name, value]) => [`high_${name}`, value])),
    },
  );
}
