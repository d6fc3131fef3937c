import assert from 'node:assert/strict';
import test from 'node:test';
import { createCheckedApp } from '../../test/check-response.ts';
import { COURSE, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from '../../test/sample-site.ts';
import type { ErrorBody } from './errors-to-http.ts';
import { createInsights } from './insights.ts';

const { app, deps, get, key, logged } = await openSampleApi();
const HERE = 'http://127.0.0.1:8100';
const INSIGHTS = '/api/learner_analytics/v0';

async function logIn(base = HERE, service = app): Promise<Response> {
  return service.request(`${base}/auth/login?next=/courses`);
}

/** What a browser would send back. */
function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

const cookie = cookieOf(await logIn());

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return app.request(`${HERE}${path}`, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } });
}

test('the demonstration logs in at once, with a cookie that no script reads', async () => {
  const response = await logIn();
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/courses']);
  assert.match(
    response.headers.get('set-cookie') ?? '',
    /^la_session=[\w-]+(?:\.[\w-]*){4}; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  assert.equal(response.headers.get('cache-control'), 'no-store');
});

test('HEAD tells where a login would lead, and begins none', async () => {
  const known = await app.request(`${HERE}/auth/login`, { method: 'HEAD' });
  assert.deepEqual([known.status, known.headers.get('location'), known.headers.getSetCookie()], [303, '/', []]);
  assert.equal((await app.request('http://rebound.example/auth/login', { method: 'HEAD' })).status, 404);
});

test('over https the cookie is Secure and bound to the host', async () => {
  const response = await logIn('https://localhost');
  assert.match(
    response.headers.get('set-cookie') ?? '',
    /^__Host-la_session=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const plain = cookieOf(response).replace('__Host-', '');
  const planted = await app.request('https://localhost/auth/session', { headers: { cookie: plain } });
  assert.equal(planted.status, 401);
});

test('the session tells who one is', async () => {
  assert.deepEqual(await (await ask('/auth/session')).json(), {
    username: 'demo_instructor',
    name: 'Robin Example',
    is_demo: true,
    is_global_staff: false,
    lms_url: 'https://lms.example',
  });
  const nobody = await app.request(`${HERE}/auth/session`);
  assert.deepEqual([nobody.status, ((await nobody.json()) as ErrorBody).error_code], [401, 'authentication_required']);
});

test('both mounts give the same answers', async () => {
  for (const path of [
    '/authenticated/',
    '/status/',
    `/learners/maria/?${COURSE}`,
    `/learners/courses/${DEMO_COURSE}/`,
    `/engagement_timelines/maria/?${COURSE}`,
  ]) {
    const [data, insights] = await Promise.all([get(path), ask(`${INSIGHTS}${path}`)]);
    assert.deepEqual([insights.status, await insights.json()], [200, await data.json()], path);
  }
  const page = (await (await ask(`${INSIGHTS}/learners/?${COURSE}&page_size=3`)).json()) as { next: string };
  assert.ok(page.next.startsWith(`${HERE}${INSIGHTS}/learners/?`), page.next);
});

test('a session sees its courses; the same is said of a foreign course and of one that does not exist', async () => {
  const courses = (await (await ask(`${INSIGHTS}/courses/`)).json()) as Array<{ course_id: string }>;
  assert.deepEqual(
    courses.map((course) => course.course_id),
    [DEMO_COURSE],
  );
  const refusals = await Promise.all(
    [OLD_COURSE, 'edX/Old/2013'].map(async (course) => ask(`${INSIGHTS}/learners/?course_id=${course}`)),
  );
  const [foreign, unknown] = await Promise.all(refusals.map(async (response) => response.text()));
  assert.deepEqual(
    refusals.map((response) => response.status),
    [403, 403],
  );
  assert.equal(foreign?.replace(OLD_COURSE, 'X'), unknown?.replace('edX/Old/2013', 'X'));
});

test('the credential of one mount is none on the other', async () => {
  const withKey = await app.request(`${INSIGHTS}/authenticated`, { headers: { authorization: `Token ${key}` } });
  assert.deepEqual(
    [withKey.status, withKey.headers.get('www-authenticate')],
    [401, 'Session realm="learner-analytics"'],
  );
  assert.equal((await ask('/api/v0/authenticated')).status, 401);
});

const NEXT: ReadonlyArray<readonly [next: string, location: string]> = [
  ['/a?b=c%2Bd#e', '/a?b=c%2Bd#e'],
  ['/courses/course-v1:edX+DemoX+2026/', '/courses/course-v1:edX+DemoX+2026/'],
  ['/?next=https://evil.example', '/?next=https://evil.example'],
  ['https://evil.example/', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['\\\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/.//evil.example', '/'],
  ['/a/..//evil.example', '/'],
  ['/%2e%2e//evil.example', '/'],
  ['/./\\evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['evil.example', '/'],
  ['/x\r\nSet-Cookie: a=b', '/'],
  ['/auth/login', '/'],
  ['/x/../auth/logout', '/'],
  ['', '/'],
];

for (const [next, location] of NEXT) {
  test(`a login for ${JSON.stringify(next)} leads to ${location}`, async () => {
    const response = await app.request(`${HERE}/auth/login?next=${encodeURIComponent(next)}`);
    assert.equal(response.headers.get('location'), location);
  });
}

test('logging out has the browser forget, and pages of other sites cannot do it', async () => {
  const foreign = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ];
  for (const headers of foreign) assert.equal((await ask('/auth/logout', { method: 'POST', headers })).status, 401);
  const own = { cookie: cookieOf(await logIn()), origin: HERE };
  const response = await app.request(`${HERE}/auth/logout`, { method: 'POST', headers: own });
  assert.equal(response.status, 204);
  assert.match(response.headers.get('set-cookie') ?? '', /^la_session=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.equal(response.headers.get('clear-site-data'), '"cache"');
  // whatever a request that was under way has the browser keep
  assert.equal((await app.request(`${HERE}/auth/session`, { headers: own })).status, 401);
  assert.equal((await ask('/auth/session')).status, 200);
});

test('no answer about a login is kept, a refusal neither, nor tells another site its address', async () => {
  const real = createCheckedApp({ ...deps, insights: createInsights(deps.config, deps.store, null) });
  const page = { headers: { accept: 'text/html' } };
  for (const [status, answer] of [
    [303, logIn()],
    [303, app.request(`${HERE}/auth/login/?next=/courses`, { method: 'HEAD' })],
    [404, real.request(`${HERE}/auth/login?next=/courses/a`, page)],
    [404, app.request(`${HERE}/auth/callback?code=secret&state=x`, page)],
    [404, app.request(`${HERE}/auth/callback?code=secret&state=x`)],
    [200, ask('/auth/session')],
    [401, app.request(`${HERE}/auth/session`)],
    [405, ask('/auth/logout')],
  ] as const) {
    const { status: answered, headers } = await answer;
    assert.deepEqual(
      [answered, headers.get('referrer-policy'), headers.get('cache-control')],
      [status, 'no-referrer', 'no-store'],
    );
  }
});

for (const [method, path, allow] of [
  ['GET', '/auth/logout', 'POST'],
  ['POST', '/auth/login', 'GET, HEAD'],
  ['DELETE', '/auth/session/', 'GET, HEAD'],
] as const) {
  test(`${method} ${path} is 405`, async () => {
    const response = await ask(path, { method });
    assert.deepEqual([response.status, response.headers.get('allow')], [405, allow]);
  });
}

test('without a demonstration or an LMS nobody can log in, nor use a session of the demonstration', async () => {
  const real = createCheckedApp({ ...deps, insights: createInsights(deps.config, deps.store, null) });
  assert.equal((await logIn(HERE, real)).status, 404);
  assert.equal((await real.request(`${HERE}/auth/session`, { headers: { cookie } })).status, 401);
});

test('the demonstration refuses other machines, and names that merely lead here', async () => {
  for (const HOST of ['0.0.0.0', '192.168.1.7', 'example.com', '::']) {
    assert.throws(() => createInsights({ ...deps.config, host: HOST }, deps.store, []), {
      code: 'usage',
      message: /loopback/,
    });
  }
  for (const base of [
    'http://evil.example',
    'http://127.0.0.1.evil.example',
    'http://x.localhost',
    'http://10.0.0.1:8100',
  ]) {
    const response = await logIn(base);
    assert.deepEqual([response.status, response.headers.get('set-cookie')], [404, null]);
  }
  for (const base of ['http://localhost:8100', 'http://[::1]:8100']) assert.equal((await logIn(base)).status, 303);
});

test('the log names nobody who is logged in', async () => {
  logged.length = 0;
  await ask(`${INSIGHTS}/learners/maria/?${COURSE}`);
  await ask('/auth/session');
  assert.equal(logged.length, 2);
  assert.equal((JSON.parse(logged[0] ?? '') as { caller: string }).caller, 'person');
  assert.doesNotMatch(logged.join(''), /demo_instructor|maria|la_session|eyJ/);
});
