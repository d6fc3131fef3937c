import assert from 'node:assert/strict';
import test from 'node:test';
import { perName } from '../per-name.ts';
import { judge, segmentRule } from './copy/judge-segments.ts';
import { Measuring, measureNumbers } from './copy/measure-numbers.ts';
import { numberDay } from './days.ts';
import { COUNTED_METRIC_NAMES, METRICS, RATIO_METRIC } from './metrics.ts';
import { type Distributions, cutRanges, describeRanges, highThresholds, levelOf } from './ranges.ts';
import { nameSegments } from './segments.ts';
import { readDistributions, storeDistributions } from './stored-distributions.ts';

interface Row {
  readonly videos_viewed?: number;
  readonly problem_attempts?: number;
  readonly problems_completed?: number;
  readonly days_active?: number;
}

function toColumns(rows: readonly Row[]) {
  const told: ReadonlyArray<Readonly<Record<string, number>>> = rows.map((row) => ({ days_active: 1, ...row }));
  return new Map(COUNTED_METRIC_NAMES.map((name) => [name, Uint32Array.from(told, (row) => row[name] ?? 0)]));
}

function measure(rows: readonly Row[]): Distributions {
  const distributions = measureNumbers(toColumns(rows));
  const apart = new Measuring();
  for (const row of rows.toReversed()) apart.add(toColumns([row]));
  assert.deepEqual(apart.measure(), distributions);
  const stored = JSON.stringify(storeDistributions(distributions));
  assert.deepEqual(readDistributions(JSON.parse(stored) as ReturnType<typeof storeDistributions>), distributions);
  return distributions;
}

/** Two learners with these attempts and completed problems. */
function answers(...pairs: ReadonlyArray<readonly [number, number]>): Row[] {
  return pairs.map(([problem_attempts, problems_completed]) => ({ problem_attempts, problems_completed }));
}

for (const [values, p15, p85, ranges] of [
  [[0, 3], 0.45, 2.55, { low: [0, 0.45], normal: [0.45, 2.55], high: [2.55, Infinity] }],
  [[0, 1], 0.15, 0.85, { low: [0, 0.15], normal: [0.15, 0.85], high: [0.85, Infinity] }],
  [[6], 6, 6, { low: [0, 6], normal: [6, Infinity], high: null }],
  [[0, 0, 0], 0, 0, { low: null, normal: [0, Infinity], high: null }],
  [[], null, null, { low: null, normal: [0, Infinity], high: null }],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 10], 0, 0, { low: null, normal: [0, Infinity], high: null }],
  [[0, 0, 0, 0, 0, 0, 0, 10], 0, 0, { low: null, normal: [0, Infinity], high: null }],
  [[0, 0, 10], 0, 7, { low: null, normal: [0, 7], high: [7, Infinity] }],
  [[3, 3, 100, 100_000], 3, 55_045, { low: [0, 3], normal: [3, 55_045], high: [55_045, Infinity] }],
] as const) {
  test(`the videos viewed ${JSON.stringify(values)} give ${p15} and ${p85}`, () => {
    const { videos_viewed } = measure(values.map((count) => ({ videos_viewed: count })));
    assert.deepEqual([videos_viewed.p15, videos_viewed.p85], [p15, p85]);
    assert.equal(videos_viewed.learners, values.length);
    assert.deepEqual(cutRanges(videos_viewed.p15, videos_viewed.p85), ranges);
  });
}

test('learners who were not active in the window do not count', () => {
  const { videos_viewed } = measure([{ videos_viewed: 4 }, { videos_viewed: 0, days_active: 0 }]);
  assert.deepEqual(videos_viewed, { learners: 1, p15: 4, p85: 4, mean: 4, median: 4, averaged: 1 });
});

test('mean and median', () => {
  const { videos_viewed } = measure([1, 2, 3, 10].map((count) => ({ videos_viewed: count })));
  assert.deepEqual([videos_viewed.mean, videos_viewed.median], [4, 2.5]);
});

