import type { ApiErrorBody } from './answers.ts';

/** The server refused or failed. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** Seconds to wait before asking again, where the server says so. */
  readonly retryAfter: number | null;

  constructor(
    status: number,
    code: string,
    message: string,
    { requestId, retryAfter }: Pick<ApiError, 'requestId' | 'retryAfter'>,
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** Below the base of the page, which may be a path of a host that others use too. */
export function apiUrl(path: string, query?: URLSearchParams): string {
  return new URL(`api/learner_analytics/v0/${path}${query ? `?${query.toString()}` : ''}`, document.baseURI).href;
}

export function appUrl(path: string): string {
  return new URL(path, document.baseURI).href;
}

/**
 * @throws ApiError where the server says no; TypeError where it cannot be reached
 */
export async function getJson<Answer>(url: string, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(url, { headers: { Accept: 'application/json' }, signal: signal ?? null });
  if (response.ok) return (await response.json()) as Answer;
  const body = (await response.json().catch(() => ({}))) as Partial<ApiErrorBody>;
  throw new ApiError(
    response.status,
    body.error_code ?? 'internal_error',
    body.developer_message ?? response.statusText,
    {
      requestId: body.request_id ?? response.headers.get('X-Request-Id'),
      retryAfter: Number(response.headers.get('Retry-After')) || null,
    },
  );
}
