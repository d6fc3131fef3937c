import assert from 'node:assert/strict';
import test, { beforeEach, describe } from 'node:test';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { dieAfter, survives } from './dying-store.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { type Course, forgetCourse, getCourse } from '../src/engagement/course.ts';
import type { Learner } from '../src/engagement/learner.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { listLearners } from '../src/engagement/roster.ts';
import { openCourse } from '../src/engagement/course-in-range.ts';
import { getTimeline } from '../src/engagement/timeline.ts';
import { touchCourses } from '../src/store/touch.ts';

const { write } = makeTempFolder();
const store = await openTempStore();
const NOW = new Date('2026-11-23T12:00:00Z');
const END = '2026-11-24';
const COURSE = 'course-v1:A+B+C';
const OTHER = 'course-v1:A+B+D';

beforeEach(async () => {
  for (const table of [
    'facts',
    'roster_changes',
    'identities',
    'lms_enrollments',
    'lms_users',
    'course_roles',
    'touched_courses',
    'touched_learners',
    'learner_activity',
    'snapshots',
    'learners',
  ])
    await store.run(`TRUNCATE TABLE ${table}`);
  for (const course of [COURSE, OTHER]) forgetCourse(store, course);
});

async function take(...lines: readonly string[]): Promise<void> {
  await ingest(store, [write('x.log', lines.join('\n'))], { now: NOW });
}

async function readCourse(courseId = COURSE): Promise<Course> {
  forgetCourse(store, courseId);
  const course = await getCourse(store, courseId);
  assert.ok(course !== null);
  return course;
}

async function readLearners(courseId = COURSE): Promise<readonly Learner[]> {
  forgetCourse(store, courseId);
  const page = await listLearners(store, { courseId, orderBy: 'username', descending: false, offset: 0, limit: 100 });
  assert.equal(page.count, page.learners.length);
  return page.learners;
}

async function readNames(courseId = COURSE): Promise<string[]> {
  return (await readLearners(courseId)).map(({ username }) => username);
}

/** Refreshes, and gives the one learner of the course. */
async function refreshOne(): Promise<Learner> {
  await refresh(store, { asOf: END });
  const [learner, ...others] = await readLearners();
  assert.ok(learner !== undefined && others.length === 0);
  return learner;
}

const enrol = (username: string, more: object = {}) =>
  formatRosterChange('enrollment.activated', { username, mode: 'audit', ...more });
const attempt = (username: string, day = '2026-11-20', more: object = {}) =>
  formatAttempt({ username, time: `${day}T10:00:00Z`, ...more });

const counts = async (options = {}) => {
  const { refreshed, courses, learners } = await refresh(store, { asOf: END, ...options });
  return [refreshed, courses, learners];
};

const deactivate = (time: string) => formatRosterChange('enrollment.deactivated', { username: 'maria', time });

const changeCohort = (action: 'user_added' | 'user_removed', cohort: string, time: string) =>
  formatRosterChange(action, { username: 'maria', cohort, time });

/** Refreshes with a store that dies after so many statements; whether it came to its end. */
const refreshUntil = async (stop: number) => survives(refresh(dieAfter(store, stop), { asOf: END }));

/** Who is listed by a refresh, which is who is by a full one. */
const readListed = async (asOf: string) => {
  await refresh(store, { asOf });
  const names = await readNames();
  await refresh(store, { asOf, full: true });
  assert.deepEqual(await readNames(), names, 'as by a full refresh');
  return names;
};

const see = async (name: string, day: string) => take(attempt(name, day, { user_id: 7, course: OTHER }));

