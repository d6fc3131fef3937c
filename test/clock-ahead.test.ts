import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { forgetCourse, getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { listLearners } from '../src/engagement/roster.ts';
import { getTimeline } from '../src/engagement/timeline.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { openStore } from '../src/store/open-store.ts';
import { PRESENT_NAME } from '../src/store/present-name.ts';
import type { Store } from '../src/store/store.ts';
import { touchCourses } from '../src/store/touch.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { makeTempFolder, prepareStore } from './temp-store.ts';

// A clock that was ahead once: snapshots have numbers, and were begun, at a time that is still to come.

const { folder, write } = makeTempFolder();
const openEmpty = prepareStore();
const [X, Y] = ['course-v1:A+B+X', 'course-v1:A+B+Y'];
const HOUR = 3_600_000_000;

const attempt = (username: string, course: string, day: string) =>
  formatAttempt({ username, course, time: `${day}T10:00:00Z` });

const enrol = (username: string, user_id: number, course: string) =>
  formatRosterChange('enrollment.activated', { username, user_id, course, mode: 'audit' });

async function take(store: Store, name: string, lines: readonly string[]): Promise<void> {
  await ingest(store, [write(name, `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
}

async function listNames(store: Store, courseId: string): Promise<string[]> {
  forgetCourse(store, courseId);
  const query = { courseId, orderBy: 'username', descending: false, offset: 0, limit: 100 } as const;
  return (await listLearners(store, query)).learners.map(({ username }) => username);
}

/** On which somebody tried problems of a course. */
async function listDays(store: Store, username: string): Promise<string[] | undefined> {
  const days = await getTimeline(store, X, username);
  return days?.filter((day) => day.problem_attempts > 0).map(({ date }) => date);
}

test('no course gets the number of another, and each is told what happened since', async () => {
  const dataDir = join(folder, 'data');
  const before = await openStore({ dataDir });
  await take(before, 'a.log', [attempt('xena', X, '2026-10-01'), attempt('yuri', Y, '2026-10-01')]);
  await refresh(before, { asOf: '2026-11-22' });
  // both as an hour later, by numbers that follow each other
  await before.run(
    `INSERT INTO snapshots
     SELECT * REPLACE (
       (SELECT max(snapshot) FROM snapshots) + ${HOUR} + toUInt64(course_id = {last:String}) AS snapshot, snapshot AS rest,
       started_at + INTERVAL 1 HOUR AS started_at, published_at + INTERVAL 1 HOUR AS published_at,
       toDate('2026-11-23') AS window_end)
     FROM snapshots`,
    { last: Y },
  );
  // there are copies of them
  for (const course of [X, Y]) await listNames(before, course);
  await before.close();
  // started again, when the clock is right
  const store = await openStore({ dataDir });
  try {
    await take(store, 'b.log', [attempt('xerxes', X, '2026-11-20'), attempt('xena', X, '2026-11-20')]);
    await refresh(store, { asOf: '2026-11-24' });
    assert.deepEqual([await listNames(store, X), await listNames(store, Y)], [['xena', 'xerxes'], ['yuri']]);
    assert.deepEqual(await listDays(store, 'xena'), ['2026-10-01', '2026-11-20']);
    for (const course of [X, Y]) assert.equal((await getCourse(store, course))?.window.end, '2026-11-24');
    const numbers = await store.read(
      'SELECT snapshot FROM snapshots GROUP BY snapshot HAVING uniqExact(course_id) > 1',
    );
    assert.deepEqual(numbers, []);
    // and not once more in every round
    assert.equal((await refresh(store, { asOf: '2026-11-24' })).refreshed, 0);
    await take(store, 'c.log', [attempt('yan', Y, '2026-11-20')]);
    await refresh(store, { asOf: '2026-11-24' });
    assert.deepEqual(await listNames(store, Y), ['yan', 'yuri']);
  } finally {
    await store.close();
  }
});

/** In which what was marked ahead counts once. */
const QUARTER_MS = 900_000;
const TEST_MS = 30_000;

test('what was marked while it was ahead is computed a few times an hour, and what happens since at once', async () => {
  const store = await openEmpty();
  const asOf = '2026-11-22';
  const round = async () => {
    const { refreshed, recomputed } = await refresh(store, { asOf });
    return [refreshed, recomputed];
  };
  const left = QUARTER_MS - (Date.now() % QUARTER_MS);
  if (left < TEST_MS) await wait(left);
  await take(store, 'd.log', [enrol('xena', 1, X), enrol('yuri', 2, Y)]);
  await round();
  // newer marks are not merged with them as long as the test takes
  await store.run('SYSTEM STOP MERGES touched_courses');
  // as a month later: of one a learner, of the other all
  await store.run(
    `INSERT INTO touched_learners (course_id, username, day, touched_at)
     SELECT {course:String}, 'xena', toDate('2026-11-20'), now64(6) + INTERVAL 30 DAY`,
    { course: X },
  );
  await store.run('INSERT INTO touched_courses SELECT {course:String}, now64(6) + INTERVAL 30 DAY', { course: Y });
  assert.deepEqual(await round(), [0, 0]);
  await take(store, 'e.log', [enrol('xerxes', 3, X)]);
  assert.deepEqual(await round(), [1, 1]);
  assert.deepEqual(await listNames(store, X), ['xena', 'xerxes']);
  await touchCourses(store, [Y]);
  assert.deepEqual(await round(), [1, 1]);
  // a newer mark may have been merged with one of a month later
  await store.run(
    'ALTER TABLE snapshots UPDATE started_at = started_at - INTERVAL 15 MINUTE WHERE true SETTINGS mutations_sync = 2',
  );
  assert.deepEqual(await round(), [2, 3]);
  assert.deepEqual(await round(), [0, 0]);
});

for (const [what, by, isMarked] of [
  ['behind', '- INTERVAL 6 YEAR', true],
  ['far ahead, until marks were old', '+ INTERVAL 30 DAY', false],
] as const) {
  test(`what was published while it was ${what} is in what is published next`, async () => {
    const store = await openEmpty();
    const asOf = '2026-11-22';
    await take(store, 'first.log', [attempt('xena', X, '2026-10-01'), attempt('yuri', X, '2026-10-01')]);
    await refresh(store, { asOf });
    await take(store, 'second.log', [attempt('xena', X, '2026-11-20')]);
    await refresh(store, { asOf });
    // marked and published then
    if (isMarked)
      await store.run(
        `INSERT INTO touched_learners (course_id, username, day, touched_at)
         SELECT course_id, username, day, touched_at ${by} FROM touched_learners WHERE day = '2026-11-20'`,
      );
    await store.run(
      'ALTER TABLE touched_learners DELETE WHERE touched_at > now64(6) - INTERVAL 1 DAY SETTINGS mutations_sync = 2',
    );
    await store.run(
      `ALTER TABLE snapshots UPDATE started_at = started_at ${by}, published_at = published_at ${by}
       WHERE snapshot = (SELECT max(snapshot) FROM snapshots) SETTINGS mutations_sync = 2`,
    );
    await refresh(store, { asOf });
    forgetCourse(store, X);
    assert.deepEqual(await listDays(store, 'xena'), ['2026-10-01', '2026-11-20']);
  });
}

test('of two that were begun in the other order the earlier one is not carried over, though it alone is here', async () => {
  const store = await openEmpty();
  const asOf = '2026-11-22';
  await take(store, 'one.log', [attempt('xena', X, '2026-10-01'), attempt('yuri', X, '2026-10-01')]);
  await refresh(store, { asOf });
  await take(store, 'two.log', [attempt('xena', X, '2026-11-20')]);
  await refresh(store, { asOf });
  const [published] = await store.read<{ first: number; last: number }>(
    'SELECT min(snapshot) AS first, max(snapshot) AS last FROM snapshots',
  );
  assert.ok(published !== undefined);
  // the clock was set back between them, and is past both by now
  await store.run(
    'ALTER TABLE snapshots UPDATE started_at = now64(6) WHERE snapshot = {first:UInt64} SETTINGS mutations_sync = 2',
    { first: published.first },
  );
  // another process made the second, which has its copy
  rmSync(join(store.copies, String(published.last)), { recursive: true });
  await touchCourses(store, [X]);
  await refresh(store, { asOf });
  forgetCourse(store, X);
  assert.deepEqual(await listDays(store, 'xena'), ['2026-10-01', '2026-11-20']);
});

test('what somebody is called now is what the LMS told last, also where it was told before by a clock that was ahead', async () => {
  const store = await openEmpty();
  const tell = async (username: string) =>
    importCsv(store, [write('roster.csv', `course_id,user_id,username\n${X},5,${username}\n`)]);
  const present = async () => store.read(`SELECT ${PRESENT_NAME} AS name FROM identities WHERE user_id = 5`);
  await tell('xena');
  await store.run(
    `INSERT INTO identities (user_id, username, from_lms, last_seen)
     SELECT user_id, username, from_lms, last_seen + INTERVAL 30 DAY FROM identities`,
  );
  for (const name of ['xerxes', 'xena', 'yuri']) {
    await tell(name);
    assert.deepEqual(await present(), [{ name }]);
  }
});
