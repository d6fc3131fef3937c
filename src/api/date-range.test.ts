import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseRange, isLongerThanYears, parseDay } from './date-range.ts';

const DAYS = [
  ['2015-10-06', '2015-10-06'],
  ['2015-10-6', '2015-10-06'],
  ['2015-1-6', '2015-01-06'],
  ['2024-02-29', '2024-02-29'],
  ['2023-02-29', null],
  ['2015-13-01', null],
  ['2015-00-01', null],
  ['2015-1-32', null],
  ['0000-01-01', null],
  ['15-10-06', null],
  ['2015-10-06T00:00:00Z', null],
  ['20151006', null],
  ['today', null],
  ['', null],
] as const;

for (const [text, day] of DAYS) {
  test(`the day of "${text}" is ${day}`, () => assert.equal(parseDay(text), day));
}

test('five years to the day are not longer than five years', () => {
  assert.equal(isLongerThanYears('2020-02-29', '2025-03-01', 5), false);
  assert.equal(isLongerThanYears('2020-03-01', '2025-03-01', 5), false);
  assert.equal(isLongerThanYears('2020-03-01', '2025-03-02', 5), true);
});

const WINDOW = { start: '2026-10-19', end: '2026-10-26' };

test('a range is completed from what is given', () => {
  assert.equal(chooseRange({}, WINDOW), null);
  assert.deepEqual(chooseRange({ end_date: '2026-03-02' }, WINDOW), { start: '2026-02-23', end: '2026-03-02' });
  assert.deepEqual(chooseRange({ start_date: '2026-10-01' }, WINDOW), { start: '2026-10-01', end: '2026-10-26' });
  assert.deepEqual(chooseRange({ start_date: '2026-01-01', end_date: '2026-01-02' }, WINDOW), {
    start: '2026-01-01',
    end: '2026-01-02',
  });
});

test('a start alone must be before the end of the window, by five years at most', () => {
  assert.throws(() => chooseRange({ start_date: '2026-10-26' }, WINDOW), {
    code: 'illegal_parameter_values',
    fields: { start_date: '"2026-10-26" is not before the end of the current window, 2026-10-26.' },
  });
  assert.throws(() => chooseRange({ start_date: '2021-10-25' }, WINDOW), { code: 'illegal_parameter_values' });
});
