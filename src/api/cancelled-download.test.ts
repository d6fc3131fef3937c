import assert from 'node:assert/strict';
import { readdir, readlink } from 'node:fs/promises';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { COURSE, openSampleApi } from '../../test/sample-api.ts';
import { closeCopies } from '../engagement/copy/opened-copies.ts';
import { createApp } from './app.ts';

const { deps, key, logged } = await openSampleApi();

test('a download that is cancelled lets go of the files that it reads, also before its first row', async () => {
  const { store } = deps;
  // the one of other tests reads answers to check them
  const app = createApp(deps);
  const listOpen = async () => {
    const links = await readdir('/proc/self/fd');
    const paths = await Promise.all(links.map(async (link) => readlink(`/proc/self/fd/${link}`).catch(() => '')));
    return paths.filter((path) => path.startsWith(store.copies));
  };
  for (const parts of [0, 1, 2]) {
    const headers = { authorization: `Token ${key}` };
    const reader = (await app.request(`/api/v0/learners.csv?${COURSE}`, { headers })).body?.getReader();
    for (let part = 0; part < parts; part += 1) await reader?.read();
    await reader?.cancel();
  }
  assert.notDeepEqual(await listOpen(), []);
  closeCopies(store, () => true);
  assert.deepEqual(await listOpen(), []);
});

test('a download that is cancelled while rows are read for it is no failure', async () => {
  const app = createApp(deps);
  const headers = { authorization: `Token ${key}` };
  const reader = (await app.request(`/api/v0/learners.csv?${COURSE}`, { headers })).body?.getReader();
  await reader?.read();
  logged.length = 0;
  const rows = reader?.read();
  await reader?.cancel();
  assert.equal((await rows)?.done, true);
  await setImmediate();
  assert.deepEqual(logged, []);
});
