import { perName } from '../per-name.ts';

/** The groups that a learner may be in, in the order in which they are always listed. A segment describes; it does not predict. */
export const SEGMENTS = ['highly_engaged', 'disengaging', 'struggling', 'inactive', 'unenrolled'] as const;

export type Segment = (typeof SEGMENTS)[number];

/** When a learner is in the segment, for users; `docs/metrics.md` is made of it. */
export const SEGMENT_MEANINGS: Readonly<Record<Segment, string>> = {
  highly_engaged: 'High in this course this week in problems tried, problems solved, videos, posts or days active.',
  disengaging: 'Did nothing this week, but something in the seven days before it.',
  struggling:
    'High in this course this week in attempts per solved problem; with nothing solved, even one attempt counts as infinite.',
  inactive: 'Did nothing in the last fourteen days.',
  unenrolled: 'Was enrolled in the course and is not any more.',
};

/** The segments as bits of one number, the lowest for the first. */
export const SEGMENT_BITS: Readonly<Record<Segment, number>> = perName(SEGMENTS, (_, place) => 1 << place);

/** The names of the segments that are in `SEGMENT_BITS`. */
export function nameSegments(bits: number): Segment[] {
  return SEGMENTS.filter((segment) => bits & SEGMENT_BITS[segment]);
}
