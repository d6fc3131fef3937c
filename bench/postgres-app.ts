import { Hono } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import { createMiddleware } from 'hono/factory';
import { requestId } from 'hono/request-id';
import postgres from 'postgres';
import { compress } from '../src/api/compress.ts';
import { openHttpServer } from '../src/api/http-server.ts';
import { courseParams, DEFAULT_PAGE_SIZE, listParams } from '../src/api/params.ts';
import { parseQuery } from '../src/api/query.ts';
import { hashKey } from '../src/auth/api-keys.ts';
import { nextDay } from '../src/engagement/days.ts';
import { METRICS } from '../src/engagement/metrics.ts';
import { fold, orderBy } from './postgres-tables.ts';

// The same API over PostgreSQL: the same server, checks of parameters, key, tags and compression, and statements that were
// prepared. It does less than the product (no log, no list of who looked, no rights), which is to its advantage.

const sql = postgres({
  host: process.env['PGHOST']!,
  port: Number(process.env['PGPORT']),
  user: 'postgres',
  database: 'postgres',
  max: 8,
});
const json = { 'Content-Type': 'application/json' } as const;
const keys = new Set((await sql<{ hash: string }[]>`SELECT hash FROM api_keys`).map(({ hash }) => hash));
const [course] = await sql<{ learner_count: number; metadata: string }[]>`SELECT * FROM course`;
if (course === undefined) throw new Error('There is no course.');

const checkKey = createMiddleware(async function checkKey(c, next): Promise<Response | void> {
  const [, key = ''] = /^Token (.+)$/.exec(c.req.header('authorization') ?? '') ?? [];
  if (!keys.has(hashKey(key))) return c.json({ error_code: 'invalid_credentials' }, 401);
  await next();
});

const app = new Hono({ strict: false })
  .use(requestId())
  .use(compress as never)
  .use(etag({ retainedHeaders: [...RETAINED_304_HEADERS, 'x-request-id'] }))
  .use(checkKey)
  .get('/api/v0/learners', async (c) => c.body(await listLearners(c.req.url), 200, json))
  .get('/api/v0/learners/:username', async (c) => {
    parseQuery(courseParams, c.req.url);
    const [row] = await sql<
      { document: string }[]
    >`SELECT document FROM learners WHERE username = ${c.req.param('username')}`;
    return row === undefined ? c.notFound() : c.body(row.document, 200, json);
  })
  .get('/api/v0/engagement_timelines/:username', async (c) => {
    parseQuery(courseParams, c.req.url);
    return c.json({ days: await readDays(c.req.param('username')) });
  })
  .get('/api/v0/course_learner_metadata/:course_id', (c) => {
    parseQuery(courseParams, c.req.url, { course_id: c.req.param('course_id') });
    return c.body(course.metadata, 200, json);
  });

async function listLearners(url: string): Promise<string> {
  const { page = 1, page_size: size = DEFAULT_PAGE_SIZE, ...params } = parseQuery(listParams, url);
  const values: (string | number | string[])[] = [];
  const bind = (value: string | number | string[]) => `$${values.push(value)}`;
  const conditions = (params.text_search ?? []).map(
    (term) => `search_text LIKE ${bind(`%${fold(term).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)}`,
  );
  if (params.segments !== undefined) conditions.push(`segments && ${bind([...params.segments])}::text[]`);
  if (params.ignore_segments !== undefined)
    conditions.push(`NOT segments && ${bind([...params.ignore_segments])}::text[]`);
  if (params.cohort) conditions.push(`cohort = ${bind(params.cohort)}`);
  if (params.enrollment_mode) conditions.push(`enrollment_mode = ${bind(params.enrollment_mode)}`);
  for (const metric of METRICS) {
    const [min, max] = [params[`${metric}_min`], params[`${metric}_max`]];
    if (min !== undefined) conditions.push(`${metric} >= ${bind(min)}`);
    if (max !== undefined) conditions.push(`${metric} <= ${bind(max)}`);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const column = params.order_by === 'name' ? 'name_folded' : params.order_by;
  const counting =
    conditions.length === 0
      ? [{ count: course!.learner_count }]
      : sql.unsafe<{ count: number }[]>(`SELECT count(*)::int AS count FROM learners ${where}`, [...values], {
          prepare: true,
        });
  const [limit, offset] = [bind(size), bind((page - 1) * size)];
  const [counted, rows] = await Promise.all([
    counting,
    sql.unsafe<{ document: string }[]>(
      `SELECT document FROM learners ${where} ORDER BY ${orderBy(column, params.sort_order === 'desc')} LIMIT ${limit} OFFSET ${offset}`,
      values,
      { prepare: true },
    ),
  ]);
  const count = counted[0]?.count ?? 0;
  const pages = Math.max(1, Math.ceil(count / size));
  const link = (other: number) => {
    const asked = new URL(url);
    asked.searchParams.set('page', String(other));
    return JSON.stringify(asked.href);
  };
  return `{"count":${count},"num_pages":${pages},"page":${page},"next":${page < pages ? link(page + 1) : 'null'},"previous":${page > 1 ? link(page - 1) : 'null'},"results":[${rows.map(({ document }) => document).join(',')}]}`;
}

const COUNTS = [
  'discussion_contributions',
  'problems_attempted',
  'problems_completed',
  'problem_attempts',
  'videos_viewed',
] as const;
type Day = { date: string } & { [name in (typeof COUNTS)[number]]: number } & {
  problem_attempts_per_completed: number | null;
};
const EMPTY = Object.fromEntries([
  ...COUNTS.map((name) => [name, 0]),
  ['problem_attempts_per_completed', null],
]) as Omit<Day, 'date'>;

/** From the first to the last active day, those without anything as zeros. */
async function readDays(username: string): Promise<Day[]> {
  const active = await sql<Day[]>`
    SELECT day::text AS date, discussion_contributions, problems_attempted, problems_completed, problem_attempts, videos_viewed,
      problem_attempts / nullif(problems_completed, 0)::double precision AS problem_attempts_per_completed
    FROM learner_days WHERE username = ${username} ORDER BY day`;
  const days: Day[] = [];
  for (const day of active) {
    for (let last = days.at(-1); last !== undefined && nextDay(last.date) < day.date; last = days.at(-1))
      days.push({ date: nextDay(last.date), ...EMPTY });
    days.push(day);
  }
  return days;
}

const server = await openHttpServer(app, { host: '127.0.0.1', port: 0 });
process.stderr.write(`Serving ${new URL(server.url).port}\n`);
process.once('SIGTERM', () => {
  void server.close().then(async () => sql.end());
});
