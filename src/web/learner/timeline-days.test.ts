import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseUsualDays, compareDays, readTimelineDays, withTimelineDays } from './timeline-days.ts';

const WINDOW = { start: '2026-03-12', end: '2026-03-19' };

function usual(start: string, end: string, lastActive: string | null = null): string[] {
  const days = chooseUsualDays({ start, end }, WINDOW, lastActive);
  return [days.start, days.end];
}

test('the usual days of a chart hold all days of the numbers', () => {
  assert.deepEqual(usual('2026-03-12', '2026-03-19'), ['2026-02-26', '2026-03-19']);
  // near enough to see what came after
  assert.deepEqual(usual('2026-02-26', '2026-03-05'), ['2026-02-26', '2026-03-19']);
  assert.deepEqual(usual('2026-02-25', '2026-03-04'), ['2026-02-11', '2026-03-04']);
  assert.deepEqual(usual('2026-02-20', '2026-02-25'), ['2026-02-04', '2026-02-25']);
  assert.deepEqual(usual('2026-02-19', '2026-03-19'), ['2026-02-19', '2026-03-19']);
  assert.deepEqual(usual('2021-03-20', '2026-03-19'), ['2021-03-20', '2026-03-19']);
  assert.deepEqual(usual('2026-03-12', '2026-03-25'), ['2026-03-04', '2026-03-25']);
  assert.deepEqual(usual('2027-01-01', '2027-01-08'), ['2026-12-18', '2027-01-08']);
});

test('the usual days reach back to the last activity, and two weeks further', () => {
  const { start, end } = WINDOW;
  assert.deepEqual(usual(start, end, '2026-03-18'), ['2026-02-26', end]);
  assert.deepEqual(usual(start, end, '2026-02-26'), ['2026-02-26', end]);
  assert.deepEqual(usual(start, end, '2026-02-25'), ['2026-02-11', end]);
  assert.deepEqual(usual(start, end, '2025-12-01'), ['2025-11-17', end]);
  // the numbers of other days stay in the chart
  assert.deepEqual(usual('2026-02-20', '2026-02-25', '2026-02-01'), ['2026-01-18', '2026-02-25']);
  assert.deepEqual(usual('2026-01-01', end, '2026-02-01'), ['2026-01-01', end]);
  // not further than can be asked for
  assert.deepEqual(usual(start, end, '2021-05-01'), ['2021-04-17', end]);
  assert.deepEqual(usual(start, end, '2021-04-20'), ['2026-02-26', end]);
});

test('only what is in the chart is said to be in it', () => {
  const shown = { start: '2026-03-01', end: '2026-03-08' };
  const compare = (start: string, end: string) => compareDays(shown, { start, end });
  assert.equal(compare('2026-03-01', '2026-03-08'), 'all');
  assert.equal(compare('2026-03-02', '2026-03-03'), 'all');
  assert.equal(compare('2026-03-07', '2026-03-09'), 'some');
  assert.equal(compare('2026-02-01', '2026-04-01'), 'some');
  assert.equal(compare('2026-03-08', '2026-03-15'), 'none');
  assert.equal(compare('2026-02-20', '2026-03-01'), 'none');
});

test('chosen days are in the address, which keeps all else', () => {
  const query = new URLSearchParams('segments=inactive');
  const days = { start: '2026-02-05', end: '2026-03-19' };
  const next = withTimelineDays(query, days);
  assert.equal(next.toString(), 'segments=inactive&timeline_start=2026-02-05&timeline_end=2026-03-19');
  assert.deepEqual(readTimelineDays(next), days);
  assert.equal(withTimelineDays(query, null).toString(), 'segments=inactive');
  for (const wrong of [
    'timeline_start=2026-02-05',
    'timeline_start=2026-02-05&timeline_end=2026-02-05',
    'timeline_end=x',
  ])
    assert.equal(readTimelineDays(new URLSearchParams(wrong)), null);
});
