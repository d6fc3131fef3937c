import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { after } from 'node:test';
import { SignJWT } from 'jose';
import { createCheckedApp } from './check-response.ts';
import { createInsights } from '../src/api/insights.ts';
import { createKey, revokeKey } from '../src/auth/api-keys.ts';
import { createClientAuthentication } from '../src/auth/authenticate-client.ts';
import { createCourseAccess } from '../src/auth/create-course-access.ts';
import { KeyRing } from '../src/auth/key-ring.ts';
import { createTokenCheck } from '../src/auth/lms-tokens.ts';
import { loadSealKey, Seal } from '../src/auth/seal.ts';
import { Sessions } from '../src/auth/sessions.ts';
import { loadConfig } from '../src/config.ts';
import { refresh } from '../src/engagement/refresh.ts';
import type { ErrorCode } from '../src/errors.ts';
import { openSampleApi } from './sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from './sample-site.ts';

// Who may see what, all of it: every caller, on every resource, for every kind of course.

const COURSES = {
  own: DEMO_COURSE,
  sibling: OLD_COURSE,
  foreign: 'course-v1:MITx+6.002x+2026',
  unknown: 'edX/Nothing/2012',
  unknownForeign: 'course-v1:MITx+Nothing+2026',
} as const;
type Which = keyof typeof COURSES;
const EXISTING: readonly Which[] = ['own', 'sibling', 'foreign'];
const ALL = Object.keys(COURSES) as Which[];
const EDX: readonly Which[] = ['own', 'sibling', 'unknown'];
const MITX: readonly Which[] = ['foreign', 'unknownForeign'];

const { deps } = await openSampleApi();
const { store } = deps;

const JWT_SECRET = 'what the LMS and the tests both know';
const ISSUER = 'https://lms.example/oauth2';

/** An LMS that knows of nobody's account. */
const lms = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
await once(lms, 'listening');
after(() => lms.close());
const config = loadConfig({
  // everybody may ask as often as this table wants
  RATE_LIMIT_PER_USER: '0',
  RATE_LIMIT_PER_KEY: '0',
  DATA_DIR: deps.config.dataDir,
  LMS_URL: `http://127.0.0.1:${(lms.address() as AddressInfo).port}`,
  JWT_ISSUER: ISSUER,
  JWT_SECRET,
});
const insights = createInsights(config, store, null);
const app = createCheckedApp({
  ...deps,
  config,
  insights,
  authenticate: createClientAuthentication({
    keys: new KeyRing(store),
    verifyToken: createTokenCheck(config),
    access: createCourseAccess(config, store),
    allowedOrigins: [],
  }),
});

await store.insert('lms_enrollments', [
  { course_id: COURSES.foreign, username: 'maria', user_id: 7, enrollment_mode: 'audit', is_active: true },
]);
await store.insert('touched_courses', [{ course_id: COURSES.foreign, touched_at: '2026-10-25 00:00:00.000000' }]);
await refresh(store, { asOf: '2026-10-26' });

const role = (username: string, name: string, course: Which | null, org: string) => ({
  source: 'csv',
  username,
  role: name,
  course_id: course === null ? '' : COURSES[course],
  org,
});
await store.insert('course_roles', [
  role('course_staff', 'staff', 'own', 'edX'),
  role('course_instructor', 'instructor', 'own', 'edX'),
  role('other_staff', 'staff', 'foreign', 'MITx'),
  role('org_staff', 'staff', null, 'edX'),
  role('org_instructor', 'instructor', null, 'MITx'),
  role('synced_global', 'global_staff', null, ''),
  role('limited', 'limited_staff', 'own', 'edX'),
  role('researcher', 'data_researcher', 'own', 'edX'),
  role('tester', 'beta_testers', 'own', 'edX'),
]);

/** People, and the courses they may see. `maria` is a learner in all that exist; `nobody` is unknown altogether. */
const PEOPLE: ReadonlyArray<readonly [username: string, claims: object, sees: readonly Which[]]> = [
  ['nobody', {}, []],
  ['maria', {}, []],
  ['limited', {}, []],
  ['researcher', {}, []],
  ['tester', {}, []],
  ['other_staff', {}, ['foreign']],
  ['course_staff', {}, ['own']],
  ['course_instructor', {}, ['own']],
  ['org_staff', {}, EDX],
  ['org_instructor', {}, MITX],
  ['global', { administrator: true }, ALL],
  ['root', { superuser: true }, ALL],
  ['synced_global', {}, ALL],
  ['COURSE_STAFF', {}, []],
];

interface Attempt {
  readonly who: string;
  readonly mount: '/api/v0' | '/api/learner_analytics/v0';
  readonly headers: Record<string, string>;
  /** Courses that the caller may see; or why it is nobody. */
  readonly outcome: readonly Which[] | 'authentication_required' | 'invalid_credentials';
}

