import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type LineOutcome, readLine } from './truth-lines.ts';
import { findCourseInUrl, instantOf, isCourseKey, readInstant } from './truth-values.ts';

const NOW = new Date('2026-03-10T12:00:00Z');
const COURSE = 'course-v1:DemoX+T1+2026';

/** The outcome of an event, a good `play_video` unless something is replaced. */
function readEvent(event: Record<string, unknown> = {}, context: Record<string, unknown> = {}): LineOutcome {
  const line = {
    username: 'ada',
    event_type: 'play_video',
    event_source: 'browser',
    time: '2026-03-09T10:00:00.000001+00:00',
    event: '{"id": "abc"}',
    page: 'https://lms.example/dashboard',
    ...event,
  };
  return readLine(JSON.stringify({ ...line, context: { course_id: COURSE, user_id: 7, ...context } }), NOW);
}

/** A fact or change in short, or why there is none. */
function shorten(outcome: LineOutcome): string {
  if (typeof outcome === 'string') return outcome;
  const { fact, change, courseId } = outcome;
  if (fact !== null) return `${fact.username} ${fact.what}${fact.completed ? '+' : ''} ${fact.entity} ${courseId}`;
  return `${change?.username ?? `#${change?.userId}`} ${change?.what} ${change?.value} ${courseId}`;
}

