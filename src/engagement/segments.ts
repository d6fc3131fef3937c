import type { Course } from './course.ts';
import type { Params } from '../store/store.ts';
import { LEADING_METRICS, RATIO_METRIC, RATIO_SQL } from './metrics.ts';
import { highThresholds } from './ranges.ts';

/** The groups that a learner may be in, in the order in which they are always listed. A segment describes; it does not predict. */
export const SEGMENTS = ['highly_engaged', 'disengaging', 'struggling', 'inactive', 'unenrolled'] as const;

export type Segment = (typeof SEGMENTS)[number];

/** When a learner is in the segment, for users; `docs/metrics.md` is made of it. */
export const SEGMENT_MEANINGS: Readonly<Record<Segment, string>> = {
  highly_engaged:
    "In the course's high range of at least one metric of this week, problem attempts and attempts per completed problem aside.",
  disengaging: 'Did nothing this week, but something in the seven days before it.',
  struggling: "In the course's high range of problem attempts per completed problem this week.",
  inactive: 'Did nothing in the last fourteen days.',
  unenrolled: 'Was enrolled in the course and is not any more.',
};

/** Whether a learner who did nothing in the window did something in the seven days before it. */
const ACTIVE_BEFORE = 'ifNull(last_active >= {window_end:Date} - 14, false)';

const JUDGE: Readonly<Record<Segment, string>> = {
  highly_engaged: LEADING_METRICS.map((name) => `${name} >= {high_${name}:Float64}`).join(' OR '),
  disengaging: `days_active = 0 AND ${ACTIVE_BEFORE}`,
  struggling: `${RATIO_SQL} >= {high_${RATIO_METRIC}:Float64}`,
  inactive: `days_active = 0 AND NOT ${ACTIVE_BEFORE}`,
  unenrolled: 'NOT enrolled',
};

/** SQL over `learners` of a number with a bit per segment, the lowest for the first; takes `segmentParams`. */
export const SEGMENTS_SQL = SEGMENTS.map((segment, index) => `bitShiftLeft(toUInt8(${JUDGE[segment]}), ${index})`).join(
  ' + ',
);

/** What the segments of a snapshot follow from: the end of its window, and where the high range of each metric begins. */
export function segmentParams({ window, windowDistributions }: Pick<Course, 'window' | 'windowDistributions'>): Params {
  const thresholds = Object.entries(highThresholds(windowDistributions));
  return { window_end: window.end, ...Object.fromEntries(thresholds.map(([name, value]) => [`high_${name}`, value])) };
}

/** SQL of the names of the segments that `segments` has. */
export function segmentNamesSql(): string {
  return `arrayFilter(name -> name != '', [${SEGMENTS.map((segment, index) => `if(bitTest(segments, ${index}), '${segment}', '')`).join(', ')}])`;
}
