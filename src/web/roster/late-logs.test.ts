import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBeOnItsWay } from './late-logs.ts';

function late(start: string, end: string, until: string | null = '2026-03-18T17:45:00.250Z'): boolean {
  return mayBeOnItsWay({ start, end }, until, { start: '2026-03-12', end: '2026-03-19' });
}

test('only what happened lately may still be on its way', () => {
  assert.equal(late('2026-03-12', '2026-03-19'), true);
  assert.equal(late('2026-03-16', '2026-03-17'), true);
  assert.equal(late('2026-03-10', '2026-03-16'), false);
  assert.equal(late('2020-01-01', '2020-01-02'), false);
  assert.equal(late('2027-01-01', '2027-01-08'), false);
  assert.equal(late('2026-03-19', '2026-03-20'), false);
  assert.equal(late('2026-03-18', '2026-03-25'), true);
  // a course of which nothing has arrived for a month, or nothing ever
  assert.equal(late('2026-03-12', '2026-03-19', '2026-02-12T08:00:00Z'), true);
  assert.equal(late('2026-02-20', '2026-02-25', '2026-02-12T08:00:00Z'), true);
  assert.equal(late('2020-01-01', '2020-01-02', null), true);
});
