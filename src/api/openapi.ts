import { z } from 'zod';
import { AppError, ERROR_CODES, type ErrorCode } from '../errors.ts';
import { describeRefusal, STATUS } from './errors-to-http.ts';
import { courseParams, downloadParams, listParams, timelineParams } from './params.ts';
import {
  authenticatedResponse,
  coursesResponse,
  errorResponse,
  healthResponse,
  learnerResponse,
  listResponse,
  metadataResponse,
  statusResponse,
  timelineResponse,
} from './responses.ts';

interface Resource {
  readonly summary: string;
  readonly response: z.ZodType | null;
  readonly params?: z.ZodType;
  readonly csv?: boolean;
  readonly errors: readonly ErrorCode[];
  readonly open?: boolean;
}

const COURSE_ID = 'course-v1:edX+DemoX+2026';

const ASKED: readonly ErrorCode[] = ['authentication_required', 'invalid_credentials', 'rate_limited', 'uri_too_long'];
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
  summary: 'What one learner did, day by day',
  response: timelineResponse,
  params: timelineParams,
  csv: true,
  errors: [...OF_COURSE, 'no_learner_engagement_timeline', 'not_acceptable'],
};
const metadata: Resource = {
  summary: 'Cohorts, segments, enrolment modes, ranges and averages of a course',
  response: metadataResponse,
  params: courseParams,
  errors: OF_COURSE,
};

/** Every resource, the more exact path before those with a name in its place. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  '/status/': { summary: 'The process answers', response: statusResponse, errors: ['uri_too_long'], open: true },
  '/health/': {
    summary: 'So do the parts it needs; 503 when one does not',
    response: healthResponse,
    errors: ['uri_too_long'],
    open: true,
  },
  '/openapi.json': {
    summary: 'This description',
    response: z.looseObject({ openapi: z.string() }),
    errors: ['uri_too_long'],
    open: true,
  },
  '/authenticated/': { summary: 'The credential is valid', response: authenticatedResponse, errors: ASKED },
  '/courses/': { summary: 'The courses that the caller may see', response: coursesResponse, errors: ASKED },
  '/learners/': {
    summary: 'A page of the learners of a course; as CSV all of them, unless a page is asked for',
    response: listResponse,
    params: listParams,
    csv: true,
    errors: [...OF_LIST, 'not_acceptable'],
  },
  '/learners.csv': {
    summary: 'All learners who match, as a file',
    response: null,
    params: downloadParams,
    csv: true,
    errors: OF_LIST,
  },
  '/learners/engagement_timelines/{username}/': { ...timeline, summary: `${timeline.summary} (older address)` },
  '/learners/courses/{course_id}/': { ...metadata, summary: `${metadata.summary} (older address)` },
  '/learners/{username}/': {
    summary: 'One learner in one course',
    response: learnerResponse,
    params: courseParams,
    errors: [...OF_COURSE, 'no_learner_for_course'],
  },
  '/engagement_timelines/{username}/': timeline,
  '/course_learner_metadata/{course_id}/': metadata,
};

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  course_id: 'The course key; an unescaped + that arrived as a space is read as +.',
  start_date: 'Inclusive, YYYY-MM-DD. Alone: up to the end of the current window.',
  end_date: 'Exclusive. Alone: the seven days before it.',
  text_search:
    'Whitespace-separated terms, each of which must occur in name, username or email, whatever the case and accents.',
  segments: 'Comma-separated; learners in any of them.',
  ignore_segments: 'Comma-separated; learners in none of them. Not together with segments.',
  cohort: 'Exactly this one.',
  enrollment_mode: 'Exactly this one.',
  order_by: 'Ties are broken by username.',
  page: 'From 1.',
  page_size: 'From 1 to 1000; 25 by default.',
  fields: 'Comma-separated, dotted where nested; these alone, in this order.',
  highlight: 'Whether each result tells where text_search matched.',
  snapshot: 'Carried by the links to other pages; which publication they belong to.',
  sortKey: 'Older name of order_by.',
  order: 'Older name of sort_order.',
};
const EXAMPLES: Readonly<Record<string, string>> = {
  course_id: COURSE_ID,
  start_date: '2026-10-19',
  end_date: '2026-10-26',
  text_search: 'maria',
  segments: 'struggling,disengaging',
  fields: 'username,engagements.videos_viewed',
};

/** The description of the API (OpenAPI 3.1), made of the schemas that requests are checked by and answers are tested by. */
export function describeApi() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Learner Analytics for Open edX',
      version: '0',
      description: 'Read-only. Every path answers with and without its trailing slash, and to HEAD as to GET.',
    },
    servers: [{ url: '/api/v0' }, { url: '/api/learner_analytics/v0' }],
    security: [{ key: [] }, { token: [] }, { session: [] }],
    paths: Object.fromEntries(
      Object.entries(RESOURCES).map(([path, resource]) => [path, { get: describeResource(path, resource) }]),
    ),
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'Authorization', description: 'Token <api key>' },
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A JWT of the LMS; the scheme may be JWT too.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'la_session',
          description: 'After login, on the mount of the web app.',
        },
      },
      schemas: { Error: toSchema(errorResponse) },
    },
  };
}

function describeResource(path: string, resource: Resource) {
  const { summary, response, params, csv = false, errors, open = false } = resource;
  const content = {
    ...(response !== null && { 'application/json': { schema: toSchema(response) } }),
    ...(csv && { 'text/csv': { schema: { type: 'string' } } }),
  };
  const responses: Record<string, Answer> = {
    200: { description: 'The answer, with an ETag', content },
    304: { description: 'What the client has still holds' },
    ...describeErrors([...errors, 'internal_error', 'store_unavailable'], path === '/health/'),
  };
  return {
    summary,
    ...(open && { security: [] }),
    parameters: describeParams(path, params),
    responses,
  };
}

function describeParams(path: string, params: z.ZodType | undefined) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const { properties = {}, required = [] } = params === undefined ? {} : toSchema(params);
  return [
    ...inPath
      .filter((name) => !(name in properties))
      .map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(properties).map(([name, schema]) => ({
      name,
      in: inPath.includes(name) ? 'path' : 'query',
      required: inPath.includes(name) || required.includes(name),
      ...(DESCRIPTIONS[name] !== undefined && { description: DESCRIPTIONS[name] }),
      schema: typeof schema === 'object' && 'anyOf' in schema ? { type: 'string' } : schema,
      ...(EXAMPLES[name] !== undefined && { example: EXAMPLES[name] }),
    })),
  ];
}

interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly examples?: object }>>;
}

/** One answer per status, with the codes that it may have and an example of each. */
function describeErrors(codes: readonly ErrorCode[], health: boolean): Record<string, Answer> {
  const answers: Record<string, Answer> = {};
  for (const status of new Set(codes.map((code) => STATUS[code]))) {
    const own = ERROR_CODES.filter((code) => codes.includes(code) && STATUS[code] === status);
    const schema = {
      allOf: [{ $ref: '#/components/schemas/Error' }, { type: 'object', properties: { error_code: { enum: own } } }],
    };
    const examples: Record<string, object> = {};
    for (const code of own)
      examples[code] = { value: describeRefusal(new AppError(code, 'What was wrong, and what is allowed.')) };
    answers[status] = { description: own.join(', '), content: { 'application/json': { schema, examples } } };
  }
  if (health)
    answers['503'] = {
      description: 'A part fails',
      content: { 'application/json': { schema: toSchema(healthResponse) } },
    };
  return answers;
}

function toSchema(schema: z.ZodType) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
