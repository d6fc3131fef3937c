import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTimelineCsv, sumDays } from './timeline-csv.ts';

const DAY = {
  discussion_contributions: 1,
  problems_attempted: 3,
  problems_completed: 2,
  problem_attempts: 5,
  videos_viewed: 0,
  problem_attempts_per_completed: 2.5,
};

test('days become lines', () => {
  const days = [
    { date: '2026-10-19', ...DAY },
    { date: '2026-10-20', ...DAY },
  ];
  assert.equal(
    formatTimelineCsv(days, ['videos_viewed', 'problem_attempts']),
    'date,videos_viewed,problem_attempts\r\n2026-10-19,0,5\r\n2026-10-20,0,5\r\n',
  );
  assert.equal(sumDays(days, 'problem_attempts'), 10);
});
