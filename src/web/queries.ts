import { keepPreviousData, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, readError } from '../client/api-error.ts';
import type {
  Account,
  CourseMetadata,
  LearnerPage,
  ListedCourse,
  ListedLearner,
  TimelineDay,
} from '../client/answers.ts';
import type { KnownLearner, SessionAnswer } from './answers.ts';
import { apiUrl, appUrl, getJson, getPublished, type Published } from './api.ts';
import { normalizeName } from './normalize-name.ts';
import { formatListQuery, type RosterState } from './roster/roster-state.ts';
import { keepFor } from './shell/kept.ts';
import { endSession, forgetLogout, goOnWithSession, hasSessionEnded } from './shell/session-end.ts';

const FRESH_MS = 60_000;
const MAX_WAIT_MS = 10_000;

/** What fetches and keeps answers; it notices the end of a session and a change of who is logged in. */
export function createQueries(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onSuccess: (_, query) => {
        if (hasSessionEnded() && query.queryKey[0] !== sessionQuery.queryKey[0]) void lookWhoGoesOn(client);
      },
      onError: (error) => {
        // who was not let in yet has nothing that could end
        const session = client.getQueryData(sessionQuery.queryKey) ?? null;
        if (error instanceof ApiError && error.status === 401 && session !== null) endSession();
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        // what the server refused it refuses again, but for who asked too often
        retry: (failures, error) =>
          failures < 2 && !(error instanceof ApiError && error.status < 500 && error.status !== 429),
        retryDelay: (failures, error) => {
          const wanted = error instanceof ApiError ? error.retryAfter : null;
          return wanted === null ? 400 * 2 ** failures : Math.min(wanted * 1000, MAX_WAIT_MS);
        },
      },
    },
  });
  return client;
}

/** Whoever comes back to this tab may have logged in or out in another meanwhile, as somebody else, too. */
export function followLogins(client: QueryClient): void {
  const look = () => void (document.visibilityState === 'visible' && lookWhoGoesOn(client));
  addEventListener('focus', look);
  // some browsers of phones tell no more of a tab that is come back to
  addEventListener('visibilitychange', look);
}

/** Asks anew who is logged in. Of somebody else, nothing that was seen before is to stay. */
async function lookWhoGoesOn(client: QueryClient): Promise<void> {
  const before = client.getQueryData(sessionQuery.queryKey);
  // beside the session of the page, which stays as it is: what is on it can still be read
  const now = await client
    .query({
      queryKey: [...sessionQuery.queryKey, 'now'],
      queryFn: async ({ signal }) => readSession(signal),
      staleTime: 0,
    })
    .catch(() => undefined);
  // not known yet, or not to be known now
  if (before === undefined || now === undefined) return;
  if (now === null) {
    if (before !== null) endSession();
  } else if (now.username === before?.username) {
    goOnWithSession();
  } else {
    location.reload();
  }
}

/** Asks who is logged in; null: nobody. */
export async function readSession(signal?: AbortSignal): Promise<SessionAnswer | null> {
  try {
    return await getJson<SessionAnswer>(appUrl('auth/session'), signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const session = await readSession(signal);
    if (session === null) return null;
    forgetLogout();
    keepFor(session.username);
    return session;
  },
  staleTime: Infinity,
});

/** Whether people can log in here at all. */
export const loginQuery = queryOptions({
  queryKey: ['login'],
  queryFn: async ({ signal }) => {
    // a login that there is redirects somewhere
    const response = await fetch(appUrl('auth/login'), { method: 'HEAD', redirect: 'manual', signal });
    if (response.type === 'opaqueredirect') return true;
    if (response.status === 404) return false;
    throw await readError(response);
  },
});

export const coursesQuery = queryOptions({
  queryKey: ['courses'],
  queryFn: async ({ signal }) => getJson<ListedCourse[]>(apiUrl('courses/'), signal),
});

/** `[start, end)`; nulls: the current window. */
export interface AskedRange {
  readonly start: string | null;
  readonly end: string | null;
}

function withRange(query: URLSearchParams, { start, end }: AskedRange): URLSearchParams {
  if (start !== null) query.set('start_date', start);
  if (end !== null) query.set('end_date', end);
  return query;
}

