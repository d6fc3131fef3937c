import type { Metric } from './metrics.ts';
import type { Segment } from './segments.ts';

/** Which learners of a course. Everything outside has been checked. */
export interface RosterFilter {
  /** Each must occur in name, username or email. */
  readonly terms?: readonly string[];
  /** Any of these. */
  readonly segments?: readonly Segment[];
  /** None of these. */
  readonly ignoreSegments?: readonly Segment[];
  readonly cohort?: string;
  readonly enrollmentMode?: string;
  /** Inclusive bounds on metrics of the range. */
  readonly bounds?: ReadonlyArray<{ readonly metric: Metric; readonly min?: number; readonly max?: number }>;
}
