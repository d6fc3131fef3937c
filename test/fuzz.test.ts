import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as send } from 'node:http';
import test, { after } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openHttpServer } from '../src/api/http-server.ts';
import { escapeTarget } from '../src/api/request-target.ts';
import { createKey } from '../src/auth/api-keys.ts';
import { createClientAuthentication } from '../src/auth/authenticate-client.ts';
import { KeyRing } from '../src/auth/key-ring.ts';
import { createTokenCheck } from '../src/auth/lms-tokens.ts';
import { loadConfig } from '../src/config.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { createCheckedApp } from './check-response.ts';
import { createFuzzer, type FuzzRequest } from './fuzz-requests.ts';
import { openSampleApi } from './sample-api.ts';
import { DEMO_COURSE } from './sample-site.ts';

/** How many requests; `FUZZ_REQUESTS=100000 npm test -- --test-name-pattern=fuzz` for a night. `FUZZ_SEED` repeats a run. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2000);
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000);
/** Nobody waits longer, whatever they ask: the store's own limit. Test machines are shared, so nothing tighter would hold. */
const SLOW_MS = 15_000;
const AT_ONCE = 8;
/** Every so manieth request goes through a socket. */
const WIRED = 10;

/** What the process may have grown by in the second half: bytes, those of them in use by the program, and open files and sockets. */
const GROWTH = { bytes: 150e6, used: 15e6, files: 20 } as const;

const { deps, logged } = await openSampleApi();
const { store, insights } = deps;

/** Callers may see the demo course and no other. */
const { key } = await createKey(store, 'fuzz', { courseIds: [DEMO_COURSE] });
const app = createCheckedApp({
  ...deps,
  authenticate: createClientAuthentication({
    keys: new KeyRing(store),
    verifyToken: createTokenCheck(
      loadConfig({ JWT_SECRET: 'what nobody who asks here knows at all', JWT_ISSUER: 'lms' }),
    ),
    access: insights.access,
    allowedOrigins: [],
  }),
});

// somebody in a course that the caller may not see: nothing about them is ever told
await store.insert('lms_enrollments', [
  {
    course_id: 'course-v1:Other+O1+2026',
    username: 'only_elsewhere',
    user_id: 77,
    enrollment_mode: 'elsewhere',
    is_active: true,
  },
]);
await store.insert('touched_courses', [
  { course_id: 'course-v1:Other+O1+2026', touched_at: '2026-10-25 00:00:00.000000' },
]);
await refresh(store, { asOf: '2026-10-26' });

const HERE = new URL('http://127.0.0.1/');
const session = await insights.sessions.start(HERE, {
  username: 'robin',
  name: null,
  isGlobalStaff: false,
  isDemo: true,
  lmsToken: null,
  refreshToken: null,
  vouchedUntil: null,
});
const COOKIE = session.split(';')[0] ?? '';

const server = await openHttpServer(app, { host: '127.0.0.1', port: 0 });
after(async () => server.close());

/** Traces of the machinery, of secrets and of other courses, where no request can have put them. */
const LEAK =
  /\bSELECT\b.*\bFROM\b|DB::Exception|node_modules|\bat .*\.ts:\d|\/tmp\/api-|search_text|la_[A-Za-z0-9_-]{43}|only_elsewhere/s;

const TICK_MS = 200;
const standstill = { ms: 0, at: performance.now(), cpu: process.cpuUsage() };

/** Counts the time in which this process was stopped, or got no processor: nothing went on in it, and nothing was computed. */
function countStandstill(): number {
  const now = performance.now();
  const gap = now - standstill.at;
  const { user, system } = process.cpuUsage(standstill.cpu);
  if (gap > 5 * TICK_MS && (user + system) / 1000 < gap / 10) standstill.ms += gap;
  standstill.at = now;
  standstill.cpu = process.cpuUsage();
  return standstill.ms;
}
const ticking = setInterval(countStandstill, TICK_MS);
after(() => clearInterval(ticking));

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the process holds; files and sockets are counted where the system tells them. */
function measure() {
  collectGarbage();
  const { rss: bytes, heapUsed: used } = process.memoryUsage();
  return { bytes, used, files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0 };
}

