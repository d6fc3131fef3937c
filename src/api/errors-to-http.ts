import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ErrorBody as ToldError } from '../client/answers.ts';
import { AppError, type ErrorCode, isOfSystem } from '../errors.ts';
import type { ApiEnv } from './api-env.ts';

/** The body of every answer that is not a success. */
export interface ErrorBody extends ToldError {
  readonly error_code: ErrorCode;
}

const RETRY_AFTER_SECONDS = '5';

export const STATUS: { readonly [code in ErrorCode]: ContentfulStatusCode } = {
  course_not_specified: 400,
  course_key_malformed: 400,
  illegal_parameter_values: 400,
  authentication_required: 401,
  invalid_credentials: 401,
  course_access_denied: 403,
  no_course: 404,
  no_learner_for_course: 404,
  no_learner_engagement_timeline: 404,
  no_segment: 404,
  no_cohort: 404,
  no_enrollment_mode: 404,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  uri_too_long: 414,
  rate_limited: 429,
  internal_error: 500,
  store_unavailable: 503,
  // These belong to the command line; met by a request they are faults of the server.
  store_locked: 500,
  usage: 500,
  source_unreadable: 500,
  port_unavailable: 500,
};

const USER_MESSAGES: { readonly [code in ErrorCode]?: string } = {
  course_not_specified: 'Choose a course first.',
  course_key_malformed: 'This is not the id of a course.',
  illegal_parameter_values: 'Part of the request is not possible.',
  authentication_required: 'Sign in first.',
  invalid_credentials: 'Signing in did not work.',
  course_access_denied: 'You may not see this course.',
  no_course: 'There is no data about this course.',
  no_learner_for_course: 'There is no page of such a learner in this course.',
  no_learner_engagement_timeline: 'There is no page of such a learner in this course.',
  no_segment: 'There is no such group of learners.',
  no_cohort: 'There is no such cohort in this course.',
  no_enrollment_mode: 'Nobody is enrolled in this way in the course.',
  not_found: 'There is nothing at this address.',
  method_not_allowed: 'Nothing can be changed here.',
  not_acceptable: 'The answer does not exist in this format.',
  uri_too_long: 'The request is too long.',
  rate_limited: 'Too many requests; wait a moment.',
  store_unavailable: 'The data cannot be reached at the moment; try again soon.',
};

/** Answers a request that failed. Faults of the server go to the log, and nothing about them into the answer but their id. */
export function answerError(error: unknown, c: Context<ApiEnv>): Response {
  const fault = isOfSystem(error) ? 'store_unavailable' : 'internal_error';
  const known = error instanceof AppError ? error : new AppError(fault, '', { cause: error });
  const status = STATUS[known.code];
  // what was said already of an answer that is not to be
  for (const name of ['ETag', 'X-Snapshot', 'Content-Disposition', 'Link']) c.header(name, undefined);
  if (status >= 500) c.get('log').error({ err: error, request_id: c.get('requestId') }, 'a request failed');
  if (status === 401) c.header('WWW-Authenticate', chooseChallenge(c.req.path));
  if (status === 405) c.header('Allow', c.get('allow') ?? 'GET, HEAD');
  if (status === 503) c.header('Retry-After', RETRY_AFTER_SECONDS);
  return c.json(status >= 500 ? describeFault(status, c.get('requestId')) : describeRefusal(known), status);
}

/** How to say who one is: the Data API takes the schemes of its clients, everything else asks for a login. */
function chooseChallenge(path: string): string {
  const schemes = path.startsWith('/api/v0') ? ['Token', 'JWT', 'Bearer'] : ['Session'];
  return schemes.map((scheme) => `${scheme} realm="learner-analytics"`).join(', ');
}

/** Whether a method changes nothing, as all that is answered here but logging out. */
export function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The refusal of any other. */
export function noMethod(method: string): AppError {
  return new AppError('method_not_allowed', `${method} is not possible here; GET and HEAD are.`);
}

/** The status of a part that does not answer, and when to ask again. */
export function markUnavailable(c: Context<ApiEnv>): void {
  c.status(503);
  c.header('Retry-After', RETRY_AFTER_SECONDS);
}

/** The body for a request that was refused for what it asks. */
export function describeRefusal(error: AppError): ErrorBody {
  return {
    error_code: error.code,
    developer_message: error.message,
    user_message: USER_MESSAGES[error.code] ?? 'Something went wrong.',
    ...(error.fields !== undefined && { field_errors: error.fields }),
  };
}

/** The body for a request that the server failed at. */
export function describeFault(status: ContentfulStatusCode, requestId: string): ErrorBody {
  const code = status === 503 ? 'store_unavailable' : 'internal_error';
  return {
    error_code: code,
    developer_message:
      status === 503
        ? `The store, or the LMS that knows who may see what, does not answer; try again in ${RETRY_AFTER_SECONDS} seconds.`
        : 'The server failed to answer; its log says more under the request_id.',
    user_message: USER_MESSAGES[code] ?? 'Something went wrong on our side.',
    request_id: requestId,
  };
}
