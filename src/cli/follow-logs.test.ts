import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { formatAttempt } from '../../test/log-lines.ts';
import { makeTempFolder, openTempStore } from '../../test/temp-store.ts';
import { openLog } from '../log.ts';
import { followLogs } from './follow-logs.ts';

const { write } = makeTempFolder();

/** Less than any pause after a failure. */
const PAUSE_MS = 4500;

test('lines are taken in as ever while refreshing fails', async () => {
  const store = await openTempStore();
  const path = write('tracking.log', `${formatAttempt({ username: 'ada' })}\n`);
  const failed = Promise.withResolvers<void>();
  const isThere = async (username: string) =>
    (await store.read('SELECT 1 FROM facts WHERE username = {username:String}', { username })).length > 0;
  const refresh = async () => {
    failed.resolve();
    throw new Error('failed');
  };
  const following = await followLogs(store, [path], { log: openLog('silent'), refresh });
  try {
    await failed.promise;
    // a busy machine may be slow once; a pause for the failure would be there each time
    let fastest = Infinity;
    for (let line = 0; line < 4 && fastest > PAUSE_MS / 2; line += 1) {
      const since = performance.now();
      appendFileSync(path, `${formatAttempt({ username: `bob${line}` })}\n`);
      while (!(await isThere(`bob${line}`))) await wait(50);
      fastest = Math.min(fastest, performance.now() - since);
    }
    assert.ok(fastest < PAUSE_MS, `it took ${fastest} ms at least`);
  } finally {
    await following.stop();
  }
});
