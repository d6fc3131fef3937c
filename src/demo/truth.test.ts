import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type SiteRecords, readSite } from './truth-site.ts';
import { computeRangeTruth, computeTruth, readTruth } from './truth.ts';

// A site small enough to be computed by hand. The window before 2026-03-15 is 8 to 14 March.
const COURSE = 'course-v1:DemoX+T1+2026';
const HARD = 'A/B/C';
const OPEN = 'DemoX/Open/2026';
const NOW = new Date('2026-03-14T23:00:00Z');
let dir = '';
let site: SiteRecords;

const line = (type: string, username: string, day: number, event: object, more: object = {}): string =>
  JSON.stringify({
    username,
    event_type: type,
    event_source: 'server',
    time: `2026-03-${String(day).padStart(2, '0')}T10:00:00.000000+00:00`,
    event,
    context: { course_id: COURSE, user_id: '' },
    ...more,
  });
const check = (username: string, day: number, problem: string, success: string, attempts = 1): string =>
  line('problem_check', username, day, { problem_id: problem, success, attempts });
const play = (username: string, day: number, id: string, more: object = {}): string =>
  line('play_video', username, day, { id }, more);
const enroll = (change: string, username: string, day: number, event: object, more: object = {}): string =>
  line(`edx.course.enrollment.${change}`, username, day, { course_id: COURSE, ...event }, more);
const inOpen = { context: { course_id: OPEN, user_id: 21 } };

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'truth-'));
  await mkdir(join(dir, 'logs'));
  await mkdir(join(dir, 'lms'));
  const twice = check('ada', 9, 'p1', 'incorrect');
  const older = [
    // bo: four attempts, none completed, two days
    check('bo', 8, 'p1', 'incorrect'),
    check('bo', 8, 'p1', 'incorrect', 2),
    check('bo', 11, 'p1', 'incorrect', 3),
    check('bo', 11, 'p2', 'incorrect'),
    // cy: active in the week before only
    play('cy', 2, 'v1'),
    play('cy', 7, 'v2'),
    // dee: long ago; unenrolled since
    play('dee', 1, 'v1', { time: '2026-02-20T10:00:00Z' }),
    enroll('activated', 'dee', 1, { mode: 'honor' }),
    enroll('deactivated', 'dee', 10, { mode: '' }),
    twice,
  ];
  const newer = [
    // ada: two attempts, one problem completed, one video on web and telephone, a post
    twice,
    `prefix ${twice}`,
    check('ada', 9, 'p1', 'Correct', 2),
    play('ada', 10, 'abc'),
    play('ada', 10, 'i4x-DemoX-T1-video-abc'),
    line('edx.forum.thread.created', 'ada', 10, { commentable_id: 'course' }),
    // 21 is enrolled by staff, known by the id alone; eve turns out to be that
    enroll('activated', 'prof', 5, { user_id: 21, mode: 'audit' }),
    enroll(
      'mode_changed',
      'eve',
      6,
      { user_id: 21, mode: 'verified' },
      { context: { course_id: COURSE, user_id: 21 } },
    ),
    line('edx.cohort.user_added', 'prof', 6, { user_id: 21, cohort_name: 'B' }),
    line('edx.cohort.user_removed', 'prof', 7, { user_id: 21, cohort_name: 'B' }),
    enroll('activated', 'prof', 5, { user_id: 404, mode: 'audit' }),
    // nobody is enrolled in the other course
    play('eve', 14, 'v9', inOpen),
    play('prof', 14, 'v9', { context: { course_id: OPEN, user_id: 9 } }),
    play('prof', 14, 'v9'),
    play('guest', 14, 'v9'),
    // after the window
    play('cy', 15, 'v3', { time: '2026-03-15T00:00:00Z' }),
    // three in a hard course
    ...['xi', 'yan', 'yan', 'zoe', 'zoe'].map((username, n) =>
      line(
        'problem_check',
        username,
        13,
        { problem_id: 'p', attempts: n, success: n === 0 || n === 2 ? 'correct' : 'incorrect' },
        {
          context: { course_id: HARD },
        },
      ),
    ),
    'noise',
    '',
    '{"event_type": "play_video"',
    play('', 14, 'v9'),
  ];
  await writeFile(join(dir, 'logs', 'tracking.log-20260312.gz'), gzipSync(`${older.join('\n')}\n`));
  await writeFile(join(dir, 'logs', 'tracking.log'), newer.join('\n'));
  await writeFile(
    join(dir, 'lms', 'enrollments.csv'),
    'course_id,username,user_id,name,enrollment_mode,enrollment_date,is_active,cohort,year_of_birth\r\n' +
      `${COURSE},ada,1,"Ada, ""A""",verified,2026-01-02T03:04:05.678900Z,1,A,1990\r\n` +
      `${COURSE},bo,2,Bo,audit,,,A,\r\n${COURSE},cy,3,,,,1,,\r\n${COURSE},fay,6,Fay,audit,,0,,\r\n${COURSE},prof,9,Prof,,,1,,\r\n`,
  );
  await writeFile(
    join(dir, 'lms', 'roles.csv'),
    'username,role,course_id,org\nprof,staff,,DemoX\nada,beta_testers,,DemoX\n',
  );
  await writeFile(join(dir, 'lms', 'courses.csv'), `course_id,display_name\n${COURSE},"Demo, the course"\n`);
  site = await readSite(dir, NOW);
});
after(() => rm(dir, { recursive: true }));

test('every line ends in one place', () => {
  const { lines } = computeTruth(site, '2026-03-15');
  assert.deepEqual(lines, {
    lines: 35,
    accepted: 31,
    irrelevant: 2,
    rejected: { not_json: 1, no_username: 1 },
    facts: 27,
    distinct_facts: 25,
  });
});

