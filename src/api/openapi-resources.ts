import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import { EXAMPLES } from './openapi-examples.ts';
import {
  courseOnlyParams,
  courseParams,
  downloadParams,
  listParams,
  metadataParams,
  timelineParams,
} from './params.ts';
import {
  accountResponse,
  authenticatedResponse,
  coursesResponse,
  healthResponse,
  learnerResponse,
  listResponse,
  metadataResponse,
  statusResponse,
  timelineResponse,
} from './responses.ts';

/** A resource as the description of the API tells it. */
export interface Resource {
  readonly name: string;
  readonly tag: 'Learners' | 'Courses' | 'Service';
  readonly summary: string;
  /** The body as JSON, and one that could be; null where there is no JSON. */
  readonly response: z.ZodType | null;
  readonly example?: unknown;
  readonly params?: z.ZodType;
  /** The columns and a row of the answer as CSV; absent where there is none. */
  readonly csv?: string;
  readonly errors: readonly ErrorCode[];
  /** Whether no credential is asked for. */
  readonly open?: boolean;
  /** Under an address that older clients use. */
  readonly deprecated?: boolean;
  /** Whether the `Link` header leads to other pages. */
  readonly paged?: boolean;
}

const ASKED: readonly ErrorCode[] = [
  'authentication_required',
  'invalid_credentials',
  'rate_limited',
  'store_unavailable',
];
const OF_COURSE: readonly ErrorCode[] = [
  'course_not_specified',
  'course_key_malformed',
  'illegal_parameter_values',
  ...ASKED,
  'course_access_denied',
  'no_course',
];
const OF_LIST: readonly ErrorCode[] = [...OF_COURSE, 'no_segment', 'no_cohort', 'no_enrollment_mode'];

const timeline: Resource = {
  name: 'getTimeline',
  tag: 'Learners',
  summary: 'What one learner did, day by day',
  response: timelineResponse,
  example: EXAMPLES.timeline,
  params: timelineParams,
  csv: EXAMPLES.timelineCsv,
  errors: [...OF_COURSE, 'no_learner_engagement_timeline', 'not_acceptable'],
};
const metadata: Resource = {
  name: 'getMetadata',
  tag: 'Courses',
  summary: 'Cohorts, segments, enrolment modes, ranges and averages of a course',
  response: metadataResponse,
  example: EXAMPLES.metadata,
  params: metadataParams,
  errors: OF_COURSE,
};

/** Every resource, the more exact path before those with a name in its place. */
export const RESOURCES: Readonly<Record<string, Resource>> = {
  '/courses/': {
    name: 'listCourses',
    tag: 'Courses',
    summary: 'The courses that the caller may see',
    response: coursesResponse,
    example: EXAMPLES.courses,
    errors: ASKED,
  },
  '/learners/': {
    name: 'listLearners',
    tag: 'Learners',
    summary: 'A page of the learners of a course; as CSV all of them, unless a page is asked for',
    response: listResponse,
    example: EXAMPLES.list,
    params: listParams,
    csv: EXAMPLES.listCsv,
    errors: [...OF_LIST, 'not_acceptable'],
    paged: true,
  },
  '/learners.csv': {
    name: 'downloadLearners',
    tag: 'Learners',
    summary: 'All learners who match, as a file',
    response: null,
    params: downloadParams,
    csv: EXAMPLES.listCsv,
    errors: OF_LIST,
  },
  '/learners/engagement_timelines/{username}/': {
    ...timeline,
    name: 'getTimelineByOldAddress',
    summary: `${timeline.summary} (older address)`,
    deprecated: true,
  },
  '/learners/courses/{course_id}/': {
    ...metadata,
    name: 'getMetadataByOldAddress',
    summary: `${metadata.summary} (older address)`,
    deprecated: true,
  },
  '/learners/{username}/': {
    name: 'getLearner',
    tag: 'Learners',
    summary: 'One learner in one course',
    response: learnerResponse,
    example: EXAMPLES.learner,
    params: courseParams,
    errors: [...OF_COURSE, 'no_learner_for_course'],
  },
  '/accounts/{username}/': {
    name: 'getAccount',
    tag: 'Learners',
    summary: "What the LMS's account API tells the person who asks about one learner",
    response: accountResponse,
    example: EXAMPLES.account,
    params: courseOnlyParams,
    errors: [...OF_COURSE, 'no_learner_for_course'],
  },
  '/engagement_timelines/{username}/': timeline,
  '/course_learner_metadata/{course_id}/': metadata,
  '/authenticated/': {
    name: 'checkCredential',
    tag: 'Service',
    summary: 'The credential is valid',
    response: authenticatedResponse,
    example: { authenticated: true },
    errors: ASKED,
  },
  '/status/': {
    name: 'getStatus',
    tag: 'Service',
    summary: 'The process answers',
    response: statusResponse,
    example: { status: 'OK' },
    errors: [],
    open: true,
  },
  '/health/': {
    name: 'getHealth',
    tag: 'Service',
    summary: 'So do the parts it needs; 503 when one does not',
    response: healthResponse,
    example: EXAMPLES.health,
    errors: [],
    open: true,
  },
  '/openapi.json': {
    name: 'getDescription',
    tag: 'Service',
    summary: 'This description',
    response: z.looseObject({ openapi: z.string() }),
    errors: [],
    open: true,
  },
};
