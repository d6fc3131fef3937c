import assert from 'node:assert/strict';
import test from 'node:test';
import { DEMO_COURSE, fillSampleSite } from '../../test/sample-site.ts';
import { openTempStore } from '../../test/temp-store.ts';
import { getCourseInRange } from './course-in-range.ts';
import { addDays } from './days.ts';

const store = await openTempStore();
await fillSampleSite(store);

/** The numbers of the last so many days. */
const numbersOf = async (days: number) =>
  (await getCourseInRange(store, DEMO_COURSE, { start: addDays('2026-10-26', -days), end: '2026-10-26' }))?.numbers;

test('the numbers of a range are computed once, and let go of when many others were asked for', async () => {
  const numbers = await numbersOf(8);
  assert.ok(numbers !== undefined);
  assert.equal(await numbersOf(8), numbers);
  for (let days = 9; days < 500; days += 1) await numbersOf(days);
  assert.equal(await numbersOf(8), numbers);
  for (let days = 500; days < 1500; days += 1) await numbersOf(days);
  assert.notEqual(await numbersOf(8), numbers);
});
