import type { Level } from './ranges.ts';
import type { CountedMetric, Metric, RATIO_METRIC } from './metrics.ts';
import type { Segment } from './segments.ts';

/** `[start, end)` in UTC days, `YYYY-MM-DD`. */
export interface DateRange {
  readonly start: string;
  readonly end: string;
}

/** What the LMS profile of a learner may tell; null where it is silent. */
export const PROFILE_FIELDS = [
  'language',
  'location',
  'year_of_birth',
  'level_of_education',
  'gender',
  'mailing_address',
  'city',
  'country',
  'goals',
  'bio',
] as const;

export type ProfileField = (typeof PROFILE_FIELDS)[number];
export type Profile = { readonly [field in Exclude<ProfileField, 'year_of_birth'>]: string | null } & {
  readonly year_of_birth: number | null;
};

export type Engagements = { readonly [metric in CountedMetric]: number } & {
  readonly [RATIO_METRIC]: number | null;
  readonly date_range: DateRange;
  readonly levels: { readonly [metric in Metric]: Level | null };
};

/** One learner in one course, with the names of the HTTP contract (docs/api.md). */
export type Learner = Profile & {
  /** Day on which these numbers were published, `YYYY-MM-DD`. */
  readonly last_updated: string;
  readonly username: string;
  readonly user_id: number | null;
  readonly name: string | null;
  readonly email: string | null;
  /** Null where no LMS is configured. */
  readonly account_url: string | null;
  readonly enrollment_mode: string | null;
  /** Instant of the first activation, ISO 8601 UTC with microseconds. */
  readonly enrollment_date: string | null;
  readonly cohort: string | null;
  readonly segments: readonly Segment[];
  readonly segment_reasons: { readonly [segment in Segment]?: readonly string[] };
  /** The last day with any fact, `YYYY-MM-DD`. */
  readonly last_active: string | null;
  readonly engagements: Engagements;
};
