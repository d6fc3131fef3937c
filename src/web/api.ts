import { readError } from '../client/api-error.ts';

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
  throw await readError(response);
}
