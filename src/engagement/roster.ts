import type { Learner } from './learner.ts';
import type { Metric } from './metrics.ts';
import type { Segment } from './segments.ts';

export const ROSTER_ORDERS = [
  'username', 'name', 'email', 'cohort', 'enrollment_mode', 'enrollment_date', 'last_active',
] as const;
/** What a roster can be ordered by. */
export type RosterOrder = (typeof ROSTER_ORDERS)[number] | Metric | 'attempt_ratio_order';

/** Which learners of a course, in what order, which page. Everything outside has been checked. */
export interface RosterQuery {
  readonly courseId: string;
  /** Whitespace-separated terms, each of which must occur in name, username or email. */
  readonly textSearch?: string;
  /** Any of these. */
  readonly segments?: readonly Segment[];
  /** None of these. */
  readonly ignoreSegments?: readonly Segment[];
  readonly cohort?: string;
  readonly enrollmentMode?: string;
  /** Inclusive bounds on metrics of the window. */
  readonly bounds?: ReadonlyArray<{ readonly metric: Metric; readonly min?: number; readonly max?: number }>;
  readonly orderBy: RosterOrder;
  readonly descending: boolean;
  /** Which learners of the ordered list: `limit` of them after the first `offset`. */
  readonly offset: number;
  readonly limit: number;
}

export interface RosterPage {
  /** How many learners match, over all pages. */
  readonly count: number;
  readonly learners: readonly Learner[];
}
