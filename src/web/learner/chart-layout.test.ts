import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyNth, leaveRoom } from './chart-layout.ts';

test('an axis has room above the highest value, and something to show where all is zero', () => {
  assert.ok(leaveRoom([0, 10, 2]) > 10 && leaveRoom([0, 10, 2]) < 12);
  assert.ok(leaveRoom([0, 0.2]) >= 1);
  assert.ok(leaveRoom([]) >= 1);
});

test('as many days are named as fit, the last always', () => {
  const days = Array.from({ length: 21 }, (_, index) => index);
  assert.deepEqual(everyNth(days, 100), days);
  assert.deepEqual(everyNth(days, 5), [0, 5, 10, 15, 20]);
  assert.deepEqual(everyNth(days, 0), [9, 20]);
  assert.deepEqual(everyNth([], 4), []);
});