const attempt = {
  event_type: 'problem_check',
  event_source: 'server',
  event: { problem_id: ' p1 ', success: 'CORRECT' },
};
const enrollment = {
  event_type: 'edx.course.enrollment.activated',
  event_source: 'server',
  event: { user_id: 7, mode: 'audit' },
};
const CASES: [string, LineOutcome, string][] = [
  ['a played video', readEvent(), `ada viewed abc ${COURSE}`],
  [
    'a video by its name alone',
    readEvent({ event_type: undefined, name: 'edx.video.played' }),
    `ada viewed abc ${COURSE}`,
  ],
  ['a bumper', readEvent({ name: 'edx.video.bumper.played' }), 'irrelevant'],
  ['a correct attempt', readEvent(attempt), `ada attempted+ p1 ${COURSE}`],
  [
    'a failed attempt',
    readEvent({ ...attempt, event: { problem_id: 'p1', success: 'incorrect' } }),
    `ada attempted p1 ${COURSE}`,
  ],
  ['an attempt of the browser', readEvent({ ...attempt, event_source: 'browser' }), 'irrelevant'],
  ['an implicit event', readEvent({ event_type: '/courses/x/play_video' }), 'irrelevant'],
  ['an event whose type is a URL', readEvent({ event_type: 'https://lms.example/play_video' }), 'irrelevant'],
  ['another event that speaks of one', readEvent({ event_type: 'book', event: 'problem_check' }), 'irrelevant'],
  [
    'a post',
    readEvent({ event_type: 'edx.forum.comment.created', event: { commentable_id: 'c' } }),
    `ada contributed c ${COURSE}`,
  ],
  ['an own enrolment', readEvent(enrollment), `ada activated audit ${COURSE}`],
  ['an enrolment of another', readEvent(enrollment, { user_id: 1 }), `#7 activated audit ${COURSE}`],
  ['an enrolment by anonymous', readEvent({ ...enrollment, username: 'anonymous' }), `#7 activated audit ${COURSE}`],
  [
    'an enrolment that names the learner',
    readEvent({ ...enrollment, event: { username: ' bo ', user_id: 8 } }),
    `bo activated  ${COURSE}`,
  ],
  ['an enrolment of nobody', readEvent({ ...enrollment, username: '', event: {} }), 'no_username'],
  [
    'an enrolment elsewhere',
    readEvent({ ...enrollment, event: { course_id: 'a/b/c', user_id: 7 } }),
    'ada activated  a/b/c',
  ],
  [
    'a cohort change',
    readEvent({
      event_type: 'edx.cohort.user_added',
      event_source: 'server',
      event: { user_id: '7', cohort_name: 'A' },
    }),
    `ada user_added A ${COURSE}`,
  ],
  [
    'a cohort change that a browser tells',
    readEvent({
      event_type: 'edx.cohort.user_added',
      event_source: 'browser',
      event: { user_id: '7', cohort_name: 'A' },
    }),
    'irrelevant',
  ],
  [
    'a cohort without a name',
    readEvent({ event_type: 'edx.cohort.user_removed', event_source: 'server', event: { user_id: 9 } }),
    'no_entity',
  ],
  ['no username', readEvent({ username: ' ' }), 'no_username'],
  ['the username of the context', readEvent({ username: '' }, { username: ' ada ' }), `ada viewed abc ${COURSE}`],
  ['a stranger', readEvent({ username: 'anonymous' }), 'bad_username'],
  ['a retired account', readEvent({ username: 'é'.repeat(31) }), 'bad_username'],
  ['thirty characters', readEvent({ username: '😀'.repeat(30) }), `${'😀'.repeat(30)} viewed abc ${COURSE}`],
  ['no course', readEvent({}, { course_id: '' }), 'no_course'],
  ['a course with spaces around', readEvent({}, { course_id: ` ${COURSE} ` }), `ada viewed abc ${COURSE}`],
  ['a bad course', readEvent({ page: `https://x/courses/${COURSE}/` }, { course_id: 'DemoX' }), 'bad_course'],
  [
    'the course of the page',
    readEvent({ page: 'https://x/courses/course-v1%3AA%2BB%2BC/p?q' }, { course_id: '' }),
    'ada viewed abc course-v1:A+B+C',
  ],
  [
    'the page of a mobile app',
    readEvent({ event_source: 'mobile', page: `https://x/courses/${COURSE}/` }, { course_id: '' }),
    'no_course',
  ],
  ['a bad time', readEvent({ time: '2026-02-29T00:00:00Z' }), 'bad_time'],
  ['no time', readEvent({ time: null }), 'bad_time'],
  ['a time on the first day of 1970', readEvent({ time: '1970-01-01T23:59:59.999999Z' }), 'bad_time'],
  ['a day ahead', readEvent({ time: '2026-03-11T12:00:00Z' }), `ada viewed abc ${COURSE}`],
  ['more than a day ahead', readEvent({ time: '2026-03-11T12:00:00.000001Z' }), 'future_time'],
  ['a form as payload', readEvent({ event: 'id=abc' }), 'bad_payload'],
  ['a list as payload', readEvent({ event: '[1]' }), 'bad_payload'],
  ['no id', readEvent({ event: '{"code": "html5"}' }), 'no_entity'],
  ['a number for an id', readEvent({ event: '{"id": 5}' }), `ada viewed 5 ${COURSE}`],
  ['a number for a name', readEvent({ username: 42 }), `42 viewed abc ${COURSE}`],
  ['an object before a text', readEvent({ event: '{"id": "a"}', data: { id: 'b' } }), `ada viewed b ${COURSE}`],
  ['an object that is empty', readEvent({ event: {}, data: '{"id": "b"}' }), `ada viewed b ${COURSE}`],
  ['two objects', readEvent({ event: { id: 'a' }, data: { id: 'b' } }), `ada viewed a ${COURSE}`],
  ['two texts', readEvent({ event: '{"id": "a"}', data: '{"id": "b"}' }), `ada viewed a ${COURSE}`],
  [
    'two texts of a line of the bus',
    readEvent({ event: '{"id": "a"}', data: '{"id": "b"}', time: undefined, timestamp: '2026-03-09T10:00Z' }),
    `ada viewed b ${COURSE}`,
  ],
  ['nothing but an empty object', readEvent({ event: null, data: {} }), 'no_entity'],
  ['a text that is none beside an object', readEvent({ event: 'x', data: { id: 'b' } }), `ada viewed b ${COURSE}`],
  ['an id of spaces', readEvent({ event: { id: '  ' } }), 'no_entity'],
  ['who comes before where', readEvent({ username: 'unknown', time: 'x' }, { course_id: '?' }), 'bad_username'],
];

