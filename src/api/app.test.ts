import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createCheckedApp } from '../../test/check-response.ts';
import { COURSE, LEARNERS, ODD_USERNAME, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from '../../test/sample-site.ts';
import { listCourses } from '../engagement/course.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import type { ErrorBody } from './errors-to-http.ts';

const { app, narrowApp, deps, key, logged, get } = await openSampleApi();

const ANSWERED = [
  '/status',
  '/health',
  '/authenticated',
  '/courses',
  `/learners?${COURSE}`,
  `/learners/maria?${COURSE}`,
  `/learners/${ODD_USERNAME}?${COURSE}`,
  `/learners/m%61ria?${COURSE}`,
  `/learners/maria?course_id=${encodeURIComponent(DEMO_COURSE)}`,
  `/learners/maria?course_id=${OLD_COURSE}`,
  `/engagement_timelines/maria?${COURSE}`,
  `/engagement_timelines/idle?${COURSE}`,
  `/learners/engagement_timelines/maria?${COURSE}`,
  `/course_learner_metadata/${DEMO_COURSE}`,
  `/course_learner_metadata/${encodeURIComponent(DEMO_COURSE)}`,
  `/course_learner_metadata/${OLD_COURSE}`,
  `/course_learner_metadata/${encodeURIComponent(OLD_COURSE)}`,
  `/learners/courses/${DEMO_COURSE}`,
  `/learners/courses/${OLD_COURSE}`,
  `/learners?${COURSE}&unknown=1&unknown=2`,
];

for (const path of ANSWERED) {
  test(`GET and HEAD ${path} are answered, with and without the slash`, async () => {
    const withSlash = path.replace(/(\?|$)/, '/$1');
    const [plain, slashed, head] = await Promise.all([get(path), get(withSlash), get(path, {}, { method: 'HEAD' })]);
    assert.deepEqual([plain.status, slashed.status, head.status], [200, 200, 200]);
    assert.equal(await head.text(), '');
    assert.deepEqual(await slashed.json(), await plain.json());
    assert.equal(head.headers.get('etag'), plain.headers.get('etag'));
    for (const response of [plain, slashed, head]) {
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
      assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
      assert.match(response.headers.get('etag') ?? '', /^"[0-9a-f]{40}"$/);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    }
  });
}

const typeOf = async (path: string, init: RequestInit) => {
  const response = await app.request(path, init);
  return [response.status, response.headers.get('content-type')];
};

test('at an address that there is not, programs are answered what they can read', async () => {
  const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
  const json = [404, 'application/json'];
  // where the app is not built it is told that
  assert.doesNotMatch(await (await app.request('/nope', { headers: { accept } })).text(), /There is nothing at \/nope/);
  assert.deepEqual(await typeOf('/nope', { headers: { accept: '*/*' } }), json);
  for (const path of ['/api/nope', '/api', '/auth/nope', '/assets/nope.js'])
    assert.deepEqual(await typeOf(path, { headers: { accept } }), json, path);
});

const REFUSED: ReadonlyArray<readonly [path: string, status: number, code: ErrorCode]> = [
  ['/learners/', 400, 'course_not_specified'],
  ['/learners/maria/', 400, 'course_not_specified'],
  ['/engagement_timelines/maria/?course_id=', 400, 'course_not_specified'],
  ['/learners/?course_id=edX', 400, 'course_key_malformed'],
  ['/course_learner_metadata/edX/', 400, 'course_key_malformed'],
  ['/course_learner_metadata/edX/a/b/c/', 400, 'course_key_malformed'],
  ['/course_learner_metadata/%0A/', 400, 'course_key_malformed'],
  ['/learners/courses/%27%20OR%201/', 400, 'course_key_malformed'],
  [`${LEARNERS}&${COURSE}`, 400, 'illegal_parameter_values'],
  [`${LEARNERS}&page=2`, 400, 'illegal_parameter_values'],
  [`${LEARNERS}&page=9007199254740991&page_size=1000`, 400, 'illegal_parameter_values'],
  [`${LEARNERS}&text_search=nobody-at-all&page=2`, 400, 'illegal_parameter_values'],
  [`${LEARNERS}&start_date=2021-10-01`, 400, 'illegal_parameter_values'],
  [`/learners/maria/?${COURSE}&end_date=2026-13-01`, 400, 'illegal_parameter_values'],
  [`/engagement_timelines/maria/?${COURSE}&start_date=2026-10-26`, 400, 'illegal_parameter_values'],
  [`/course_learner_metadata/${DEMO_COURSE}/?start_date=2026-1-1&end_date=2026-1-1`, 400, 'illegal_parameter_values'],
  // what cannot be comes before what is not there
  ['/learners/nobody/?course_id=a/b/c&start_date=x', 400, 'illegal_parameter_values'],
  [`${LEARNERS}&segments=nonsense&start_date=2026-10-26`, 400, 'illegal_parameter_values'],
  [`/learners.csv?${COURSE}&cohort=nonsense&start_date=2021-10-01`, 400, 'illegal_parameter_values'],
  [`/learners/nobody/?${COURSE}&start_date=2026-10-26`, 400, 'illegal_parameter_values'],
  ['/learners/?course_id=a/b/c&segments=nonsense', 404, 'no_course'],
  ['/learners/maria/?course_id=a/b/c', 404, 'no_course'],
  ['/course_learner_metadata/a/b/c/', 404, 'no_course'],
  [`/learners/nobody/?${COURSE}`, 404, 'no_learner_for_course'],
  [`/learners/MARIA/?${COURSE}`, 404, 'no_learner_for_course'],
  [`/learners/courses/?${COURSE}`, 404, 'no_learner_for_course'],
  [`/learners/idle/?course_id=${OLD_COURSE}`, 404, 'no_learner_for_course'],
  [`/engagement_timelines/nobody/?${COURSE}`, 404, 'no_learner_engagement_timeline'],
  [`/learners/engagement_timelines/nobody/?${COURSE}`, 404, 'no_learner_engagement_timeline'],
  [`${LEARNERS}&segments=struggling,nonsense`, 404, 'no_segment'],
  [`${LEARNERS}&ignore_segments=Struggling`, 404, 'no_segment'],
  [`${LEARNERS}&cohort=cohort+a`, 404, 'no_cohort'],
  [`${LEARNERS}&cohort=__proto__`, 404, 'no_cohort'],
  [`${LEARNERS}&enrollment_mode=constructor`, 404, 'no_enrollment_mode'],
  ['/', 404, 'not_found'],
  ['/nothing/', 404, 'not_found'],
  ['/course_learner_metadata/', 404, 'not_found'],
  ['/engagement_timelines/', 404, 'not_found'],
  [`/learners//?${COURSE}`, 404, 'not_found'],
  [`/learners/maria/more/?${COURSE}`, 404, 'not_found'],
  [`${LEARNERS}&text_search=${'x'.repeat(9000)}`, 414, 'uri_too_long'],
  // hostile usernames are nobody
  ...[
    'maria%2F',
    '..%2Fmaria',
    'm%2561ria',
    '%00',
    'maria%00',
    'a%0Ab',
    '%E9',
    '%zz',
    'maria%20',
    'maria%3Fx',
    "maria'%20OR%20'1'='1",
    'maria%22',
    'maria%25',
    'maria*',
    'maria;',
    'x'.repeat(5000),
  ].map((name) => [`/learners/${name}/?${COURSE}`, 404, 'no_learner_for_course'] as const),
];

test('a cohort or mode that a course does not have is told with those that it has', async () => {
  const body = (await (await get(`${LEARNERS}&cohort=nope`)).json()) as ErrorBody;
  assert.equal(body.developer_message, String.raw`The course has no cohort "nope"; it has "B & C, \"d\"", "Cohort A".`);
});

for (const [path, status, code] of REFUSED) {
  test(`GET ${path.slice(0, 100)} is ${status} ${code}`, async () => {
    const response = await get(path);
    const body = (await response.json()) as ErrorBody;
    assert.deepEqual([response.status, body.error_code], [status, code]);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    assert.ok(response.headers.has('x-request-id'));
    assert.ok(!response.headers.has('etag'));
    assert.ok(body.developer_message !== '' && body.user_message !== '');
    assert.equal(body.field_errors !== undefined, status === 400);
    assert.equal(body.request_id, undefined);
  });
}

test('of a name that no address can have it is not told whether the course has it', async () => {
  for (const path of ['learners', 'engagement_timelines', 'accounts']) {
    const { developer_message } = (await (await get(`/${path}/x%20y/?${COURSE}`)).json()) as ErrorBody;
    assert.match(developer_message, /^An address can name a learner by letters, .*, but not "x y"\.$/);
  }
});

test('all faults of a request are told at once, each with the value and what is allowed', async () => {
  const response = await get('/learners/?course_id=edX&page=0&sort_order=up&cohort=a&cohort=b');
  assert.deepEqual(await response.json(), {
    error_code: 'course_key_malformed',
    developer_message:
      'course_id: "edX" is not a course key such as course-v1:org+course+run, ccx-v1:org+course+run+ccx@1 or org/course/run. ' +
      'cohort: was given 2 times; give it once. sort_order: "up" is not one of asc, desc. page: "0" is not a whole number from 1 up.',
    user_message: 'This is not the id of a course.',
    field_errors: {
      course_id:
        '"edX" is not a course key such as course-v1:org+course+run, ccx-v1:org+course+run+ccx@1 or org/course/run.',
      cohort: 'was given 2 times; give it once.',
      sort_order: '"up" is not one of asc, desc.',
      page: '"0" is not a whole number from 1 up.',
    },
  });
});

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
  test(`${method} is 405 and says what is allowed`, async () => {
    const response = await get(LEARNERS, {}, { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
    assert.equal(((await response.json()) as ErrorBody).error_code, 'method_not_allowed');
  });
}

test('nothing else of the host takes another method either, whatever Accept says', async () => {
  for (const path of [
    '/',
    '/courses/a',
    '/api-reference',
    '/brand.css',
    '/assets/a.js',
    '/auth/nope',
    '/api',
    '/nope',
  ]) {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const response = await app.request(path, { headers: { accept: 'text/html' }, method });
      assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD'], `${method} ${path}`);
      assert.equal(((await response.json()) as ErrorBody).error_code, 'method_not_allowed');
    }
  }
});

const UNKNOWN: ReadonlyArray<readonly [authorization: string | undefined, code: ErrorCode]> = [
  [undefined, 'authentication_required'],
  ['Token', 'invalid_credentials'],
  [`Token ${key}x`, 'invalid_credentials'],
  [`Token la_${'A'.repeat(43)}`, 'invalid_credentials'],
  [`Bearer ${key}`, 'invalid_credentials'],
];

for (const [authorization, code] of UNKNOWN) {
  test(`the credential ${authorization?.replace(key, '<key>')} is 401 ${code}, whatever else is wrong`, async () => {
    const init = { headers: authorization === undefined ? {} : { authorization } };
    for (const path of [
      '/authenticated',
      '/courses',
      LEARNERS,
      '/learners/',
      '/nothing',
      '/course_learner_metadata/x',
    ]) {
      const response = await app.request(`/api/v0${path}`, init);
      assert.equal(response.status, 401, path);
      assert.match(response.headers.get('www-authenticate') ?? '', /^Token realm.*, JWT realm.*, Bearer realm/);
      assert.equal(((await response.json()) as ErrorBody).error_code, code);
    }
    for (const path of ['/status', '/health/']) {
      // the latter tells, by 503, of a store that is busy for a second
      assert.match(String((await app.request(`/api/v0${path}`, init)).status), path === '/status' ? /200/ : /200|503/);
    }
  });
}

test('a course that the caller may not see is 403, whether it exists or not, and after 400', async () => {
  for (const course of [OLD_COURSE, 'a/b/c']) {
    for (const path of [
      `/learners/?course_id=${course}&segments=nonsense`,
      `/learners/maria/?course_id=${course}`,
      `/engagement_timelines/%00/?course_id=${course}`,
      `/course_learner_metadata/${course}/`,
    ]) {
      const response = await narrowApp.request(`/api/v0${path}`);
      const body = (await response.json()) as ErrorBody;
      assert.deepEqual([response.status, body.error_code], [403, 'course_access_denied'], path);
    }
  }
  assert.equal((await narrowApp.request(`/api/v0/learners/?course_id=${OLD_COURSE}&page=0`)).status, 400);
  assert.equal((await narrowApp.request(`/api/v0${LEARNERS}`)).status, 200);
});

test('all routes are such that the framework finds them by one expression, not by a walk', async () => {
  await get(LEARNERS);
  assert.equal((app.router as { readonly name: string }).name, 'SmartRouter + RegExpRouter');
});

test('an answer that still holds is 304, with its tag and its request id', async () => {
  const first = await get(LEARNERS);
  const tag = first.headers.get('etag') ?? '';
  const again = await get(LEARNERS, { 'if-none-match': `"other", ${tag}`, 'x-request-id': 'mine-1' });
  assert.equal(again.status, 304);
  assert.equal(again.headers.get('etag'), tag);
  assert.equal(again.headers.get('x-request-id'), 'mine-1');
  assert.equal((await get(`${LEARNERS}&page_size=3`, { 'if-none-match': tag })).status, 200);
});

test('a request id that is not one is replaced', async () => {
  const response = await get('/status', { 'x-request-id': 'a b<c>' });
  assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});

for (const path of [LEARNERS, `/engagement_timelines/maria/?${COURSE}`]) {
  test(`GET ${path} as XML is 406`, async () => {
    const response = await get(path, { accept: 'application/xml' });
    assert.deepEqual([response.status, ((await response.json()) as ErrorBody).error_code], [406, 'not_acceptable']);
  });
}

const FAILURES: ReadonlyArray<readonly [error: unknown, status: number, code: ErrorCode]> = [
  [new AppError('store_unavailable', '/srv/data is away'), 503, 'store_unavailable'],
  [new AppError('internal_error', 'SELECT secret'), 500, 'internal_error'],
  [new Error('SELECT secret FROM learners'), 500, 'internal_error'],
  [
    Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', errno: -5, syscall: 'read' }),
    503,
    'store_unavailable',
  ],
];

for (const [error, status, code] of FAILURES) {
  test(`${String(error)} is ${status} and tells nothing but an id that is in the log`, async () => {
    const failing = createCheckedApp({
      ...deps,
      authenticate: async () => {
        throw error;
      },
    });
    const response = await failing.request(`/api/v0${LEARNERS}`);
    const text = await response.text();
    const body = JSON.parse(text) as ErrorBody;
    assert.deepEqual([response.status, body.error_code], [status, code]);
    assert.equal(body.request_id, response.headers.get('x-request-id'));
    assert.equal(response.headers.has('retry-after'), status === 503);
    assert.doesNotMatch(text, /SELECT|secret|srv|at .*\.ts/);
    assert.ok(logged.some((line) => line.includes(body.request_id ?? '') && line.includes('"level":"error"')));
  });
}

test('health is 503 when the store does not answer', async () => {
  const broken = createCheckedApp({
    ...deps,
    store: {
      ...deps.store,
      query: async () => {
        throw new AppError('store_unavailable', 'away');
      },
    },
  });
  const response = await broken.request('/api/v0/health/');
  const body = (await response.json()) as { overall_status: string; detailed_status: Record<string, string> };
  assert.equal(response.status, 503);
  assert.equal(body.overall_status, 'UNAVAILABLE');
  assert.equal(body.detailed_status['store'], 'UNAVAILABLE: does not answer');
  assert.ok(response.headers.has('retry-after'));
  assert.equal((await broken.request('/api/v0/status/')).status, 200);
});

test('of a store that is too slow for health, the log tells how long was waited, and no place in the code', async (t) => {
  t.mock.method(deps.store, 'query', async () => new Promise(() => {}));
  const slow = createCheckedApp(deps);
  const before = logged.length;
  assert.equal((await slow.request('/api/v0/health/')).status, 503);
  const told = logged.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>);
  const late = told
    .filter(({ level }) => level === 'warn')
    .map(({ part, waited_ms, err }) => ({ part, waited_ms, err }));
  assert.deepEqual(
    late,
    ['store', 'freshness'].map((part) => ({ part, waited_ms: 1000, err: undefined })),
  );
});

