import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsDifferent, describeNormal, markOf, METRICS } from './metrics.ts';

test('the shape of a mark follows the number, its tone the judgement', () => {
  assert.deepEqual(markOf('videos_viewed', 'above_average'), { shape: 'high', tone: 'good' });
  assert.deepEqual(markOf('videos_viewed', 'below_average'), { shape: 'low', tone: 'watch' });
  assert.deepEqual(markOf('problem_attempts_per_completed', 'above_average'), { shape: 'high', tone: 'watch' });
  assert.deepEqual(markOf('problem_attempts', 'above_average'), { shape: 'high', tone: 'neutral' });
  assert.equal(markOf('videos_viewed', 'average'), null);
  assert.equal(markOf('videos_viewed', null), null);
});

type Ends = readonly [number | null, number | null];
const ranges = (average: Ends, above: Ends | null = null) => ({ average, above_average: above });

test('a value at which high begins is not said to be normal', () => {
  assert.deepEqual(describeNormal('problem_attempts', ranges([0, 7], [7, null])), { form: 'between', from: 0, to: 6 });
  assert.deepEqual(describeNormal('problems_attempted', ranges([0.4, 4.6])), { form: 'between', from: 1, to: 4 });
  assert.deepEqual(describeNormal('discussion_contributions', ranges([0, 1])), { form: 'single', from: 0 });
  assert.equal(describeNormal('days_active', ranges([1, 1])), null);
  assert.deepEqual(describeNormal('days_active', ranges([1, null])), { form: 'open', from: 1 });
  const ratio = describeNormal('problem_attempts_per_completed', ranges([1, 12.25], [12.25, null]));
  assert.deepEqual(ratio, { form: 'below', from: 1, to: 12.25 });
});

test('attempts with nothing solved are not said to be normal where they are high', () => {
  const ratio = 'problem_attempts_per_completed';
  assert.deepEqual(describeNormal(ratio, ranges([1, null], [null, null])), { form: 'finite', from: 1 });
  // where the 15th percentile is the 85th, all from there on is normal
  assert.deepEqual(describeNormal(ratio, ranges([1, null], null)), { form: 'open', from: 1 });
  assert.deepEqual(describeNormal(ratio, ranges([null, null], null)), { form: 'infinite' });
});

test('of what counts different things, days add up to more than all of them together', () => {
  assert.deepEqual(METRICS.filter(countsDifferent), ['problems_attempted', 'problems_completed', 'videos_viewed']);
});