describe('a line', () => {
  for (const [title, outcome, expected] of CASES) test(title, () => assert.equal(shorten(outcome), expected));

  test('with a prefix and a carriage return is the same object', () => {
    const text = JSON.stringify({
      name: 'play_video',
      timestamp: '2026-03-09T10:00Z',
      data: { id: 'v' },
      context: { username: 'bo', course_id: 'a/b/c' },
    });
    const outcome = readLine(`Mar  9 10:00:00 host [tracking] INFO - ${text} \r`, NOW);
    assert.equal(shorten(outcome), 'bo viewed v a/b/c');
    assert.equal(typeof outcome === 'string' ? '' : outcome.text, text);
  });
  test('without any of the names is not parsed', () =>
    assert.equal(readLine('{"event_type": "page_clo', NOW), 'irrelevant'));
  test('that is cut is not JSON', () => assert.equal(readLine('{"event_type": "play_video", "ev', NOW), 'not_json'));
  test('without an object is not JSON', () => assert.equal(readLine('play_video ["x"]', NOW), 'not_json'));
});

test('web and mobile ids of a video are one', () => {
  const ids = ['abc', ' abc ', 'block-v1:A+B+C+type@video+block@abc', 'i4x-A-B-video-abc', 'i4x://A/B/video/abc'];
  for (const id of ids) assert.equal(shorten(readEvent({ event: { id } })), `ada viewed abc ${COURSE}`);
});

test('of an old id, only the course is taken away', () => {
  const ids = {
    'i4x-A.b-C-video-D-video-intro-video-1': 'intro-video-1',
    'i4x-A_b-C-video-D-video-intro-video-1': 'intro-video-1',
    'i4x://A.b/C-video-D/video/intro.video-1': 'intro_video-1',
    'i4x-Other-C-video-intro-video-1': '1',
  };
  for (const [id, entity] of Object.entries(ids))
    assert.equal(
      shorten(readEvent({ event: { id } }, { course_id: 'A.b/C-video-D/T1' })),
      `ada viewed ${entity} A.b/C-video-D/T1`,
    );
});

test('times', () => {
  const texts = {
    '2026-03-09T10:00:00.5+00:00': '2026-03-09T10:00:00.500000Z',
    '2026-03-09 10:00': '2026-03-09T10:00:00.000000Z',
    '2026-03-09T00:30:00,1234567+02:00': '2026-03-08T22:30:00.123456Z',
    '2026-03-08T23:30:00-0130': '2026-03-09T01:00:00.000000Z',
    '1970-01-02T00:00:00Z': '1970-01-02T00:00:00.000000Z',
    '1970-01-01T23:30:00-01:00': '1970-01-02T00:30:00.000000Z',
  };
  for (const [text, instant] of Object.entries(texts)) assert.equal(instantOf(readInstant(text) ?? NaN), instant);
  const none = ['', '2026-13-01T00:00Z', '2026-03-09T24:00Z', '2026-03-09', ' 2026-03-09T10:00Z', '1773050400'];
  for (const text of [...none, '1970-01-01T23:59:59.999999Z', '1970-01-02T00:30:00+01:00']) {
    assert.equal(readInstant(text), null, text);
  }
});

test('course keys', () => {
  for (const key of [COURSE, 'course-v1:Ü+B.c+2026~1', 'ccx-v1:A+B+C+ccx@12', 'A/B/C%20'])
    assert.ok(isCourseKey(key), key);
  for (const key of [
    '',
    'A/B',
    'A/B/C/D',
    'course-v1:A+B',
    'course-v1:A+B+C D',
    'ccx-v1:A+B+C',
    `A/B/${'c'.repeat(252)}`,
  ]) {
    assert.ok(!isCourseKey(key), key);
  }
  assert.equal(findCourseInUrl('https://x/courses/A/B/C/courseware/'), 'A/B/C');
  assert.equal(findCourseInUrl('https://x/xblock/block-v1:A+B+C+type@vertical+block@1?view=1'), 'course-v1:A+B+C');
  assert.equal(findCourseInUrl('/xblock/ccx-block-v1:A+B+C+ccx@7+type@vertical+block@1'), 'ccx-v1:A+B+C+ccx@7');
  assert.equal(findCourseInUrl('https://x/dashboard'), '');
});
