import { readError } from '../client/api-error.ts';

/** Below the base of the page, which may be a path of a host that others use too. */
export function apiUrl(path: string, query?: URLSearchParams): string {
  return new URL(`api/learner_analytics/v0/${path}${query ? `?${query.toString()}` : ''}`, document.baseURI).href;
}

/** The absolute address of a path below the app's base. */
export function appUrl(path: string): string {
  return new URL(path, document.baseURI).href;
}

/**
 * @throws ApiError where the server says no; TypeError where it cannot be reached
 */
export async function getJson<Answer>(url: string, signal?: AbortSignal): Promise<Answer> {
  return (await (await ask(url, signal)).json()) as Answer;
}

/** What was answered, and out of which publication; '' where that is not told. */
export type Published<Answer> = Answer & { readonly snapshot: string };

/** The same with the name of the publication. */
export async function getPublished<Answer extends object>(
  url: string,
  signal?: AbortSignal,
): Promise<Published<Answer>> {
  const response = await ask(url, signal);
  return { ...((await response.json()) as Answer), snapshot: response.headers.get('X-Snapshot') ?? '' };
}

async function ask(url: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(url, { headers: { Accept: 'application/json' }, signal: signal ?? null });
  if (response.ok) return response;
  throw await readError(response);
}
