import { z } from 'zod';
import { COUNTED_METRICS, METRICS, RATIO_MEANING, type Metric } from '../engagement/metrics.ts';
import { AppError, ERROR_CODES, type ErrorCode } from '../errors.ts';
import { describeFault, describeRefusal, type ErrorBody, STATUS } from './errors-to-http.ts';
import { EXAMPLES as ANSWERS } from './openapi-examples.ts';
import { RESOURCES, type Resource } from './openapi-resources.ts';
import { errorResponse, healthResponse } from './responses.ts';

const MEANINGS = { ...COUNTED_METRICS, problem_attempts_per_completed: { meaning: RATIO_MEANING } } as const satisfies {
  [metric in Metric]: { meaning: string };
};

/** What each parameter means, whichever resource takes it. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  username: 'One segment of the path, percent-decoded once.',
  course_id: 'The course key; an unescaped + that arrived as a space is read as +.',
  start_date: 'Inclusive, YYYY-MM-DD. Alone: up to the end of the current window.',
  end_date: 'Exclusive. Alone: the seven days before it.',
  text_search:
    'Whitespace-separated terms, each of which must occur in name, username or email, whatever the case, accents and widths of letters, and signs that are not seen.',
  segments: 'Comma-separated; learners in any of them.',
  ignore_segments: 'Comma-separated; learners in none of them. Not together with segments.',
  cohort: 'Exactly this one.',
  enrollment_mode: 'Exactly this one.',
  order_by: 'Ties are broken by username.',
  page: 'From 1.',
  page_size: 'From 1 to 1000; 25 by default.',
  fields: 'Comma-separated, dotted where nested; these alone, in this order. Up to 500 different names.',
  highlight: 'Whether each result tells where text_search matched.',
  snapshot:
    'Out of which publication, as X-Snapshot and the links to other pages tell it; of the present one where it is gone.',
  bom: 'Whether the file begins with a byte order mark, as Excel wants it.',
  sortKey: 'Older name of order_by.',
  order: 'Older name of sort_order.',
  ...Object.fromEntries(
    METRICS.flatMap((metric) => [
      [`${metric}_min`, `Inclusive. ${MEANINGS[metric].meaning} Who has no such number is left out.`],
      [`${metric}_max`, `Inclusive. ${MEANINGS[metric].meaning} Who has no such number is left out.`],
    ]),
  ),
};

const EXAMPLES: Readonly<Record<string, string>> = {
  username: 'maria',
  course_id: 'course-v1:edX+DemoX+2026',
};

const HEADERS = {
  'X-Request-Id': header('Names the request in the log of the server; the one that was sent, where it was one.'),
  ETag: header('Changes when the answer does; If-None-Match with it gives 304.'),
  'X-Snapshot': header('Names the publication that the answer is of; see the parameter snapshot.'),
  'Content-Disposition': header('With text/csv: the name of a file, of the course, the instant and what it is.'),
  Link: header('The next and the previous page (RFC 8288); absent where there is none.'),
  'Retry-After': header('Seconds to wait before asking again.'),
  'WWW-Authenticate': header('How to say who one is.'),
} as const;

function header(description: string) {
  return { description, schema: { type: 'string' } };
}

/**
 * The description of the API (OpenAPI 3.1), made of the schemas that requests are checked by and answers are tested by.
 * @param base path below which the service is reached, without a slash at its end
 */
export function describeApi(base = '') {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Learner Analytics for Open edX',
      version: '0',
      description:
        'Read-only. Every path answers with and without its trailing slash, and to HEAD as to GET; any other method is 405. ' +
        'Faults of a request are told all at once, and checked in the order 401, 400, 403, 404.',
    },
    servers: [
      { url: `${base}/api/v0`, description: 'Data API: an API key, or a token of the LMS' },
      { url: `${base}/api/learner_analytics/v0`, description: 'Insights: the session of a login' },
    ],
    security: [{ key: [] }, { token: [] }, { session: [] }],
    tags: [...new Set(Object.values(RESOURCES).map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries(
      Object.entries(RESOURCES).map(([path, resource]) => [path, { get: describeResource(path, resource) }]),
    ),
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`Token`, a space, and an API key' },
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
          description:
            'Set by /auth/login, which a browser sends by itself; over https under the name __Host-la_session.',
        },
      },
      schemas: { Error: toSchema(errorResponse) },
    },
  };
}

