import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { formatAttempt } from '../../test/log-lines.ts';
import { makeTempFolder, openTempStore } from '../../test/temp-store.ts';
import { openLog } from '../log.ts';
import { followLogs } from './follow-logs.ts';

const { write } = makeTempFolder();

test('lines are taken in as ever while refreshing fails', async () => {
  const store = await openTempStore();
  const path = write('tracking.log', `${formatAttempt({ username: 'ada' })}\n`);
  const failed = Promise.withResolvers<number>();
  const refresh = async () => {
    failed.resolve(performance.now());
    throw new Error('failed');
  };
  const following = await followLogs(store, [path], { log: openLog('silent'), refresh });
  try {
    const failedAt = await failed.promise;
    appendFileSync(path, `${formatAttempt({ username: 'bob' })}\n`);
    const isThere = async () => (await store.read("SELECT 1 FROM facts WHERE username = 'bob'")).length > 0;
    while (!(await isThere())) await wait(50);
    const took = performance.now() - failedAt;
    assert.ok(took < 4500, `it took ${took} ms`);
  } finally {
    await following.stop();
  }
});
