import assert from 'node:assert/strict';
import test from 'node:test';
import { ApiError, createClient } from 'learner-analytics/client';
import { openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from '../../test/sample-site.ts';

const { app, key } = await openSampleApi();
const client = createClient({
  url: 'http://inner.example/api/v0/',
  key,
  fetch: async (address, init) => app.request(address, init),
});

test('the client reads every resource', async () => {
  const maria = await client.getLearner(DEMO_COURSE, 'maria');
  assert.equal(maria.engagements.problem_attempts_per_completed, 6);
  const odd = await client.getLearner(DEMO_COURSE, 'Ωmega.ünï+1@x-y_z', { start_date: '2026-10-01' });
  assert.equal(odd.engagements.date_range.start, '2026-10-01');
  assert.equal((await client.getTimeline(DEMO_COURSE, 'maria')).days.length, 3);
  assert.equal((await client.getAccount(DEMO_COURSE, 'maria')).photo_url, null);
  assert.equal((await client.getMetadata(DEMO_COURSE)).learner_count, 24);
  assert.equal((await client.getMetadata(OLD_COURSE)).learner_count, 1);
  assert.deepEqual(
    (await client.listCourses()).map((course) => course.course_id),
    [DEMO_COURSE, OLD_COURSE],
  );
});

test('the client goes through the pages of a list', async () => {
  const seen: Array<string | undefined> = [];
  let pages = 0;
  const query = { page_size: 7, ignore_segments: ['inactive', 'unenrolled'], fields: ['username'], sort_order: 'desc' };
  for await (const { results } of client.eachPage(DEMO_COURSE, query)) {
    pages += 1;
    seen.push(...results.map(({ username }) => username));
  }
  const all = await client.listLearners(DEMO_COURSE, { ...query, page_size: 1000 });
  assert.ok(pages > 1);
  assert.deepEqual(
    seen,
    all.results.map(({ username }) => username),
  );
});

test('what is refused is an error with its code', async () => {
  await assert.rejects(client.getLearner(DEMO_COURSE, 'nobody'), (error: ApiError) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.retryAfter], [404, 'no_learner_for_course', null]);
    return true;
  });
  const proxy = createClient({
    url: 'http://h',
    fetch: async () => new Response('<html>', { status: 503, headers: { 'retry-after': '5' } }),
  });
  await assert.rejects(proxy.listCourses(), { status: 503, code: 'unknown', retryAfter: 5 });
});
