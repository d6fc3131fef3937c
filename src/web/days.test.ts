import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCourseName } from './course-name.ts';
import { addDays, daysBetween, parseDay } from './days.ts';

test('days go over months, years and leap days', () => {
  assert.equal(addDays('2028-02-28', 1), '2028-02-29');
  assert.equal(addDays('2026-01-01', -1), '2025-12-31');
  assert.equal(daysBetween('2026-01-01', '2027-01-01'), 365);
});

test('only real days are days', () => {
  const texts = ['2026-02-28', '2026-02-30', '2026-2-3', '0999-01-01', '', 'x', null];
  assert.deepEqual(texts.map(parseDay), ['2026-02-28', null, null, null, null, null, null]);
});

test('a course id has its parts', () => {
  assert.deepEqual(readCourseName('course-v1:edX+DemoX+2026'), { org: 'edX', course: 'DemoX', run: '2026', ccx: null });
  assert.deepEqual(readCourseName('ccx-v1:edX+DemoX+2026+ccx@7'), {
    org: 'edX',
    course: 'DemoX',
    run: '2026',
    ccx: '7',
  });
  assert.deepEqual(readCourseName('edX/DemoX/Demo'), { org: 'edX', course: 'DemoX', run: 'Demo', ccx: null });
  assert.deepEqual(readCourseName('strange'), { org: '', course: 'strange', run: '', ccx: null });
});
