import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { removeCopies } from '../src/engagement/copy/tidy-copies.ts';
import { getCourse, listCourses } from '../src/engagement/course.ts';
import { addDays } from '../src/engagement/days.ts';
import { findRenames } from '../src/engagement/renames.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { refreshCourses } from '../src/engagement/refresh-courses.ts';
import { ingest } from '../src/ingest/ingest.ts';
import type { Store } from '../src/store/store.ts';
import { touchCourses } from '../src/store/touch.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { overhear } from './meddled-store.ts';
import { makeTempFolder, nameInLms, openTempStore } from './temp-store.ts';

const { write } = makeTempFolder();
const END = '2026-11-22';
const NAMES = ['ada', 'bob', 'cyd', 'dan', 'eve', "o'neil", 'zoë', '日本'];

function randomFrom(first: number): (below: number) => number {
  let seed = first;
  return (below) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
}

/** Everything that tells one course from another: enrolments from anywhere or none, cohorts, staff, former names, what is after the window. */
async function fill(store: Store, courses: readonly string[], seed: number): Promise<void> {
  const random = randomFrom(seed);
  const pick = <Item>(items: readonly Item[]) => items[random(items.length)]!;
  const lines: string[] = [];
  const time = () =>
    `2026-11-${String(1 + random(26)).padStart(2, '0')}T1${random(10)}:00:00.${String(random(1e6)).padStart(6, '0')}Z`;
  for (const [index, course] of courses.entries()) {
    // every fourth is known by activity and a name alone, every fourth by the LMS
    const source = index % 4;
    if (source === 0) await store.insert('lms_courses', [{ course_id: course, display_name: 'Without a roster' }]);
    for (const [place, username] of NAMES.entries()) {
      const user_id = place + 1;
      for (let count = random(6); count > 0; count -= 1)
        lines.push(
          formatAttempt({
            username: user_id === 3 && random(3) === 0 ? 'cyd_before' : username,
            user_id,
            course,
            time: time(),
            problem: `p${random(4)}`,
            success: pick(['correct', 'incorrect']),
          }),
        );
      if (source === 2 && random(3) > 0)
        await store.insert('lms_enrollments', [
          {
            course_id: course,
            username,
            user_id,
            enrollment_mode: pick(['audit', 'verified', null]),
            is_active: pick([true, false, null]),
            cohort: pick(['', 'A', null]),
          },
        ]);
      if (source === 0 || source === 2) continue;
      const isNamed = random(3) > 0;
      const who = isNamed ? { username, user_id } : { user_id };
      if (random(4) > 0)
        lines.push(formatRosterChange('enrollment.activated', { ...who, course, time: time(), mode: 'honor' }));
      if (random(4) === 0) lines.push(formatRosterChange('enrollment.deactivated', { ...who, course, time: time() }));
      if (random(3) === 0)
        lines.push(formatRosterChange('user_added', { ...who, course, time: time(), cohort: pick(['A', 'B']) }));
    }
    await store.insert('course_roles', [
      { source: 'csv', username: pick(NAMES), role: 'staff', course_id: course, org: '' },
      { source: 'csv', username: pick(NAMES), role: pick(['instructor', 'beta_testers']), course_id: course, org: '' },
    ]);
  }
  await store.insert('course_roles', [
    { source: 'csv', username: 'eve', role: 'staff', course_id: '', org: 'OrgA' },
    { source: 'csv', username: 'dan', role: 'global_staff', course_id: '', org: '' },
  ]);
  await store.insert('lms_users', [{ username: 'zoë', user_id: 7, name: 'Zoë', email: 'zoe@example.com' }]);
  await ingest(store, [write(`${seed}.log`, `${lines.join('\n')}\n`)], { now: new Date('2026-11-27T12:00:00Z') });
}

/** What is published of every course, apart from numbers and times. */
async function readAll(store: Store): Promise<unknown> {
  const published = await store.read(
    `SELECT course_id, window_end, data_until, ranges, include_staff, enrollment_known, learner_count, cohorts, enrollment_modes, segments
     FROM snapshots WHERE (course_id, snapshot) IN (SELECT course_id, max(snapshot) FROM snapshots GROUP BY course_id)
     ORDER BY course_id`,
  );
  const learners = await store.read(
    `SELECT course_id, l.* EXCEPT snapshot
     FROM learners AS l
     INNER JOIN (SELECT course_id, max(snapshot) AS snapshot FROM snapshots GROUP BY course_id) AS s ON s.snapshot = l.snapshot
     ORDER BY course_id, username`,
  );
  return { published, learners };
}

