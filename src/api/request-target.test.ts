import assert from 'node:assert/strict';
import test from 'node:test';
import { escapeTarget } from './request-target.ts';

const CASES = [
  ['/api/v0/learners/maria/?course_id=a+b', '/api/v0/learners/maria/?course_id=a+b'],
  ['/learners/../status', '/learners/%252E%252E/status'],
  ['/learners/%2e%2E/status', '/learners/%252E%252E/status'],
  ['/learners/./x', '/learners/%252E/x'],
  ['/learners/...', '/learners/...'],
  ['/learners/j.doe/', '/learners/j.doe/'],
  ['/learners/a\\b', '/learners/a%5Cb'],
  ['/learners/a#b?c=#d', '/learners/a%23b?c=%23d'],
  ['/learners/?x=../..&y=a?b', '/learners/?x=../..&y=a?b'],
  ['/learners/mar%C3%ADa/', '/learners/mar%C3%ADa/'],
  ['*', '*'],
  ['', ''],
] as const;

for (const [target, escaped] of CASES) {
  test(`${JSON.stringify(target)} is read as ${escaped}`, () => assert.equal(escapeTarget(target), escaped));
}
