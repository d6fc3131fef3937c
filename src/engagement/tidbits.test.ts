import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ActiveDay, type LearnerHistory, chooseTidbits } from './tidbits.ts';

const END = '2026-11-24';

function describe(history: Partial<LearnerHistory>) {
  const none = {
    end: END,
    enrolledOn: '2026-01-01',
    days: [],
    stuck: null,
    contributedMore: 0,
    highContributions: null,
    videosMean: 0,
  };
  return chooseTidbits({ ...none, ...history });
}

function listCodes(history: Partial<LearnerHistory>) {
  return describe(history).map(({ code }) => code);
}

function active(day: string, facts = 1, more: Partial<ActiveDay> = {}): ActiveDay {
  return { day, facts, videos: 0, contributions: 0, ...more };
}

test('nothing is said of a learner of whom nothing is known', () => {
  assert.deepEqual(describe({}), []);
});

test('a learner is stuck on a problem', () => {
  const [tidbit] = describe({ stuck: { problem_id: 'p', attempts: 7 } });
  assert.deepEqual(tidbit?.data, { problem_id: 'p', attempts: 7 });
  assert.match(tidbit.message, /7 answers/);
});

test('a learner went quiet when the last active day is before the window', () => {
  assert.deepEqual(describe({ days: [active('2026-10-26'), active('2026-11-08'), active('2026-11-09')] }), [
    {
      code: 'went_quiet',
      message: 'Was last active 14 days ago, and on 2 days of the two weeks up to then.',
      data: { last_active: '2026-11-09', days_since: 14, days_active_before: 2 },
    },
  ]);
  assert.deepEqual(describe({ days: [active('2026-11-17')] }), []);
});

test('a learner falls behind below half of the week before, not at half', () => {
  assert.deepEqual(listCodes({ days: [active('2026-11-12', 9), active('2026-11-18', 4)] }), ['falling_behind']);
  assert.deepEqual(listCodes({ days: [active('2026-11-12', 8), active('2026-11-18', 4)] }), []);
  const bounds = ['2026-11-09', '2026-11-10', '2026-11-17'].map((day) => active(day, 9));
  assert.deepEqual(describe({ days: [...bounds.slice(0, 2), active('2026-11-17', 4)] })[0]?.data, {
    facts: 4,
    facts_before: 9,
  });
  assert.deepEqual(describe({ days: bounds }), [], 'the first day of the week is none of the week before');
  const [quiet, behind] = describe({ days: [active('2026-11-16', 9)] });
  assert.equal(quiet?.code, 'went_quiet');
  assert.deepEqual(behind, {
    code: 'falling_behind',
    message: 'Did nothing this week, after 9 things (attempts, problems solved, videos, posts) the week before.',
    data: { facts: 0, facts_before: 9 },
  });
  const [some] = describe({ days: [active('2026-11-12', 9), active('2026-11-18', 1)] });
  assert.equal(
    some?.message,
    'Did 1 thing this week (attempts, problems solved, videos, posts), after 9 the week before.',
  );
});

test('a learner is new up to fourteen days after enrolling', () => {
  assert.deepEqual(describe({ enrolledOn: '2026-11-09' })[0]?.data, { enrolled_on: '2026-11-09', days_since: 14 });
  assert.deepEqual(describe({ enrolledOn: '2026-11-08' }), []);
  assert.match(describe({ enrolledOn: '2026-11-23' })[0]?.message ?? '', /today/);
  assert.deepEqual(describe({ enrolledOn: '2026-11-24' }), [], 'after the window');
  assert.deepEqual(describe({ enrolledOn: '2026-11-20', days: [active('2026-11-20')] }), [], 'did something');
});

test('videos are missed only by an active learner whose course has some', () => {
  const days = [active('2026-11-18')];
  assert.deepEqual(describe({ days, videosMean: 2.34 })[0]?.data, { mean: 2.3 });
  assert.deepEqual(describe({ days }), []);
  assert.deepEqual(listCodes({ days, videosMean: 0.1 }), ['videos_not_viewed']);
  assert.deepEqual(describe({ days, videosMean: 0.099 }), [], 'one of a thousand is not what the others do');
  assert.deepEqual(describe({ days: [active('2026-11-18', 1, { videos: 1 })], videosMean: 2 }), []);
});

test('the five most active in the discussions are told so, if they are in the high range', () => {
  const days = [active('2026-11-18', 3, { contributions: 3 })];
  assert.deepEqual(listCodes({ days, highContributions: 3, contributedMore: 4 }), ['top_contributor']);
  assert.deepEqual(listCodes({ days, highContributions: 3, contributedMore: 5 }), []);
  assert.deepEqual(listCodes({ days, highContributions: 3.5, contributedMore: 0 }), []);
  assert.deepEqual(listCodes({ days, contributedMore: 0 }), []);
});

test('a learner is back again after fourteen silent days, not thirteen', () => {
  assert.deepEqual(listCodes({ days: [active('2026-11-03'), active('2026-11-18')] }), ['back_again']);
  assert.deepEqual(listCodes({ days: [active('2026-11-04'), active('2026-11-18')] }), []);
  // on the first day of the week
  assert.deepEqual(listCodes({ days: [active('2026-11-02'), active('2026-11-17')] }), ['back_again']);
});

test('at most five things are said, the most useful first', () => {
  const codes = describe({
    days: [active('2026-10-01'), active('2026-11-12', 9), active('2026-11-18', 3, { contributions: 3 })],
    stuck: { problem_id: 'p', attempts: 5 },
    highContributions: 1,
    videosMean: 1,
  }).map(({ code }) => code);
  assert.deepEqual(codes, ['stuck_on_problem', 'falling_behind', 'videos_not_viewed', 'top_contributor']);
});
