import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Turns, workOn } from './await-all.ts';

test('items are worked on in their order, so many at once', async () => {
  const begun: number[] = [];
  let [now, most] = [0, 0];
  await workOn([30, 10, 10, 10], 2, async (ms) => {
    begun.push(ms);
    now += 1;
    most = Math.max(most, now);
    await wait(ms);
    now -= 1;
  });
  assert.deepEqual(begun, [30, 10, 10, 10]);
  assert.deepEqual([now, most], [0, 2]);
});

test('after a failure no other is begun, and it is thrown once what was under way has ended', async () => {
  const log: string[] = [];
  const working = workOn(['slow', 'bad', 'never', 'never'], 2, async (name) => {
    log.push(name);
    if (name === 'bad') throw new Error('bad');
    await wait(20);
    log.push(`${name} ended`);
  });
  await assert.rejects(working, /bad/);
  assert.deepEqual(log, ['slow', 'bad', 'slow ended']);
});

test('nothing to work on', async () => {
  await workOn([], 2, async () => assert.fail());
});

test('turns are taken in the order in which they were given, also after one that failed', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const work = async (name: string, ms: number) => {
    await wait(ms);
    done.push(name);
    if (name === 'fails') throw new Error(name);
    return name;
  };
  const all = [
    turns.take(async () => work('slow', 20)),
    turns.take(async () => work('fails', 5)),
    turns.take(async () => work('last', 0)),
  ];
  const told = (await Promise.allSettled(all)).map((each) => (each.status === 'fulfilled' ? each.value : each.status));
  assert.deepEqual(told, ['slow', 'rejected', 'last']);
  assert.deepEqual(done, ['slow', 'fails', 'last']);
});
