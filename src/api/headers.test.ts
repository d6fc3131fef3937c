import assert from 'node:assert/strict';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createCheckedApp } from '../../test/check-response.ts';
import { COURSE, LEARNERS, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE } from '../../test/sample-site.ts';
import { RateLimiter } from './rate-limit.ts';

const { app: sample, deps, key, get } = await openSampleApi();
const CSV = { accept: 'text/csv' };

test('a list and a file are compressed for who takes it, tiny answers are not', async () => {
  const plain = await get(LEARNERS);
  assert.equal(plain.headers.get('content-encoding'), null);
  assert.equal(plain.headers.get('vary'), 'Accept, Accept-Encoding, Authorization, Cookie, Origin');
  assert.equal(plain.headers.get('cache-control'), 'private, no-cache');
  const body = await plain.text();
  for (const accept of ['gzip, deflate', 'br;q=0.9, *', 'GZIP;q=0.5', '*;q=0, gzip']) {
    const packed = await get(LEARNERS, { 'accept-encoding': accept });
    assert.equal(packed.headers.get('content-encoding'), 'gzip', accept);
    assert.equal(packed.headers.get('etag'), `W/${plain.headers.get('etag')}`);
    assert.equal(gunzipSync(await packed.arrayBuffer()).toString(), body);
  }
  for (const accept of ['', 'identity', 'br', 'gzip;q=0', '*;q=0.000', 'gzip;q=0, *', '*, gzip; q=0.0']) {
    assert.equal((await get(LEARNERS, { 'accept-encoding': accept })).headers.get('content-encoding'), null, accept);
  }
  const file = await get(`/learners.csv?${COURSE}`, { 'accept-encoding': 'gzip' });
  assert.equal(gunzipSync(await file.arrayBuffer()).toString(), await (await get(`/learners.csv?${COURSE}`)).text());
  assert.equal((await get('/status', { 'accept-encoding': 'gzip' })).headers.get('content-encoding'), null);
});

test('the tag of a compressed answer holds for the plain one, and the other way round', async () => {
  const packed = await get(LEARNERS, { 'accept-encoding': 'gzip' });
  const weak = packed.headers.get('etag') ?? '';
  const tag = (await get(LEARNERS)).headers.get('etag') ?? '';
  assert.equal(weak, `W/${tag}`);
  for (const path of [LEARNERS, `/learners.csv?${COURSE}`, `/course_learner_metadata/${DEMO_COURSE}`, '/courses']) {
    for (const accepted of ['gzip', 'identity']) {
      const headers = { 'accept-encoding': accepted };
      const got = (await get(path, headers)).headers.get('etag') ?? '';
      const held = await get(path, { ...headers, 'if-none-match': got });
      assert.deepEqual([held.status, held.headers.get('etag')], [304, got]);
      const head = await sample.request(`/api/v0${path}`, {
        method: 'HEAD',
        headers: { authorization: `Token ${key}`, ...headers },
      });
      assert.equal(head.headers.get('etag'), got);
    }
    const any = await get(path, { 'if-none-match': '*' });
    assert.equal(any.status, 304);
    assert.match(any.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
    if (path !== '/courses') assert.match(any.headers.get('x-snapshot') ?? '', /^\d+$/);
  }
  assert.equal((await get(LEARNERS, { 'accept-encoding': 'gzip', 'if-none-match': tag })).status, 304);
  assert.equal((await get(LEARNERS, { 'if-none-match': `W/${tag}` })).status, 304);
  assert.equal((await get(`${LEARNERS}&page=99`, { 'if-none-match': '*' })).status, 400);
});

test('the tag of an answer is that of no other one', async () => {
  const list = `${LEARNERS}&page_size=5`;
  const metadata = `/course_learner_metadata/${DEMO_COURSE}`;
  const paths = [list, `${list}&page=2`, `${list}&sort_order=desc`, `/learners.csv?${COURSE}`, metadata];
  const ranges = ['2026-10-01', '2026-10-02'].map((start) => `${metadata}?start_date=${start}`);
  const answers = [...(await Promise.all([...paths, ...ranges].map(async (path) => get(path)))), await get(list, CSV)];
  const tags = answers.map(({ headers }) => headers.get('etag'));
  assert.equal(new Set(tags).size, answers.length, tags.join());
  assert.match((await get('/openapi.json', { 'accept-encoding': 'gzip' })).headers.get('etag') ?? '', /^W\/"/);
});

test('HEAD tells the length that GET has, in the same coding, unless the answer is streamed', async () => {
  const lengthOf = async (path: string, headers: Record<string, string>) =>
    (await get(path, headers, { method: 'HEAD' })).headers.get('content-length');
  const metadata = `/course_learner_metadata/${DEMO_COURSE}/`;
  for (const path of [LEARNERS, `/learners/maria?${COURSE}`, metadata, '/courses', '/status', '/openapi.json']) {
    for (const accepted of ['gzip', 'identity']) {
      const headers = { 'accept-encoding': accepted };
      const { byteLength } = await (await get(path, headers)).arrayBuffer();
      assert.equal(await lengthOf(path, headers), String(byteLength), `${path} ${accepted}`);
    }
  }
  const { byteLength: ofRefusal } = await (await get(`${LEARNERS}&page=0`)).arrayBuffer();
  assert.equal(await lengthOf(`${LEARNERS}&page=0`, {}), String(ofRefusal));
  assert.equal(await lengthOf(`/learners.csv?${COURSE}`, {}), null);
  const tag = (await get(LEARNERS)).headers.get('etag') ?? '';
  assert.equal(await lengthOf(LEARNERS, { 'if-none-match': tag }), null);
});

test('pages of a configured origin may ask, those of others get no leave', async () => {
  const origin = 'https://tools.example';
  const app = createCheckedApp({ ...deps, config: { ...deps.config, corsOrigins: [origin] } });
  const ask = async (from: string, method: string, headers: Record<string, string> = {}, path = LEARNERS) =>
    app.request(`/api/v0${path}`, {
      method,
      headers: { origin: from, ...(method === 'GET' && { authorization: `Token ${key}` }), ...headers },
    });
  const preflight = {
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization,use-jwt-cookie',
  };

  const asked = await ask(origin, 'OPTIONS', preflight);
  assert.equal(asked.status, 204);
  assert.equal(asked.headers.get('access-control-allow-origin'), origin);
  assert.match(asked.headers.get('access-control-allow-headers') ?? '', /Authorization.*USE-JWT-COOKIE/);
  assert.equal(asked.headers.get('access-control-allow-methods'), 'GET,HEAD');
  assert.equal(asked.headers.get('access-control-max-age'), '600');
  const answered = await ask(origin, 'GET');
  assert.equal(answered.status, 200);
  assert.equal(answered.headers.get('access-control-allow-origin'), origin);
  assert.match(answered.headers.get('access-control-expose-headers') ?? '', /Link/);
  assert.match(answered.headers.get('vary') ?? '', /Origin/);

  for (const path of [LEARNERS, '/courses']) {
    const held = await ask(origin, 'GET', { 'if-none-match': '*' }, path);
    assert.equal(held.status, 304);
    assert.equal(held.headers.get('access-control-allow-origin'), origin);
    assert.equal(held.headers.get('access-control-allow-credentials'), 'true');
    assert.match(held.headers.get('access-control-expose-headers') ?? '', /ETag/);
  }

  const strange = await ask('https://evil.example', 'GET');
  assert.equal(strange.headers.get('access-control-allow-origin'), null);
  assert.equal((await ask('https://evil.example', 'OPTIONS', preflight)).status, 405);
  assert.equal((await ask(origin, 'OPTIONS')).status, 405);
});

test('a key that asks too often is told when to come back; others are answered', async () => {
  const app = createCheckedApp({ ...deps, config: { ...deps.config, rateLimitPerKey: 3 } });
  const ask = async (path: string) => app.request(`/api/v0${path}`, { headers: { authorization: `Token ${key}` } });
  for (const path of ['/authenticated', LEARNERS, '/nothing']) assert.notEqual((await ask(path)).status, 429);
  const refused = await ask(LEARNERS);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get('retry-after')) > 0);
  assert.equal(((await refused.json()) as { error_code: string }).error_code, 'rate_limited');
  assert.equal((await ask('/status')).status, 200);
});

