import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from './event-queue.ts';
import { createRandom } from './random.ts';

test('what is due comes in the order of time, ties in the order of adding', () => {
  const queue = new EventQueue();
  const random = createRandom('queue');
  const done: [number, number][] = [];
  const expected: [number, number][] = [];
  for (let n = 0; n < 200; n += 1) {
    const times = Array.from({ length: random.int(5) + 1 }, () => random.int(50)).toSorted((a, b) => a - b);
    for (const at of times) expected.push([at, n]);
    let next = 0;
    const step = (): number => {
      done.push([times[next]!, n]);
      next += 1;
      return times[next] ?? Infinity;
    };
    queue.add({ at: times[0]!, step });
  }
  while (queue.runNext(30));
  assert.ok(done.every(([at]) => at < 30));
  while (queue.runNext(Infinity));
  assert.deepEqual(
    done,
    expected.toSorted(([a, m], [b, n]) => a - b || m - n),
  );
});

test('a step may add what is due at once', () => {
  const queue = new EventQueue();
  const done: string[] = [];
  const once = (name: string) => (): number => {
    done.push(name);
    if (name === 'a') queue.add({ at: 1, step: once('c') });
    return Infinity;
  };
  queue.add({ at: 1, step: once('a') });
  queue.add({ at: 1, step: once('b') });
  while (queue.runNext(2));
  assert.deepEqual(done, ['a', 'b', 'c']);
});
