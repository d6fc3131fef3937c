import type { Course } from '../course.ts';
import { INACTIVE_DAYS, numberDay } from '../days.ts';
import { COUNTED_METRIC_NAMES, LEADING_METRICS, RATIO_METRIC } from '../metrics.ts';
import { highThresholds } from '../ranges.ts';
import { SEGMENT_BITS } from '../segments.ts';

/** What the segments of a snapshot's learners follow from, besides what each of them did. */
export interface SegmentRule {
  /** From which value on a learner leads, by the place in `COUNTED_METRIC_NAMES`; NaN where none does. */
  readonly leads: Float64Array;
  /** From how many attempts per completed problem on a learner struggles; NaN: nobody does. */
  readonly struggles: number;
  /** The first of the seven days before the window, in days since 1970. */
  readonly before: number;
}

/** By which numbers the learners of a course are judged: those of its last window, whatever range is shown. */
export function segmentRule({
  window,
  windowDistributions,
}: Pick<Course, 'window' | 'windowDistributions'>): SegmentRule {
  const thresholds = highThresholds(windowDistributions);
  return {
    leads: Float64Array.from(COUNTED_METRIC_NAMES, (name) => (LEADING_METRICS.includes(name) ? thresholds[name] : NaN)),
    struggles: thresholds[RATIO_METRIC],
    before: numberDay(window.end) - INACTIVE_DAYS,
  };
}

const [ATTEMPTS, COMPLETED, DAYS_ACTIVE] = (['problem_attempts', 'problems_completed', 'days_active'] as const).map(
  (name) => COUNTED_METRIC_NAMES.indexOf(name),
) as [number, number, number];

/**
 * The segments of a learner as `SEGMENT_BITS`. `numbers` are those of the window, by the place in `COUNTED_METRIC_NAMES` from `at` on;
 * `lastActive` is in days since 1970, negative where there is none.
 */
export function judge(
  numbers: ArrayLike<number>,
  at: number,
  { lastActive, isEnrolled }: { readonly lastActive: number; readonly isEnrolled: boolean },
  rule: SegmentRule,
): number {
  let segments = isEnrolled ? 0 : SEGMENT_BITS.unenrolled;
  if (numbers[at + DAYS_ACTIVE] === 0)
    segments |= lastActive >= 0 && lastActive >= rule.before ? SEGMENT_BITS.disengaging : SEGMENT_BITS.inactive;
  for (let metric = 0; metric < rule.leads.length; metric += 1)
    if (numbers[at + metric]! >= rule.leads[metric]!) segments |= SEGMENT_BITS.highly_engaged;
  const [attempts, completed] = [numbers[at + ATTEMPTS]!, numbers[at + COMPLETED]!];
  // infinite where nothing was completed
  if (attempts > 0 && attempts / completed >= rule.struggles) segments |= SEGMENT_BITS.struggling;
  return segments;
}
