import assert from 'node:assert/strict';
import test from 'node:test';
import { buildCopy } from '../src/engagement/copy/build-copy.ts';
import { removeCopies } from '../src/engagement/copy/tidy-copies.ts';
import { type Course, forgetCourse, getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { getTimeline } from '../src/engagement/timeline.ts';
import { type IngestResult, ingest } from '../src/ingest/ingest.ts';
import type { Store } from '../src/store/store.ts';
import { touchCourses } from '../src/store/touch.ts';
import { getLearner } from './get-learner.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { asOther, dieBefore, meddle } from './meddled-store.ts';
import { makeTempFolder, prepareStore } from './temp-store.ts';

const { write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';
const AS_OF = '2026-11-22';
/** In the microseconds that snapshots are numbered by. */
const HOUR = 3_600_000_000;
const enrol = (username: string) => formatRosterChange('enrollment.activated', { username, mode: 'audit' });
const attempt = (username: string) => formatAttempt({ username, time: '2026-11-20T10:00:00.000001+00:00' });

let files = 0;
async function take(store: Store, lines: readonly string[]): Promise<IngestResult> {
  files += 1;
  const path = write(`${files}.log`, `${lines.join('\n')}\n`);
  return ingest(store, [path], { now: new Date('2026-11-21T12:00:00Z') });
}

/** Of what these lines tell, published. */
const prepare = (lines: readonly string[]) =>
  prepareStore(async (store) => {
    await take(store, lines);
    await refresh(store, { asOf: AS_OF });
  });
const openTwo = prepare([enrol('ada'), enrol('bob')]);
const openTwoOneActive = prepare([enrol('ada'), enrol('bob'), attempt('ada')]);
const NAMES = ['ada', 'bob', 'eve'];
const openThreeOneActive = prepare([...NAMES.map(enrol), attempt('bob')]);
const openEmpty = prepareStore();

async function openPublished(open: () => Promise<Store>): Promise<{ readonly store: Store; readonly course: Course }> {
  const store = await open();
  const course = await getCourse(store, COURSE);
  assert.ok(course !== null);
  return { store, course };
}

/** What a process tells that did not publish it itself, once it looks again. */
async function readDays(store: Store, username: string): Promise<string[] | undefined> {
  forgetCourse(store, COURSE);
  return (await getTimeline(store, COURSE, username))?.map(({ date }) => date);
}

test('an earlier snapshot that another process removes meanwhile is not carried over from', async () => {
  const { store, course } = await openPublished(openTwoOneActive);
  // the persons are others, so that learners are matched with those of before
  await store.insert('lms_users', [{ username: 'bob', user_id: 0, name: 'Bob' }]);
  await touchCourses(store, [COURSE], { facts: true });
  await store.run("ALTER TABLE touched_learners DELETE WHERE username = '' SETTINGS mutations_sync = 2");
  const other = async () => store.run(`ALTER TABLE learners DROP PARTITION ${course.snapshot}`);
  await refresh(meddle(store, { before: /numbers$/, other }), { asOf: AS_OF });
  assert.deepEqual(await readDays(store, 'ada'), ['2026-11-20']);
});

test('what came since an earlier snapshot is taken in though another process forgets when that was begun', async () => {
  const { store, course } = await openPublished(openTwo);
  await take(store, [attempt('ada')]);
  const other = async () =>
    store.run(`ALTER TABLE snapshots DELETE WHERE snapshot = ${course.snapshot} SETTINGS mutations_sync = 2`);
  await refresh(meddle(store, { before: /facts$/, other }), { asOf: AS_OF });
  assert.deepEqual(await readDays(store, 'ada'), ['2026-11-20']);
});

for (const before of [/texts.rowbinary$/, /facts$/]) {
  test(`where another process forgets somebody while a copy is made, the others have what is theirs: ${before}`, async () => {
    const { store, course } = await openPublished(openThreeOneActive);
    removeCopies(store, null);
    const other = async () =>
      store.run(
        `ALTER TABLE learners DELETE WHERE snapshot = ${course.snapshot} AND username = 'ada' SETTINGS mutations_sync = 2`,
      );
    await buildCopy(meddle(store, { before, other }), course);
    const days = await Promise.all(NAMES.map(async (name) => readDays(store, name)));
    assert.deepEqual(days, [undefined, ['2026-11-20'], []]);
    assert.equal((await getLearner(store, COURSE, 'bob'))?.engagements.problem_attempts, 1);
  });
}

const fail = () => {
  throw new Error('failed');
};
for (const [what, breaking, message] of [
  ['fails', (store: Store) => meddle(store, { before: /TRUNCATE TABLE ingest_/, other: fail }), /failed/],
  ['is killed', (store: Store) => dieBefore(store, /TRUNCATE TABLE ingest_/), /killed/],
] as const) {
  test(`facts of an ingest that ${what} after another process refreshed are taken in by the next refresh`, async () => {
    const { store } = await openPublished(openTwo);
    const other = async () => refresh(asOther(store), { asOf: AS_OF });
    const refreshed = meddle(store, { before: /INSERT INTO facts/, other });
    await assert.rejects(take(breaking(refreshed), [attempt('ada')]), message);
    // the same once more, which brings nothing new
    assert.equal((await take(store, [attempt('ada')])).new_facts, 0);
    await refresh(store, { asOf: AS_OF });
    assert.equal((await getLearner(store, COURSE, 'ada'))?.engagements.problem_attempts, 1);
    assert.deepEqual(await readDays(store, 'ada'), ['2026-11-20']);
    assert.deepEqual(await store.read("SELECT name FROM system.tables WHERE name LIKE 'ingest%'"), []);
  });
}

test('a course that another process published meanwhile is left as it is, unless all is to be held against the facts', async () => {
  const { store } = await openPublished(openTwo);
  const counts: number[] = [];
  for (const full of [false, true]) {
    await take(store, [attempt(full ? 'bob' : 'ada')]);
    const other = async () => refresh(asOther(store), { asOf: AS_OF });
    const { refreshed, learners, recomputed } = await refresh(meddle(store, { before: /AS enrollmentKnown/, other }), {
      asOf: AS_OF,
      full,
    });
    assert.deepEqual([refreshed, learners, recomputed], full ? [1, 2, 2] : [0, 0, 0]);
    const [row] = await store.read<{ published: number }>('SELECT count() AS published FROM snapshots');
    counts.push(row?.published ?? 0);
  }
  assert.deepEqual(counts, [2, 4]);
  for (const name of ['ada', 'bob']) assert.deepEqual(await readDays(store, name), ['2026-11-20']);
  assert.equal((await refresh(store, { asOf: AS_OF })).refreshed, 0);
});

test('a course of which another process published meanwhile what it began before is refreshed', async () => {
  const { store } = await openPublished(openTwo);
  await take(store, [attempt('ada')]);
  const other = async () =>
    store.run('INSERT INTO snapshots SELECT * REPLACE (snapshot + 1 AS snapshot, snapshot AS rest) FROM snapshots');
  const { refreshed } = await refresh(meddle(store, { before: /AS enrollmentKnown/, other }), { asOf: AS_OF });
  assert.equal(refreshed, 1);
  assert.deepEqual(await readDays(store, 'ada'), ['2026-11-20']);
});

test('what is refreshed is published, though an earlier snapshot is of a time that is still to come', async () => {
  const { store, course } = await openPublished(openTwo);
  // by a clock that was wrong
  await store.run(
    `INSERT INTO snapshots SELECT * REPLACE (snapshot + ${HOUR} AS snapshot, snapshot AS rest) FROM snapshots`,
  );
  await take(store, [attempt('ada')]);
  await refresh(store, { asOf: AS_OF });
  assert.deepEqual(await readDays(store, 'ada'), ['2026-11-20']);
  const newest = (await getCourse(store, COURSE))?.snapshot ?? 0;
  assert.ok(newest > course.snapshot + HOUR && newest < course.snapshot + HOUR + 1000, `${newest}`);
});

test('a course that is new is marked as a whole, one that is known by its learners', async () => {
  const store = await openEmpty();
  const marked = async () => {
    const rows = await store.read<{ username: string }>('SELECT DISTINCT username FROM touched_learners ORDER BY ALL');
    return rows.map(({ username }) => username);
  };
  await take(store, [attempt('ada')]);
  assert.deepEqual(await store.read('SELECT DISTINCT course_id FROM touched_courses'), [{ course_id: COURSE }]);
  // by another process a snapshot may have been begun before the facts were in
  const meanwhile = store.embedded ? [] : ['ada'];
  assert.deepEqual(await marked(), meanwhile);
  await take(store, [attempt('ada'), attempt('bob')]);
  assert.deepEqual(await marked(), [...meanwhile, 'bob']);
});
