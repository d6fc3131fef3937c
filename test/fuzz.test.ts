import assert from 'node:assert/strict';
import test from 'node:test';
import { METRICS } from '../src/engagement/metrics.ts';
import { openSampleApi } from './sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from './sample-site.ts';

/** How many requests; `FUZZ_REQUESTS=100000 npm test -- --test-name-pattern=fuzz` for a night. `FUZZ_SEED` repeats a run. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2000);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
/** Nobody waits longer, whatever they ask: the store's own limit. Test machines are shared, so nothing tighter would hold. */
const SLOW_MS = 15_000;
const AT_ONCE = 8;

const { narrowApp, deps, key } = await openSampleApi();

/** A small generator of reproducible numbers (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = createRandom(SEED);

function pick<Value>(values: readonly Value[]): Value {
  return values[Math.floor(random() * values.length)]!;
}

const HOSTILE = [
  '',
  ' ',
  '0',
  '-1',
  '1e309',
  'NaN',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  "' OR 1=1 --",
  '"; DROP TABLE learners',
  '{x:String}',
  '%',
  '%25',
  '%00',
  '%0d%0aX-Evil: 1',
  '../../etc/passwd',
  '..%2f..%2f',
  '<script>alert(1)</script>',
  '\\',
  '\\\\N',
  '😀',
  'e\u0301',
  'İ',
  '\uFFFF',
  '%ED%A0%80',
  '%FF',
  '%',
  '%zz',
  '*',
  '[]',
  ',,,,',
  'a'.repeat(300),
  '9'.repeat(40),
  '2026-02-30',
  '9999-12-31',
  '0001-01-01',
  '2026-10-19T00:00',
  'true',
  '\t',
  '\n',
  '\u202E',
  '$(id)',
  '{{7*7}}',
  'course-v1:a+b+c',
  '\\x00',
  "\\'",
];
const GOOD = [
  'maria',
  'struggling',
  'inactive,disengaging',
  'honor',
  'Cohort A',
  'username',
  'name',
  'desc',
  'asc',
  '1',
  '2',
  '25',
  '1000',
  '2026-10-19',
  '2026-10-26',
  '2015-1-6',
  'engagements.videos_viewed,username',
  'true',
  'nunez',
  DEMO_COURSE,
  OLD_COURSE,
  ...METRICS,
];
const PARAMETERS = [
  'course_id',
  'start_date',
  'end_date',
  'text_search',
  'segments',
  'ignore_segments',
  'cohort',
  'enrollment_mode',
  'order_by',
  'sort_order',
  'page',
  'page_size',
  'fields',
  'highlight',
  'snapshot',
  'sortKey',
  'order',
  ...METRICS.flatMap((metric) => [`${metric}_min`, `${metric}_max`]),
];
const ACCEPTS = [
  'application/json',
  'text/csv',
  '*/*',
  'text/html',
  '',
  'application/json;q=x',
  ';;;,',
  'text/*;q=0.1,*/*;q=0',
];

function value(): string {
  const text = random() < 0.55 ? pick(GOOD) : pick(HOSTILE);
  return random() < 0.5 ? encodeURIComponent(text.isWellFormed() ? text : 'x') : text;
}

function path(): string {
  const name = random() < 0.5 ? 'maria' : value();
  return pick([
    'learners/',
    'learners/',
    'learners.csv',
    `learners/${name}/`,
    `engagement_timelines/${name}/`,
    `course_learner_metadata/${value()}/`,
    `course_learner_metadata/${DEMO_COURSE}/`,
    `learners/courses/${value()}`,
    'courses/',
    'health',
    'status',
    'authenticated',
    value(),
    `${value()}/${value()}`,
    'openapi.json',
    'docs',
  ]);
}

function target(): string {
  const pairs = Array.from(
    { length: Math.floor(random() * 5) },
    () => `${random() < 0.95 ? pick(PARAMETERS) : value()}=${value()}`,
  );
  if (random() < 0.9) pairs.unshift(`course_id=${pick([DEMO_COURSE, DEMO_COURSE, DEMO_COURSE, OLD_COURSE, 'a/b/c'])}`);
  return `/api/v0/${path()}?${pairs.join('&')}`;
}

/** What no answer may hold: traces of the machinery, and the one learner of a course that the caller may not see. */
const LEAK =
  /\bSELECT\b|FROM learners|DB::Exception|node_modules|\bat .*\.ts:\d|\/tmp\/api-|search_text|la_[A-Za-z0-9_-]{43}/;

test(`fuzz: ${REQUESTS} requests find no fault, nothing slow and no leak (seed ${SEED})`, async () => {
  const statuses = new Map<number, number>();
  let left = REQUESTS;
  const askOn = async () => {
    while (left > 0) {
      left -= 1;
      const address = target();
      const [accept, method] = [pick(ACCEPTS), random() < 0.95 ? 'GET' : pick(['HEAD', 'POST', 'OPTIONS', 'DELETE'])];
      if (URL.parse(`http://h${address}`) === null) continue;
      const start = performance.now();
      const response = await narrowApp.request(`http://h${address}`, { method, headers: { accept } });
      const body = await response.text();
      const ms = performance.now() - start;
      const what = `${method} ${address} (${accept}; seed ${SEED})`;
      // health tells, by 503, that other requests kept the store busy for a second, as these do on a slow machine
      const busy = response.status === 503 && address.startsWith('/api/v0/health');
      assert.ok(response.status < 500 || busy, `${response.status}: ${what}: ${body.slice(0, 300)}`);
      assert.ok(ms < SLOW_MS, `${Math.round(ms)} ms: ${what}`);
      assert.ok(response.headers.has('x-request-id') && !response.headers.has('x-evil'), what);
      if (response.status >= 400 && !busy && method !== 'HEAD') {
        const error = JSON.parse(body) as Record<string, unknown>;
        assert.ok(typeof error['error_code'] === 'string' && typeof error['user_message'] === 'string', what);
        assert.doesNotMatch(
          body.replaceAll(/\\"|"developer_message":"(?:[^"\\]|\\.)*"|"field_errors":\{[^}]*\}/g, ''),
          LEAK,
          what,
        );
      }
      assert.ok(!response.ok || !body.includes(`"course_id":"${OLD_COURSE}"`), `another course: ${what}`);
      assert.ok(!body.includes('DB::Exception') && !body.includes('node_modules'), `machinery: ${what}`);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOn));
  for (const status of [200, 400, 403, 404, 405]) assert.ok(statuses.has(status), `no answer was ${status}`);
  assert.equal((await deps.store.query('SELECT 1 FROM learners LIMIT 1')).length, 1);
  assert.ok(key !== '');
});