let name = 'maria';
const person = async () => ({ kind: 'person' as const, name, maySee: async () => true });

test('a person has so many requests a minute on both mounts together', async () => {
  const config = { ...deps.config, rateLimitPerUser: 3 };
  const app = createCheckedApp({
    ...deps,
    config,
    authenticate: person,
    insights: { ...deps.insights, authenticate: person },
  });
  const statuses = [];
  for (const mount of ['/api/v0', '/api/learner_analytics/v0', '/api/v0', '/api/learner_analytics/v0', '/api/v0']) {
    statuses.push((await app.request(`${mount}/authenticated/`)).status);
  }
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  name = 'ada';
  assert.equal((await app.request('/api/v0/authenticated/')).status, 200);
});

test('a limiter lets as many through as a minute has, and one more for each part of it that passes', () => {
  const limiter = new RateLimiter(60);
  const waits = Array.from({ length: 61 }, () => limiter.take('a', 0));
  assert.deepEqual(waits, [...Array<number>(60).fill(0), 1]);
  assert.equal(limiter.take('b', 0), 0);
  assert.equal(limiter.take('a', 500), 1);
  assert.equal(limiter.take('a', 1100), 0);
  assert.equal(limiter.take('a', 1100), 1);
  assert.equal(limiter.take('a', 200_000), 0);
  // whoever asked for less has no more left, nor has anybody who asked in this minute at the turn of it
  const rested = new RateLimiter(60);
  rested.take('a', 0);
  assert.deepEqual(
    Array.from({ length: 61 }, () => rested.take('a', 59_000)),
    waits,
  );
  assert.deepEqual([rested.take('a', 60_000), rested.take('a', 60_000)], [0, 1]);
  const slow = new RateLimiter(1);
  assert.deepEqual([slow.take('a', 0), slow.take('a', 0), slow.take('a', 30_000)], [0, 60, 30]);
  const none = new RateLimiter(0);
  assert.equal(
    Array.from({ length: 10_000 }, () => none.take('a', 0)).find((wait) => wait > 0),
    undefined,
  );
});