describe('what is rebuilt', () => {
  test('nothing when nothing happened; one course when something happened to it; each when asked for', async () => {
    await take(enrol('maria'), enrol('maria', { course: OTHER }));
    assert.deepEqual(await counts(), [2, 2, 2]);
    assert.deepEqual(await counts(), [0, 2, 0]);
    await take(enrol('maria'), enrol('maria', { course: OTHER }));
    assert.deepEqual(await counts(), [0, 2, 0], 'what was known is no change');
    const before = await readCourse(OTHER);
    await take(attempt('maria'));
    assert.deepEqual(await counts(), [1, 2, 1]);
    assert.deepEqual(await readCourse(OTHER), before);
    assert.deepEqual(await counts({ full: true }), [2, 2, 2]);
    assert.deepEqual(await counts({ asOf: '2026-11-25' }), [2, 2, 2], 'the window moved');
    assert.deepEqual(await counts({ asOf: '2026-11-25' }), [0, 2, 0]);
  });

  test('nothing of a course without enrolments either; all of it when a learner did something', async () => {
    await take(attempt('maria'), attempt('idle', '2026-10-01'));
    assert.deepEqual(await counts(), [1, 1, 2]);
    assert.deepEqual(await counts(), [0, 1, 0]);
    await take(attempt('other'));
    assert.deepEqual(await counts(), [1, 1, 3]);
    assert.deepEqual(await counts(), [0, 1, 0]);
  });

  test('a full rebuild gives the same learners and the same numbers', async () => {
    await take(
      ...['a', 'b', 'c', 'd', 'e'].map((name) => enrol(name)),
      ...['a', 'b', 'c'].map((name, index) =>
        attempt(name, '2026-11-20', { problem: `p${index}`, success: 'correct' }),
      ),
      attempt('a', '2026-11-18'),
      attempt('d', '2026-11-14'),
    );
    await refresh(store, { asOf: END });
    const [learners, course] = [await readLearners(), await readCourse()];
    await refresh(store, { asOf: END, full: true });
    assert.deepEqual(await readLearners(), learners);
    const again = await readCourse();
    assert.notEqual(again.snapshot, course.snapshot);
    assert.deepEqual({ ...again, snapshot: 0 }, { ...course, snapshot: 0 });
  });

  test('the window is the seven days before its end, whatever comes after', async () => {
    await take(
      enrol('maria'),
      ...['2026-11-16', '2026-11-17', '2026-11-23', '2026-11-24'].map((day) => attempt('maria', day)),
      formatRosterChange('enrollment.deactivated', { username: 'maria', time: '2026-11-24T00:00:00Z' }),
    );
    const { engagements, last_active, segments } = await refreshOne();
    assert.deepEqual(engagements.date_range, { start: '2026-11-17', end: END });
    assert.deepEqual([engagements.problem_attempts, engagements.days_active, last_active], [2, 2, '2026-11-23']);
    assert.deepEqual(segments, []);
    await refresh(store, { asOf: '2026-11-25' });
    const [later] = await readLearners();
    assert.deepEqual(
      [later?.engagements.problem_attempts, later?.last_active, later?.segments],
      [2, '2026-11-24', ['unenrolled']],
    );
  });
});

