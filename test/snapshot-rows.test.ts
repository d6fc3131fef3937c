import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { exportPerson } from '../src/cli/learner/export-person.ts';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import { buildCopy } from '../src/engagement/copy/build-copy.ts';
import { type Course, forgetCourse, getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { listLearners } from '../src/engagement/roster.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import type { Store } from '../src/store/store.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { asOther, meddle, overhear } from './meddled-store.ts';
import { makeTempFolder, nameInLms, prepareStore } from './temp-store.ts';

const { write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';
const AS_OF = '2026-11-22';
const NAMES = Array.from({ length: 40 }, (_, index) => `u${String(index).padStart(2, '0')}`);
const enrol = (username: string) => formatRosterChange('enrollment.activated', { username, mode: 'audit' });
const attempt = (username: string, time = '2026-11-20T10:00:00.000001+00:00', success = 'correct') =>
  formatAttempt({ username, time, success });

let files = 0;
async function take(store: Store, lines: readonly string[]): Promise<void> {
  files += 1;
  await ingest(store, [write(`${files}.log`, `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
}

async function readCourse(store: Store): Promise<Course> {
  forgetCourse(store, COURSE);
  const course = await getCourse(store, COURSE);
  assert.ok(course !== null);
  return course;
}

/** What the API tells, but for when it was published. */
async function readAll(store: Store) {
  const { snapshot: _snapshot, rest: _rest, ...course } = await readCourse(store);
  const query = { courseId: COURSE, orderBy: 'username', descending: false, offset: 0, limit: 100 } as const;
  return { course, learners: (await listLearners(store, query)).learners };
}

const openEmpty = prepareStore();

/** A course of forty of which the snapshot has the rows of two, and an earlier one the others. */
const publishInParts = (names: readonly string[]) =>
  prepareStore(async (store) => {
    await take(store, [...names.map(enrol), ...NAMES.slice(0, 20).map((name) => attempt(name))]);
    await refresh(store, { asOf: AS_OF });
    for (const [index, name] of ['u07', 'u30'].entries()) {
      await take(store, [attempt(name, `2026-11-20T1${index}:00:00.000002+00:00`, 'incorrect')]);
      await refresh(store, { asOf: AS_OF });
    }
  });
const openInParts = publishInParts(NAMES);
/** One of whom is to be forgotten. */
const openWithSomebody = publishInParts([...NAMES, 'somebody']);

async function countRows(store: Store, snapshot: number): Promise<number> {
  const [row] = await store.read<{ rows: number }>(
    'SELECT count() AS rows FROM learners WHERE snapshot = {snapshot:UInt64}',
    { snapshot },
  );
  return row?.rows ?? 0;
}

test('a snapshot has rows of its own for those who changed since the one that has the others, until they are many', async () => {
  const store = await openEmpty();
  await take(store, NAMES.map(enrol));
  await refresh(store, { asOf: AS_OF });
  const first = await readCourse(store);
  assert.deepEqual([first.rest, await countRows(store, first.snapshot)], [0, 40]);
  const own: [boolean, number][] = [];
  for (const [index, name] of ['u01', 'u02', 'u01', 'u03', 'new', 'u05'].entries()) {
    await take(store, [enrol(name), attempt(name, `2026-11-20T1${index}:00:00.000001+00:00`)]);
    await refresh(store, { asOf: AS_OF });
    const course = await readCourse(store);
    own.push([course.rest === first.snapshot, await countRows(store, course.snapshot)]);
    const before = await readAll(store);
    await refresh(store, { asOf: AS_OF, full: true });
    const after = await readAll(store);
    assert.deepEqual(after, before, name);
    // as it was before the complete refresh
    const full = (await readCourse(store)).snapshot;
    await store.run(`ALTER TABLE snapshots DELETE WHERE snapshot = ${full} SETTINGS mutations_sync = 2`);
    forgetCourse(store, COURSE);
  }
  assert.deepEqual(own, [
    [true, 1],
    [true, 2],
    [true, 2],
    [true, 3],
    [true, 4],
    [false, 41],
  ]);
});

test('the rows that a snapshot shares stay for as long as it does', async () => {
  const store = await openInParts();
  const before = await readAll(store);
  const { snapshot, rest } = await readCourse(store);
  // all but the newest was replaced long ago
  await store.run(
    `ALTER TABLE snapshots UPDATE published_at = published_at - INTERVAL 1 DAY WHERE true SETTINGS mutations_sync = 2`,
  );
  await refresh(store, { asOf: AS_OF });
  const parts = await store.read<{ snapshot: number }>('SELECT DISTINCT snapshot FROM learners ORDER BY snapshot');
  assert.deepEqual(parts, [{ snapshot: rest }, { snapshot }]);
  assert.deepEqual((await readAll(store)).learners.length, before.learners.length);
});

test('a person is told and forgotten, whichever snapshot has the row', async () => {
  const store = await openInParts();
  const told: string[] = [];
  for (const [name, attempts] of [
    ['u07', 2],
    ['u30', 1],
    ['u35', 0],
  ] as const) {
    const { held } = await exportPerson(store, name);
    const [row] = held.learners as ReadonlyArray<Record<string, unknown>>;
    assert.deepEqual(
      [held.learners?.length, row?.['course_id'], row?.['problem_attempts']],
      [1, COURSE, attempts],
      name,
    );
    const listed = (await readAll(store)).learners.find(({ username }) => username === name);
    assert.deepEqual(row?.['segments'], listed?.segments);
    told.push(...(listed?.segments ?? []));
    await forgetPerson(store, name);
    assert.equal((await exportPerson(store, name)).held.learners, undefined);
    assert.ok(!(await readAll(store)).learners.some(({ username }) => username === name));
  }
  assert.deepEqual(told, ['inactive']);
  assert.equal((await readAll(store)).learners.length, 37);
});

for (const before of [/facts$/, /INSERT INTO snapshots/]) {
  test(`where another process forgets somebody while a snapshot is made that shares the row, no copy names them: ${before}`, async () => {
    const store = await openWithSomebody();
    const findNaming = () =>
      readdirSync(store.copies, { recursive: true, encoding: 'utf8' }).filter((name) => {
        const path = join(store.copies, name);
        return statSync(path).isFile() && readFileSync(path).includes('somebody');
      });
    assert.ok(findNaming().length > 0);
    await take(store, [attempt('u09', '2026-11-20T13:00:00.000001+00:00')]);
    let wasThere = false;
    const other = async () => {
      await forgetPerson(asOther(store), 'somebody');
      wasThere = true;
      if (before.test('INSERT INTO snapshots')) assert.deepEqual(findNaming(), []);
    };
    await refresh(meddle(store, { before, other }), { asOf: AS_OF });
    assert.ok(wasThere);
    assert.deepEqual(findNaming(), []);
    await refresh(store, { asOf: AS_OF });
    assert.deepEqual(
      (await readAll(store)).learners.map(({ username }) => username),
      NAMES,
    );
  });
}

test('where shared rows go away while a snapshot is made, all learners are computed', async () => {
  const store = await openInParts();
  const { rest } = await readCourse(store);
  await take(store, [attempt('u09', '2026-11-21T10:00:00.000001+00:00')]);
  const other = async () => store.run(`ALTER TABLE learners DROP PARTITION ${rest}`);
  await refresh(meddle(store, { before: /\/(records|changed)$/, other }), { asOf: AS_OF });
  const course = await readCourse(store);
  assert.deepEqual([course.rest, course.learnerCount, await countRows(store, course.snapshot)], [0, 40, 40]);
});

test('a learner whose only name becomes another one is not listed under both', async () => {
  const store = await openEmpty();
  await take(store, [
    ...NAMES.map(enrol),
    formatRosterChange('enrollment.activated', { username: 'before', user_id: 900, mode: 'audit' }),
  ]);
  await refresh(store, { asOf: AS_OF });
  await nameInLms(store, [[900, 'afterwards']]);
  await take(store, [
    formatAttempt({ username: 'afterwards', user_id: 900, time: '2026-11-20T10:00:00.000001+00:00' }),
  ]);
  await refresh(store, { asOf: AS_OF });
  const { learners } = await readAll(store);
  assert.equal(learners.length, 41);
  assert.deepEqual(
    learners.filter(({ user_id }) => user_id === 900).map(({ username }) => username),
    ['afterwards'],
  );
});

test('where the rows of an earlier snapshot go away and those it shares stay, all learners are computed', async () => {
  const store = await openInParts();
  const { snapshot } = await readCourse(store);
  await take(store, [attempt('u09', '2026-11-21T10:00:00.000001+00:00')]);
  const other = async () => store.run(`ALTER TABLE learners DROP PARTITION ${snapshot}`);
  await refresh(meddle(store, { before: /^INSERT INTO learners/, other }), { asOf: AS_OF });
  const attempts = (await readAll(store)).learners.find(({ username }) => username === 'u30')?.engagements;
  assert.equal(attempts?.problem_attempts, 1);
});

test('records are carried over where nothing else changed, and are those that would be written of all', async () => {
  const store = await openEmpty();
  await take(store, [...NAMES.map(enrol), ...NAMES.slice(0, 10).map((name) => attempt(name))]);
  await refresh(store, { asOf: AS_OF });
  let carried = 0;
  const hearing = overhear(store, (what) => {
    if (what.endsWith('/changed')) carried += 1;
  });
  const readState = (snapshot: number) => readFileSync(join(store.copies, String(snapshot), 'state'));
  const publish = async (asOf = AS_OF) => {
    const before = carried;
    await refresh(hearing, { asOf });
    const course = await readCourse(store);
    const state = readState(course.snapshot);
    rmSync(join(store.copies, String(course.snapshot)), { recursive: true });
    await buildCopy(store, course);
    assert.ok(state.equals(readState(course.snapshot)));
    return carried - before;
  };
  const change = (name: string, second: number) =>
    take(store, [attempt(name, `2026-11-20T12:00:${String(second).padStart(2, '0')}.000002+00:00`)]);
  await change('u03', 1);
  assert.equal(await publish(), 1);
  await change('u03', 2);
  await change('u39', 2);
  assert.equal(await publish(), 1);
  // where the high range begins, others' segments change too
  const begin = (await readCourse(store)).windowDistributions.problem_attempts.p85;
  for (const name of ['u03', 'u39']) for (const second of [3, 4, 5]) await change(name, second);
  assert.equal(await publish(), 1);
  assert.notEqual((await readCourse(store)).windowDistributions.problem_attempts.p85, begin);
  // another window
  assert.equal(await publish('2026-11-23'), 0);
  // a name that others' numbers depend on
  await importCsv(store, [write('cohorts.csv', `course_id,username,cohort\n${COURSE},u05,Blue\n`)]);
  assert.equal(await publish('2026-11-23'), 0);
  await change('u00', 9);
  assert.equal(await publish('2026-11-23'), 1);
  // a base that is damaged
  for (const damage of [(state: Buffer) => state.subarray(52), (state: Buffer) => state.fill(1, 52, 56)]) {
    const { snapshot } = await readCourse(store);
    writeFileSync(join(store.copies, String(snapshot), 'state'), damage(readState(snapshot)));
    await change('u00', 10 + carried);
    assert.equal(await publish('2026-11-23'), 1);
  }
});