/** What is in the files of the latest copy of every course, by their names. */
async function readCopies(store: Store): Promise<Record<string, Record<string, string>>> {
  const copies: Record<string, Record<string, string>> = {};
  for (const { courseId } of await listCourses(store)) {
    const { snapshot } = (await getCourse(store, courseId))!;
    const meta = JSON.parse(readFileSync(join(store.copies, String(snapshot), 'meta.json'), 'utf8')) as {
      people: string;
    };
    const files = [String(snapshot), meta.people].flatMap((folder) =>
      readdirSync(join(store.copies, folder)).map((name) => [
        name,
        hash('sha1', readFileSync(join(store.copies, folder, name))),
      ]),
    );
    copies[courseId] = Object.fromEntries(files) as Record<string, string>;
  }
  return copies;
}

/** Something came to some of the courses, somebody is enrolled in one, and facts of another are gone. */
async function takeMore(store: Store, courses: readonly string[]): Promise<void> {
  const came = [0, 3, 7].map((index) =>
    formatAttempt({ username: NAMES[index]!, course: courses[index]!, time: `${END}T08:00:00Z` }),
  );
  came.push(formatRosterChange('enrollment.activated', { username: 'aaron', course: courses[9]!, mode: 'audit' }));
  await ingest(store, [write('later.log', `${came.join('\n')}\n`)], { now: new Date('2026-11-27T12:00:00Z') });
  await store.run(
    "ALTER TABLE facts DELETE WHERE course_id = {course:String} AND username = 'dan' SETTINGS mutations_sync = 1",
    { course: courses[5]! },
  );
  await touchCourses(store, [courses[5]!], { facts: true });
}

/** Some are called as the LMS says, one of whom did something in one course alone. */
async function rename(store: Store, courses: readonly string[]): Promise<void> {
  const line = formatAttempt({
    username: 'fay_before',
    user_id: 99,
    course: courses[2]!,
    time: '2026-11-20T10:00:00Z',
  });
  await ingest(store, [write('renamed.log', `${line}\n`)], { now: new Date('2026-11-27T12:00:00Z') });
  await nameInLms(store, [
    [3, 'cyd'],
    [99, 'fay'],
  ]);
}

for (const { seed, change } of [
  { seed: 11, change: takeMore },
  { seed: 12, change: rename },
]) {
  test(`courses that are refreshed together tell what each of them tells by itself (${seed})`, async () => {
    const store = await openTempStore();
    const courses = Array.from({ length: 12 }, (_, index) => `course-v1:Org${'AB'[index % 2]}+C${index}+R`);
    await fill(store, courses, seed);
    const together: number[] = [];
    const heard = overhear(store, (what, params) => {
      if (what.startsWith('INSERT INTO learners')) together.push((params['courses'] as string[]).length);
    });
    const { refreshed, recomputed, learners } = await refresh(heard, { asOf: END });
    assert.deepEqual([refreshed, recomputed], [12, learners]);
    assert.deepEqual(new Set(together), new Set([4, 8]));
    const first = (await readAll(store)) as { learners: object[] };
    assert.equal(first.learners.length, learners);
    assert.ok(learners > 30, `${learners} learners`);

    const copies = await readCopies(store);
    const refreshAlone = async (end: string) => {
      removeCopies(store, null);
      const looked = Date.now() * 1000;
      const round = { end, includeStaff: false, renames: await findRenames(store), looked, fromFacts: true };
      for (const courseId of courses) {
        const due = { courseId, touched: 0, published: 0, base: null };
        const done = await refreshCourses(store, round, [due], async (work) => work());
        assert.equal(done.courses, 1);
      }
    };
    await refreshAlone(END);
    assert.deepEqual(await readAll(store), first);
    assert.deepEqual(await readCopies(store), copies);

    await change(store, courses);
    await refresh(store, { asOf: addDays(END, 1) });
    const [later, laterCopies] = [await readAll(store), await readCopies(store)];
    assert.notDeepEqual(laterCopies, copies);
    await refreshAlone(addDays(END, 1));
    assert.deepEqual(await readAll(store), later);
    assert.deepEqual(await readCopies(store), laterCopies);
  });
}

test('of small courses refreshed together, a few changed learners are computed with all others', async () => {
  const store = await openTempStore();
  const courses = ['course-v1:OrgA+C1+R', 'course-v1:OrgA+C2+R'];
  const take = async (day: number, ...names: readonly string[]) => {
    const lines = courses.flatMap((course) =>
      names.map((username) => formatAttempt({ username, course, time: `2026-11-${day}T10:00:00Z` })),
    );
    await ingest(store, [write('few.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-22T12:00:00Z') });
  };
  await take(20, 'ada', 'bob', 'cyd');
  await refresh(store, { asOf: END });
  await take(21, 'bob');
  const { refreshed, learners, recomputed } = await refresh(store, { asOf: END });
  assert.deepEqual([refreshed, learners, recomputed], [2, 6, 6]);
  const before = await readAll(store);
  await refresh(store, { asOf: END, full: true });
  assert.deepEqual(await readAll(store), before);
});
