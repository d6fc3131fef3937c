import type { DailyCounts, ListedLearner, Tidbit } from '../client/answers.ts';

// What the pages ask for besides the API, and make of its answers (src/client/answers.ts).

/** From a list, or by itself. */
export type KnownLearner = ListedLearner & { readonly tidbits?: readonly Tidbit[] };

/** What the timeline shows day by day. */
export type TimelineMetric = Exclude<keyof DailyCounts, 'problem_attempts_per_completed'>;

export interface SessionAnswer {
  readonly username: string;
  readonly name?: string;
  readonly is_demo: boolean;
  /** Without trailing slash; null where no LMS is known. */
  readonly lms_url: string | null;
}
