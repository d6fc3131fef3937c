import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsDifferent, describeNormal, layOutBar, markOf, METRICS } from './metrics.ts';

test('the shape of a mark follows the number, its tone the judgement', () => {
  assert.deepEqual(markOf('videos_viewed', 'above_average'), { shape: 'high', tone: 'good' });
  assert.deepEqual(markOf('videos_viewed', 'below_average'), { shape: 'low', tone: 'watch' });
  assert.deepEqual(markOf('problem_attempts_per_completed', 'above_average'), { shape: 'high', tone: 'watch' });
  assert.deepEqual(markOf('problem_attempts', 'above_average'), { shape: 'high', tone: 'neutral' });
  assert.equal(markOf('videos_viewed', 'average'), null);
  assert.equal(markOf('videos_viewed', null), null);
});

test('a value at which high begins is not said to be normal', () => {
  assert.deepEqual(describeNormal('problem_attempts', [0, 7]), { form: 'between', from: 0, to: 6 });
  assert.deepEqual(describeNormal('problems_attempted', [0.4, 4.6]), { form: 'between', from: 1, to: 4 });
  assert.deepEqual(describeNormal('discussion_contributions', [0, 1]), { form: 'single', from: 0 });
  assert.equal(describeNormal('days_active', [1, 1]), null);
  assert.deepEqual(describeNormal('days_active', [1, null]), { form: 'open', from: 1 });
  const ratio = describeNormal('problem_attempts_per_completed', [1, 12.25]);
  assert.deepEqual(ratio, { form: 'below', from: 1, to: 12.25 });
  assert.equal(describeNormal('problem_attempts_per_completed', [null, null]), null);
});

test('a bar holds everything', () => {
  assert.deepEqual(layOutBar([2, 8], 4, 10), { normalStart: 17.4, normalEnd: 69.6, mean: 34.8, value: 87 });
  assert.deepEqual(layOutBar([0, null], null, null), { normalStart: 0, normalEnd: 100, mean: null, value: null });
  assert.equal(layOutBar([1, 4], 2, Infinity).value, 100);
  assert.deepEqual(layOutBar([null, null], 0, 0), { normalStart: 0, normalEnd: 100, mean: 0, value: 0 });
});

test('of what counts different things, days add up to more than all of them together', () => {
  assert.deepEqual(METRICS.filter(countsDifferent), ['problems_attempted', 'problems_completed', 'videos_viewed']);
});
