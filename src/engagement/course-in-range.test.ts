import assert from 'node:assert/strict';
import test from 'node:test';
import { DEMO_COURSE, fillSampleSite } from '../../test/sample-site.ts';
import { openTempStore } from '../../test/temp-store.ts';
import { removeCopies } from './copy/tidy-copies.ts';
import { openCourse } from './course-in-range.ts';
import { addDays } from './days.ts';

const store = await openTempStore();
await fillSampleSite(store);

/** The numbers of the last so many days. */
const numbersOf = async (days: number) =>
  (await openCourse(store, DEMO_COURSE, { start: addDays('2026-10-26', -days), end: '2026-10-26' }))?.course.numbers;

test('the numbers of a range are computed once, and let go of when many others were asked for', async () => {
  const numbers = await numbersOf(8);
  assert.ok(numbers !== undefined);
  assert.equal(await numbersOf(8), numbers);
  const shown = async (start: string, end: string) =>
    (await openCourse(store, DEMO_COURSE, { start, end }))?.course.range.end;
  // the window, and others that begin, or end, with it
  assert.equal(
    (await openCourse(store, DEMO_COURSE, { start: '2026-10-19', end: '2026-10-26' }))?.course.numbers,
    undefined,
  );
  for (const end of ['2026-10-22', '2026-10-23']) assert.equal(await shown('2026-10-19', end), end);
  const [few, more] = await Promise.all(
    ['2026-10-20', '2026-10-25'].map(
      async (end) => (await openCourse(store, DEMO_COURSE, { start: '2026-10-01', end }))?.course.distributions,
    ),
  );
  assert.notDeepEqual(few, more);
  for (let days = 9; days < 500; days += 1) await numbersOf(days);
  assert.equal(await numbersOf(8), numbers);
  for (let days = 500; days < 1500; days += 1) await numbersOf(days);
  assert.notEqual(await numbersOf(8), numbers);
});

test('the numbers are those of the copy beside them, whenever another is made as somebody is forgotten', async () => {
  let others = 0;
  for (let steps = 0; steps < 12; steps += 1) {
    const range = { start: '2026-10-01', end: '2026-10-20' };
    const before = await openCourse(store, DEMO_COURSE);
    const asked = openCourse(store, DEMO_COURSE, range);
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    removeCopies(store, null);
    const opened = await asked;
    assert.equal(opened?.course.numbers?.serial, opened?.copy.serial, `after ${steps} steps`);
    if (opened?.copy !== before?.copy) others += 1;
  }
  assert.ok(others > 0);
});