describe('who is listed', () => {
  test('active learners where no enrolment is known, those ever enrolled where one is', async () => {
    await take(
      attempt('maria'),
      attempt('idle', '2026-10-01'),
      enrol('later', { time: `${END}T00:00:00Z` }),
      formatRosterChange('user_added', { username: 'grouped', cohort: 'A' }),
    );
    await refresh(store, { asOf: END });
    assert.deepEqual(await readNames(), ['idle', 'maria']);
    assert.deepEqual(
      (await readLearners()).map(({ enrollment_mode, enrollment_date, segments }) => [
        enrollment_mode,
        enrollment_date,
        segments,
      ]),
      [
        [null, null, ['inactive']],
        [null, null, []],
      ],
    );
    await take(enrol('other'), formatRosterChange('enrollment.mode_changed', { username: 'moved', mode: 'verified' }));
    await refresh(store, { asOf: END });
    assert.deepEqual(await readNames(), ['moved', 'other']);
  });

  test('staff is left out, of the course, its organisation or the site, unless it is wanted', async () => {
    await take(...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => enrol(name)));
    await store.insert('course_roles', [
      { source: 'csv', username: 'a', role: 'staff', course_id: COURSE, org: '' },
      { source: 'csv', username: 'b', role: 'instructor', course_id: '', org: 'A' },
      { source: 'csv', username: 'c', role: 'global_staff', course_id: '', org: '' },
      { source: 'csv', username: 'd', role: 'staff', course_id: OTHER, org: 'A' },
      { source: 'csv', username: 'e', role: 'staff', course_id: '', org: 'B' },
      { source: 'csv', username: 'f', role: 'beta_testers', course_id: COURSE, org: '' },
    ]);
    await refresh(store, { asOf: END });
    assert.deepEqual(await readNames(), ['d', 'e', 'f', 'g']);
    await refresh(store, { asOf: END, full: true, includeStaff: true });
    assert.deepEqual(await readNames(), ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  test('staff does not count in the ranges', async () => {
    await take(
      enrol('a'),
      enrol('b'),
      attempt('a'),
      ...Array.from({ length: 9 }, (_, n) => attempt('b', '2026-11-20', { problem: `p${n}` })),
    );
    await store.insert('course_roles', [{ source: 'csv', username: 'b', role: 'staff', course_id: COURSE, org: '' }]);
    await refresh(store, { asOf: END });
    const { distributions, learnerCount } = await readCourse();
    assert.deepEqual([learnerCount, distributions.problem_attempts.p85], [1, 1]);
  });

  test('an enrolment known by user_id alone finds its learner when the name comes up, in another ingest and course', async () => {
    await take(formatRosterChange('enrollment.activated', { user_id: 7, mode: 'verified' }), enrol('other'));
    await refresh(store, { asOf: END });
    assert.deepEqual(await readNames(), ['other']);
    await take(attempt('maria', '2026-11-20', { course: OTHER, user_id: 7 }));
    const { refreshed } = await refresh(store, { asOf: END });
    assert.equal(refreshed, 2, 'the course of the enrolment changed too');
    assert.deepEqual(await readNames(), ['maria', 'other']);
    const [maria] = await readLearners();
    assert.deepEqual([maria?.user_id, maria?.enrollment_mode], [7, 'verified']);
  });
});

describe('an enrolment known by user_id alone', () => {
  const others = Array.from({ length: 12 }, (_, index) => `other_${index}`);
  const listed = (...names: readonly string[]) => [...names, ...others].toSorted();
  const enrolAll = async () =>
    take(
      formatRosterChange('enrollment.activated', { user_id: 7, time: '2026-11-01T00:00:00Z' }),
      ...others.map((name) => enrol(name)),
    );

  test('is whose who was active in the course before the end, the latest first, whoever has the id elsewhere', async () => {
    await enrolAll();
    await take(attempt('first', '2026-11-10', { user_id: 7 }));
    assert.deepEqual(await readListed('2026-11-22'), listed('first'));
    await see('elsewhere', '2026-11-20');
    assert.deepEqual(await readListed('2026-11-22'), listed('first'));
    await take(attempt('second', '2026-11-18', { user_id: 7 }));
    assert.deepEqual(await readListed('2026-11-22'), listed('second'));
    await take(attempt('elsewhere', '2026-11-23', { user_id: 7 }));
    assert.deepEqual(await readListed('2026-11-22'), listed('second'), 'what was after the end does not count');
    await take(attempt('elsewhere', '2026-11-19', { user_id: 7 }));
    assert.deepEqual(await readListed('2026-11-22'), listed('elsewhere'), 'whose name has been the latest for long');
    assert.deepEqual(await readListed(END), listed('elsewhere'));
    await take(attempt('first', '2026-11-24', { user_id: 7, problem: 'p2' }));
    assert.deepEqual(await readListed('2026-11-25'), listed('first'));
    await take(attempt('second', '2026-11-23', { user_id: 7, problem: 'p3' }));
    assert.deepEqual(await readListed('2026-11-25'), listed('first'));
    await store.insert('identities', [{ user_id: 7, username: 'told', from_lms: true }]);
    await touchCourses(store, [COURSE]);
    assert.deepEqual(await readListed('2026-11-25'), listed('told'));
  });

  test('is whose who was seen last where nobody was active in the course', async () => {
    await enrolAll();
    await see('first', '2026-11-10');
    assert.deepEqual(await readListed(END), listed('first'));
    await see('second', '2026-11-12');
    assert.deepEqual(await readListed(END), listed('second'));
    await see('first', '2026-11-14');
    assert.deepEqual(await readListed(END), listed('first'), 'also when both are known');
  });
});

describe('the enrolment', () => {
  test('begins with the first activation, whatever the order of arrival, and has the latest mode', async () => {
    await take(
      formatRosterChange('enrollment.mode_changed', {
        username: 'maria',
        mode: 'verified',
        time: '2026-11-10T00:00:00Z',
      }),
      enrol('maria', { time: '2026-11-05T08:00:00.123456Z' }),
    );
    await refresh(store, { asOf: END });
    await take(enrol('maria', { time: '2026-11-02T08:00:00Z', mode: 'honor' }));
    const { enrollment_date, enrollment_mode, segments } = await refreshOne();
    assert.deepEqual(
      [enrollment_date, enrollment_mode, segments],
      ['2026-11-02T08:00:00.000000Z', 'verified', ['inactive']],
    );
  });

  test('that ended is told with its day; one taken up again is in force from its first day', async () => {
    await take(enrol('maria', { time: '2026-11-02T00:00:00Z' }), deactivate('2026-11-04T23:59:59Z'));
    const gone = await refreshOne();
    assert.deepEqual(gone.segments, ['inactive', 'unenrolled']);
    assert.deepEqual(gone.segment_reasons, { inactive: ['never'], unenrolled: ['2026-11-04'] });
    await take(enrol('maria', { time: '2026-11-06T00:00:00Z' }));
    const back = await refreshOne();
    assert.deepEqual([back.segments, back.enrollment_date], [['inactive'], '2026-11-02T00:00:00.000000Z']);
    // of which the LMS does not tell whether it is in force
    await store.insert('lms_enrollments', [{ course_id: COURSE, username: 'maria' }]);
    await take(deactivate('2026-11-08T00:00:00Z'));
    assert.deepEqual((await refreshOne()).segment_reasons.unenrolled, ['2026-11-08']);
  });

  test('has the latest cohort, and none after the removal', async () => {
    await take(
      enrol('maria'),
      changeCohort('user_added', 'A', '2026-11-02T00:00:00Z'),
      changeCohort('user_added', 'B', '2026-11-03T00:00:00Z'),
    );
    assert.equal((await refreshOne()).cohort, 'B');
    assert.deepEqual((await readCourse()).cohorts, { B: 1 });
    await take(changeCohort('user_removed', 'B', '2026-11-04T00:00:00Z'));
    assert.equal((await refreshOne()).cohort, null);
    assert.deepEqual((await readCourse()).cohorts, {});
  });

  test('keeps the cohort joined last when another is left, however late that is told', async () => {
    await take(
      enrol('maria'),
      changeCohort('user_added', 'A', '2026-11-02T00:00:00Z'),
      changeCohort('user_added', 'B', '2026-11-03T00:00:00Z'),
      changeCohort('user_removed', 'A', '2026-11-03T00:00:01Z'),
      changeCohort('user_removed', 'B', '2026-11-02T12:00:00Z'),
    );
    assert.equal((await refreshOne()).cohort, 'B');
    await take(changeCohort('user_removed', 'B', '2026-11-05T00:00:00Z'));
    assert.equal((await refreshOne()).cohort, null);
  });

  test('is what the LMS says, field by field, before what the events say', async () => {
    await take(
      enrol('maria', { user_id: 5, time: '2026-11-02T00:00:00Z' }),
      deactivate('2026-11-03T00:00:00Z'),
      enrol('maria', { user_id: 5, time: '2026-11-04T00:00:00Z' }),
      formatRosterChange('user_added', { username: 'maria', cohort: 'Events', time: '2026-11-02T00:00:00Z' }),
    );
    const row = { course_id: COURSE, username: 'maria' };
    await store.insert('lms_enrollments', [{ ...row, enrollment_mode: 'verified', cohort: 'LMS' }]);
    await store.insert('lms_users', [{ username: 'maria', name: 'María', email: '', bio: null, year_of_birth: 1990 }]);
    const maria = await refreshOne();
    assert.deepEqual(
      [
        maria.enrollment_mode,
        maria.cohort,
        maria.enrollment_date,
        maria.user_id,
        maria.name,
        maria.email,
        maria.year_of_birth,
      ],
      ['verified', 'LMS', '2026-11-02T00:00:00.000000Z', 5, 'María', null, 1990],
    );
    await store.insert('lms_enrollments', [
      { ...row, is_active: false, enrollment_date: '2026-10-01 00:00:00', user_id: 3 },
    ]);
    await touchCourses(store, [COURSE]);
    const gone = await refreshOne();
    // that the enrolment ended the LMS alone says, and not when
    assert.deepEqual(
      [gone.segment_reasons.unenrolled, gone.enrollment_mode, gone.enrollment_date, gone.user_id],
      [[], 'verified', '2026-10-01T00:00:00.000000Z', 3],
    );
    await store.insert('lms_users', [{ username: 'maria', user_id: 9 }]);
    await touchCourses(store, [COURSE]);
    assert.equal((await refreshOne()).user_id, 9);
  });

  test('has the mode and the cohort that the LMS says of the present name; where they were emptied, those of the events', async () => {
    await take(enrol('maria', { user_id: 5 }));
    await store.insert('identities', [
      { user_id: 5, username: 'maria', from_lms: true, last_seen: '2026-11-01 00:00:00' },
      { user_id: 5, username: 'mara', from_lms: false },
    ]);
    await store.insert('lms_enrollments', [
      { course_id: COURSE, username: 'mara', user_id: 5, enrollment_date: '2026-10-01 00:00:00' },
      { course_id: COURSE, username: 'maria', user_id: 5, enrollment_date: '2026-10-05 00:00:00' },
    ]);
    const readTold = async (username: string, cohort: string | null, mode: string | null) => {
      await store.insert('lms_enrollments', [
        { course_id: COURSE, username, user_id: 5, cohort, enrollment_mode: mode },
      ]);
      await touchCourses(store, [COURSE]);
      const learner = await refreshOne();
      return [learner.cohort, learner.enrollment_mode];
    };
    assert.deepEqual(await readTold('mara', 'Former', 'verified'), ['Former', 'verified']);
    assert.deepEqual(await readTold('maria', null, null), ['Former', 'verified']);
    assert.deepEqual(await readTold('maria', 'Present', 'honor'), ['Present', 'honor']);
    assert.deepEqual(await readTold('maria', '', ''), [null, 'audit']);
    await take(formatRosterChange('user_added', { username: 'maria', cohort: 'Events', time: '2026-11-02T00:00:00Z' }));
    assert.deepEqual(await readTold('maria', '', ''), ['Events', 'audit']);
    assert.equal((await readLearners())[0]?.enrollment_date, '2026-10-01T00:00:00.000000Z');
  });

  test('of changes at the same instant ends with what ends it, whatever their lines are', async () => {
    const time = '2026-11-01T00:00:00Z';
    const names = Array.from({ length: 8 }, (_, index) => `learner_${index}`);
    await take(
      ...names.flatMap((username) => [
        formatRosterChange('enrollment.mode_changed', { username, mode: 'verified', time }),
        enrol(username, { time }),
        formatRosterChange('user_added', { username, cohort: 'B', time }),
        formatRosterChange('user_removed', { username, cohort: 'B', time }),
      ]),
    );
    await refresh(store, { asOf: END });
    for (const { enrollment_mode, cohort } of await readLearners())
      assert.deepEqual([enrollment_mode, cohort], ['verified', 'B']);
    await take(...names.map((username) => formatRosterChange('enrollment.deactivated', { username, time })));
    await refresh(store, { asOf: END });
    for (const { segments } of await readLearners()) assert.ok(segments.includes('unenrolled'));
  });
});

describe('publishing', () => {
  test('readers of the old snapshot can go on, and a refresh that dies leaves it in force', async () => {
    await take(enrol('maria'), attempt('maria'));
    await refresh(store, { asOf: END });
    const [before, learners] = [await readCourse(), await readLearners()];
    await take(enrol('idle'), attempt('maria', '2026-11-21'));
    let old = true;
    for (let stop = 1; stop < 30 && !(await refreshUntil(stop)); stop += 1) {
      const course = await readCourse();
      old &&= course.snapshot === before.snapshot;
      if (old) assert.deepEqual([course, await readLearners()], [before, learners], `after ${stop} statements`);
      else
        assert.deepEqual([course.learnerCount, await readNames()], [2, ['idle', 'maria']], `after ${stop} statements`);
    }
    assert.deepEqual(await readNames(), ['idle', 'maria']);
    const kept = await store.read('SELECT username FROM learners WHERE snapshot = {snapshot:UInt64}', {
      snapshot: before.snapshot,
    });
    assert.deepEqual(kept, [{ username: 'maria' }]);
  });

  test('snapshots that were replaced a while ago go, and so do those that nobody finished', async () => {
    await take(enrol('maria'));
    await refresh(store, { asOf: END });
    const { snapshot } = await readCourse();
    const ages = [30, 20].map((minutes) => snapshot - minutes * 60_000_000);
    for (const old of ages) await store.insert('learners', [{ snapshot: old, username: 'old' }]);
    const young = snapshot - 60_000_000;
    await store.insert('learners', [{ snapshot: young, username: 'young' }]);
    await refresh(store, { asOf: END });
    assert.deepEqual(await store.read('SELECT snapshot FROM learners ORDER BY snapshot'), [
      { snapshot: young },
      { snapshot },
    ]);
  });

  test('two refreshes and an ingest at once end with everything published', async () => {
    await take(enrol('maria'));
    await Promise.all([
      refresh(store, { asOf: END }),
      take(enrol('idle'), attempt('idle')),
      refresh(store, { asOf: END }),
    ]);
    await refresh(store, { asOf: END });
    assert.deepEqual(await readNames(), ['idle', 'maria']);
    assert.equal((await refresh(store, { asOf: END })).refreshed, 0);
  });
});

test('the timeline has every day from the first to the last active one, and none after the window', async () => {
  await take(
    enrol('maria'),
    enrol('idle'),
    attempt('maria', '2026-11-18'),
    attempt('maria', '2026-11-21', { success: 'correct' }),
    attempt('maria', '2026-11-24'),
  );
  await refresh(store, { asOf: END });
  const days = await getTimeline(store, COURSE, 'maria');
  assert.deepEqual(
    days?.map(({ date, problem_attempts, problem_attempts_per_completed }) => [
      date,
      problem_attempts,
      problem_attempts_per_completed,
    ]),
    [
      ['2026-11-18', 1, null],
      ['2026-11-19', 0, null],
      ['2026-11-20', 0, null],
      ['2026-11-21', 1, 1],
    ],
  );
  const range = { start: '2026-11-20', end: '2026-11-26' };
  const asked = await getTimeline(store, COURSE, 'maria', { range });
  assert.deepEqual([asked?.length, asked?.reduce((sum, day) => sum + day.problem_attempts, 0)], [6, 1]);
  assert.equal((await openCourse(store, COURSE, range))?.course.distributions.problem_attempts.mean, 1);
  assert.deepEqual(await getTimeline(store, COURSE, 'idle'), []);
  assert.equal(await getTimeline(store, COURSE, 'nobody'), null);
});
