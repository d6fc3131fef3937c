import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOutBar } from './lay-out-bar.ts';

type Ends = readonly [number | null, number | null];
const ranges = (average: Ends, above: Ends | null = null) => ({ average, above_average: above });

const RATIO = 'problem_attempts_per_completed';

test('a bar holds everything', () => {
  assert.deepEqual(layOutBar(RATIO, ranges([2, 8]), 4, 10), { normal: [17.4, 69.6], mean: 34.8, value: 87 });
  assert.deepEqual(layOutBar('videos_viewed', ranges([0, null]), null, null), {
    normal: [0, 100],
    mean: null,
    value: null,
  });
  assert.deepEqual(layOutBar(RATIO, ranges([1, 4]), 2, Infinity), { normal: [21.7, 87], mean: 43.5, value: 100 });
  assert.deepEqual(layOutBar(RATIO, ranges([1, 4]), 8, 2), { normal: [10.9, 43.5], mean: 87, value: 21.7 });
});

const lay = (average: Ends, value: number) => layOutBar('problem_attempts', ranges(average), null, value);

test('the band of what is counted ends at the last value that is told to be normal', () => {
  assert.deepEqual(lay([0, 1], 20).normal, [0, 0]);
  assert.deepEqual(lay([0.4, 4.6], 10), { normal: [8.7, 34.8], mean: null, value: 87 });
  assert.equal(lay([1, 1], 3).normal, null);
  const { normal, value } = lay([0, 7], 7);
  assert.ok(normal !== null && value !== null && value > normal[1], 'what is high is not in it');
});

test('what is infinite lies in the normal band only where it is normal', () => {
  const high = layOutBar(RATIO, ranges([1, null], [null, null]), 2, Infinity);
  assert.ok(high.value !== null && high.normal !== null && high.value > high.normal[1]);
  assert.equal(layOutBar(RATIO, ranges([1, null]), 2, Infinity).normal?.[1], 100);
  const only = layOutBar(RATIO, ranges([null, null]), 2, 3);
  assert.ok(only.value !== null && only.normal !== null && only.value < only.normal[0]);
  assert.equal(only.normal[1], 100);
});
