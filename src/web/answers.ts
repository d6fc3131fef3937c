import type { ErrorBody } from '../api/errors-to-http.ts';
import type { LearnerResponse } from '../api/responses.ts';

// What the API answers (docs/api.md).

export type ApiErrorBody = ErrorBody;

/** `[start, end]` of code points that matched the search, end exclusive, per field. */
export type Highlights = { readonly [field in 'name' | 'username' | 'email']?: readonly (readonly [number, number])[] };

export type Learner = Omit<LearnerResponse, 'tidbits'> & { readonly highlights?: Highlights };

export interface Tidbit {
  readonly code: string;
  /** In English; what the app knows the code of, it says in the reader's language. */
  readonly message: string;
  readonly data: Readonly<Record<string, string | number>>;
}

export type SingleLearner = Learner & { readonly tidbits?: readonly Tidbit[] };

export type Segment = Learner['segments'][number];
export type Metric = keyof Learner['engagements']['levels'];
export type Level = NonNullable<Learner['engagements']['levels'][Metric]>;
export type DateRange = Learner['engagements']['date_range'];

export interface LearnerPage {
  readonly count: number;
  readonly num_pages: number;
  readonly page: number;
  /** Addresses of the pages beside this one, of the same publication; null where there is none. */
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: readonly Learner[];
}

export interface CourseInList {
  readonly course_id: string;
  readonly learner_count: number;
  /** With anything in the current window. */
  readonly active_learners: number;
  readonly segments: Readonly<Record<Segment, number>>;
  readonly last_updated: string;
  /** Instant of the latest thing that is known; null without any. */
  readonly data_until: string | null;
}

/** What the LMS tells of a learner; null where it tells nothing. */
export interface Account {
  readonly photo_url: string | null;
  readonly bio: string | null;
  readonly country: string | null;
  readonly language: string | null;
  readonly level_of_education: string | null;
  readonly year_of_birth: number | null;
}

/** `[inclusive, exclusive)`; a null end is unbounded. */
export type Range = readonly [number | null, number | null];

export interface MetricRanges {
  readonly below_average: Range | null;
  readonly average: Range;
  readonly above_average: Range | null;
}

export interface MetricAverage {
  readonly mean: number | null;
  readonly median: number | null;
  readonly learners: number;
}

export interface Course {
  readonly cohorts: Readonly<Record<string, number>>;
  readonly enrollment_modes: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<Segment, number>>;
  readonly engagement_ranges: { readonly date_range: DateRange } & { readonly [metric in Metric]: MetricRanges };
  readonly engagement_averages: { readonly date_range: DateRange } & { readonly [metric in Metric]: MetricAverage };
  readonly learner_count: number;
  readonly last_updated: string;
  readonly data_until: string | null;
}

export type TimelineMetric =
  | 'problems_attempted'
  | 'problems_completed'
  | 'videos_viewed'
  | 'discussion_contributions'
  | 'problem_attempts';

export type TimelineDay = { readonly date: string } & { readonly [metric in TimelineMetric]: number };

export interface SessionAnswer {
  readonly username: string;
  readonly name?: string;
  readonly is_demo: boolean;
  /** Without trailing slash; null where no LMS is known. */
  readonly lms_url: string | null;
}