const DATA = '/api/v0';
const INSIGHTS = '/api/learner_analytics/v0';
const HERE = new URL('http://127.0.0.1:8100/');
const now = Math.floor(Date.now() / 1000);

async function signToken(username: string, claims: object): Promise<string> {
  return new SignJWT({ iss: ISSUER, aud: 'openedx', iat: now, exp: now + 600, preferred_username: username, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(JWT_SECRET));
}

const WHO = { name: null, isDemo: false, lmsToken: null, refreshToken: null, vouchedUntil: null };

async function openSession(username: string, isGlobalStaff: boolean, sessions = insights.sessions): Promise<string> {
  return (await sessions.start(HERE, { ...WHO, username, isGlobalStaff })).split(';')[0] ?? '';
}

const keyOf = async (name: string, limits: Parameters<typeof createKey>[2] = {}) =>
  `Token ${(await createKey(store, name, limits)).key}`;

async function listAttempts(): Promise<Attempt[]> {
  const seal = new Seal(loadSealKey(config));
  const rules = { idleSeconds: 3600, absoluteSeconds: 43_200, demo: false };
  const yesterday = new Sessions(seal, rules, null, null, () => new Date((now - 86_400) * 1000));
  const demo = new Sessions(seal, { ...rules, demo: true }, null, null);
  const otherKey = new Sessions(new Seal(new Uint8Array(32)), rules, null, null);

  const revoked = await keyOf('revoked');
  await revokeKey(store, 'revoked');
  const expired = await keyOf('expired', { expires: '2099-01-01' });
  await store.run(
    `INSERT INTO api_keys SELECT * REPLACE (now64(3) - 1 AS expires_at, now64(6) AS version) FROM api_keys FINAL WHERE name = 'expired'`,
  );
  const anyKey = await keyOf('all courses');
  const staffToken = await signToken('course_staff', {});
  const staffSession = await openSession('course_staff', false);
  const [head = '', body = '', signature = ''] = staffToken.split('.');
  const halfCookies = `edx-jwt-cookie-header-payload=${head}.${body}`;
  const lmsCookies = `${halfCookies}; edx-jwt-cookie-signature=${signature}`;

  const data = (who: string, authorization: string | null, outcome: Attempt['outcome']): Attempt => ({
    who,
    mount: DATA,
    headers: authorization === null ? {} : { authorization },
    outcome,
  });
  const web = (who: string, headers: Record<string, string>, outcome: Attempt['outcome']): Attempt => ({
    who,
    mount: INSIGHTS,
    headers,
    outcome,
  });
  const people = PEOPLE.map(async ([username, claims, sees]) => [
    data(`the token of ${username}`, `JWT ${await signToken(username, claims)}`, sees),
    web(`the session of ${username}`, { cookie: await openSession(username, Object.keys(claims).length > 0) }, sees),
  ]);
  return [
    data('nobody', null, 'authentication_required'),
    data('a bad key', `Token la_${'A'.repeat(43)}`, 'invalid_credentials'),
    data('a revoked key', revoked, 'invalid_credentials'),
    data('an expired key', expired, 'invalid_credentials'),
    data('a key', anyKey, ALL),
    data('a key for a course', await keyOf('course', { courseIds: [COURSES.own] }), ['own']),
    data('a key for an organisation', await keyOf('org', { orgs: ['MITx'] }), MITX),
    data('a key for both', await keyOf('both', { courseIds: [COURSES.own], orgs: ['MITx'] }), ['own', ...MITX]),
    data('a key for an unknown course', await keyOf('none', { courseIds: [COURSES.unknown] }), ['unknown']),
    data(
      'an expired token',
      `JWT ${await signToken('global', { exp: now - 60, administrator: true })}`,
      'invalid_credentials',
    ),
    data(
      'a restricted token',
      `JWT ${await signToken('course_staff', { is_restricted: true })}`,
      'invalid_credentials',
    ),
    data('a changed token', `JWT ${staffToken.slice(0, -4)}AAAA`, 'invalid_credentials'),
    data('a token as a key', `Token ${staffToken}`, 'invalid_credentials'),
    data('a token as a bearer', `Bearer ${staffToken}`, ['own']),
    { ...data('the cookies of the LMS', null, ['own']), headers: { cookie: lmsCookies } },
    {
      ...data('the cookies of the LMS, sent by a page of another site', null, 'invalid_credentials'),
      headers: { cookie: lmsCookies, 'sec-fetch-site': 'cross-site' },
    },
    { ...data('half the cookies of the LMS', null, 'authentication_required'), headers: { cookie: halfCookies } },
    { ...data('a session', null, 'authentication_required'), headers: { cookie: staffSession } },
    web('nobody', {}, 'authentication_required'),
    web('a bad session', { cookie: `${staffSession.slice(0, -4)}AAAA` }, 'authentication_required'),
    web('an expired session', { cookie: await openSession('global', true, yesterday) }, 'authentication_required'),
    web('a session of another key', { cookie: await openSession('global', true, otherKey) }, 'authentication_required'),
    web(
      'a session of a demonstration',
      {
        cookie:
          (await demo.start(HERE, { ...WHO, username: 'global', isGlobalStaff: true, isDemo: true })).split(';')[0] ??
          '',
      },
      'authentication_required',
    ),
    web('a key', { authorization: anyKey }, 'authentication_required'),
    web('the cookies of the LMS', { cookie: lmsCookies }, 'authentication_required'),
    web('a token', { authorization: `JWT ${staffToken}` }, 'authentication_required'),
    ...(await Promise.all(people)).flat(),
  ];
}

/** Every resource about a course. */
const RESOURCES: ReadonlyArray<readonly [name: string, path: (course: string) => string, accept?: string]> = [
  ['the list', (course) => `/learners/?course_id=${course}`],
  ['the list as CSV', (course) => `/learners/?course_id=${course}`, 'text/csv'],
  ['the list as a file', (course) => `/learners.csv?course_id=${course}`],
  ['a learner', (course) => `/learners/maria/?course_id=${course}`],
  ['a learner that is none', (course) => `/learners/no-one/?course_id=${course}`],
  ['an account', (course) => `/accounts/maria/?course_id=${course}`],
  ['a timeline', (course) => `/engagement_timelines/maria/?course_id=${course}`],
  ['a timeline as CSV', (course) => `/engagement_timelines/maria/?course_id=${course}`, 'text/csv'],
  ['a timeline, as it was called', (course) => `/learners/engagement_timelines/maria/?course_id=${course}`],
  ['the course', (course) => `/course_learner_metadata/${course}/`],
  ['the course, as it was called', (course) => `/learners/courses/${course}/`],
];

function expect(resource: string, which: Which, outcome: Attempt['outcome']): readonly [number, ErrorCode | null] {
  if (typeof outcome === 'string') return [401, outcome];
  if (!outcome.includes(which)) return [403, 'course_access_denied'];
  if (!EXISTING.includes(which)) return [404, 'no_course'];
  return resource === 'a learner that is none' ? [404, 'no_learner_for_course'] : [200, null];
}

async function ask({ mount, headers }: Attempt, path: string, accept = 'application/json') {
  const response = await app.request(`http://127.0.0.1:8100${mount}${path}`, { headers: { ...headers, accept } });
  const body = await response.text();
  const code = response.status === 200 ? null : (JSON.parse(body) as { error_code: string }).error_code;
  return { status: response.status, code, body, headers: response.headers };
}

const attempts = await listAttempts();

for (const attempt of attempts) {
  const { who, mount, outcome } = attempt;
  const sees = typeof outcome === 'string' ? outcome : outcome.join(', ') || 'no course';
  test(`${mount}: ${who}: ${sees}`, async () => {
    for (const [resource, path, accept] of RESOURCES) {
      for (const which of ALL) {
        const { status, code } = await ask(attempt, path(COURSES[which]), accept);
        assert.deepEqual([status, code], expect(resource, which, outcome), `${resource} of ${which}`);
      }
    }
    const authenticated = await ask(attempt, '/authenticated/');
    assert.equal(authenticated.status, typeof outcome === 'string' ? 401 : 200);
    assert.equal(authenticated.headers.has('www-authenticate'), typeof outcome === 'string');
    const courses = await ask(attempt, '/courses/');
    if (typeof outcome === 'string') assert.deepEqual([courses.status, courses.code], [401, outcome]);
    else {
      const listed = (JSON.parse(courses.body) as Array<{ course_id: string }>).map((course) => course.course_id);
      const expected = EXISTING.filter((which) => outcome.includes(which)).map((which) => COURSES[which]);
      assert.deepEqual(listed.toSorted(), expected.toSorted());
    }
    assert.equal((await ask(attempt, '/status/')).status, 200);
    // it tells, by 503, of a store that is busy for a second
    assert.match(String((await ask(attempt, '/health/')).status), /200|503/);
  });
}

test('a refusal says the same of a course that exists and of one that does not', async () => {
  for (const attempt of attempts.filter(({ who }) => / (?:maria|course_staff)$/.test(who))) {
    for (const [, path, accept] of RESOURCES) {
      const [real, none] = await Promise.all(
        (['foreign', 'unknownForeign'] as const).map(async (which) => {
          const { status, body, headers } = await ask(attempt, path(COURSES[which]), accept);
          const names = [...headers.keys()].toSorted();
          return JSON.stringify([status, body.replaceAll(COURSES[which], 'THE COURSE'), names]);
        }),
      );
      assert.equal(real, none);
    }
  }
});
