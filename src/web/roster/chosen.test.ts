import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedLearner } from '../../client/answers.ts';
import { countElsewhere, findSharedSegment, normalizeChoices, renew, withLearners } from './chosen.ts';

const named = (username: string) => ({ username, name: null, email: null, segments: [] });
const learner = (username: string) => ({ username }) as ListedLearner;

test('learners are added and taken away, the others stay', () => {
  const two = withLearners(new Map(), [learner('a'), learner('b')], true);
  assert.deepEqual([...two.keys()], ['a', 'b']);
  const other = withLearners(two, [learner('b'), learner('c')], false);
  assert.deepEqual([...other.keys()], ['a']);
  assert.deepEqual([...two.keys()], ['a', 'b']);
});

test('who is chosen and not shown is counted', () => {
  const chosen = withLearners(new Map(), ['a', 'b', 'c'].map(learner), true);
  assert.equal(countElsewhere(chosen, ['b', 'x'].map(learner)), 2);
  assert.equal(countElsewhere(chosen, ['a', 'b', 'c', 'd'].map(learner)), 0);
});

test('a message can be about the group that all of them are in', () => {
  assert.equal(findSharedSegment([]), null);
  assert.equal(findSharedSegment([{ segments: ['highly_engaged', 'struggling'] }]), 'struggling');
  assert.equal(
    findSharedSegment([{ segments: ['highly_engaged', 'struggling'] }, { segments: ['highly_engaged'] }]),
    'highly_engaged',
  );
  assert.equal(findSharedSegment([{ segments: ['inactive'] }, { segments: [] }]), null);
});

test('to whom has left the course, a message begins as if there were no groups', () => {
  const left = { segments: ['inactive', 'unenrolled'] as const };
  assert.equal(findSharedSegment([left, left]), null);
  assert.equal(findSharedSegment([{ segments: ['inactive'] }, left]), null);
});

test('of those who are chosen no more is kept than a message needs', () => {
  const whole = { username: 'a', name: 'A', email: 'a@x.org', segments: [], cohort: 'secret' };
  const chosen = withLearners(new Map(), [whole], true);
  assert.deepEqual([...chosen.values()], [{ username: 'a', name: 'A', email: 'a@x.org', segments: [] }]);
});

test('of those who are chosen it is kept what they are by now', () => {
  const [ana, ben] = [{ ...named('a'), segments: ['struggling'] as const }, named('b')];
  const chosen = withLearners(new Map(), [ana, ben], true);
  const now = renew(chosen, [{ ...ana, segments: ['highly_engaged'] }, named('c')]);
  assert.deepEqual([...now.values()], [{ ...ana, segments: ['highly_engaged'] }, ben]);
  assert.equal(renew(now, [...now.values(), named('c')]), now);
});

test('a choice that was kept by another version is made whole, or is none', () => {
  assert.deepEqual(normalizeChoices(null), {});
  assert.deepEqual(normalizeChoices({ c: 'a' }), { c: [] });
  assert.deepEqual(normalizeChoices({ c: [null, { username: 'a', segments: ['gone', 'inactive'] }], d: [] }), {
    c: [{ username: 'a', name: null, email: null, segments: ['inactive'] }],
    d: [],
  });
});
