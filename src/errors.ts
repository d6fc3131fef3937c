/** How a request may fail (docs/api.md). */
export const REQUEST_ERROR_CODES = [
  'course_not_specified',
  'course_key_malformed',
  'illegal_parameter_values',
  'authentication_required',
  'invalid_credentials',
  'course_access_denied',
  'no_course',
  'no_learner_for_course',
  'no_learner_engagement_timeline',
  'no_segment',
  'no_cohort',
  'no_enrollment_mode',
  'not_found',
  'method_not_allowed',
  'not_acceptable',
  'uri_too_long',
  'rate_limited',
  'store_unavailable',
  'internal_error',
] as const;

/** Every way in which the product refuses or fails, as one closed set; the API and the command line each map it once. */
export const ERROR_CODES = [
  ...REQUEST_ERROR_CODES,
  // the command line
  'store_locked',
  'usage',
  'source_unreadable',
  'port_unavailable',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What was wrong with each field of a request: name → one sentence that says the offending value and what is allowed. */
export type FieldErrors = Readonly<Record<string, string>>;

/**
 * The one error class of the product. `message` is written for the developer or operator who reads it: it names the
 * offending value and what is allowed, and never holds SQL, a stack, a secret or somebody's personal data.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly fields: FieldErrors | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; fields?: FieldErrors } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'AppError';
    this.code = code;
    this.fields = options.fields;
  }
}

/** Whether the system did not do what it was asked, such as to read from a disk that fails; it may the next time. */
export function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false;
  const { errno, syscall } = error as NodeJS.ErrnoException;
  return typeof errno === 'number' && typeof syscall === 'string';
}

/** This process is not as the store wants it by now: doing the same again does not help, and another process may. */
export class OutOfDate extends AppError {
  constructor(message: string) {
    super('store_unavailable', message);
  }
}

/** What those are told who watch over something that failed and see no log: of what is no `AppError`, nothing. */
export function tellFailure(error: unknown): string {
  return error instanceof AppError ? error.message : 'It failed; the log says why.';
}
