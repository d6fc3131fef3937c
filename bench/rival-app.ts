import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import { createMiddleware } from 'hono/factory';
import { requestId } from 'hono/request-id';
import type { z } from 'zod';
import { compress } from '../src/api/compress.ts';
import { openHttpServer } from '../src/api/http-server.ts';
import { courseParams, DEFAULT_PAGE_SIZE, listParams } from '../src/api/params.ts';
import { parseQuery } from '../src/api/query.ts';
import { hashKey } from '../src/auth/api-keys.ts';
import { addDays } from '../src/engagement/days.ts';
import { METRICS } from '../src/engagement/metrics.ts';

// The same API over another database: the same server, checks of parameters, key, tags and compression. It does less than the
// product (no log, no list of who looked, no rights), which is to the advantage of the database.

/** A database with a course, asked by statements that were prepared. Answers are JSON, as bytes where that spares work. */
export interface Rival {
  readonly learnerCount: number;
  readonly metadata: string;
  /** Of what never changes: whoever holds an answer of it is told so before it is made, as the product tells it. */
  readonly snapshot: number;
  findLearner(username: string): Promise<string | Uint8Array<ArrayBuffer> | null>;
  listActiveDays(username: string): Promise<readonly ActiveDay[]>;
  /** How many learners there are, and the asked ones, separated by commas. */
  listLearners(filter: ListParams, page: Page): Promise<{ readonly count: number; readonly documents: Uint8Array }>;
  close(): Promise<void>;
}

export type ListParams = z.output<typeof listParams>;

export interface Page {
  readonly size: number;
  readonly offset: number;
}

export const DAY_COUNTS = [
  'discussion_contributions',
  'problems_attempted',
  'problems_completed',
  'problem_attempts',
  'videos_viewed',
] as const;

/** A day with anything on it. */
export type ActiveDay = { readonly date: string } & { readonly [name in (typeof DAY_COUNTS)[number]]: number };

const json = { 'Content-Type': 'application/json' } as const;

/** Serves the API over it to whoever has the key of the environment, says on which port, and ends on SIGTERM. */
export async function serveRival(rival: Rival): Promise<void> {
  const keys = new Set([hashKey(process.env['RIVAL_KEY']!)]);
  const { snapshot } = rival;

  const checkKey = createMiddleware(async function checkKey(c, next): Promise<Response | void> {
    const [, key = ''] = /^Token (.+)$/.exec(c.req.header('authorization') ?? '') ?? [];
    if (!keys.has(hashKey(key))) return c.json({ error_code: 'invalid_credentials' }, 401);
    await next();
  });

  const tagSnapshot = createMiddleware(async function tagSnapshot(c, next): Promise<Response | void> {
    const tag = `"${createHash('sha1').update(`${snapshot} ${c.req.url}`).digest('hex')}"`;
    c.header('ETag', tag);
    if (c.req.header('If-None-Match')?.includes(tag) === true) return c.body(null, 304);
    await next();
  });

  const app = new Hono({ strict: false })
    .use(requestId())
    .use(compress as never)
    .use(etag({ retainedHeaders: [...RETAINED_304_HEADERS, 'x-request-id'] }))
    .use(checkKey)
    .use(tagSnapshot)
    .get('/api/v0/learners', async (c) => c.body(await listLearners(rival, c.req.url), 200, json))
    .get('/api/v0/learners/:username', async (c) => {
      parseQuery(courseParams, c.req.url);
      const document = await rival.findLearner(c.req.param('username'));
      return document === null ? c.notFound() : c.body(document, 200, json);
    })
    .get('/api/v0/engagement_timelines/:username', async (c) => {
      parseQuery(courseParams, c.req.url);
      return c.json({ days: fillDays(await rival.listActiveDays(c.req.param('username'))) });
    })
    .get('/api/v0/course_learner_metadata/:course_id', (c) => {
      parseQuery(courseParams, c.req.url, { course_id: c.req.param('course_id') });
      return c.body(rival.metadata, 200, json);
    });

  const server = await openHttpServer(app, { host: '127.0.0.1', port: 0 });
  process.stderr.write(`Serving ${new URL(server.url).port}\n`);
  process.once('SIGTERM', () => {
    void server.close().then(async () => rival.close());
  });
}

async function listLearners(rival: Rival, url: string): Promise<Uint8Array<ArrayBuffer>> {
  const { page = 1, page_size: size = DEFAULT_PAGE_SIZE, ...params } = parseQuery(listParams, url);
  const { count, documents } = await rival.listLearners(params, { size, offset: (page - 1) * size });
  const pages = Math.max(1, Math.ceil(count / size));
  const link = (other: number) => {
    const asked = new URL(url);
    asked.searchParams.set('page', String(other));
    return JSON.stringify(asked.href);
  };
  const [next, previous] = [page < pages ? link(page + 1) : 'null', page > 1 ? link(page - 1) : 'null'];
  return Buffer.concat([
    Buffer.from(
      `{"count":${count},"num_pages":${pages},"page":${page},"next":${next},"previous":${previous},"results":[`,
    ),
    documents,
    Buffer.from(']}'),
  ]);
}

/** Conditions on metrics, whose values `bind` puts into the statement. */
export function boundMetrics(params: ListParams, bind: (value: number) => string): string[] {
  return METRICS.flatMap((metric) => {
    const [min, max] = [params[`${metric}_min`], params[`${metric}_max`]];
    return [
      ...(min === undefined ? [] : [`${metric} >= ${bind(min)}`]),
      ...(max === undefined ? [] : [`${metric} <= ${bind(max)}`]),
    ];
  });
}

const EMPTY = Object.fromEntries(DAY_COUNTS.map((name) => [name, 0])) as Omit<ActiveDay, 'date'>;

/** From the first to the last active day, those without anything as zeros. */
function fillDays(active: readonly ActiveDay[]) {
  const days: ActiveDay[] = [];
  for (const day of active) {
    for (let last = days.at(-1); last !== undefined && addDays(last.date, 1) < day.date; last = days.at(-1))
      days.push({ date: addDays(last.date, 1), ...EMPTY });
    days.push(day);
  }
  return days.map(({ problem_attempts: attempts, problems_completed: completed, ...day }) => ({
    date: day.date,
    discussion_contributions: day.discussion_contributions,
    problems_attempted: day.problems_attempted,
    problems_completed: completed,
    problem_attempts: attempts,
    videos_viewed: day.videos_viewed,
    problem_attempts_per_completed: completed === 0 ? null : attempts / completed,
  }));
}
