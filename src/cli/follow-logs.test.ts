import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { formatAttempt } from '../../test/log-lines.ts';
import { overhear } from '../../test/meddled-store.ts';
import { openApi } from '../../test/open-site.ts';
import { makeTempFolder, prepareStore } from '../../test/temp-store.ts';
import { AppError } from '../errors.ts';
import { openLog } from '../log.ts';
import { checkLogs } from './doctor/check-logs.ts';
import { followLogs } from './follow-logs.ts';

const { write } = makeTempFolder();
const openEmpty = prepareStore();

/** Less than any pause after a failure. */
const PAUSE_MS = 4500;

test('health tells that lines cannot be taken in, and no more than that, until they can', async () => {
  const store = await openEmpty();
  const path = write('secret.log', `${formatAttempt({ username: 'ada' })}\n`);
  let isFull = true;
  const heard = overhear(store, (sql) => {
    if (isFull && sql.startsWith('INSERT INTO facts'))
      throw new AppError('store_unavailable', `The disk of ${path} is full, says ada.`);
  });
  const following = await followLogs(heard, [path], { log: openLog('silent'), refresh: null });
  const status = () => ({ logs: following.status(), lms: null });
  const ask = await openApi(store, { status });
  const awaitLogs = async (pattern: RegExp) => {
    for (const until = performance.now() + 30_000; ;) {
      const response = await ask('health/');
      const { detailed_status: parts } = (await response.json()) as { detailed_status: { logs: string } };
      // 503 while a busy machine lets the store take longer than a second
      if (response.status === 200 && pattern.test(parts.logs)) return;
      assert.ok(performance.now() < until, parts.logs);
      await wait(50);
    }
  };
  try {
    await awaitLogs(/^DELAYED: nothing could be taken in since \d{4}-\d\d-\d\dT[\d:.]+Z; \d+ bytes behind$/);
    assert.match(
      checkLogs(status(), false)[0]?.message ?? '',
      /^Nothing could be taken in since .* is full, says ada\.$/,
    );
    isFull = false;
    await awaitLogs(/^OK: 0 bytes behind$/);
  } finally {
    await following.stop();
    await store.close();
  }
});

test('health tells of lines that have been on their way for more than five minutes', async () => {
  const store = await openEmpty();
  let [minutes, lag_bytes] = [4, 7];
  const since = () => new Date(Date.now() - minutes * 60_000).toISOString();
  const logs = { files: 1, problems: [], read_at: null, failure: null };
  const ask = await openApi(store, {
    status: () => ({ logs: { ...logs, lag_bytes, stuck_since: since() }, lms: null }),
  });
  const tell = async () => (await (await ask('health/')).text()).match(/"logs":"(\w+)/)?.[1];
  assert.equal(await tell(), 'OK');
  minutes = 6;
  assert.equal(await tell(), 'DELAYED');
  lag_bytes = 0;
  assert.equal(await tell(), 'OK');
  await store.close();
});

test('lines are taken in as ever while refreshing fails', async () => {
  const store = await openEmpty();
  const path = write('tracking.log', `${formatAttempt({ username: 'ada' })}\n`);
  const isThere = async (username: string) =>
    (await store.read('SELECT 1 FROM facts WHERE username = {username:String}', { username })).length > 0;
  // asked in each round, once it was looked for lines
  let asked = 0;
  const isLeft = () => {
    asked += 1;
    return false;
  };
  const failed = Promise.withResolvers<boolean>();
  const refresh = async () => {
    const before = asked;
    // a busy machine lets this timer ring late as well, but not before that of a shorter pause
    setTimeout(() => failed.resolve(asked > before || following.status().stuck_since !== null), PAUSE_MS);
    throw new Error('failed');
  };
  const following = await followLogs(store, [path], { log: openLog('silent'), refresh, isLeft });
  try {
    assert.ok(await failed.promise, `it was not looked for lines within ${PAUSE_MS} ms after the failure`);
    appendFileSync(path, `${formatAttempt({ username: 'bob' })}\n`);
    while (!(await isThere('bob'))) await wait(50);
  } finally {
    await following.stop();
  }
});

test('what a refresh left to the next is done without a new line', async () => {
  const store = await openEmpty();
  const path = write('left.log', `${formatAttempt({ username: 'cyd' })}\n`);
  const done = Promise.withResolvers<void>();
  let left = 0;
  let refreshes = 0;
  const refresh = async () => {
    refreshes += 1;
    left = refreshes < 2 ? 1 : 0;
    if (left === 0) done.resolve();
  };
  const following = await followLogs(store, [path], { log: openLog('silent'), refresh, isLeft: () => left > 0 });
  try {
    await done.promise;
  } finally {
    await following.stop();
  }
});

test('lines that come one by one are taken in some seconds apart, and refreshed less often still', async () => {
  const store = await openEmpty();
  const path = write('steady.log', `${formatAttempt({ username: 'ada' })}\n`);
  const ingests: number[] = [];
  const heard = overhear(store, (sql) => {
    if (sql.startsWith('INSERT INTO facts')) ingests.push(performance.now());
  });
  const refreshes: number[] = [];
  const refresh = async () => refreshes.push(performance.now());
  const following = await followLogs(heard, [path], { log: openLog('silent'), refresh });
  try {
    for (let line = 0; ingests.length < 2; line += 1) {
      appendFileSync(path, `${formatAttempt({ username: `bob${line}` })}\n`);
      await wait(100);
    }
  } finally {
    await following.stop();
  }
  const [first = 0, second = 0] = ingests;
  assert.ok(second - first > 2900, `${second - first} ms`);
  const [refreshed = 0, again = Infinity] = refreshes;
  assert.ok(again - refreshed > 14_900, `${again - refreshed} ms`);
});
