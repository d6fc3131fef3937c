import assert from 'node:assert/strict';
import test from 'node:test';
import { parseCourseKey } from './course-key.ts';

const KEYS = [
  ['course-v1:edX+DemoX+2026', 'course-v1:edX+DemoX+2026'],
  ['course-v1:edX DemoX 2026', 'course-v1:edX+DemoX+2026'],
  ['course-v1:école+Ελληνικά+2026_T1.~-:x', 'course-v1:école+Ελληνικά+2026_T1.~-:x'],
  ['ccx-v1:edX+DemoX+2026+ccx@12', 'ccx-v1:edX+DemoX+2026+ccx@12'],
  ['edX/DemoX/2026', 'edX/DemoX/2026'],
  ['edX/Demo%20X/2026', 'edX/Demo%20X/2026'],
] as const;

for (const [text, key] of KEYS) {
  test(`${text} is the course key ${key}`, () => assert.equal(parseCourseKey(text), key));
}

const OTHERS = [
  '',
  ' ',
  'edX',
  'edX/DemoX',
  'edX/DemoX/2026/about',
  'course-v1:edX+DemoX',
  'course-v1:edX+DemoX+2026+more',
  'course-v1:edX/DemoX/2026',
  'course-v1:edX++2026',
  'ccx-v1:edX+DemoX+2026',
  'ccx-v1:edX+DemoX+2026+ccx@',
  'library-v1:edX+Lib',
  'block-v1:edX+DemoX+2026+type@problem+block@a',
  "course-v1:edX+DemoX+2026' OR 1=1",
  'course-v1:edX+DemoX+2026\0',
  'course-v1:edX+DemoX+2026\n',
  '../../etc/passwd',
  `course-v1:edX+DemoX+${'9'.repeat(300)}`,
];

for (const text of OTHERS) {
  test(`${JSON.stringify(text)} is no course key`, () => assert.equal(parseCourseKey(text), null));
}
