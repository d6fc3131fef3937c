import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { copyFolder } from '../src/engagement/copy/build-copy.ts';
import { type Course, forgetCourse, getCourse } from '../src/engagement/course.ts';
import { addDays } from '../src/engagement/days.ts';
import type { Learner } from '../src/engagement/learner.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { listLearners } from '../src/engagement/roster.ts';
import { ingest } from '../src/ingest/ingest.ts';
import type { Store } from '../src/store/store.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { asOther, meddle } from './meddled-store.ts';
import { makeTempFolder, prepareStore } from './temp-store.ts';

const { write } = makeTempFolder();
const openEmpty = prepareStore();
const IDLE = 'course-v1:A+B+C';
const BUSY = 'course-v1:A+B+D';
const END = '2026-11-24';

async function take(store: Store, ...lines: readonly string[]): Promise<void> {
  await ingest(store, [write('x.log', lines.join('\n'))], { now: new Date('2027-11-23T12:00:00Z') });
}

const enrol = (username: string, course = IDLE) =>
  formatRosterChange('enrollment.activated', { username, mode: 'audit', course });
const attempt = (username: string, day: string, course = IDLE) =>
  formatAttempt({ username, time: `${day}T10:00:00Z`, course });

/** What is told of a course, but for which publication tells it. */
async function read(store: Store): Promise<{ readonly course: Course; readonly learners: readonly Learner[] }> {
  forgetCourse(store, IDLE);
  const course = await getCourse(store, IDLE);
  assert.ok(course !== null);
  const { learners } = await listLearners(store, {
    courseId: IDLE,
    orderBy: 'username',
    descending: false,
    offset: 0,
    limit: 100,
  });
  return { course, learners };
}

/** Refreshes, sees that a full refresh changes nothing of what is told, and gives the learners computed anew before it. */
async function refreshAndCheck(store: Store, asOf: string): Promise<number> {
  const { recomputed } = await refresh(store, { asOf });
  const before = await read(store);
  await refresh(store, { asOf, full: true });
  const after = await read(store);
  assert.deepEqual(before.learners, after.learners);
  const { snapshot, rest } = before.course;
  assert.deepEqual(before.course, { ...after.course, snapshot, rest });
  return recomputed;
}

test('a course in which nobody did anything for long is published again as it is, day after day', async () => {
  const store = await openEmpty();
  await take(
    store,
    enrol('ada'),
    enrol('bob'),
    enrol('cyd', BUSY),
    attempt('ada', addDays(END, -15)),
    attempt('cyd', addDays(END, -1), BUSY),
  );
  assert.equal((await refresh(store, { asOf: END })).recomputed, 3);
  const inode = async () => statSync(join(copyFolder(store, (await read(store)).course.snapshot), 'state')).ino;
  const first = await inode();
  for (const days of [1, 2, 9]) {
    const { refreshed, learners, recomputed } = await refresh(store, { asOf: addDays(END, days) });
    assert.deepEqual([refreshed, learners, recomputed], [2, 3, 1]);
    const { course, learners: told } = await read(store);
    assert.equal(course.window.end, addDays(END, days));
    assert.deepEqual([course.learnerCount, course.segments.inactive], [2, 2]);
    assert.deepEqual(
      told.map(({ username, last_active, engagements }) => [username, last_active, engagements.date_range.end]),
      [
        ['ada', addDays(END, -15), addDays(END, days)],
        ['bob', null, addDays(END, days)],
      ],
    );
    assert.equal(await inode(), first);
  }
  // once more, with files that are not there
  await refreshAndCheck(store, addDays(END, 10));
  // what another process takes in meanwhile is for the next refresh
  const other = async () => take(asOther(store), attempt('bob', addDays(END, 9)));
  await refresh(meddle(store, { before: /INSERT INTO snapshots/, other }), { asOf: addDays(END, 11) });
  assert.ok((await refreshAndCheck(store, addDays(END, 11))) > 0);
  assert.deepEqual((await read(store)).course.segments.highly_engaged, 0);
});

test('a course where time changes something is computed anew', async () => {
  const store = await openEmpty();
  // of the fourteenth day before the end of the window
  await take(store, enrol('ada'), attempt('ada', addDays(END, -14)));
  await refresh(store, { asOf: END });
  assert.deepEqual((await read(store)).learners[0]?.segments, ['disengaging']);
  assert.equal(await refreshAndCheck(store, addDays(END, 1)), 1);
  assert.deepEqual((await read(store)).learners[0]?.segments, ['inactive']);
  // facts and changes that lay behind the end of an earlier window
  const left = formatRosterChange('enrollment.deactivated', {
    username: 'ada',
    mode: 'audit',
    course: IDLE,
    time: `${addDays(END, 40)}T00:00:00Z`,
  });
  await take(store, left);
  assert.equal(await refreshAndCheck(store, addDays(END, 40)), 1);
  assert.equal(await refreshAndCheck(store, addDays(END, 41)), 1);
  assert.deepEqual((await read(store)).learners[0]?.segments, ['inactive', 'unenrolled']);
  await take(store, attempt('ada', addDays(END, 60)));
  assert.equal(await refreshAndCheck(store, addDays(END, 60)), 1);
  assert.equal(await refreshAndCheck(store, addDays(END, 61)), 1);
  assert.equal((await read(store)).learners[0]?.engagements.problem_attempts, 1);
  // and back
  assert.equal(await refreshAndCheck(store, addDays(END, 55)), 1);
});

test('a course whose rows are in two snapshots is computed anew', async () => {
  const store = await openEmpty();
  await take(store, ...Array.from({ length: 10 }, (_, index) => enrol(`learner_${index}`)));
  await refresh(store, { asOf: END });
  await take(store, attempt('learner_0', addDays(END, -20)));
  await refresh(store, { asOf: END });
  assert.notEqual((await read(store)).course.rest, 0);
  assert.equal((await refresh(store, { asOf: addDays(END, 1) })).recomputed, 10);
  assert.equal((await read(store)).learners[0]?.last_active, addDays(END, -20));
});

test('whatever happens on whichever days, a refresh tells what a full one tells', async () => {
  const store = await openEmpty();
  let seed = 5;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const names = ['ada', 'bob', 'cyd', 'dan'];
  await take(store, ...names.map((name) => enrol(name)));
  let [end, idle] = [END, 0];
  for (let round = 0; round < 16; round += 1) {
    end = addDays(end, random(4) === 0 ? -random(3) : random(9));
    if (random(5) === 0) await take(store, attempt(names[random(4)] ?? '', addDays(end, 4 - random(30))));
    const before = (await getCourse(store, IDLE))?.window.end;
    const recomputed = await refreshAndCheck(store, end);
    if (recomputed === 0 && before !== end) idle += 1;
  }
  assert.ok(idle > 2 && idle < 14, `${idle} of 16 were idle`);
});
