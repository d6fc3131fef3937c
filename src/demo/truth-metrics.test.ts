import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  countEngagement,
  findAverage,
  findBorders,
  findLevel,
  findPercentile,
  listRanges,
  valueOf,
} from './truth-metrics.ts';
import type { DatedFact, Engagement } from './truth-metrics.ts';

const IDLE: Engagement = {
  problem_attempts: 0,
  problems_attempted: 0,
  problems_completed: 0,
  videos_viewed: 0,
  discussion_contributions: 0,
  days_active: 1,
  problem_attempts_per_completed: null,
};

/** An active learner with some of the metrics. */
function createEngagement(metrics: Partial<Engagement>): Engagement {
  return { ...IDLE, ...metrics };
}

/** Active learners with these numbers of videos. */
function listVideos(...values: number[]): Engagement[] {
  return values.map((value) => createEngagement({ videos_viewed: value }));
}

/** Active learners with these attempts and completions. */
function listAttempts(...pairs: [number, number][]): Engagement[] {
  return pairs.map(([attempts, completed]) =>
    createEngagement({
      problem_attempts: attempts,
      problems_completed: completed,
      problem_attempts_per_completed: completed === 0 ? null : attempts / completed,
    }),
  );
}

function rangesOf(engagements: Engagement[], metric: 'videos_viewed' | 'problem_attempts_per_completed') {
  const { below_average, average, above_average } = listRanges(findBorders(engagements, metric), metric);
  return [below_average, average, above_average];
}

describe('the ranges as docs/decisions/0002-what-silent-definitions-mean.md has them', () => {
  test('{0, 3} has its borders at 0.45 and 2.55', () => {
    assert.deepEqual(rangesOf(listVideos(3, 0), 'videos_viewed'), [
      [0, 0.45],
      [0.45, 2.55],
      [2.55, null],
    ]);
  });
  test('{0, 1} has its borders at 0.15 and 0.85', () => {
    assert.deepEqual(rangesOf(listVideos(0, 1), 'videos_viewed'), [
      [0, 0.15],
      [0.15, 0.85],
      [0.85, null],
    ]);
  });
  test('one learner with 6', () => {
    assert.deepEqual(rangesOf(listVideos(6), 'videos_viewed'), [[0, 6], [6, null], null]);
  });
  test('all 0', () => {
    assert.deepEqual(rangesOf(listVideos(0, 0, 0), 'videos_viewed'), [null, [0, null], null]);
  });
  test('nobody active', () => {
    assert.deepEqual(rangesOf([{ ...IDLE, days_active: 0 }], 'videos_viewed'), [null, [0, null], null]);
  });
  test('only infinite ratios', () => {
    const all = listAttempts([4, 0], [1, 0]);
    assert.deepEqual(rangesOf(all, 'problem_attempts_per_completed'), [[0, null], [null, null], null]);
    assert.equal(findLevel(Infinity, findBorders(all, 'problem_attempts_per_completed')), 'average');
  });
  test('an interpolation that touches infinity is infinite, and infinity is in the high range', () => {
    const all = listAttempts([1, 1], [2, 1], [5, 0]);
    const borders = findBorders(all, 'problem_attempts_per_completed');
    assert.deepEqual(borders, { p15: 1.3, p85: Infinity });
    assert.equal(findLevel(Infinity, borders), 'above_average');
    assert.equal(findLevel(2, borders), 'average');
    assert.equal(findLevel(1, borders), 'below_average');
  });
  test('one infinite ratio among many equal ones is in the normal range, for there is no high one', () => {
    const all = listAttempts(...Array.from({ length: 19 }, (): [number, number] => [2, 1]), [3, 0]);
    const borders = findBorders(all, 'problem_attempts_per_completed');
    assert.deepEqual(borders, { p15: 2, p85: 2 });
    assert.equal(findLevel(Infinity, borders), 'average');
  });
  test('few attempts per completed problem are the top of the class', () => {
    const all = listAttempts([1, 1], [3, 1]);
    const ranges = listRanges(findBorders(all, 'problem_attempts_per_completed'), 'problem_attempts_per_completed');
    assert.deepEqual(ranges.class_rank_top, ranges.below_average);
    assert.deepEqual(ranges.class_rank_bottom, ranges.above_average);
    const videos = listRanges({ p15: 1, p85: 2 }, 'videos_viewed');
    assert.deepEqual([videos.class_rank_bottom, videos.class_rank_top], [videos.below_average, videos.above_average]);
  });
});

test('percentiles fall between the closest ranks', () => {
  assert.equal(findPercentile([7], 85), 7);
  assert.equal(findPercentile([1, 2, 3, 4], 50), 2.5);
  assert.equal(
    findPercentile(
      Array.from({ length: 101 }, (_, n) => n),
      15,
    ),
    15,
  );
});

test('averages of the ratio leave out who completed nothing', () => {
  const all = [...listAttempts([4, 2], [3, 1], [9, 0]), IDLE];
  assert.deepEqual(findAverage(all, 'problem_attempts_per_completed'), { mean: 2.5, median: 2.5, learners: 2 });
  assert.deepEqual(findAverage(all, 'problem_attempts'), { mean: 4, median: 3.5, learners: 4 });
  assert.deepEqual(findAverage([], 'days_active'), { mean: null, median: null, learners: 0 });
});

function fact(what: DatedFact['what'], entity: string, completed = false, day = '2026-03-02'): DatedFact {
  return { what, entity, completed, day, username: 'ada' };
}

test('attempts and posts are counted, problems and videos are distinct', () => {
  const engagement = countEngagement([
    fact('attempted', 'p1'),
    fact('attempted', 'p1', true),
    fact('attempted', 'p1', true, '2026-03-03'),
    fact('attempted', 'p2'),
    fact('viewed', 'v1'),
    fact('viewed', 'v1'),
    fact('contributed', 'course'),
    fact('contributed', 'course'),
  ]);
  assert.deepEqual(engagement, {
    problem_attempts: 4,
    problems_attempted: 2,
    problems_completed: 1,
    videos_viewed: 1,
    discussion_contributions: 2,
    days_active: 2,
    problem_attempts_per_completed: 4,
  });
  assert.equal(valueOf({ ...IDLE, problem_attempts: 1 }, 'problem_attempts_per_completed'), Infinity);
  assert.equal(valueOf(IDLE, 'problem_attempts_per_completed'), null);
});
