import assert from 'node:assert/strict';
import test from 'node:test';
import { openTempStore } from '../../test/temp-store.ts';
import { touchCourses } from './touch.ts';

test('marks more courses than the engine takes at once, by keys as long as they get', async () => {
  const store = await openTempStore();
  const courses = Array.from({ length: 1500 }, (_, index) => `course-v1:${index}`.padEnd(255, '+'));
  await touchCourses(store, courses, { facts: true });
  const count = async (table: string) =>
    store.read(`SELECT uniqExact(course_id) AS courses, sum(length(course_id)) AS length FROM ${table} FINAL`);
  for (const table of ['touched_courses', 'touched_learners'])
    assert.deepEqual(await count(table), [{ courses: 1500, length: 1500 * 255 }]);
});