test('the course, by hand', () => {
  const truth = computeTruth(site, '2026-03-15');
  assert.deepEqual(truth.window, { start: '2026-03-08', end: '2026-03-15' });
  assert.deepEqual(Object.keys(truth.courses), [HARD, OPEN, COURSE]);
  const course = truth.courses[COURSE]!;
  assert.deepEqual(Object.keys(course.learners), ['ada', 'bo', 'cy', 'dee', 'eve', 'fay']);
  assert.equal(course.name, 'Demo, the course');
  assert.equal(course.learner_count, 6);
  assert.deepEqual(course.cohorts, { A: 2 });
  assert.deepEqual(course.enrollment_modes, { verified: 2, audit: 2, honor: 1 });
  assert.deepEqual(course.segments, { highly_engaged: 2, disengaging: 1, struggling: 0, inactive: 3, unenrolled: 2 });

  const { ada, bo, cy, dee, eve, fay } = course.learners;
  // 2 attempts of ada, 4 of bo: 2 + 2 × 0.15 and 2 + 2 × 0.85
  assert.deepEqual(course.engagement_ranges.problem_attempts.average, [2.3, 3.7]);
  assert.deepEqual(course.engagement_ranges.problem_attempts_per_completed.average, [null, null]);
  assert.deepEqual(course.engagement_averages.problem_attempts, { mean: 3, median: 3, learners: 2 });
  assert.deepEqual(course.engagement_averages.problem_attempts_per_completed, { mean: 2, median: 2, learners: 1 });
  assert.deepEqual(ada?.segments, ['highly_engaged']);
  assert.deepEqual(ada?.segment_reasons, {
    highly_engaged: ['problems_completed', 'videos_viewed', 'discussion_contributions'],
  });
  assert.equal(ada?.engagements.videos_viewed, 1);
  assert.equal(ada?.engagements.levels.problem_attempts, 'below_average');
  assert.deepEqual(
    [ada?.name, ada?.year_of_birth, ada?.enrollment_date],
    ['Ada, "A"', 1990, '2026-01-02T03:04:05.678900Z'],
  );
  assert.deepEqual(
    ada?.timeline.map((day) => [day.date, day.problem_attempts, day.problem_attempts_per_completed]),
    [
      ['2026-03-09', 2, 2],
      ['2026-03-10', 0, null],
    ],
  );
  assert.equal(bo?.engagements.problem_attempts_per_completed, null);
  assert.deepEqual(
    bo?.timeline.map((day) => day.problem_attempts),
    [2, 0, 0, 2],
  );
  assert.deepEqual(cy?.segment_reasons, { disengaging: ['2026-03-07'] });
  assert.deepEqual(dee?.segment_reasons, { inactive: ['2026-02-20'], unenrolled: ['2026-03-10'] });
  assert.deepEqual([dee?.enrollment_mode, dee?.enrollment_date], ['honor', '2026-03-01T10:00:00.000000Z']);
  assert.deepEqual(eve?.segment_reasons, { inactive: ['never'] });
  assert.deepEqual([eve?.user_id, eve?.enrollment_mode, eve?.cohort], [21, 'verified', null]);
  assert.equal(eve?.enrollment_date, '2026-03-05T10:00:00.000000Z');
  assert.deepEqual(fay?.segment_reasons, { inactive: ['never'], unenrolled: [] });
});

test('who has the high ratio is struggling', () => {
  const truth = computeTruth(site, '2026-03-15');
  // 1, 2 and ∞: the borders are 1.3 and ∞.
  const hard = truth.courses[HARD]!;
  assert.deepEqual(hard.engagement_ranges.problem_attempts_per_completed.class_rank_bottom, [null, null]);
  assert.deepEqual(hard.learners['zoe']?.segment_reasons.struggling, ['problem_attempts_per_completed']);
  assert.equal(hard.segments.struggling, 1);
  // 2 and ∞: both borders are ∞, and so nothing is above them.
  const { above_average, average } = truth.courses[COURSE]!.engagement_ranges.problem_attempts_per_completed;
  assert.deepEqual([above_average, average], [null, [null, null]]);
});

test('a course without any enrolment lists who is active, but its staff', () => {
  const open = computeTruth(site, '2026-03-15').courses[OPEN]!;
  assert.deepEqual(Object.keys(open.learners), ['eve']);
  const { user_id, enrollment_mode, enrollment_date, segments } = open.learners['eve']!;
  assert.deepEqual([user_id, enrollment_mode, enrollment_date, segments], [21, null, null, []]);
});

test('an earlier date knows less', () => {
  const course = computeTruth(site, '2026-03-06').courses[COURSE]!;
  // The id 21 has no name yet, and dee has not left.
  assert.deepEqual(Object.keys(course.learners), ['ada', 'bo', 'cy', 'dee', 'fay']);
  assert.deepEqual(course.learners['dee']?.segments, ['disengaging']);
  assert.deepEqual(course.learners['cy']?.engagements.days_active, 1);
});

test('another range has its own numbers', async () => {
  const range = { start: '2026-03-02', end: '2026-03-03' };
  const courses = computeRangeTruth(site, range, '2026-03-15');
  assert.deepEqual(await readTruth(dir, '2026-03-15', NOW), computeTruth(site, '2026-03-15'));
  const course = courses[COURSE]!;
  assert.equal(course.learners['cy']?.engagements.videos_viewed, 1);
  assert.equal(course.learners['ada']?.engagements.days_active, 0);
  assert.deepEqual(course.engagement_ranges.videos_viewed.average, [1, null]);
  assert.deepEqual(course.engagement_averages.problem_attempts_per_completed, {
    mean: null,
    median: null,
    learners: 0,
  });
});
