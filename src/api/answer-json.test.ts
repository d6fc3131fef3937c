import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Hono } from 'hono';
import { type Course, getCourse } from '../engagement/course.ts';
import { refresh } from '../engagement/refresh.ts';
import { COURSE, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE } from '../../test/sample-site.ts';
import { answerJson } from './answer-json.ts';
import type { ApiEnv } from './api-env.ts';

const { deps, get } = await openSampleApi();

async function readCourse(): Promise<Course> {
  const course = await getCourse(deps.store, DEMO_COURSE);
  assert.ok(course !== null);
  return course;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function measureHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('what is held is not made again out of the same snapshot, and has the same tag as long as it says the same', async () => {
  let [value, made] = ['first', 0];
  const app = new Hono<ApiEnv>().get('/:name', async (c) =>
    answerJson(c, deps.store, await readCourse(), async () => {
      made += 1;
      return JSON.stringify({ name: c.req.param('name'), value });
    }),
  );
  const ask = async (path: string, tag?: string) =>
    app.request(path, tag === undefined ? {} : { headers: { 'if-none-match': `"other", W/${tag}` } });

  const first = await ask('/maria');
  const tag = first.headers.get('etag') ?? '';
  assert.deepEqual(await first.json(), { name: 'maria', value: 'first' });
  const held = await ask('/maria', tag);
  assert.deepEqual([held.status, held.headers.get('etag'), await held.text(), made], [304, tag, '', 1]);
  // somebody else's, nobody's, and another address
  assert.equal((await ask('/maria', '"somebody-else"')).status, 200);
  assert.equal((await ask('/maria')).status, 200);
  assert.notEqual((await ask('/ada', tag)).headers.get('etag'), tag);
  assert.equal(made, 4);

  await refresh(deps.store, { asOf: '2026-10-26', full: true });
  assert.equal((await ask('/maria', tag)).headers.get('etag'), tag);
  assert.equal(made, 5);
  await refresh(deps.store, { asOf: '2026-10-26', full: true });
  value = 'second';
  const second = await ask('/maria', tag);
  assert.deepEqual(await second.json(), { name: 'maria', value: 'second' });
  assert.notEqual(second.headers.get('etag'), tag);
});

test('tags are remembered in little memory, however long the addresses are', async () => {
  const app = new Hono<ApiEnv>().get('/', async (c) => answerJson(c, deps.store, await readCourse(), async () => '{}'));
  const before = measureHeap();
  const tags = new Set<string | null>();
  for (let index = 0; index < 2000; index += 1) {
    const response = await app.request(`/?x=${index}${'y'.repeat(8000)}`);
    tags.add(response.headers.get('etag'));
  }
  assert.equal(tags.size, 1);
  // the addresses alone are 16 MB
  assert.ok(measureHeap() - before < 4e6, `${measureHeap() - before} bytes`);
});

test("an answer that failed is nobody's, and is made again", async () => {
  let fails = true;
  const app = new Hono<ApiEnv>()
    .get('/', async (c) =>
      answerJson(c, deps.store, await readCourse(), async () => {
        if (fails) throw new Error('not now');
        return '{}';
      }),
    )
    .onError((_, c) => c.body(null, 500));
  assert.equal((await app.request('/')).status, 500);
  fails = false;
  assert.equal((await app.request('/')).status, 200);
});

test('a learner that is held is 304 in JSON only to whoever may see it', async () => {
  const path = `/learners/maria/?${COURSE}`;
  const response = await get(path);
  if (response.status !== 200) assert.fail(await response.text());
  const tag = response.headers.get('etag') ?? '';
  assert.equal((await get(path, { 'if-none-match': tag })).status, 304);
  assert.equal((await get(path, { 'if-none-match': tag, authorization: 'Token none' })).status, 401);
});

test('what is held as JSON is not held as CSV, in other days, or of somebody else', async () => {
  const path = `/engagement_timelines/maria/?${COURSE}`;
  const tag = (await get(path)).headers.get('etag') ?? '';
  const ask = async (address: string, headers: Record<string, string> = {}, method = 'GET') =>
    (await get(address, { 'if-none-match': tag, ...headers }, { method })).status;
  assert.deepEqual([await ask(path), await ask(path, {}, 'HEAD'), await ask(path, { accept: '*/*' })], [304, 304, 304]);
  assert.equal(await ask(path, { accept: 'text/csv' }), 200);
  assert.equal(await ask(`${path}&end_date=2026-10-22`), 200);
  assert.equal(await ask(path.replace('maria', 'quiet')), 200);
  assert.equal(await ask(path.replace('maria', 'nobody')), 404);
  assert.equal(await ask(`${path}&end_date=never`), 400);
});
