import type { Store } from '../store/store.ts';
import { KEPT_LEARNERS, KEPT_MINUTES } from './course.ts';

/** Published snapshots that somebody may still ask for, and those that nobody does. */
export interface JudgedSnapshots {
  readonly kept: readonly number[];
  /** What has an earlier number than this and is not kept is gone, whether it was published or not. */
  readonly old: number;
  /** Later ones that nobody asks for; there are too many of the others to list them. */
  readonly replaced: readonly number[];
  /** Those of which a kept one has rows. */
  readonly shared: readonly number[];
}

/** The newest of each course stays, and those that were replaced a short while ago, as long as they are not too large together. */
export async function judgeSnapshots(store: Store): Promise<JudgedSnapshots> {
  const [judged] = await store.read<JudgedSnapshots>(
    `WITH toUInt64(toUnixTimestamp64Micro(now64(6) - INTERVAL ${KEPT_MINUTES} MINUTE)) AS earliest,
     published AS (
       SELECT
         snapshot,
         rest,
         row_number() OVER newest_first AS place,
         any(published_at) OVER (PARTITION BY course_id ORDER BY snapshot DESC ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING) AS replaced_at,
         sum(learner_count) OVER newest_first - learner_count AS newer
       FROM snapshots
       WINDOW newest_first AS (PARTITION BY course_id ORDER BY snapshot DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
     ),
     judged AS (
       SELECT snapshot, rest, place = 1 OR (replaced_at > now64(6) - INTERVAL ${KEPT_MINUTES} MINUTE AND newer <= ${KEPT_LEARNERS}) AS stays
       FROM published
     )
     SELECT groupArrayIf(snapshot, stays) AS kept, earliest AS old, groupArrayIf(snapshot, NOT stays AND snapshot >= earliest) AS replaced,
       groupArrayIf(rest, stays AND rest != 0) AS shared
     FROM judged`,
  );
  if (judged === undefined) throw new Error('the engine judged no snapshots');
  return judged;
}
