import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { after, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createCheckedApp } from '../../test/check-response.ts';
import { CLIENT, openFakeLms } from '../../test/fake-lms.ts';
import { COURSE, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from '../../test/sample-site.ts';
import { LmsLogin, LOGINS_A_MINUTE } from '../auth/lms-login.ts';
import { Seal } from '../auth/seal.ts';
import { loadConfig } from '../config.ts';
import type { ErrorBody } from './errors-to-http.ts';
import { createInsights } from './insights.ts';

const HERE = 'http://127.0.0.1:8100';
const INSIGHTS = `${HERE}/api/learner_analytics/v0`;
const staff = [{ role: 'staff', course_id: DEMO_COURSE, org: 'edX' }];

const { deps, key, logged } = await openSampleApi();
const lms = await openFakeLms(
  {
    prof: { name: 'Prof Okafor', roles: staff },
    other: { name: 'Other', roles: [{ role: 'staff', course_id: null, org: 'MITx' }] },
    ops: { name: 'Ops', administrator: true },
    root: { name: 'Root', superuser: true },
    restricted: { name: 'Restricted', is_restricted: true, roles: staff },
    gone: { name: 'Gone', is_active: false, roles: staff },
  },
  [`${HERE}/auth/callback`],
  // a voucher is renewed 30 s before its end: at once with these
  31,
);
after(lms.close);

function createService(env: Record<string, string> = {}) {
  const config = loadConfig({
    DATA_DIR: deps.config.dataDir,
    LMS_URL: lms.url,
    LMS_CLIENT_ID: CLIENT.id,
    LMS_CLIENT_SECRET: CLIENT.secret,
    COURSE_ACCESS: 'lms',
    ...env,
  });
  return createCheckedApp({ ...deps, config, insights: createInsights(config, deps.store, null) });
}
const app = createService();

/** A browser as far as cookies and redirects go. */
function openBrowser(service = app, jars = new Map<string, Map<string, string>>()) {
  const visited: string[] = [];

  async function send(address: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(address);
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const options: RequestInit = {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html,*/*;q=0.8', ...(init.headers as Record<string, string>), cookie },
    };
    const response = origin === HERE ? await service.request(address, options) : await fetch(address, options);
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === '' || /Max-Age=0(;|$)/i.test(header)) jar.delete(name);
      else jar.set(name, value);
    }
    visited.push(address);
    return response;
  }

  /** Follows redirects until there is a page, or until one leads to `stop`. */
  async function open(address: string, stop?: RegExp, redirects = 8): Promise<Response> {
    assert.ok(redirects > 0, 'the browser is sent round and round');
    const response = await send(address);
    const location = response.headers.get('location');
    if (location === null) return response;
    const next = new URL(location, address).href;
    return stop?.test(next) === true ? new Response(next) : open(next, stop, redirects - 1);
  }

  return { send, open, visited, jars };
}

/** Until the test ends it is so much later, here and at the LMS. */
function pass(t: TestContext, ms: number) {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + ms });
}

async function logIn(user: string, service = app) {
  lms.user = user;
  const browser = openBrowser(service);
  await browser.open(`${HERE}/auth/login?next=/courses?a=b`, /:8100\/courses/);
  return browser;
}

test('somebody who logs in at the LMS comes back to where they were going, and sees their courses', async () => {
  const browser = await logIn('prof');
  assert.ok(browser.visited.some((address) => address.startsWith(`${HERE}/auth/callback?code=`)));
  assert.deepEqual(await (await browser.send(`${HERE}/auth/session`)).json(), {
    username: 'prof',
    name: 'Prof Okafor',
    is_demo: false,
    lms_url: lms.url,
    is_global_staff: false,
  });
  assert.equal((await browser.send(`${INSIGHTS}/learners/?${COURSE}`)).status, 200);
  assert.equal((await browser.send(`${INSIGHTS}/learners/?course_id=${OLD_COURSE}`)).status, 403);
  const courses = (await (await browser.send(`${INSIGHTS}/courses/`)).json()) as Array<{ course_id: string }>;
  assert.deepEqual(
    courses.map((course) => course.course_id),
    [DEMO_COURSE],
  );
});

function loginCookieOf({ searchParams }: URL): string {
  return `la_login_${searchParams.get('state')?.[0]}`;
}

test('the LMS is asked for a code with PKCE and for the scopes of a person', async () => {
  const response = await openBrowser().send(`${HERE}/auth/login?next=/x`);
  const { origin, pathname, searchParams } = new URL(response.headers.get('location') ?? '');
  assert.deepEqual([origin, pathname], [lms.url, '/oauth2/authorize/']);
  // the page that it was asked from, a learner's perhaps, is for nobody there
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
  const { state, code_challenge, ...fixed } = Object.fromEntries(searchParams);
  assert.deepEqual(fixed, {
    client_id: CLIENT.id,
    response_type: 'code',
    redirect_uri: `${HERE}/auth/callback`,
    scope: 'profile',
    code_challenge_method: 'S256',
  });
  assert.match(`${state} ${code_challenge}`, /^[0-7]\.[\w-]{43} [\w-]{43}$/);
  assert.match(
    response.headers.get('set-cookie') ?? '',
    /^la_login_[0-7]=[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
  );
});

for (const [user, seesAll] of [
  ['ops', true],
  ['root', true],
  ['other', false],
] as const) {
  test(`${user} sees ${seesAll ? 'everything' : 'nothing of these courses'}`, async () => {
    const browser = await logIn(user);
    const session = (await (await browser.send(`${HERE}/auth/session`)).json()) as { is_global_staff: boolean };
    assert.equal(session.is_global_staff, seesAll);
    for (const course of [DEMO_COURSE, OLD_COURSE]) {
      const { status } = await browser.send(`${INSIGHTS}/learners/?course_id=${course}`);
      assert.equal(status, seesAll ? 200 : 403);
    }
  });
}

test('an answer of the LMS counts in the browser that was sent there alone, and once', async () => {
  lms.user = 'prof';
  const victim = openBrowser();
  const attacker = openBrowser();
  const stolen = await (await attacker.open(`${HERE}/auth/login`, /:8100\/auth\/callback/)).text();
  // a victim who never asked to log in, one who did, and one with the state of another login
  for (const begin of [false, true]) {
    if (begin) await victim.send(`${HERE}/auth/login`);
    const response = await victim.send(stolen);
    assert.equal(response.status, 401);
    assert.ok(!response.headers.getSetCookie().some((cookie) => cookie.startsWith('la_session')));
  }
  const withoutState = new URL(stolen);
  withoutState.searchParams.delete('state');
  assert.equal((await attacker.send(withoutState.href)).status, 401);
  const otherIssuer = new URL(stolen);
  otherIssuer.searchParams.set('iss', 'https://evil.example');
  assert.equal((await attacker.send(otherIssuer.href)).status, 401);
  const name = loginCookieOf(new URL(stolen));
  const loginCookie = attacker.jars.get(HERE)?.get(name) ?? '';
  assert.equal((await attacker.send(stolen)).status, 303);
  assert.equal(attacker.jars.get(HERE)?.has(name), false);
  attacker.jars.get(HERE)?.set(name, loginCookie);
  const asked = lms.asked.length;
  const again = await attacker.send(stolen);
  // who is logged in already is where they wanted to be; their session may be written anew, as it is after a second
  const others = again.headers.getSetCookie().filter((cookie) => !cookie.startsWith('la_session='));
  assert.deepEqual([again.status, again.headers.get('location'), others], [303, '/', []]);
  assert.equal(lms.asked.length, asked);
  attacker.jars.get(HERE)?.delete('la_session');
  assert.equal((await attacker.send(stolen)).status, 401);
});

test('several tabs that log in at once each come back to their page', async () => {
  lms.user = 'prof';
  const browser = openBrowser();
  const begun: string[] = [];
  for (const page of [1, 2, 3, 4]) {
    const { headers } = await browser.send(`${HERE}/auth/login?next=/courses/${page}`);
    begun.push(headers.get('location') ?? '');
  }
  for (const [index, location] of begun.entries()) {
    const back = await (await browser.open(location, /:8100\/auth\/callback/)).text();
    assert.equal((await browser.send(back)).headers.get('location'), `/courses/${index + 1}`);
  }
  assert.deepEqual(
    [...(browser.jars.get(HERE)?.keys() ?? [])].filter((name) => name.startsWith('la_login')),
    [],
  );
  // more tabs than are known at once do not fill the browser with cookies
  for (let page = 0; page < 20; page += 1) await browser.send(`${HERE}/auth/login?next=/courses/${page}`);
  assert.equal([...(browser.jars.get(HERE)?.keys() ?? [])].filter((name) => name.startsWith('la_login')).length, 8);
});

test('an address that is too long for a cookie is come back to without its query', async () => {
  lms.user = 'prof';
  const browser = openBrowser();
  for (const [length, back] of [
    [900, `/courses/a?text_search=${'x'.repeat(900)}`],
    [1100, '/courses/a'],
  ] as const) {
    const next = encodeURIComponent(`/courses/a?text_search=${'x'.repeat(length)}`);
    const response = await browser.send(`${HERE}/auth/login?next=${next}`);
    assert.ok((response.headers.get('set-cookie') ?? '').length < 2000);
    const location = response.headers.get('location') ?? '';
    const callback = await (await browser.open(location, /:8100\/auth\/callback/)).text();
    assert.equal((await browser.send(callback)).headers.get('location'), back);
  }
});

test('a login replaces the session that was there', async () => {
  const browser = await logIn('other');
  const planted = browser.jars.get(HERE)?.get('la_session');
  lms.user = 'prof';
  browser.jars.get(lms.url)?.clear();
  await browser.open(`${HERE}/auth/login`, /:8100\/$/);
  assert.notEqual(browser.jars.get(HERE)?.get('la_session'), planted);
  const session = (await (await browser.send(`${HERE}/auth/session`)).json()) as { username: string };
  assert.equal(session.username, 'prof');
});

test('who is not let in by the LMS, or with a restricted token or an inactive account, gets a page that says so', async () => {
  for (const user of [null, 'restricted', 'gone']) {
    lms.user = user;
    const browser = openBrowser();
    const page = await browser.open(`${HERE}/auth/login`);
    assert.equal(page.status, 401);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    // it is at the address of the callback, which has a code
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
    assert.match(await page.text(), /Signing in did not work[^]*href="\/auth\/login"/);
    assert.equal(browser.jars.get(HERE)?.has('la_session'), false);
  }
  const asProgram = await app.request(`${HERE}/auth/callback?code=x&state=y`);
  assert.equal(((await asProgram.json()) as ErrorBody).error_code, 'invalid_credentials');
});

/** What the log says of a login that fails. */
async function told(visit: Promise<Response>): Promise<string> {
  logged.length = 0;
  assert.equal((await visit).status, 401);
  return logged.find((line) => line.includes('login failed')) ?? '';
}

test('why the LMS refuses is in the log, for whoever runs the site', async () => {
  lms.user = 'prof';
  const unknown = openBrowser(createService({ LMS_CLIENT_SECRET: 'another' })).open(`${HERE}/auth/login`);
  assert.match(await told(unknown), /LMS_CLIENT_ID or LMS_CLIENT_SECRET are not as they are there/);
  const come = async (error: string) => {
    const browser = openBrowser();
    const begun = await browser.send(`${HERE}/auth/login`);
    const { searchParams } = new URL(begun.headers.get('location') ?? '');
    return browser.send(`${HERE}/auth/callback?state=${searchParams.get('state')}&error=${error}`);
  };
  assert.match(await told(come('invalid_scope')), /did not let the login happen \(invalid_scope\)/);
  assert.match(await told(come('some_words')), /did not let the login happen\./);
});

test('a voucher is renewed once for all requests that need it, and a session ends with the LMS taking it back', async (t) => {
  const browser = await logIn('prof');
  pass(t, 1100);
  const before = browser.jars.get(HERE)?.get('la_session') ?? '';
  lms.asked = [];
  const cookie = `la_session=${before}`;
  const responses = await Promise.all(
    Array.from({ length: 5 }, async () => app.request(`${INSIGHTS}/authenticated`, { headers: { cookie } })),
  );
  assert.deepEqual(
    responses.map((response) => response.status),
    [200, 200, 200, 200, 200],
  );
  assert.deepEqual(lms.asked, ['POST /oauth2/access_token/']);
  assert.notEqual(/la_session=([^;]+)/.exec(responses[0]?.headers.get('set-cookie') ?? '')?.[1], before);
  // in another process the refresh token is used up
  assert.equal((await createService().request(`${INSIGHTS}/authenticated`, { headers: { cookie } })).status, 401);
});

for (const address of [
  `${INSIGHTS}/learners/?${COURSE}`,
  `${INSIGHTS}/learners/maria/?${COURSE}`,
  `${INSIGHTS}/courses/`,
]) {
  test(`what still holds of ${new URL(address).pathname} has the browser keep the renewed session`, async (t) => {
    const browser = await logIn('prof');
    const tag = (await browser.send(address)).headers.get('etag') ?? '';
    const before = browser.jars.get(HERE)?.get('la_session');
    pass(t, 1100);
    lms.asked = [];
    const held = await browser.send(address, { headers: { 'if-none-match': tag } });
    assert.deepEqual([held.status, held.headers.get('cache-control')], [304, 'private, no-cache']);
    assert.deepEqual(lms.asked, ['POST /oauth2/access_token/']);
    assert.match(
      held.headers.get('set-cookie') ?? '',
      /^la_session=[^;]{200,}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    assert.notEqual(browser.jars.get(HERE)?.get('la_session'), before);
    // another process has the LMS vouch again by what the new one has
    t.mock.timers.tick(1100);
    assert.equal((await openBrowser(createService(), browser.jars).send(address)).status, 200);
  });
}

for (const address of [`${HERE}/auth/session`, `${INSIGHTS}/learners/?${COURSE}`, `${INSIGHTS}/courses/`]) {
  test(`who logs out while ${new URL(address).pathname} is answered and the session renewed stays so`, async (t) => {
    // of whom nothing is known yet, so that the LMS is asked for roles
    const service = createService();
    const cookie = `la_session=${(await logIn('prof', service)).jars.get(HERE)?.get('la_session')}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    t.after(() => resolve());
    lms.held = promise;
    lms.asked = [];
    lms.answered = [];
    pass(t, 1100);
    const underWay = service.request(address, { headers: { cookie } });
    while (!lms.asked.includes('GET /api/enrollment/v1/roles/')) await wait(5);
    assert.equal(lms.asked[0], 'POST /oauth2/access_token/');
    const init = { method: 'POST', headers: { origin: HERE, cookie } };
    const out = await service.request(`${HERE}/auth/logout`, init);
    assert.deepEqual([out.status, out.headers.getSetCookie().length], [204, 1]);
    resolve();
    const response = await underWay;
    assert.deepEqual([response.status, response.headers.getSetCookie()], [200, []]);
    while (!lms.answered.includes('POST /oauth2/revoke_token/')) await wait(5);
  });
}

/** The status with which a browser is answered, once an LMS that could not vouch is asked again. */
async function askUntilVouched(browser: ReturnType<typeof openBrowser>): Promise<number> {
  const ask = async () => (await browser.send(`${INSIGHTS}/learners/?${COURSE}`)).status;
  let status = await ask();
  assert.equal(status, 503, 'it is not asked again at once');
  for (; status === 503; status = await ask()) await wait(50);
  return status;
}

test('while the LMS is down nobody gets in, and nobody who is in sees anything but 503', async (t) => {
  const browser = await logIn('prof');
  lms.down = true;
  try {
    pass(t, 1100);
    const response = await browser.send(`${INSIGHTS}/learners/?${COURSE}`);
    assert.deepEqual([response.status, response.headers.has('retry-after')], [503, true]);
    const page = await browser.open(`${HERE}/auth/callback?code=x`);
    assert.equal(page.status, 401);
  } finally {
    lms.down = false;
  }
  assert.equal(await askUntilVouched(browser), 200);
  lms.user = 'prof';
  const late = openBrowser();
  const callback = await (await late.open(`${HERE}/auth/login`, /:8100\/auth\/callback/)).text();
  lms.down = true;
  try {
    const page = await late.send(callback);
    assert.deepEqual([page.status, page.headers.getSetCookie()], [503, []]);
  } finally {
    lms.down = false;
  }
});

test("an LMS that is asked too often ends nobody's session", async (t) => {
  const browser = await logIn('prof');
  lms.busy = true;
  try {
    pass(t, 1100);
    assert.equal((await browser.send(`${INSIGHTS}/learners/?${COURSE}`)).status, 503);
  } finally {
    lms.busy = false;
  }
  assert.equal(await askUntilVouched(browser), 200);
});

test('the LMS is asked once for each login that was begun, and for some a minute', async () => {
  const service = createService();
  const browser = openBrowser(service);
  const statuses: number[] = [];
  const finish = async () => {
    const asked = lms.asked.length;
    const { status } = await browser.send(`${HERE}/auth/callback?code=junk&state=${state}`);
    statuses.push(status);
    return lms.asked.length - asked;
  };
  let state = '';
  const begin = async () => {
    const response = await browser.send(`${HERE}/auth/login`);
    state = new URL(response.headers.get('location') ?? '').searchParams.get('state') ?? '';
  };
  await begin();
  const name = `la_login_${state[0]}`;
  const cookie = browser.jars.get(HERE)?.get(name) ?? '';
  assert.equal(await finish(), 1);
  browser.jars.get(HERE)?.set(name, cookie);
  assert.equal(await finish(), 0);
  assert.deepEqual(statuses, [401, 401]);
  for (let count = 1; count < LOGINS_A_MINUTE; count += 1) {
    await begin();
    assert.equal(await finish(), 1);
  }
  await begin();
  assert.equal(await finish(), 0);
  assert.equal(statuses.at(-1), 429);
});

test('logging out ends the session here and takes back what the LMS gave', async (t) => {
  const browser = await logIn('prof');
  const cookie = `la_session=${browser.jars.get(HERE)?.get('la_session')}`;
  lms.answered = [];
  const response = await browser.send(`${HERE}/auth/logout`, { method: 'POST', headers: { origin: HERE } });
  assert.equal(response.status, 204);
  assert.equal((await browser.send(`${HERE}/auth/session`)).status, 401);
  while (!lms.answered.includes('POST /oauth2/revoke_token/')) await wait(20);
  pass(t, 1100);
  // whoever kept the cookie finds that the LMS vouches no more
  assert.equal((await createService().request(`${HERE}/auth/session`, { headers: { cookie } })).status, 401);
});

test('an LMS that does not answer a logout is asked again, and what it refuses is told in the log', async (t) => {
  const logOut = async (service = app) => {
    const browser = await logIn('prof');
    const cookie = `la_session=${browser.jars.get(HERE)?.get('la_session')}`;
    lms.answered = [];
    lms.down = service === app;
    logged.length = 0;
    const init = { method: 'POST', headers: { origin: HERE, cookie } };
    assert.equal((await service.request(`${HERE}/auth/logout`, init)).status, 204);
    while (!lms.answered.includes('POST /oauth2/revoke_token/')) await wait(20);
    lms.down = false;
    return cookie;
  };
  const cookie = await logOut();
  lms.answered = [];
  while (!lms.answered.includes('POST /oauth2/revoke_token/')) await wait(20);
  pass(t, 1100);
  assert.equal((await createService().request(`${HERE}/auth/session`, { headers: { cookie } })).status, 401);
  const kept = await logOut(createService({ LMS_CLIENT_SECRET: 'another secret' }));
  while (!logged.join('').includes('"level":"warn"')) await wait(20);
  const warning = logged.find((line) => line.includes('"level":"warn"')) ?? '';
  assert.match(warning, /LMS_CLIENT_SECRET are not as they are there.*the LMS did not take back a login/);
  assert.doesNotMatch(warning, /prof|another secret/i);
  // the LMS would vouch again for whoever kept that cookie
  assert.equal((await createService().request(`${HERE}/auth/session`, { headers: { cookie: kept } })).status, 401);
});

test('an LMS that never answers a logout is given up', async () => {
  const [client, seal] = [{ id: CLIENT.id, secret: CLIENT.secret }, new Seal(Buffer.alloc(32))];
  lms.down = true;
  lms.asked = [];
  const revoked = new LmsLogin({ lmsUrl: lms.url, client }, seal).revoke('a token', [1, 1]);
  await assert.rejects(revoked, { code: 'store_unavailable' });
  lms.down = false;
  assert.equal(lms.asked.length, 3);
});

test('a session with a token of the LMS fits into a cookie', async () => {
  const cookie = (await logIn('prof')).jars.get(HERE)?.get('la_session') ?? '';
  assert.ok(cookie.length > 500 && cookie.length < 3500, String(cookie.length));
});

const MARIA = `${INSIGHTS}/accounts/maria/?${COURSE}`;
const NOTHING = {
  photo_url: null,
  bio: null,
  country: null,
  language: null,
  level_of_education: null,
  year_of_birth: null,
};

test('what the LMS tells somebody about a learner is passed on, and pictures of other hosts are not', async () => {
  const browser = await logIn('prof');
  assert.deepEqual(await (await browser.send(MARIA)).json(), NOTHING);
  lms.accounts = {
    maria: {
      username: 'maria',
      bio: ' I teach, too. ',
      country: 'ES',
      level_of_education: 'b',
      year_of_birth: 1990,
      language_proficiencies: [{ code: 'es' }],
      profile_image: { has_image: true, image_url_large: '/media/maria_120.jpg?v=1' },
    },
  };
  const answer = {
    photo_url: `${lms.url}/media/maria_120.jpg?v=1`,
    bio: 'I teach, too.',
    country: 'ES',
    language: 'es',
    level_of_education: 'b',
    year_of_birth: 1990,
  };
  assert.deepEqual(await (await browser.send(MARIA)).json(), answer);
  for (const image of [
    { has_image: false, image_url_large: '/default.png' },
    { has_image: true, image_url_large: 'https://cdn.example/maria.jpg' },
    { has_image: true, image_url_large: 'http://[' },
  ]) {
    lms.accounts = { maria: { bio: '', profile_image: image } };
    assert.deepEqual(await (await browser.send(MARIA)).json(), NOTHING);
  }
});

test('an account is asked for by those only who may see the learner, with their own token', async () => {
  const browser = await logIn('prof');
  lms.asked = [];
  assert.equal((await browser.send(`${INSIGHTS}/accounts/prof/?${COURSE}`)).status, 404);
  assert.equal((await browser.send(`${INSIGHTS}/accounts/maria/?course_id=edX`)).status, 400);
  assert.equal((await browser.send(`${INSIGHTS}/accounts/maria/?course_id=${OLD_COURSE}`)).status, 403);
  assert.ok(!lms.asked.some((path) => path.includes('accounts')));
  const service = await app.request(`${HERE}/api/v0/accounts/maria/?${COURSE}`, {
    headers: { authorization: `Token ${key}` },
  });
  assert.deepEqual(await service.json(), NOTHING);
  assert.ok(!lms.asked.some((path) => path.includes('accounts')));
});

test('an LMS that answers nonsense about an account is a fault of its, not of the session', async () => {
  const browser = await logIn('prof');
  lms.accounts = { maria: { year_of_birth: 'long ago' } };
  assert.equal((await browser.send(MARIA)).status, 503);
  assert.equal((await browser.send(`${INSIGHTS}/learners/?${COURSE}`)).status, 200);
});

for (const [status, answered, code] of [
  [401, 401, 'invalid_credentials'],
  [403, 200, undefined],
  [404, 200, undefined],
  [429, 503, 'store_unavailable'],
  [500, 503, 'store_unavailable'],
] as const) {
  test(`where the LMS answers ${status} to the question for an account, we answer ${answered}`, async (t) => {
    const browser = await logIn('prof');
    t.after(() => (lms.refusal = null));
    lms.refusal = { status, body: '{"bio":"What is nobody\'s business.","detail":"prof may not"}' };
    const response = await browser.send(MARIA);
    const text = await response.text();
    assert.deepEqual([response.status, (JSON.parse(text) as ErrorBody).error_code], [answered, code]);
    assert.deepEqual(
      [response.headers.has('retry-after'), response.headers.has('www-authenticate')],
      [answered === 503, answered === 401],
    );
    if (answered === 200) assert.deepEqual(JSON.parse(text), NOTHING);
    else assert.doesNotMatch(text, /business|prof/);
    // that is no end of the session
    assert.equal((await browser.send(`${INSIGHTS}/learners/?${COURSE}`)).status, 200);
  });
}

test('an LMS that sends the question for an account elsewhere is not followed, with the token or without', async (t) => {
  const account = JSON.stringify({ bio: 'Told elsewhere.' });
  const asked: unknown[] = [];
  const elsewhere = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(200, { 'content-type': 'application/json' }).end(account);
  }).listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  t.after(() => {
    lms.refusal = null;
    elsewhere.close();
  });
  const browser = await logIn('prof');
  const { port } = elsewhere.address() as AddressInfo;
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [`http://127.0.0.1:${port}/login`, '/api/enrollment/v1/roles/']) {
      lms.refusal = { status, location, body: account };
      await browser.send(`${HERE}/auth/session`);
      lms.asked = [];
      assert.equal((await browser.send(MARIA)).status, 503, `${status} ${location}`);
      assert.deepEqual(
        lms.asked.filter((question) => question.includes('/api/')),
        ['GET /api/user/v1/accounts/maria'],
      );
    }
  }
  assert.deepEqual(asked, []);
});

test('behind a proxy the LMS sends back to the public address', async () => {
  const service = createService({ PUBLIC_URL: 'https://insights.example/la' });
  const response = await service.request(`${HERE}/auth/login?next=/la/courses`);
  const location = new URL(response.headers.get('location') ?? '');
  assert.equal(location.searchParams.get('redirect_uri'), 'https://insights.example/la/auth/callback');
  assert.match(response.headers.get('set-cookie') ?? '', /^__Host-la_login_[0-7]=.*; Secure;/);
});

test('the log has no names, codes, states or tokens', () => {
  assert.ok(logged.length > 20);
  assert.doesNotMatch(logged.join(''), /prof|Okafor|eyJ|code=|state=/);
});
