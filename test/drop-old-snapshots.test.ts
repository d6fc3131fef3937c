import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { copyFolder } from '../src/engagement/copy/build-copy.ts';
import { META_FILE, readMeta } from '../src/engagement/copy/course-copy.ts';
import { removeCopies, tidyCopies } from '../src/engagement/copy/tidy-copies.ts';
import { type Course, findLastUpdated, forgetCourse, getCourse, listCourses } from '../src/engagement/course.ts';
import { dropOldSnapshots } from '../src/engagement/drop-old-snapshots.ts';
import { findCourses } from '../src/engagement/find-courses.ts';
import { judgeSnapshots } from '../src/engagement/judge-snapshots.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { AppError } from '../src/errors.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { formatAttempt } from './log-lines.ts';
import { overhear } from './meddled-store.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';

const AS_OF = '2026-11-22';
const COURSE = 'course-v1:A+B+C';
const MINUTE = 60_000_000;
const store = await openTempStore();
const { write } = makeTempFolder();
await ingest(store, [
  write('x.log', `${formatAttempt({ username: 'ada', course: COURSE, time: '2026-11-20T10:00:00Z' })}\n`),
]);

beforeEach(async () => {
  await store.run('TRUNCATE TABLE snapshots');
  removeCopies(store, null);
  await refresh(store, { asOf: AS_OF, full: true });
});

async function readCourse(snapshot?: number): Promise<Course> {
  const course = await getCourse(store, COURSE, snapshot);
  assert.ok(course !== null);
  return course;
}

/** Publishes the course so many times, a second each, of which the last was so many minutes ago; gives the number of that. */
async function publishBefore(minutes: number, times = 1): Promise<number> {
  const { snapshot } = await readCourse();
  await store.run(
    `INSERT INTO snapshots SELECT latest.* REPLACE (
       snapshot - {micros:UInt64} - 1000000 * number AS snapshot,
       published_at - toIntervalMinute({minutes:UInt64}) - toIntervalSecond(number) AS published_at)
     FROM (SELECT * FROM snapshots WHERE snapshot = {snapshot:UInt64}) AS latest CROSS JOIN numbers({times:UInt64}) AS n`,
    { snapshot, minutes, micros: minutes * MINUTE, times },
  );
  return snapshot - minutes * MINUTE;
}

async function countPublications(): Promise<number> {
  const [row] = await store.read<{ rows: number }>('SELECT count() AS rows FROM snapshots');
  return row?.rows ?? 0;
}

/** The names of folders of copies, or of what else begins so. */
function list(part: string): string[] {
  return readdirSync(store.copies).filter((name) => name.startsWith(part));
}

test('what was published long ago is gone without being listed; what was replaced just now is kept', async () => {
  const hours = await publishBefore(120, 50);
  const minutes = await publishBefore(30);
  for (const snapshot of [hours, minutes]) mkdirSync(copyFolder(store, snapshot));
  const judged = await judgeSnapshots(store);
  assert.deepEqual(judged.replaced, []);
  assert.deepEqual(new Set(judged.kept), new Set([minutes, (await readCourse()).snapshot]));
  await tidyCopies(store, judged);
  assert.ok(!list('').includes(String(hours)));
  assert.ok(list('').includes(String(minutes)));
});

test('a snapshot that was begun a short while ago and is not asked for any more is gone', async () => {
  const minutes = await publishBefore(5);
  mkdirSync(copyFolder(store, minutes));
  await store.run('ALTER TABLE snapshots UPDATE learner_count = 20000000 WHERE true SETTINGS mutations_sync = 1');
  const judged = await judgeSnapshots(store);
  assert.deepEqual(judged.replaced, [minutes]);
  await tidyCopies(store, judged);
  assert.ok(!list('').includes(String(minutes)));
});

test('whose persons a copy has is looked up once, and again where it was made anew', async () => {
  const folder = copyFolder(store, (await readCourse()).snapshot);
  const meta = readMeta(folder);
  const [theirs, others] = [meta.people, 'people-others'].map((name) => join(store.copies, name)) as [string, string];
  const age = () => {
    mkdirSync(others, { recursive: true });
    for (const people of [theirs, others]) utimesSync(people, 0, 0);
  };
  const judged = await judgeSnapshots(store);
  await tidyCopies(store, judged);
  age();
  writeFileSync(join(folder, META_FILE), '{');
  await tidyCopies(store, judged);
  assert.deepEqual(list('people-'), [meta.people]);
  age();
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(folder, META_FILE), JSON.stringify({ ...meta, people: 'people-others' }));
  await tidyCopies(store, judged);
  assert.deepEqual(list('people-'), ['people-others']);
});