async function ask({ method, headers }: FuzzRequest, address: string, wired: boolean): Promise<Response> {
  if (!wired) return app.request(`http://127.0.0.1${escapeTarget(address)}`, { method, headers });
  const { hostname, port } = new URL(server.url);
  const outgoing = send({ hostname, port, path: address, method, headers, agent: false }).end();
  const [incoming] = (await once(outgoing, 'response')) as [
    AsyncIterable<Uint8Array> & { statusCode: number; headers: object },
  ];
  const parts: Uint8Array[] = [];
  for await (const part of incoming) parts.push(part);
  const body = [204, 304].includes(incoming.statusCode) ? null : Buffer.concat(parts);
  return new Response(body, { status: incoming.statusCode, headers: { ...incoming.headers } });
}

function describe({ bytes, used, files }: ReturnType<typeof measure>): string {
  return `${Math.round(bytes / 1e6)} MB, ${Math.round(used / 1e6)} of them in use, and ${files} files`;
}

/** What Node's client would not send. */
function isSendable({ method, target, headers }: FuzzRequest): boolean {
  return /^[!-~]+$/.test(target) && method !== 'HEAD' && headers['host'] === undefined;
}

test(`fuzz: ${REQUESTS} requests find no fault, nothing slow and no leak (seed ${SEED})`, async (t) => {
  const makeRequest = createFuzzer(SEED);
  const statuses = new Map<number, number>();
  const times: number[] = [];
  let left = REQUESTS;
  let rest = 0;

  async function askOnce(number: number): Promise<void> {
    const made = makeRequest();
    logged.length = 0;
    const isWeb = number % 3 === 0;
    const address = `${isWeb ? '/api/learner_analytics/v0' : '/api/v0'}${made.target}`;
    const cookie = [COOKIE, made.headers['cookie']].filter((text) => text !== undefined).join('; ');
    const credential = isWeb ? { cookie } : { authorization: made.headers['authorization'] ?? `Token ${key}` };
    const request = { ...made, headers: { ...made.headers, ...credential } };
    const what = `${made.method} ${address} ${JSON.stringify(made.headers)}; seed ${SEED}`;
    const stoodStill = countStandstill();
    const start = performance.now();
    const response = await ask(request, address, number % WIRED === 0 && isSendable(request));
    const body = response.headers.has('content-encoding') ? '' : await response.clone().text();
    const stopped = countStandstill() - stoodStill;
    const ms = performance.now() - start - stopped;
    times.push(ms);
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    // health tells, by 503, that other requests kept the store busy for a second; and the store's clock does not stop with us
    const isHealth = /^[^?]*\/health\/?(?:\?|$)/.test(address);
    const isBusy = response.status === 503 && (isHealth || stopped > 0);
    assert.ok(response.status < 500 || isBusy, `${response.status}: ${what}: ${body.slice(0, 300)}`);
    assert.ok(ms < SLOW_MS, `${Math.round(ms)} ms: ${what}`);
    assert.ok(response.headers.has('x-request-id') && !response.headers.has('x-evil'), what);
    assert.doesNotMatch(JSON.stringify([...response.headers]), /only_elsewhere/, what);
    const own = body.replaceAll(/"developer_message":"(?:[^"\\]|\\.)*"|"field_errors":\{[^}]*\}/g, '');
    assert.doesNotMatch(response.status === 200 ? body : own, LEAK, what);
    if (response.status === 405) assert.equal(response.headers.get('allow'), 'GET, HEAD', what);
  }

  const askOn = async () => {
    while (left > rest) {
      left -= 1;
      await askOnce(left);
    }
  };
  const askOnUntil = async (end: number) => {
    rest = end;
    await Promise.all(Array.from({ length: AT_ONCE }, askOn));
    return measure();
  };
  const halfway = await askOnUntil(Math.floor(REQUESTS / 2));
  const held = await askOnUntil(0);
  for (const status of [200, 304, 400, 401, 403, 404, 405, 406, 414])
    assert.ok(statuses.has(status), `no answer was ${status}`);
  assert.equal((await store.query('SELECT 1 FROM learners LIMIT 1')).length, 1);
  times.sort((a, b) => a - b);
  const at = (share: number) => `${Math.round(times[Math.floor((times.length - 1) * share)] ?? 0)} ms`;
  t.diagnostic(
    `${JSON.stringify(Object.fromEntries(statuses))}; half within ${at(0.5)}, 99 % within ${at(0.99)}, all within ${at(1)}; stood still for ${Math.round(standstill.ms / 1000)} s; halfway ${describe(halfway)}, at the end ${describe(held)}`,
  );
  for (const what of ['bytes', 'used', 'files'] as const)
    assert.ok(
      held[what] - halfway[what] <= GROWTH[what],
      `${what}: ${halfway[what]} halfway, ${held[what]} at the end`,
    );
});
