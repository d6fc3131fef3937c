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

/** SQL of whether `segments`, a number with a bit per segment, has this one. */
export function inSegmentSql(segment: Segment): string {
  return `bitTest(segments, ${SEGMENTS.indexOf(segment)})`;
}

/** SQL of the names of the segments that `segments` has. */
export function segmentNamesSql(): string {
  return `arrayFilter(name -> name != '', [${SEGMENTS.map((segment) => `if(${inSegmentSql(segment)}, '${segment}', '')`).join(', ')}])`;
}
