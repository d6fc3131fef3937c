import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProblemUrl, nameProblem } from './problem-url.ts';

const tidbit = (data: Record<string, string>) => ({ code: 'stuck_on_problem', message: '', data }) as const;

test('a problem is found in the LMS by its id, where there is an LMS and an id', () => {
  const id = 'block-v1:edX+DemoX+2026+type@problem+block@p1';
  assert.equal(
    findProblemUrl('https://lms.example', 'course-v1:edX+DemoX+2026', tidbit({ problem_id: id })),
    `https://lms.example/courses/course-v1:edX+DemoX+2026/jump_to/${id}`,
  );
  assert.equal(findProblemUrl(null, 'a/b/c', tidbit({ problem_id: id })), null);
  assert.equal(findProblemUrl('https://lms.example', 'a/b/c', tidbit({})), null);
  assert.match(
    findProblemUrl('https://x', 'a/b/c', tidbit({ problem_id: 'i4x://a?b#c' })) ?? '',
    /jump_to\/i4x:\/\/a%3Fb%23c$/,
  );
});

test('an id or a course that would lead elsewhere in the LMS leads nowhere', () => {
  for (const [course, id] of [
    ['a/b/c', '../../../logout'],
    ['a/b/c', 'i4x://a/./b'],
    ['a/../c', 'p'],
    ['a/b/..', 'p'],
  ] as const)
    assert.equal(findProblemUrl('https://lms.example', course, tidbit({ problem_id: id })), null);
  assert.ok(findProblemUrl('https://lms.example', 'a/b/c..d', tidbit({ problem_id: '.p' })));
});

test('a problem is named by the last part of its id', () => {
  const named = {
    'block-v1:edX+DemoX+2026+type@problem+block@p1': 'p1',
    'i4x://edX/DemoX/problem/Ex_1': 'Ex_1',
    'i4x://edX/DemoX/problem/': 'problem',
    p1: 'p1',
    '@/': '@/',
  };
  for (const [id, name] of Object.entries(named)) assert.equal(nameProblem(tidbit({ problem_id: id })), name);
  assert.equal(nameProblem(tidbit({})), null);
});
