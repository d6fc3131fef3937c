import type { FilterName } from '../api/params.ts';
import type {
  AccountResponse,
  CoursesResponse,
  LearnerResponse,
  ListResponse,
  MetadataResponse,
  TimelineResponse,
} from '../api/responses.ts';

export type { AccountResponse, CoursesResponse, LearnerResponse, ListResponse, MetadataResponse, TimelineResponse };

export interface ClientOptions {
  /** Address of the mount, such as `https://analytics.example/api/v0`. */
  readonly url: string;
  /** An API key; without it `headers` say who asks. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: (address: string, init: { readonly headers: Readonly<Record<string, string>> }) => Promise<Response>;
}

/** `YYYY-MM-DD`, start inclusive, end exclusive; docs/api.md says what one alone means. */
export interface Dates {
  readonly start_date?: string;
  readonly end_date?: string;
}

/** Filters, order and pages of a list, by the names of docs/api.md. Lists are joined with commas. */
export type ListQuery = { readonly [name in FilterName]?: string | number | boolean | readonly string[] };

/** An answer that is not a success. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds to wait before asking again, with 429 and 503. */
  readonly retryAfter: number | null;

  constructor(status: number, code: string, message: string, retryAfter: number | null) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export type Client = ReturnType<typeof createClient>;

/** A client of the API. Every function throws `ApiError` where the answer is not a success. */
export function createClient({ url, key, headers = {}, fetch: send = fetch }: ClientOptions) {
  const base = url.replace(/\/+$/, '');
  const sent = { accept: 'application/json', ...(key !== undefined && { authorization: `Token ${key}` }), ...headers };

  async function ask<Body>(address: string): Promise<Body> {
    const response = await send(address, { headers: sent });
    if (!response.ok) throw await readError(response);
    return (await response.json()) as Body;
  }

  async function listLearners(courseId: string, query: ListQuery = {}): Promise<ListResponse> {
    return ask(`${base}/learners/?${encodeQuery({ course_id: courseId, ...query })}`);
  }

  return {
    listLearners,
    /** The pages of a list, from the one that is asked for to the last; all of them out of one publication. */
    async *eachPage(courseId: string, query: ListQuery = {}): AsyncGenerator<ListResponse> {
      let page = await listLearners(courseId, query);
      yield page;
      while (page.next !== null) {
        // the server may know itself by another name than its clients do
        const next = new URL(page.next);
        page = await ask(`${base}/learners/${next.search}`);
        yield page;
      }
    },
    async getLearner(courseId: string, username: string, dates: Dates = {}): Promise<LearnerResponse> {
      return ask(`${base}/learners/${encodeURIComponent(username)}/?${encodeQuery({ course_id: courseId, ...dates })}`);
    },
    async getTimeline(courseId: string, username: string, dates: Dates = {}): Promise<TimelineResponse> {
      const query = encodeQuery({ course_id: courseId, ...dates });
      return ask(`${base}/engagement_timelines/${encodeURIComponent(username)}/?${query}`);
    },
    async getMetadata(courseId: string, dates: Dates = {}): Promise<MetadataResponse> {
      return ask(`${base}/course_learner_metadata/${encodeURIComponent(courseId)}/?${encodeQuery({ ...dates })}`);
    },
    /** What the LMS tells whoever asks with a token of it. */
    async getAccount(courseId: string, username: string): Promise<AccountResponse> {
      return ask(`${base}/accounts/${encodeURIComponent(username)}/?${encodeQuery({ course_id: courseId })}`);
    },
    async listCourses(): Promise<CoursesResponse> {
      return ask(`${base}/courses/`);
    },
  };
}

function encodeQuery(
  query: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
}

async function readError(response: Response): Promise<ApiError> {
  const retryAfter = response.headers.get('retry-after');
  // something on the way, a proxy, may answer otherwise
  const body = (await response.json().catch(() => ({}))) as { error_code?: string; developer_message?: string };
  return new ApiError(
    response.status,
    body.error_code ?? 'unknown',
    body.developer_message ?? `The answer was ${response.status}.`,
    retryAfter === null ? null : Number(retryAfter),
  );
}
