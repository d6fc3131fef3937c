import assert from 'node:assert/strict';
import test from 'node:test';
import { listCourses } from '../src/engagement/course.ts';
import { addDays } from '../src/engagement/days.ts';
import { findCourses, measureCourses } from '../src/engagement/find-courses.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { UNLISTED_AT_MOST, admitUnlisted } from '../src/engagement/unlisted-courses.ts';
import { ingest } from '../src/ingest/ingest.ts';
import type { Store } from '../src/store/store.ts';
import { touchCourses } from '../src/store/touch.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { overhear } from './meddled-store.ts';
import { publishEmpty } from './publish-empty.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';

const { write } = makeTempFolder();
const AS_OF = '2026-11-22';
/** More than are refreshed together, and before the listed ones by key. */
const MADE_UP = Array.from({ length: 10 }, (_, index) => `course-v1:A+B+${index}`);
const BY_LOGS = 'course-v1:X+B+C';
const BY_LMS = 'course-v1:Y+B+C';
const BY_NAME = 'course-v1:Z+B+C';
const LISTED = [BY_LOGS, BY_LMS, BY_NAME];

const onFailure = (error: unknown) => {
  throw error;
};

/** A clock by which so long passes between two looks that one group of courses is begun, and no second. */
function makeClock(): () => number {
  let now = 0;
  return () => (now += 1500);
}

async function take(store: Store, courses: readonly string[], day = '2026-11-20'): Promise<void> {
  const lines = courses.map((course) => formatAttempt({ username: 'ada', course, time: `${day}T10:00:00Z` }));
  const enrolled = formatRosterChange('enrollment.activated', { username: 'ada', mode: 'audit', course: BY_LOGS });
  await ingest(store, [write('x.log', [...lines, enrolled].join('\n'))], { now: new Date('2026-11-21T12:00:00Z') });
}

async function openSite(day?: string): Promise<Store> {
  const store = await openTempStore();
  await store.insert('lms_enrollments', [{ course_id: BY_LMS, username: 'ada', user_id: 1 }]);
  await store.insert('lms_courses', [{ course_id: BY_NAME, display_name: 'Zoology' }]);
  await take(store, [...MADE_UP, ...LISTED], day);
  return store;
}

async function listIds(store: Store): Promise<string[]> {
  return (await listCourses(store)).map(({ courseId }) => courseId);
}

/** The store as a refresh sees it, and which courses that published at once, in their order. */
function hearPublished(store: Store): { readonly heard: Store; readonly published: string[][] } {
  const published: string[][] = [];
  const heard = overhear(store, (what, params) => {
    if (what.includes('INSERT INTO snapshots')) published.push((params['courses'] as string[]).toSorted());
  });
  return { heard, published };
}

test('courses of which nothing but events is known come last, and some are left to the next time by whoever refreshes all the time', async () => {
  const store = await openSite();
  const first = await refresh(store, { asOf: AS_OF, onFailure, clock: makeClock() });
  assert.deepEqual([first.refreshed, first.left, first.courses], [LISTED.length + 8, 2, 13]);
  const ids = await listIds(store);
  assert.ok(LISTED.every((course) => ids.includes(course)));
  await take(store, LISTED, '2026-11-19');
  const { heard, published } = hearPublished(store);
  const next = await refresh(heard, { asOf: AS_OF, onFailure, clock: makeClock() });
  assert.deepEqual([next.refreshed, next.left], [LISTED.length + 2, 0]);
  assert.deepEqual(published, [LISTED, MADE_UP.filter((course) => !ids.includes(course))]);
});

test('whoever refreshes once does all of them, those that are listed first, at the turn of the day too', async () => {
  const store = await openSite('2026-10-01');
  const asked = hearPublished(store);
  const { refreshed, left } = await refresh(asked.heard, { asOf: AS_OF, clock: makeClock() });
  assert.deepEqual([refreshed, left, asked.published[0]], [13, 0, LISTED]);
  await take(store, LISTED, '2026-11-20');
  const later = hearPublished(store);
  await refresh(later.heard, { asOf: addDays(AS_OF, 1) });
  assert.deepEqual(later.published, [LISTED, MADE_UP]);
});

test('of those that are left to the next time none is always left', async () => {
  const store = await openSite();
  const [last, other] = MADE_UP.slice(-2);
  assert.ok(last !== undefined && other !== undefined);
  const done = [...LISTED, ...MADE_UP.slice(0, -2)];
  await store.run('DELETE FROM touched_courses WHERE true');
  await touchCourses(store, done, { facts: true });
  // an hour ago
  await store.run(
    `INSERT INTO touched_courses (course_id, touched_at)
     SELECT arrayJoin({courses:Array(String)}), now64(6) - INTERVAL 1 HOUR`,
    { courses: [last, other] },
  );
  await refresh(store, { asOf: AS_OF, onFailure, clock: makeClock() });
  const ids = await listIds(store);
  assert.ok(ids.includes(last) && ids.includes(other));
  assert.equal(ids.length, LISTED.length + 8);
});

test('when enough of them are published, those with most learners are let in, and a name lets in another', async () => {
  const store = await openTempStore();
  await publishEmpty(store, UNLISTED_AT_MOST - 2, AS_OF);
  const [small = '', larger = '', largest = '', late = ''] = MADE_UP;
  const lines = [small, larger, larger, largest, largest, largest].map((course, index) =>
    formatAttempt({ username: `learner-${index}`, course, time: '2026-11-20T10:00:00Z' }),
  );
  await ingest(store, [write('x.log', lines.join('\n'))], { now: new Date('2026-11-21T12:00:00Z') });
  const refreshMade = async () => {
    const { refreshed, left, withheld } = await refresh(store, { asOf: AS_OF, onFailure });
    const published = await store.read<{ id: string }>(
      'SELECT DISTINCT course_id AS id FROM snapshots WHERE course_id IN {made:Array(String)} ORDER BY id',
      { made: MADE_UP },
    );
    return { counts: [refreshed, left, withheld], published: published.map(({ id }) => id) };
  };
  assert.deepEqual(await refreshMade(), { counts: [2, 0, 1], published: [larger, largest] });
  // what is published follows what happens
  await take(store, [larger, late]);
  assert.deepEqual(await refreshMade(), { counts: [2, 0, 2], published: [larger, largest] });
  await store.insert('lms_courses', [{ course_id: small, display_name: 'Zoology' }]);
  assert.deepEqual(await refreshMade(), { counts: [1, 0, 1], published: [small, larger, largest] });
  // the only one that is to be refreshed is not let in for that
  assert.deepEqual(await refreshMade(), { counts: [0, 0, 1], published: [small, larger, largest] });
});

test('of those of which as much is known the same are let in, in whatever order they come: nodes of a shard each have their own', async () => {
  const store = await openTempStore();
  await publishEmpty(store, UNLISTED_AT_MOST - 2, AS_OF);
  await take(store, MADE_UP);
  const courses = (await findCourses(store, AS_OF, false)).filter(({ course_id }) => MADE_UP.includes(course_id));
  const known = await measureCourses(store, courses);
  for (const each of [courses, courses.toReversed()]) {
    const admitted = await admitUnlisted(store, each, known);
    assert.deepEqual(admitted.map(({ course_id }) => course_id).toSorted(), MADE_UP.slice(0, 2));
  }
});