const CURRENT: AskedRange = { start: null, end: null };

/** @param snapshot of which publication; absent: of the present one */
export function courseQuery(courseId: string, { start, end }: AskedRange = CURRENT, snapshot?: string) {
  const query = withRange(new URLSearchParams(snapshot === undefined ? {} : { snapshot }), { start, end });
  return queryOptions({
    queryKey: ['course', courseId, start, end, snapshot ?? null],
    queryFn: async ({ signal }) =>
      getPublished<CourseMetadata>(apiUrl(`course_learner_metadata/${encodeURIComponent(courseId)}/`, query), signal),
    placeholderData: (previous, before) => (before?.queryKey[1] === courseId ? previous : undefined),
  });
}

/** In which publication each list was found, by the list: its other pages are asked of the same, so that nobody is missed between two. */
const publications = new Map<string, string>();

/** @param snapshot of which publication; absent: that of the list's other pages, of a first page the present one */
export function rosterQuery(courseId: string, state: RosterState, snapshot?: string) {
  const query = formatListQuery(courseId, state);
  const list = formatListQuery(courseId, { ...state, page: 1 }).toString();
  return queryOptions({
    queryKey: ['roster', courseId, list, state.page, snapshot ?? null],
    queryFn: async ({ client, signal }) => {
      const ask = async (wanted: string | undefined) => {
        const asked = new URLSearchParams(query);
        if (wanted !== undefined) asked.set('snapshot', wanted);
        return getPublished<LearnerPage>(apiUrl('learners/', asked), signal);
      };
      let page = await ask(snapshot ?? (state.page === 1 ? undefined : publications.get(list)));
      // while it was on the way, the list went on to a later one
      const latest = publications.get(list);
      if (snapshot === undefined && latest !== undefined && Number(page.snapshot) < Number(latest))
        page = await ask(latest);
      // where the one that was asked for is gone, it is of the present one
      publications.set(list, page.snapshot);
      // pages that are known of another one do not fit this page
      client.removeQueries({
        queryKey: ['roster', courseId, list],
        type: 'inactive',
        predicate: ({ state: { data } }) =>
          data !== undefined && (data as Published<LearnerPage>).snapshot !== page.snapshot,
      });
      return { ...page, results: page.results.map(withNormalName) };
    },
    placeholderData: keepPreviousData,
  });
}

function withNormalName<Named extends ListedLearner>(learner: Named): Named {
  return { ...learner, name: normalizeName(learner.name) };
}

/** One learner, in a range of days; the name is null where nothing of it is to be seen. */
export function learnerQuery(courseId: string, username: string, range: AskedRange) {
  const query = withRange(new URLSearchParams({ course_id: courseId }), range);
  return queryOptions({
    queryKey: ['learner', courseId, username, range.start, range.end],
    queryFn: async ({ signal }) =>
      withNormalName(await getJson<KnownLearner>(apiUrl(`learners/${encodeURIComponent(username)}/`, query), signal)),
  });
}

/** What the LMS tells; it is asked once a visit, and not again when it does not answer. */
export function accountQuery(courseId: string, username: string) {
  const query = new URLSearchParams({ course_id: courseId });
  return queryOptions({
    queryKey: ['account', courseId, username],
    queryFn: async ({ signal }) => getJson<Account>(apiUrl(`accounts/${encodeURIComponent(username)}/`, query), signal),
    staleTime: Infinity,
    retry: false,
  });
}

/** The days of a learner from `start` to before `end`. */
export function timelineQuery(courseId: string, username: string, start: string, end: string) {
  const query = withRange(new URLSearchParams({ course_id: courseId }), { start, end });
  return queryOptions({
    queryKey: ['timeline', courseId, username, start, end],
    queryFn: async ({ signal }) =>
      (
        await getJson<{ days: TimelineDay[] }>(
          apiUrl(`engagement_timelines/${encodeURIComponent(username)}/`, query),
          signal,
        )
      ).days,
    placeholderData: (previous, before) => (before?.queryKey[2] === username ? previous : undefined),
  });
}
