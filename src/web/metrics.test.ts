import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOutBar, markOf } from './metrics.ts';

test('the shape of a mark follows the number, its tone the judgement', () => {
  assert.deepEqual(markOf('videos_viewed', 'above_average'), { shape: 'high', tone: 'good' });
  assert.deepEqual(markOf('videos_viewed', 'below_average'), { shape: 'low', tone: 'watch' });
  assert.deepEqual(markOf('problem_attempts_per_completed', 'above_average'), { shape: 'high', tone: 'watch' });
  assert.deepEqual(markOf('problem_attempts', 'above_average'), { shape: 'high', tone: 'neutral' });
  assert.equal(markOf('videos_viewed', 'average'), null);
  assert.equal(markOf('videos_viewed', null), null);
});

test('a bar holds everything', () => {
  assert.deepEqual(layOutBar([2, 8], 4, 10), { normalStart: 17.4, normalEnd: 69.6, mean: 34.8, value: 87 });
  assert.deepEqual(layOutBar([0, null], null, null), { normalStart: 0, normalEnd: 100, mean: null, value: null });
  assert.equal(layOutBar([1, 4], 2, Infinity).value, 100);
  assert.deepEqual(layOutBar([null, null], 0, 0), { normalStart: 0, normalEnd: 100, mean: 0, value: 0 });
});
