import { type Saying, type Speaker, formatLine, formatServerLine, formatTime, HOST } from './format-line.ts';
import { formatMicrosecond, quote } from './format-text.ts';
import { formatPost, inventPost } from './forum-lines.ts';
import { formatAttempt } from './problem-lines.ts';
import type { Random } from './random.ts';
import { formatCohort, formatEnrollment } from './roster-lines.ts';

/** What an odd line is made from: the learner's session that it stands beside. */
export interface Occasion {
  readonly learner: Speaker;
  readonly staff: Speaker;
  readonly at: number;
  readonly random: Random;
}

/** A line in place of a good one. */
export type OddLine = (occasion: Occasion) => string;

/** A browser's `play_video`, with anything in it replaced. */
export function formatOddPlay(
  occasion: Occasion,
  speaker: Partial<Speaker> = {},
  saying: Partial<Saying> = {},
  time?: string,
): string {
  const { learner, at, random } = occasion;
  const { hash, code } = random.pick(learner.course.videos);
  return formatLine({ ...learner, bus: false, ...speaker }, time ?? formatTime(at, random), {
    name: 'play_video',
    type: 'play_video',
    source: 'browser',
    path: '"/event"',
    page: learner.pageText,
    payload: quote(`{"code": "${code}", "id": "${hash}", "currentTime": 0}`),
    ...saying,
  });
}

function formatOddAttempt({ learner, at, random }: Occasion, problemId: string, time = formatTime(at, random)): string {
  const attempt = { problem: random.pick(learner.course.problems), tries: 1, correct: true, choice: 1 };
  return formatAttempt({ ...learner, bus: false }, time, attempt, { problemId });
}

function formatOddEnrollment(
  { learner, staff, at, random }: Occasion,
  speaker: Partial<Speaker>,
  userId: number,
): string {
  const speakers = { learner: { ...learner, bus: false, ...speaker }, staff };
  return formatEnrollment(
    speakers,
    formatTime(at, random),
    { userId, username: '' },
    { event: 'activated', mode: 'audit', actor: 'learner' },
  );
}

const nobody = { usernameText: '""', userIdText: '""' };
const page = (path: string): Pick<Saying, 'page'> => ({ page: `"https://${HOST}${path}"` });

/** At least one line per reason for which a line is refused. */
export const REJECTS: readonly OddLine[] = [
  // not_json: cut by a full disk, two writers in one line, no object at all.
  (occasion) => {
    const line = formatOddPlay(occasion);
    return line.slice(0, line.indexOf('play_video') + 10 + occasion.random.int(500));
  },
  (occasion) => {
    const line = formatOddAttempt(occasion, '"cut"');
    return line.slice(0, -2);
  },
  (occasion) => formatOddPlay(occasion) + formatOddPlay(occasion),
  () => 'ERROR:root:problem_check could not be graded, see the log of the worker',
  // no_username
  (occasion) => formatOddPlay(occasion, nobody),
  (occasion) => formatOddPlay(occasion, { usernameText: '"  "', userIdText: 'null' }),
  // bad_username
  (occasion) => formatOddPlay(occasion, { usernameText: '"anonymous"', userIdText: 'null' }),
  (occasion) => formatOddPlay(occasion, { usernameText: '"unknown"', userIdText: 'null' }),
  (occasion) =>
    formatOddPlay(occasion, {
      usernameText: `"retired__user_${occasion.random.hex(40)}"`,
      userIdText: `${5_000_000 + occasion.random.int(999)}`,
    }),
  // no_course
  (occasion) => formatOddPlay(occasion, { courseIdText: '""', orgText: '""' }, page('/dashboard')),
  ({ learner, at, random }) =>
    formatPost(
      { ...learner, bus: false, courseIdText: '""', orgText: '""' },
      formatTime(at, random),
      inventPost(random, 'course'),
    ),
  // bad_course
  (occasion) => formatOddPlay(occasion, { courseIdText: '"DemoX"' }),
  (occasion) => formatOddPlay(occasion, { courseIdText: '"course-v1:DemoX+ML101"' }),
  (occasion) => formatOddPlay(occasion, { courseIdText: '"course-v1:DemoX+ML 101+2026_T1"' }),
  // bad_time: days that there are not, and a telephone that counts from its zero, where it is not yet 1970 in UTC
  (occasion) => formatOddPlay(occasion, {}, {}, '"2026-02-30T10:00:00.000000+00:00"'),
  (occasion) => formatOddPlay(occasion, {}, {}, 'null'),
  (occasion) => formatOddAttempt(occasion, '"late"', '"yesterday"'),
  (occasion) => formatOddPlay(occasion, {}, {}, '"1970-01-01T00:00:07.000000+02:00"'),
  // future_time: a telephone whose clock is a century ahead
  (occasion) => formatOddPlay(occasion, {}, {}, `"${formatFarFuture(occasion.at)}+00:00"`),
  // bad_payload
  (occasion) => formatOddPlay(occasion, {}, { payload: '"id=abc&currentTime=0"' }),
  (occasion) => formatOddPlay(occasion, {}, { payload: quote('{"code": "x", "id": "cut o') }),
  (occasion) => formatOddPlay(occasion, {}, { payload: '["play", 1]' }),
  (occasion) => formatOddPlay(occasion, {}, { payload: 'null' }),
  (occasion) =>
    formatOddPlay(
      occasion,
      {},
      {
        name: 'edx.course.enrollment.activated',
        type: 'edx.course.enrollment.activated',
        source: 'server',
        payload: '""',
        page: 'null',
      },
    ),
  // no_entity
  (occasion) => formatOddPlay(occasion, {}, { payload: quote('{"code": "x", "currentTime": 0}') }),
  (occasion) => formatOddAttempt(occasion, '""'),
  (occasion) => formatOddAttempt(occasion, 'null'),
  ({ learner, at, random }) =>
    formatPost({ ...learner, bus: false }, formatTime(at, random), inventPost(random, 'course'), '"  "'),
  ({ learner, staff, at, random }) =>
    formatCohort(
      { learner, staff },
      formatTime(at, random),
      { userId: 999_002 },
      { event: 'user_added', cohort: null, actor: 'staff' },
    ),
  // Enrolments with a bad course, and by nobody of nobody.
  (occasion) => formatOddEnrollment(occasion, { courseIdText: '"not a course"' }, 999_003),
  ({ learner, at, random }) =>
    formatServerLine({ ...learner, ...nobody, bus: false }, formatTime(at, random), 'edx.course.enrollment.activated', {
      path: '"/change_enrollment"',
      payload: `{"course_id": ${learner.course.idText}, "mode": "audit"}`,
    }),
];

function formatFarFuture(at: number): string {
  const text = formatMicrosecond(at);
  // Ahead of whoever reads logs of the past, too; the first of the month, for a 29 February is not in every year.
  return `${Number(text.slice(0, 4)) + 100}${text.slice(4, 8)}01${text.slice(10)}`;
}
