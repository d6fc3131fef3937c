import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment, TidbitCode } from '../../client/answers.ts';
import { listOccasions, nameOccasion } from './list-occasions.ts';

function list(segments: readonly Segment[], ...codes: readonly TidbitCode[]): string[] {
  const tidbits = codes.map((code) => ({ code, message: code, data: {} }));
  return listOccasions({ segments, tidbits }).map(nameOccasion);
}

test('a group that asks for a message comes before all else', () => {
  assert.deepEqual(list(['highly_engaged', 'struggling'], 'top_contributor'), [
    'struggling',
    'top_contributor',
    'highly_engaged',
  ]);
  assert.deepEqual(list(['struggling'], 'falling_behind'), ['struggling', 'falling_behind']);
  assert.deepEqual(list(['inactive']), ['inactive']);
  assert.deepEqual(list([], 'falling_behind'), ['falling_behind']);
});

test('a group of which a tidbit says more is not mentioned twice', () => {
  assert.deepEqual(list(['struggling'], 'stuck_on_problem', 'falling_behind'), ['stuck_on_problem', 'falling_behind']);
  assert.deepEqual(list(['disengaging'], 'went_quiet'), ['went_quiet']);
  assert.deepEqual(list(['inactive'], 'went_quiet'), ['went_quiet']);
  assert.deepEqual(list(['inactive'], 'new_and_inactive'), ['new_and_inactive']);
});

test('groups are there without tidbits, as in a list', () => {
  assert.deepEqual(listOccasions({ segments: ['disengaging'] }), ['disengaging']);
});

test('who has left the course is told nothing about it', () => {
  assert.deepEqual(list(['inactive', 'unenrolled'], 'went_quiet'), []);
});
