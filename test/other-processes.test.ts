import assert from 'node:assert/strict';
import test from 'node:test';
import { forgetCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import type { Store } from '../src/store/store.ts';
import { getLearner } from './get-learner.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { asOther, meddle } from './meddled-store.ts';
import { SERVER, makeTempFolder, nameInLms, openTempStore } from './temp-store.ts';

// What other processes bring in and publish while one refreshes: nothing of it may be taken for published that is not.

const { write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';
const AS_OF = '2026-11-22';
/** Before a course is begun, once it was looked what happened to all of them. */
const BEGINNING = /AS enrollmentKnown/;

const enrol = (username: string, user_id: number) =>
  formatRosterChange('enrollment.activated', { username, user_id, mode: 'audit' });
const attempt = (username: string, user_id: number, more: { readonly problem?: string } = {}) =>
  formatAttempt({ username, user_id, time: '2026-11-20T10:00:00.000001+00:00', ...more });
/** So that a few who changed are not all of them. */
const OTHERS = Array.from({ length: 20 }, (_, index) => enrol(`other${index}`, 100 + index));
const START = [enrol('ada', 7), attempt('ada', 7), enrol('bob', 8), ...OTHERS];

let files = 0;
async function take(store: Store, lines: readonly string[]): Promise<void> {
  files += 1;
  await ingest(store, [write(`${files}.log`, `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
}

async function publish(lines: readonly string[]): Promise<Store> {
  const store = await openTempStore();
  await take(store, lines);
  await refresh(store, { asOf: AS_OF });
  return store;
}

async function importName(store: Store): Promise<void> {
  await importCsv(store, [write('roster.csv', `course_id,username,name\n${COURSE},bob,Bobby Tables\n`)]);
}

async function find(store: Store, username: string) {
  forgetCourse(store, COURSE);
  return getLearner(store, COURSE, username);
}

test('what an import changes in a whole course, after it was looked what happened, is for the next refresh', async () => {
  const store = await publish(START);
  await take(store, [attempt('ada', 7, { problem: 'p2' })]);
  const other = async () => importName(asOther(store));
  await refresh(meddle(store, { before: BEGINNING, other }), { asOf: AS_OF });
  await refresh(store, { asOf: AS_OF });
  assert.equal((await find(store, 'bob'))?.name, 'Bobby Tables');
  assert.equal((await find(store, 'ada'))?.engagements.problem_attempts, 2);
});

test('a name that became another after the names were read is for the next refresh', async () => {
  const store = await publish(START);
  await take(store, [attempt('bob', 8)]);
  const other = async () => {
    await nameInLms(asOther(store), [[7, 'ada2']]);
    await take(asOther(store), [attempt('ada2', 7, { problem: 'p2' })]);
  };
  await refresh(meddle(store, { before: BEGINNING, other }), { asOf: AS_OF });
  await refresh(store, { asOf: AS_OF });
  const tell = async () => {
    const learners = [await find(store, 'ada'), await find(store, 'ada2')];
    return learners.map((learner) => learner?.engagements.problem_attempts);
  };
  assert.deepEqual(await tell(), [undefined, 2]);
});

test('what another process published of less than was seen here is done again', async () => {
  const store = await publish(START);
  await take(store, [attempt('ada', 7, { problem: 'p2' })]);
  const [looked, published] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let second: Promise<unknown> | undefined;
  // one looks; then a course changes as a whole; a second looks, waits until the first has published, and goes on
  const other = async () => {
    await importName(asOther(store));
    const wait = async () => {
      looked.resolve();
      await published.promise;
    };
    second = refresh(meddle(asOther(store), { before: BEGINNING, other: wait }), { asOf: AS_OF });
    await looked.promise;
  };
  await refresh(meddle(store, { before: BEGINNING, other }), { asOf: AS_OF });
  published.resolve();
  await second;
  assert.equal((await find(store, 'bob'))?.name, 'Bobby Tables');
});

test('what was held against all facts is in force, whatever another process published meanwhile', async () => {
  const store = await publish([...START, attempt('bob', 8)]);
  // of a fact that nobody was told of
  await take(store, [attempt('bob', 8, { problem: 'p2' })]);
  await store.run("ALTER TABLE touched_learners DELETE WHERE username = 'bob' SETTINGS mutations_sync = 2");
  let problems = 1;
  const other = async () => {
    problems += 1;
    await take(asOther(store), [attempt('ada', 7, { problem: `p${problems}` })]);
    assert.equal((await refresh(asOther(store), { asOf: AS_OF })).refreshed, 1);
  };
  await refresh(meddle(store, { before: /INSERT INTO snapshots/, other }), { asOf: AS_OF, full: true });
  await refresh(meddle(store, { before: /max\(snapshot\) AS newest FROM snapshots/, other }), {
    asOf: AS_OF,
    full: true,
  });
  await refresh(store, { asOf: AS_OF });
  const told = [await find(store, 'ada'), await find(store, 'bob')];
  assert.deepEqual(
    told.map((learner) => learner?.engagements.problem_attempts),
    [3, 2],
  );
});

// an embedded store has one process
if (SERVER !== undefined) {
  test('what is being marked as changed while a refresh looks is for the next one', async () => {
    const store = await publish(START);
    await importCsv(store, [write('cohorts.csv', `course_id,username,cohort\n${COURSE},bob,Blue\n`)]);
    // as if the mark before had been seen by a refresh that was before the rows, and the mark after is on its way
    await store.run('ALTER TABLE touched_courses DELETE WHERE true SETTINGS mutations_sync = 2');
    await store.insert('touched_courses', [{ course_id: COURSE, touched_at: '2026-11-20 00:00:00.000000' }]);
    await take(store, [attempt('ada', 7, { problem: 'p2' })]);
    let isOver = false;
    const marking = store
      .run(
        `INSERT INTO touched_courses (course_id, touched_at) SELECT {course:String}, now64(6) FROM numbers(1) WHERE sleepEachRow(3) = 0`,
        { course: COURSE },
      )
      .finally(() => (isOver = true));
    const count = async () => {
      const [found] = await store.read<{ statements: number }>(
        "SELECT count() AS statements FROM system.processes WHERE query LIKE 'INSERT INTO touched\\_courses%sleep%' AND current_database = currentDatabase()",
      );
      return found?.statements;
    };
    while ((await count()) === 0) assert.ok(!isOver, 'the mark was made before it was seen to be');
    await refresh(asOther(store), { asOf: AS_OF });
    assert.equal((await find(store, 'ada'))?.engagements.problem_attempts, 2);
    assert.equal((await find(store, 'bob'))?.cohort, null);
    await marking;
    await refresh(store, { asOf: AS_OF });
    assert.equal((await find(store, 'bob'))?.cohort, 'Blue');
  });
}
