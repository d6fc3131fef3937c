import assert from 'node:assert/strict';
import test from 'node:test';
import { openLog } from '../log.ts';
import { Refresher } from './refresher.ts';

const log = openLog('silent');
const REST = 2000;

/** When it was refreshed in so many seconds of looking every second, in seconds. */
async function listTries(seconds: number, fails: (second: number) => boolean): Promise<number[]> {
  let second = 0;
  const tries: number[] = [];
  const refresh = async () => {
    tries.push(second);
    if (fails(second)) throw new Error('failed');
  };
  const refresher = new Refresher(refresh, log, () => second * 1000);
  refresher.need();
  for (; second < seconds; second += 1) await refresher.refreshIfDue(REST);
  return tries;
}

test('what fails is tried again after twice as long each time, up to a minute, until it is done', async () => {
  assert.deepEqual(await listTries(300, () => true), [0, 5, 15, 35, 75, 135, 195, 255]);
  assert.deepEqual(await listTries(1000, (second) => second < 30), [0, 5, 15, 35]);
});

test('what was done is done again where there is need, and the pause is that of before', async () => {
  let second = 0;
  let failing = true;
  const tries: number[] = [];
  const refresh = async () => {
    tries.push(second);
    if (failing) throw new Error('failed');
  };
  const refresher = new Refresher(refresh, log, () => second * 1000);
  for (; second < 40; second += 1) {
    failing = second < 6 || second === 21;
    refresher.need();
    await refresher.refreshIfDue(REST);
  }
  assert.deepEqual(tries, [0, 5, 15, 17, 19, 21, 26, 28, 30, 32, 34, 36, 38]);
});

test('what a stop breaks off is no failure that the log tells of', async () => {
  const logged: string[] = [];
  const stopping = new AbortController();
  const refresh = async () => {
    stopping.abort();
    throw new Error('broken off');
  };
  const refresher = new Refresher(refresh, openLog('info', { write: (line) => void logged.push(line) }));
  refresher.need();
  await refresher.refreshIfDue(REST, stopping.signal);
  assert.deepEqual(logged, []);
});