function describeResource(path: string, resource: Resource) {
  const { name, tag, summary, response, example, params, csv, errors, open, deprecated, paged } = resource;
  const content = {
    ...(response !== null && {
      'application/json': { schema: toSchema(response), ...(example !== undefined && { example }) },
    }),
    ...(csv !== undefined && { 'text/csv': { schema: { type: 'string' }, example: csv } }),
  };
  const { 'X-Request-Id': id, ETag, 'X-Snapshot': snapshot, 'Content-Disposition': file, Link } = HEADERS;
  const parameters = describeParams(path, params);
  const published = parameters.some((parameter) => parameter.name === 'snapshot') && { 'X-Snapshot': snapshot };
  const responses: Record<string, Answer> = {
    200: {
      description: 'The answer',
      headers: {
        'X-Request-Id': id,
        ETag,
        ...published,
        ...(csv !== undefined && { 'Content-Disposition': file }),
        ...(paged && { Link }),
      },
      content,
    },
    304: { description: 'What the client has still holds', headers: { 'X-Request-Id': id, ETag, ...published } },
    ...describeErrors([...errors, 'uri_too_long', 'internal_error']),
    408: describeError(408, { illegal_parameter_values: { value: LATE } }),
  };
  if (path === '/health/') responses['503'] = describeSickness();
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(deprecated && { deprecated }),
    ...(open && { security: [] }),
    parameters,
    responses,
  };
}

function describeParams(path: string, params: z.ZodType | undefined) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const { properties = {}, required = [] } = params === undefined ? {} : toSchema(params);
  return Object.entries({ ...Object.fromEntries(inPath.map((name) => [name, TEXT])), ...properties }).map(
    ([name, schema]) => ({
      name,
      in: inPath.includes(name) ? 'path' : 'query',
      required: inPath.includes(name) || required.includes(name),
      ...(DESCRIPTIONS[name] !== undefined && { description: DESCRIPTIONS[name] }),
      schema: typeof schema === 'object' && 'anyOf' in schema ? TEXT : schema,
      ...(EXAMPLES[name] !== undefined && { example: EXAMPLES[name] }),
    }),
  );
}

const TEXT = { type: 'string' } as const;

interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Content>>;
}

interface Content {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: ErrorBody }>>;
}

/** One answer per status, with the codes that it may have and an example of each. */
function describeErrors(codes: readonly ErrorCode[]): Record<string, Answer> {
  const answers: Record<string, Answer> = {};
  for (const status of new Set(codes.map((code) => STATUS[code]))) {
    const own = ERROR_CODES.filter((code) => codes.includes(code) && STATUS[code] === status);
    answers[status] = describeError(status, Object.fromEntries(own.map((code) => [code, { value: exemplify(code) }])));
  }
  return answers;
}

/** @param examples by the codes that the answer may have */
function describeError(status: number, examples: NonNullable<Content['examples']>): Answer {
  const codes = Object.keys(examples);
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Error' }, { type: 'object', properties: { error_code: { enum: codes } } }],
  };
  const headers = {
    'X-Request-Id': HEADERS['X-Request-Id'],
    ...(status === 401 && { 'WWW-Authenticate': HEADERS['WWW-Authenticate'] }),
    ...((status === 429 || status === 503) && { 'Retry-After': HEADERS['Retry-After'] }),
  };
  return { description: codes.join(', '), headers, content: { 'application/json': { schema, examples } } };
}

/** A request that took too long to arrive has the code of others that cannot be, and a status of its own. */
const LATE = describeRefusal(new AppError('illegal_parameter_values', 'The request did not arrive in time.'));

/** What was wrong in the example of an error, where that is told with the parameter. */
const FAULTS: { readonly [code in ErrorCode]?: Readonly<Record<string, string>> } = {
  course_not_specified: { course_id: 'is missing.' },
  course_key_malformed: { course_id: '"edX" is not a course key such as course-v1:org+course+run.' },
  illegal_parameter_values: { start_date: '"2026-02-30" is not a date such as 2026-10-06.' },
};

function exemplify(code: ErrorCode): ErrorBody {
  const status = STATUS[code];
  if (status >= 500) return describeFault(status, '3f2f0b5e-6a55-4d0e-9d39-0f6d5c0b8a11');
  const fields = FAULTS[code];
  if (fields === undefined) return describeRefusal(new AppError(code, 'What was wrong, and what is allowed.'));
  const message = Object.entries(fields).map(([name, fault]) => `${name}: ${fault}`);
  return describeRefusal(new AppError(code, message.join(' '), { fields }));
}

function describeSickness(): Answer {
  return {
    description: 'A part fails',
    headers: { 'X-Request-Id': HEADERS['X-Request-Id'], 'Retry-After': HEADERS['Retry-After'] },
    content: { 'application/json': { schema: toSchema(healthResponse), example: ANSWERS.sickness } },
  };
}

function toSchema(schema: z.ZodType) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
