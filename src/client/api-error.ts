import type { ErrorBody } from './answers.ts';

/** An answer that is not a success, or not one of the API. */
export class ApiError extends Error {
  /** Of HTTP. */
  readonly status: number;
  /** One of docs/api.md; `unknown` where something on the way answered, such as a proxy. */
  readonly code: string;
  /** What to show to people, in English. */
  readonly userMessage: string | null;
  /** What is wrong with which parameter. */
  readonly fieldErrors: Readonly<Record<string, string>>;
  /** Under which the server's log tells more. */
  readonly requestId: string | null;
  /** Seconds to wait before asking again, with 429 and 503. */
  readonly retryAfter: number | null;

  constructor(
    message: string,
    told: Pick<ApiError, 'status' | 'code' | 'userMessage' | 'fieldErrors' | 'requestId' | 'retryAfter'>,
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = told.status;
    this.code = told.code;
    this.userMessage = told.userMessage;
    this.fieldErrors = told.fieldErrors;
    this.requestId = told.requestId;
    this.retryAfter = told.retryAfter;
  }
}

/** What an answer that is no success tells. */
export async function readError(response: Response): Promise<ApiError> {
  // something on the way, a proxy, may answer otherwise
  const body = (await response.json().catch(() => null)) as Partial<ErrorBody> | null;
  return describeError(response, typeof body?.error_code === 'string' ? body : {});
}

/** The error that an answer is; what its body lacks, as that of a proxy does, is `unknown` or null. */
export function describeError({ status, headers }: Response, body: Partial<ErrorBody>): ApiError {
  return new ApiError(body.developer_message ?? `The answer was ${status}.`, {
    status,
    code: body.error_code ?? 'unknown',
    userMessage: body.user_message ?? null,
    fieldErrors: body.field_errors ?? {},
    requestId: body.request_id ?? headers.get('x-request-id'),
    retryAfter: readRetryAfter(headers.get('retry-after')),
  });
}

/** Seconds, or an instant. */
function readRetryAfter(text: string | null): number | null {
  if (text === null) return null;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds));
}
