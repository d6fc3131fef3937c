import { type LeveledEngagement, METRICS } from './truth-metrics.ts';
import { type Window, addDays } from './truth-values.ts';

export const SEGMENTS = ['highly_engaged', 'disengaging', 'struggling', 'inactive', 'unenrolled'] as const;
export type Segment = (typeof SEGMENTS)[number];

/** Per segment that a learner is in, why. */
export type SegmentReasons = Partial<Record<Segment, string[]>>;

/** The segments of a learner, each with its reasons. `days` are the active days, sorted. */
export function findSegments(
  engagement: LeveledEngagement,
  days: readonly string[],
  window: Window,
  unenrolled: { readonly on: string | null } | null,
): SegmentReasons {
  const reasons: SegmentReasons = {};
  const high = METRICS.filter((metric) => engagement.levels[metric] === 'above_average');
  const engaged = high.filter((metric) => metric !== 'problem_attempts' && metric !== 'problem_attempts_per_completed');
  const lastActive = days.at(-1);
  const fortnight = addDays(window.end, -14);
  if (engaged.length > 0) reasons.highly_engaged = engaged;
  if (lastActive !== undefined && lastActive >= fortnight && lastActive < window.start)
    reasons.disengaging = [lastActive];
  if (high.includes('problem_attempts_per_completed')) reasons.struggling = ['problem_attempts_per_completed'];
  if (lastActive === undefined || lastActive < fortnight) reasons.inactive = [lastActive ?? 'never'];
  if (unenrolled !== null) reasons.unenrolled = unenrolled.on === null ? [] : [unenrolled.on];
  return reasons;
}
