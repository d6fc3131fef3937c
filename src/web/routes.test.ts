import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnerPath, parseRoute, rosterPath } from './routes.ts';

test('a page has an address, and the address is that page', () => {
  for (const courseId of ['course-v1:edX+DemoX+2026', 'org/course/run', 'course-v1:Orgé+C+Ř']) {
    assert.deepEqual(parseRoute(rosterPath(courseId)), { page: 'roster', courseId });
    const username = 'zoë+a@b.c';
    assert.deepEqual(parseRoute(learnerPath(courseId, username)), { page: 'learner', courseId, username });
  }
  assert.equal(learnerPath('course-v1:a+b+c', 'a+b@c.d'), 'courses/course-v1:a+b+c/learners/a+b@c.d');
  assert.equal(rosterPath('course-v1:a+b+c', new URLSearchParams({ page: '2' })), 'courses/course-v1:a+b+c?page=2');
});

test('courses are at the start; what is nothing is unknown', () => {
  assert.deepEqual([parseRoute(''), parseRoute('courses/')], [{ page: 'courses' }, { page: 'courses' }]);
  for (const path of [
    'settings',
    'settings/x',
    'courses/x/people/y',
    'courses/x/learners',
    'courses/x/learners/y/z',
    'courses/%E0%A4',
  ])
    assert.deepEqual(parseRoute(path), { page: 'unknown' });
});
