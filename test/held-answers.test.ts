import assert from 'node:assert/strict';
import test from 'node:test';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import { COURSE, openSampleApi } from './sample-api.ts';

const { deps, get } = await openSampleApi();

test('who was forgotten is not said to be as before, also not before the course is published again', async () => {
  const paths = [`/learners/maria/?${COURSE}`, `/engagement_timelines/maria/?${COURSE}`];
  const tags = await Promise.all(paths.map(async (path) => (await get(path)).headers.get('etag') ?? ''));
  await deps.store.insert('identities', [{ user_id: 7, username: 'maria' }]);
  await forgetPerson(deps.store, 'maria');
  for (const [index, path] of paths.entries())
    assert.equal((await get(path, { 'if-none-match': tags[index] ?? '' })).status, 404);
});