test('while many copies are looked at, others have their turn', async () => {
  const { snapshot } = await readCourse();
  for (let number = 1; number <= 3000; number += 1) mkdirSync(copyFolder(store, snapshot + number));
  const judged = await judgeSnapshots(store);
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  await tidyCopies(store, judged);
  clearInterval(counting);
  assert.ok(turns > 0);
});

test('rows about publications that were replaced an hour ago go once they are many; of those replaced since, they stay', async () => {
  const replaced = await publishBefore(90, 1002);
  await refresh(store, { asOf: AS_OF });
  assert.equal(await countPublications(), 2);
  // the learners of one that was replaced just now are there for whoever reads on
  assert.equal((await readCourse(replaced)).snapshot, replaced);
});

test('a course is listed once, as it was published last, also where that is there twice', async () => {
  await publishBefore(60 * 24, 3);
  await store.run('INSERT INTO snapshots SELECT * FROM snapshots ORDER BY snapshot DESC LIMIT 1');
  const { courseId, learnerCount, lastUpdated } = await readCourse();
  const listed = await listCourses(store);
  assert.deepEqual(
    listed.map((course) => [course.courseId, course.learnerCount, course.lastUpdated]),
    [[courseId, learnerCount, lastUpdated]],
  );
  assert.equal(await findLastUpdated(store), lastUpdated);
  await store.run('TRUNCATE TABLE snapshots');
  assert.equal(await findLastUpdated(store), null);
});

test('whoever asks for the courses within a second is told from one reading, unless something was published', async () => {
  const [listed, meanwhile] = await Promise.all([listCourses(store), listCourses(store)]);
  assert.equal(meanwhile, listed);
  const { courseId } = await readCourse();
  // as whoever publishes does
  forgetCourse(store, courseId);
  const now = await listCourses(store);
  assert.notEqual(now, listed);
  assert.deepEqual(now, listed);
});

test('of very many old snapshots the largest are removed, and the next time the rest', async () => {
  const first = (await readCourse()).snapshot - 120 * MINUTE;
  // of one learner each, but the last
  await store.run(
    `INSERT INTO learners (snapshot, username)
     SELECT {first:UInt64} + number % 302, concat('learner_', toString(number)) FROM numbers(302)
     UNION ALL SELECT {first:UInt64} + 301, concat('other_', toString(number)) FROM numbers(1000)
     SETTINGS max_partitions_per_insert_block = 0`,
    { first },
  );
  const countOld = async () => {
    const [row] = await store.read<{ old: number; large: number }>(
      `SELECT uniqExactIf(snapshot, snapshot < {first:UInt64} + 302) AS old, countIf(snapshot = {first:UInt64} + 301) AS large FROM learners`,
      { first },
    );
    return [row?.old, row?.large];
  };
  assert.deepEqual(await countOld(), [302, 1001]);
  // however long it takes here
  await dropOldSnapshots(store, 0, () => 0);
  assert.deepEqual(await countOld(), [2, 0]);
  await dropOldSnapshots(store, 0, () => 0);
  assert.deepEqual(await countOld(), [0, 0]);
});

test('where more courses than that are refreshed, as many as come are removed', async () => {
  const limits: unknown[] = [];
  const heard = overhear(store, (what, { most }) => {
    if (what.includes('system.parts') && most !== undefined) limits.push(most);
  });
  for (const refreshed of [0, 1000]) await dropOldSnapshots(heard, refreshed);
  assert.deepEqual(limits, [300, 2000]);
});