test('of attempts per completed problem, nothing completed is infinite, and no attempt is no value', () => {
  const only = measure(answers([3, 0], [1, 0], [0, 0]));
  assert.deepEqual(only[RATIO_METRIC], {
    learners: 2,
    p15: Infinity,
    p85: Infinity,
    mean: null,
    median: null,
    averaged: 0,
  });
  assert.deepEqual(cutRanges(Infinity, Infinity), { low: [0, Infinity], normal: [Infinity, Infinity], high: null });

  assert.equal(measure(answers([2048, 4]))[RATIO_METRIC].p15, 512);

  const touching = measure(answers([2, 1], [3, 0]));
  assert.deepEqual(
    [touching[RATIO_METRIC].p15, touching[RATIO_METRIC].p85, touching[RATIO_METRIC].mean],
    [Infinity, Infinity, 2],
  );

  const mixed = measure(answers(...Array.from({ length: 19 }, (_, n) => [n + 1, 1] as const), [1, 0]));
  assert.deepEqual(mixed[RATIO_METRIC], { learners: 20, p15: 3.85, p85: 17.15, mean: 10, median: 10, averaged: 19 });
});

test('a percentile that falls on a rank is that value, beside infinity too', () => {
  // 21 values: the ranks of 15 % and 85 % are whole
  const rows = answers(...Array.from({ length: 18 }, (_, n) => [n + 1, 1] as const), [1, 0], [1, 0], [1, 0]);
  const { [RATIO_METRIC]: ratio } = measure(rows);
  assert.deepEqual([ratio.p15, ratio.p85], [4, 18]);
});

test('levels are by the range, low and high by number and not by judgement', () => {
  const ranges = cutRanges(2, 5);
  assert.deepEqual(
    [0, 1.99, 2, 4.99, 5, Infinity, NaN].map((value) => levelOf(value, ranges)),
    ['below_average', 'below_average', 'average', 'average', 'above_average', 'above_average', null],
  );
  assert.deepEqual(
    [0, 5, 6, 7].map((value) => levelOf(value, cutRanges(6, 6))),
    ['below_average', 'below_average', 'average', 'average'],
  );
  assert.deepEqual(
    [1, Infinity].map((value) => levelOf(value, cutRanges(Infinity, Infinity))),
    ['below_average', 'average'],
  );
  assert.deepEqual(
    [0, 100].map((value) => levelOf(value, cutRanges(null, null))),
    ['average', 'average'],
  );
});

test('the least value of a high range is none where there is no high range', () => {
  const distributions = measure([0, 0, 10].map((count) => ({ videos_viewed: count })));
  const thresholds = highThresholds(distributions);
  assert.equal(thresholds.videos_viewed, 7);
  for (const metric of METRICS.filter((name) => name !== 'videos_viewed')) assert.ok(Number.isNaN(thresholds[metric]));
});

test('a learner is in a segment from the first value of a high range, or the fourteenth day before the end, on', () => {
  const window = { start: '2026-11-17', end: '2026-11-24' };
  const distribution = { learners: 9, p15: 1, p85: 2, mean: 1, median: 1, averaged: 9 };
  const rule = segmentRule({ window, windowDistributions: perName(METRICS, () => distribution) });
  const judged = (done: Readonly<Record<string, number>>, day = window.start) => {
    const numbers = COUNTED_METRIC_NAMES.map((name) => done[name] ?? (name === 'days_active' ? 1 : 0));
    return nameSegments(judge(numbers, 0, { lastActive: numberDay(day), isEnrolled: true }, rule));
  };
  const [attempts, ...leading] = COUNTED_METRIC_NAMES;
  for (const name of leading)
    assert.deepEqual([judged({ [name]: 1 }), judged({ [name]: 2 })], [[], ['highly_engaged']], name);
  assert.deepEqual(
    [1, 2].map((count) => judged({ [attempts!]: count, problems_completed: 1 })),
    [[], ['struggling']],
  );
  assert.deepEqual(
    ['2026-11-09', '2026-11-10'].map((day) => judged({ days_active: 0 }, day)),
    [['inactive'], ['disengaging']],
  );
});

test('described, infinity is null, and the ratio is better when it is low', () => {
  const distribution = { learners: 2, p15: 1, p85: Infinity, mean: 1, median: 1, averaged: 1 };
  assert.deepEqual(describeRanges(RATIO_METRIC, distribution), {
    below_average: [0, 1],
    average: [1, null],
    above_average: [null, null],
    class_rank_bottom: [null, null],
    class_rank_average: [1, null],
    class_rank_top: [0, 1],
  });
  assert.deepEqual(describeRanges('videos_viewed', { ...distribution, p85: 3 }), {
    below_average: [0, 1],
    average: [1, 3],
    above_average: [3, null],
    class_rank_bottom: [0, 1],
    class_rank_average: [1, 3],
    class_rank_top: [3, null],
  });
});
