import type { Metric } from './metrics.ts';
import type { Segment } from './segments.ts';

/** Which learners of a course. Everything outside has been checked. */
export interface RosterFilter {
  /** Whitespace-separated terms, each of which must occur in name, username or email. */
  readonly textSearch?: string;
  /** Any of these. */
  readonly segments?: readonly Segment[];
  /** None of these. */
  readonly ignoreSegments?: readonly Segment[];
  readonly cohort?: string;
  readonly enrollmentMode?: string;
  /** Inclusive bounds on metrics of the range. */
  readonly bounds?: ReadonlyArray<{ readonly metric: Metric; readonly min?: number; readonly max?: number }>;
}

/** The terms of a search, each once. */
export function splitTerms(textSearch = ''): string[] {
  return [...new Set(textSearch.split(/\s+/u).filter((term) => term !== ''))];
}