test('health asks the store once in a second, however many ask', async (t) => {
  const questions = t.mock.method(deps.store, 'query').mock;
  const fresh = createCheckedApp(deps);
  const ask = async () => fresh.request('/api/v0/health');
  const answers = await Promise.all(Array.from({ length: 100 }, ask));
  // one that is busy for a second is told to all
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [answers[0]?.status]);
  const once = questions.callCount();
  assert.ok(once > 0 && once <= 2, `${once} questions`);
  await wait(1100);
  await ask();
  assert.equal(questions.callCount(), 2 * once);
});

test('health tells when any course was published last, and reads nothing else of them', async (t) => {
  const questions = t.mock.method(deps.store, 'query').mock;
  const response = await createCheckedApp(deps).request('/api/v0/health');
  const { freshness } = ((await response.json()) as { detailed_status: { freshness: string } }).detailed_status;
  const asked = questions.calls.map((call) => call.arguments[0]);
  assert.ok(asked.some((sql) => sql.includes('published_at')));
  assert.ok(asked.every((sql) => !/segments|ranges/.test(sql)));
  const days = (await listCourses(deps.store)).map(({ lastUpdated }) => lastUpdated);
  assert.equal(freshness, `OK: last updated ${days.toSorted().at(-1)}`);
});

test('health has a line for each part', async () => {
  const body = (await (await get('/health')).json()) as { detailed_status: object };
  assert.deepEqual(Object.keys(body.detailed_status), ['store', 'freshness']);
});

test('the log names routes and keys, no learners, searches or credentials', async () => {
  logged.length = 0;
  await get(`/learners/maria/?${COURSE}`);
  await get(`${LEARNERS}&text_search=nunez`);
  assert.equal(logged.length, 2);
  const entry = JSON.parse(logged[0] ?? '') as Record<string, unknown>;
  assert.deepEqual(
    [entry['method'], entry['route'], entry['status'], entry['caller']],
    ['GET', '/api/v0/learners/:username', 200, 'tests'],
  );
  assert.doesNotMatch(logged.join(''), /maria|nunez|la_/);
  logged.length = 0;
  for (const path of ['/status', '/health/', '/openapi.json', '/courses', '/nowhere']) await get(path);
  assert.deepEqual(
    logged.map((line) => (JSON.parse(line) as Record<string, unknown>)['route']),
    ['/status', '/health', '/openapi.json', '/courses', '/*'].map((route) => `/api/v0${route}`),
  );
});
