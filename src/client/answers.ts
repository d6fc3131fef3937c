// What the API answers, as docs/api.md explains it. What the server checks its answers by satisfies these types.

export type Segment = 'highly_engaged' | 'disengaging' | 'struggling' | 'inactive' | 'unenrolled';

/** What is counted of a learner, day by day too. */
export interface DailyCounts {
  readonly problem_attempts: number;
  readonly problems_attempted: number;
  readonly problems_completed: number;
  readonly videos_viewed: number;
  readonly discussion_contributions: number;
  /** Null where none was completed. */
  readonly problem_attempts_per_completed: number | null;
}

export interface MetricValues extends DailyCounts {
  readonly days_active: number;
}

export type Metric = keyof MetricValues;

/** In which range of the course a value lies; the name follows the number, not the judgement. */
export type Level = 'below_average' | 'average' | 'above_average';

/** Null: no value. Attempts with nothing completed are infinite, and so above every number. */
export type Levels = { readonly [metric in Metric]: Level | null };

/** UTC days, `[inclusive, exclusive)`. */
export interface DateRange {
  readonly start: string;
  readonly end: string;
}

export interface Engagements extends MetricValues {
  readonly date_range: DateRange;
  readonly levels: Levels;
}

/** `[start, end)` in code points, of what a search matched. */
export type Highlights = {
  readonly [field in 'username' | 'name' | 'email']?: ReadonlyArray<readonly [number, number]> | undefined;
};

export interface Learner {
  /** Day of publication. */
  readonly last_updated: string;
  readonly username: string;
  readonly user_id: number | null;
  readonly name: string | null;
  readonly email: string | null;
  /** Null where no LMS is configured. */
  readonly account_url: string | null;
  readonly enrollment_mode: string | null;
  /** Instant, UTC. */
  readonly enrollment_date: string | null;
  readonly cohort: string | null;
  readonly segments: readonly Segment[];
  /** By which metrics. */
  readonly segment_reasons: { readonly [segment in Segment]?: readonly string[] | undefined };
  /** UTC day. */
  readonly last_active: string | null;
  readonly language: string | null;
  readonly location: string | null;
  readonly year_of_birth: number | null;
  readonly level_of_education: string | null;
  readonly gender: string | null;
  readonly mailing_address: string | null;
  readonly city: string | null;
  readonly country: string | null;
  readonly goals: string | null;
  readonly bio: string | null;
  readonly engagements: Engagements;
}

export type TidbitCode =
  | 'stuck_on_problem'
  | 'went_quiet'
  | 'falling_behind'
  | 'new_and_inactive'
  | 'videos_not_viewed'
  | 'top_contributor'
  | 'back_again';

/** A fact to open a message with. */
export interface Tidbit {
  readonly code: TidbitCode;
  /** A plain sentence, in English. */
  readonly message: string;
  readonly data: { readonly [name: string]: string | number };
}

export interface SingleLearner extends Learner {
  readonly tidbits: readonly Tidbit[];
}

export interface ListedLearner extends Learner {
  /** Where it was asked for, with a search. */
  readonly highlights?: Highlights | undefined;
}

type Some<Fields> = { readonly [name in keyof Fields]?: Fields[name] | undefined };

/** Of a list that was asked for some `fields` only. */
export type PartialLearner = Some<
  Omit<ListedLearner, 'engagements'> & {
    readonly engagements: Some<MetricValues & { readonly date_range: Some<DateRange>; readonly levels: Some<Levels> }>;
  }
>;

export interface LearnerPage<Item = ListedLearner> {
  /** In all pages. */
  readonly count: number;
  readonly num_pages: number;
  readonly page: number;
  /** Addresses of the pages beside this one, out of the same publication; null where there is none. */
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: readonly Item[];
}

export interface Timeline {
  readonly days: readonly TimelineDay[];
}

export interface TimelineDay extends DailyCounts {
  readonly date: string;
}

/** `[inclusive, exclusive)`; a null end is unbounded. A null start is infinity: attempts with nothing completed. */
export type Range = readonly [number | null, number | null];

/** Null: there is no such range. */
export interface MetricRanges {
  readonly below_average: Range | null;
  readonly average: Range;
  readonly above_average: Range | null;
  /** The same by the judgement: of attempts per completed problem, low is the top. */
  readonly class_rank_bottom: Range | null;
  readonly class_rank_average: Range;
  readonly class_rank_top: Range | null;
}

/** Nulls over nobody. */
export interface MetricAverage {
  readonly mean: number | null;
  readonly median: number | null;
  readonly learners: number;
}

export interface CourseMetadata {
  /** What the LMS calls the course; null where that is not known. */
  readonly name: string | null;
  /** Learners by cohort and by enrolment mode. */
  readonly cohorts: { readonly [name: string]: number };
  readonly enrollment_modes: { readonly [mode: string]: number };
  readonly segments: { readonly [segment in Segment]: number };
  readonly engagement_ranges: { readonly date_range: DateRange } & { readonly [metric in Metric]: MetricRanges };
  readonly engagement_averages: { readonly date_range: DateRange } & { readonly [metric in Metric]: MetricAverage };
  readonly learner_count: number;
  /** Day of publication. */
  readonly last_updated: string;
  /** Instant of the latest thing that is known before the end of the window; null without any. */
  readonly data_until: string | null;
}

export interface ListedCourse {
  readonly course_id: string;
  /** What the LMS calls it; null where that is not known. */
  readonly name: string | null;
  readonly learner_count: number;
  /** With anything in the current window. */
  readonly active_learners: number;
  readonly segments: { readonly [segment in Segment]: number };
  readonly last_updated: string;
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

export interface ErrorBody {
  readonly error_code: string;
  /** For whoever wrote the request: the offending value and what is allowed. */
  readonly developer_message: string;
  /** For whoever sits before the screen. */
  readonly user_message: string;
  /** By parameter. */
  readonly field_errors?: { readonly [parameter: string]: string } | undefined;
  /** Under which the server's log tells more; with 500 and 503. */
  readonly request_id?: string | undefined;
}
