import type {
  Account,
  CourseMetadata,
  LearnerPage,
  ListedCourse,
  ListedLearner,
  Metric,
  PartialLearner,
  Segment,
  SingleLearner,
  Timeline,
} from './answers.ts';
import { ApiError, describeError, readError } from './api-error.ts';

export { ApiError };
export type * from './answers.ts';

export interface ClientOptions {
  /** Address of the mount, such as `https://analytics.example/api/v0`. */
  readonly url: string;
  /** An API key; without it `headers` say who asks. */
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fetch?: ((address: string, init: RequestInit) => Promise<Response>) | undefined;
}

export interface CallOptions {
  /** Breaks the call off: `AbortSignal.timeout(10_000)`. What is thrown then is the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
}

/** `YYYY-MM-DD`, start inclusive, end exclusive; docs/api.md says what one alone means. */
export interface Dates {
  readonly start_date?: string | undefined;
  readonly end_date?: string | undefined;
}

export type Order =
  | Metric
  | 'attempt_ratio_order'
  | 'username'
  | 'name'
  | 'email'
  | 'cohort'
  | 'enrollment_mode'
  | 'enrollment_date'
  | 'last_active';

type Bounds = { readonly [name in `${Metric}_min` | `${Metric}_max`]?: number | undefined };

/** Who is to be in a list, and in which order, by the names of docs/api.md. */
export interface Filters extends Dates, Bounds {
  readonly text_search?: string | undefined;
  readonly segments?: readonly Segment[] | undefined;
  readonly ignore_segments?: readonly Segment[] | undefined;
  readonly cohort?: string | undefined;
  readonly enrollment_mode?: string | undefined;
  readonly order_by?: Order | undefined;
  readonly sort_order?: 'asc' | 'desc' | undefined;
  /** Of each learner these alone, dotted where nested. */
  readonly fields?: readonly string[] | undefined;
}

export interface ListQuery extends Filters {
  readonly page?: number | undefined;
  /** From 1 to 1,000; 25 where nothing is said. */
  readonly page_size?: number | undefined;
  readonly highlight?: boolean | undefined;
}

/** A page of the list that was asked for: where that may be of some `fields` alone, any other may be missing. */
export type PageFor<Query extends ListQuery> = LearnerPage<
  'fields' extends keyof Query ? PartialLearner : ListedLearner
>;

export type Client = ReturnType<typeof createClient>;

/** How often a page is asked for again where the server says when, and how many seconds that may be at most. */
const TRIES = 5;
const LONGEST_WAIT = 60;

/**
 * A client of the API.
 * Every function throws `ApiError` where the answer is no success, and what `fetch` throws where there is none; `RangeError`
 * for a username or a course that cannot be part of an address.
 */
export function createClient({ url, key, headers = {}, fetch: send = fetch }: ClientOptions) {
  const base = url.replace(/\/+$/, '');

  async function request(address: string, accept: string, { signal }: CallOptions): Promise<Response> {
    const sent = new Headers({ accept, ...(key !== undefined && { authorization: `Token ${key}` }) });
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    const response = await send(address, { headers: sent, signal: signal ?? null });
    if (response.ok) return response;
    const error = await readError(response);
    signal?.throwIfAborted();
    throw error;
  }

  async function ask<Body>(path: string, options: CallOptions = {}): Promise<Body> {
    const response = await request(`${base}/${path}`, 'application/json', options);
    const text = await response.text();
    try {
      return JSON.parse(text) as Body;
    } catch {
      const type = response.headers.get('content-type') ?? 'nothing';
      throw describeError(response, {
        developer_message: `${base}/ answered ${response.status} with ${type}, not with JSON: it must be the address of the API's mount.`,
      });
    }
  }

  /** The page to which `next` or `previous` of another one leads; the server may know itself by another name than its clients do. */
  async function followLink<Item = PartialLearner>(link: string, options?: CallOptions): Promise<LearnerPage<Item>> {
    return ask(`learners/${new URL(link).search}`, options);
  }

  return {
    /** A page of the list of learners. */
    async listLearners<const Query extends ListQuery = Dates>(courseId: string, query?: Query, options?: CallOptions) {
      return ask<PageFor<Query>>(`learners/${encodeQuery({ course_id: courseId, ...query })}`, options);
    },
    followLink,
    /**
     * The pages of a list, from the one that is asked for to the last. They are out of one publication, so that nobody is
     * missed or told twice, unless that is gone: 14 minutes after the next one, or once newer ones have 8,000,000 learners. Where the server says when to ask again (429, 503),
     * in at most a minute, that is waited for; a page is asked for five times at most.
     */
    async *eachPage<const Query extends ListQuery = Dates>(courseId: string, query?: Query, options?: CallOptions) {
      let path = `learners/${encodeQuery({ course_id: courseId, ...query })}`;
      for (;;) {
        const page = await patiently(async () => ask<PageFor<Query>>(path, options), options);
        yield page;
        if (page.next === null) return;
        path = `learners/${new URL(page.next).search}`;
      }
    },
    /** The whole list as CSV, as it comes: `page` and `page_size` do not count. The stream fails where the file breaks off. */
    async downloadLearners(courseId: string, filters?: Filters, options: CallOptions = {}) {
      const address = `${base}/learners.csv${encodeQuery({ course_id: courseId, ...filters })}`;
      const { body } = await request(address, 'text/csv', options);
      return body ?? new Blob([]).stream();
    },
    async getLearner(courseId: string, username: string, dates?: Dates, options?: CallOptions) {
      const query = encodeQuery({ course_id: courseId, ...dates });
      return ask<SingleLearner>(`learners/${encodePart(username)}/${query}`, options);
    },
    async getTimeline(courseId: string, username: string, dates?: Dates, options?: CallOptions) {
      const query = encodeQuery({ course_id: courseId, ...dates });
      return ask<Timeline>(`engagement_timelines/${encodePart(username)}/${query}`, options);
    },
    async getMetadata(courseId: string, dates?: Dates, options?: CallOptions) {
      return ask<CourseMetadata>(
        `course_learner_metadata/${encodePart(courseId)}/${encodeQuery({ ...dates })}`,
        options,
      );
    },
    /** What the LMS tells whoever asks with a token of it. */
    async getAccount(courseId: string, username: string, options?: CallOptions) {
      return ask<Account>(`accounts/${encodePart(username)}/${encodeQuery({ course_id: courseId })}`, options);
    },
    async listCourses(options?: CallOptions) {
      return ask<readonly ListedCourse[]>('courses/', options);
    },
  };
}

/** An address would be another one with nothing there, or with dots, which lead up in it however they are written. */
function encodePart(part: string): string {
  if (['', '.', '..'].includes(part))
    throw new RangeError(`${JSON.stringify(part)} cannot be asked for: in an address it would lead elsewhere.`);
  try {
    return encodeURIComponent(part);
  } catch (cause) {
    throw new RangeError(`${JSON.stringify(part)} cannot be asked for: it ends within a character.`, { cause });
  }
}

type Value = string | number | boolean | readonly string[];

/** Lists are joined with commas, what is not given is left out. */
function encodeQuery(query: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query as Record<string, Value | null | undefined>)) {
    if (value !== null && value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

async function patiently<Result>(work: () => Promise<Result>, options: CallOptions = {}): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const seconds = error instanceof ApiError ? error.retryAfter : null;
      if (seconds === null || seconds > LONGEST_WAIT || tries === TRIES) throw error;
      await wait(seconds, options);
    }
  }
}

async function wait(seconds: number, { signal }: CallOptions): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted === true) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    signal?.addEventListener('abort', end);
  });
}
