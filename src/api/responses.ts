import { z } from 'zod';
import type {
  Account,
  CourseMetadata,
  ErrorBody,
  LearnerPage,
  ListedCourse,
  PartialLearner,
  SingleLearner,
  Timeline,
} from '../client/answers.ts';
import { METRICS, RATIO_METRIC } from '../engagement/metrics.ts';
import { LEVELS } from '../engagement/ranges.ts';
import { SEGMENTS } from '../engagement/segments.ts';
import { TIDBITS, type TidbitCode } from '../engagement/tidbits.ts';
import { REQUEST_ERROR_CODES } from '../errors.ts';
import { perName } from '../per-name.ts';

/** The body of every answer. The description of the API is made of these; what its client takes them for is held against them. */

const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .meta({ description: 'A UTC day.', examples: ['2026-10-19'] });
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .meta({ examples: ['2026-10-26T18:13:32.656640Z'] });
const count = z.int().min(0);
const text = z.string().nullable();

const dateRange = z.strictObject({ start: day, end: day }).meta({ description: '[inclusive, exclusive)' });
const level = z
  .enum(LEVELS)
  .nullable()
  .meta({ description: 'Null: no value. Attempts with nothing completed are infinite, above every number.' });

const counts = {
  problem_attempts: count,
  problems_attempted: count,
  problems_completed: count,
  videos_viewed: count,
  discussion_contributions: count,
};
const ratio = { [RATIO_METRIC]: z.number().nullable() } as const;

const levels = z.strictObject(perName(METRICS, () => level));
const engagements = z.strictObject({ date_range: dateRange, ...counts, days_active: count, ...ratio, levels });

const reasons = perName(SEGMENTS, () => z.array(z.string()).optional());

const learnerFields = {
  last_updated: day,
  username: z.string(),
  user_id: z.int().nullable(),
  name: text,
  email: text,
  account_url: z.string().nullable().meta({ description: 'Null where no LMS is configured.' }),
  enrollment_mode: text,
  enrollment_date: instant.nullable(),
  cohort: text,
  segments: z.array(z.enum(SEGMENTS)),
  segment_reasons: z.strictObject(reasons),
  last_active: day.nullable(),
  language: text,
  location: text,
  year_of_birth: z.int().nullable(),
  level_of_education: text,
  gender: text,
  mailing_address: text,
  city: text,
  country: text,
  goals: text,
  bio: text,
  engagements,
};

const tidbit = z.strictObject({
  code: z.enum(Object.keys(TIDBITS) as [TidbitCode, ...TidbitCode[]]),
  message: z.string(),
  data: z.record(z.string(), z.union([z.string(), z.number()])),
});

export const learnerResponse = z.strictObject({
  ...learnerFields,
  tidbits: z.array(tidbit).max(5),
}) satisfies z.ZodType<SingleLearner>;

const codePoints = z.array(z.tuple([count, count]));

/** Of the list; `fields` may leave any of it out. */
const listedLearner = z.strictObject({
  ...z.strictObject(learnerFields).partial().shape,
  engagements: z
    .strictObject({
      ...engagements.partial().shape,
      date_range: dateRange.partial().optional(),
      levels: levels.partial().optional(),
    })
    .optional(),
  highlights: z.strictObject({ username: codePoints, name: codePoints, email: codePoints }).partial().optional(),
});

export const listResponse = z.strictObject({
  count,
  num_pages: z.int().min(1),
  page: z.int().min(1),
  next: z.string().nullable(),
  previous: z.string().nullable(),
  results: z.array(listedLearner),
}) satisfies z.ZodType<LearnerPage<PartialLearner>>;

export const timelineResponse = z.strictObject({
  days: z.array(z.strictObject({ date: day, ...counts, ...ratio })),
}) satisfies z.ZodType<Timeline>;

const bound = z.number().nullable();
const range = z.tuple([bound, bound]).meta({
  description: '[inclusive, exclusive); a null end is unbounded, a null start infinity: attempts, nothing completed.',
});
const ranges = z.strictObject({
  below_average: range.nullable(),
  average: range,
  above_average: range.nullable(),
  class_rank_bottom: range.nullable(),
  class_rank_average: range,
  class_rank_top: range.nullable(),
});
const average = z.strictObject({ mean: z.number().nullable(), median: z.number().nullable(), learners: count });

const segmentCounts = z.strictObject(perName(SEGMENTS, () => count));
const freshness = {
  last_updated: day.meta({ description: 'Day of publication.' }),
  data_until: instant.nullable().meta({ description: 'Instant of the latest fact before the end of the window.' }),
};

const courseName = text.meta({ description: 'What the LMS calls the course; null where that is not known.' });

export const metadataResponse = z.strictObject({
  name: courseName,
  cohorts: z.record(z.string(), count),
  enrollment_modes: z.record(z.string(), count),
  segments: segmentCounts,
  engagement_ranges: z.strictObject({ date_range: dateRange, ...perName(METRICS, () => ranges) }),
  engagement_averages: z.strictObject({ date_range: dateRange, ...perName(METRICS, () => average) }),
  learner_count: count,
  ...freshness,
}) satisfies z.ZodType<CourseMetadata>;

export const coursesResponse = z.array(
  z.strictObject({
    course_id: z.string(),
    name: courseName,
    learner_count: count,
    active_learners: count.meta({ description: 'With anything in the current window.' }),
    segments: segmentCounts,
    ...freshness,
  }),
) satisfies z.ZodType<readonly ListedCourse[]>;

/** What the LMS tells the person who asks; null where it tells nothing. */
export const accountResponse = z.strictObject({
  photo_url: text,
  bio: text,
  country: text,
  language: text,
  level_of_education: text,
  year_of_birth: z.int().nullable(),
}) satisfies z.ZodType<Account>;

export const statusResponse = z.strictObject({ status: z.literal('OK') });
export const authenticatedResponse = z.strictObject({ authenticated: z.literal(true) });
export const healthResponse = z.strictObject({
  overall_status: z.enum(['OK', 'UNAVAILABLE']),
  detailed_status: z.strictObject({
    store: z.string(),
    freshness: z.string(),
    logs: z.string().optional(),
    lms: z.string().optional(),
  }),
  request_id: z.string().optional(),
});

export const errorResponse = z.strictObject({
  error_code: z.enum(REQUEST_ERROR_CODES),
  developer_message: z.string(),
  user_message: z.string(),
  field_errors: z.record(z.string(), z.string()).optional(),
  request_id: z.string().optional(),
}) satisfies z.ZodType<ErrorBody>;