test('touches of long ago go, also where a course has not seen them: it is refreshed as a whole', async () => {
  const seen = 'course-v1:A+B+D';
  await ingest(store, [
    write('y.log', `${formatAttempt({ username: 'ada', course: seen, time: '2026-11-20T10:00:00Z' })}\n`),
  ]);
  await refresh(store, { asOf: AS_OF });
  await store.run(
    `ALTER TABLE snapshots UPDATE started_at = now64(6) - INTERVAL 20 DAY WHERE course_id = {course:String} SETTINGS mutations_sync = 1`,
    { course: COURSE },
  );
  await store.run('TRUNCATE TABLE touched_courses');
  await store.run(
    `INSERT INTO touched_courses (course_id, touched_at)
     SELECT arrayJoin([{course:String}, {seen:String}]), now64(6) - INTERVAL 30 DAY`,
    { course: COURSE, seen },
  );
  await store.run(
    `INSERT INTO touched_learners (course_id, username, day, touched_at)
     SELECT arrayJoin([{course:String}, {seen:String}]), 'ada', toDate('2026-11-20'), now64(6) - toIntervalDay(arrayJoin([12, 15, 25]))
     UNION ALL SELECT {seen:String}, 'ada', toDate('2026-11-20'), now64(6) - INTERVAL 2 DAY`,
    { course: COURSE, seen },
  );
  // it fails each time
  const failing = overhear(store, (what) => {
    if (what.includes('INSERT INTO learners')) throw new Error('failed');
  });
  await assert.rejects(refresh(failing, { asOf: AS_OF }), /^Error: failed$/);
  const left = await store.read<{ ago: number }>(
    "SELECT DISTINCT dateDiff('day', touched_at, now64(6)) AS ago FROM touched_learners WHERE toDate(touched_at) < today()",
  );
  assert.deepEqual(left, [{ ago: 2 }]);
  const states = await findCourses(store, AS_OF, false);
  assert.deepEqual(
    states.map(({ course_id, whole }) => [course_id, whole]),
    [
      [COURSE, true],
      [seen, false],
    ],
  );
  const { refreshed, recomputed } = await refresh(store, { asOf: AS_OF });
  assert.deepEqual([refreshed, recomputed], [1, 1]);
});

test('on a full disk what is old goes all the same, and the refresh fails for that', async () => {
  const { snapshot } = await readCourse();
  const [replaced, unpublished] = [await publishBefore(90), snapshot - 120 * MINUTE];
  // replaced by this one longer ago than anybody may ask for it
  await publishBefore(60);
  for (const number of [replaced, unpublished]) {
    mkdirSync(copyFolder(store, number));
    await store.run(
      'INSERT INTO learners SELECT l.* REPLACE ({number:UInt64} AS snapshot) FROM learners AS l WHERE l.snapshot = {snapshot:UInt64}',
      { number, snapshot },
    );
  }
  const full = new AppError('store_unavailable', 'The disk is full.', {
    cause: new Error('Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space.'),
  });
  for (const isTidied of [false, true]) {
    const refused = overhear(store, (what) => {
      if (what.startsWith('INSERT INTO learners')) throw full;
      if (!isTidied && what.startsWith('ALTER TABLE learners')) throw new Error('failed');
    });
    await assert.rejects(refresh(refused, { asOf: AS_OF, full: true }), full);
    for (const number of [replaced, unpublished]) assert.ok(!list('').includes(String(number)));
    const numbers = await store.read<{ snapshot: number }>('SELECT DISTINCT snapshot FROM learners');
    const left = new Set(numbers.map((row) => row.snapshot));
    assert.deepEqual([left.has(replaced), left.has(unpublished), left.has(snapshot)], [!isTidied, !isTidied, true]);
  }
});

test('where removing them takes long, lines are taken in before the rest goes; but more go than come', async () => {
  const username = 'ada';
  await store.insert(
    'learners',
    Array.from({ length: 40 }, (_, index) => ({ snapshot: index + 1, username })),
  );
  let seconds = 0;
  const slow = overhear(store, (what) => {
    if (what.startsWith('ALTER TABLE learners DROP PARTITION')) seconds += 1;
  });
  const countDrops = async (refreshed: number) => {
    const before = seconds;
    await dropOldSnapshots(slow, refreshed, () => seconds * 1000);
    return seconds - before;
  };
  assert.deepEqual([await countDrops(0), await countDrops(8)], [5, 16]);
  await dropOldSnapshots(store);
  assert.deepEqual(await store.read('SELECT DISTINCT snapshot FROM learners WHERE snapshot <= 40'), []);
});
