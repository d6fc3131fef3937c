import assert from 'node:assert/strict';
import test from 'node:test';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import type { LearnerPage, PartialLearner } from '../src/client/answers.ts';
import { METRICS } from '../src/engagement/metrics.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { formatAttempt } from './log-lines.ts';
import { COURSE, LEARNERS, openSampleApi } from './sample-api.ts';
import { DEMO_COURSE } from './sample-site.ts';
import { makeTempFolder } from './temp-store.ts';

const { deps, get } = await openSampleApi();
const { write } = makeTempFolder();

/** What everybody but maria did on some days, by username. */
async function readNumbers(): Promise<unknown> {
  const response = await get(`${LEARNERS}&start_date=2026-10-21&end_date=2026-10-25&page_size=100`);
  const { results } = (await response.json()) as LearnerPage<PartialLearner>;
  return results
    .filter(({ username }) => username !== 'maria')
    .map(({ username, engagements }) => [username, METRICS.map((metric) => engagements?.[metric])]);
}

async function readTags(paths: readonly string[]): Promise<string[]> {
  return Promise.all(paths.map(async (path) => (await get(path)).headers.get('etag') ?? ''));
}

test('who was forgotten is not said to be as before, also not before the course is published again', async () => {
  const paths = [`/learners/maria/?${COURSE}`, `/engagement_timelines/maria/?${COURSE}`];
  const lists = [
    LEARNERS,
    `${LEARNERS}&text_search=maria&highlight=true`,
    `/learners.csv?${COURSE}`,
    `/course_learner_metadata/${DEMO_COURSE}/?start_date=2026-10-12&end_date=2026-10-26`,
  ];
  const [tags, listTags] = [await readTags(paths), await readTags(lists)];
  for (const [index, path] of lists.entries())
    assert.equal((await get(path, { 'if-none-match': listTags[index] ?? '' })).status, 304);
  const snapshot = (await get(LEARNERS)).headers.get('x-snapshot') ?? '';
  const before = await readNumbers();
  await deps.store.insert('identities', [{ user_id: 7, username: 'maria' }]);
  await forgetPerson(deps.store, 'maria');
  for (const [index, path] of paths.entries())
    assert.equal((await get(path, { 'if-none-match': tags[index] ?? '' })).status, 404);
  for (const [index, path] of lists.entries()) {
    const response = await get(path, { 'if-none-match': listTags[index] ?? '' });
    assert.equal(response.status, 200);
    assert.doesNotMatch(await response.text(), /maria/);
  }
  // nor afterwards, of the publication that she was in
  await refresh(deps.store, { asOf: '2026-10-26' });
  const former = await get(`${LEARNERS}&snapshot=${snapshot}`, { 'if-none-match': listTags[0] ?? '' });
  assert.deepEqual([former.status, former.headers.get('x-snapshot')], [200, snapshot]);
  assert.doesNotMatch(await former.text(), /maria/);
  const current = await get(LEARNERS, { 'if-none-match': listTags[0] ?? '' });
  assert.equal(current.status, 200);
  assert.notEqual(current.headers.get('x-snapshot'), snapshot);
  // others are numbered otherwise without her
  assert.deepEqual(await readNumbers(), before);
});

test('new numbers of the same learners are not said to be as before', async () => {
  const paths = [
    LEARNERS,
    `${LEARNERS}&fields=username,engagements.videos_viewed`,
    `/learners.csv?${COURSE}`,
    `/course_learner_metadata/${DEMO_COURSE}/`,
    `/course_learner_metadata/${DEMO_COURSE}/?start_date=2026-10-12&end_date=2026-10-26`,
    '/courses/',
  ];
  const tags = await readTags(paths);
  const line = formatAttempt({ username: 'quiet', user_id: 10, course: DEMO_COURSE, time: '2026-10-25T23:00:00Z' });
  await ingest(deps.store, [write('new.log', `${line}\n`)], { now: new Date('2026-10-26T01:00:00Z') });
  await refresh(deps.store, { asOf: '2026-10-26' });
  for (const [index, path] of paths.entries())
    assert.equal((await get(path, { 'if-none-match': tags[index] ?? '' })).status, 200, path);
});
