import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { describe } from 'node:test';
import { compareSums, sumHistory } from '../src/engagement/copy/check-history.ts';
import { PACKED, SUMS_SQL } from '../src/engagement/copy/history-facts.ts';
import { ENTITIES_FILE } from '../src/engagement/copy/history-files.ts';
import { openCopy } from '../src/engagement/copy/open-copy.ts';
import { getCourse } from '../src/engagement/course.ts';
import { removeCopies } from '../src/engagement/copy/tidy-copies.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { findRenames, hashRenames } from '../src/engagement/renames.ts';
import { listLearners } from '../src/engagement/roster.ts';
import { getTimeline } from '../src/engagement/timeline.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import type { Store } from '../src/store/store.ts';
import { touchCourses } from '../src/store/touch.ts';
import { getLearner } from './get-learner.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { overhear } from './meddled-store.ts';
import { makeTempFolder, nameInLms, prepareStore } from './temp-store.ts';

const { write } = makeTempFolder();
const openEmpty = prepareStore();
const enrol = (username: string) => formatRosterChange('enrollment.activated', { username, mode: 'audit' });
let seed = 11;
function random(below: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
}

const COURSE = 'course-v1:A+B+C';
const AS_OF = '2026-11-25';
const day = (back: number) => new Date(Date.parse(`${AS_OF}T10:00:00Z`) - back * 86_400_000).toISOString().slice(0, 10);

test('what is carried over from refresh to refresh is what is made of all facts', async () => {
  const store = await openEmpty();
  const people = Array.from({ length: 12 }, (_, index) => ({ username: `learner_${index}`, user_id: index + 1 }));
  const invent = () => {
    const { username, user_id: id } = people[random(people.length)] ?? { username: 'x', user_id: 1 };
    const time = `${day(1 + random(30))}T10:00:00.${String(random(1_000_000)).padStart(6, '0')}+00:00`;
    return formatAttempt({
      username,
      user_id: id,
      problem: `p${random(6 + random(20))}`,
      time,
      success: random(3) === 0 ? 'correct' : 'incorrect',
    });
  };
  const ranges = [
    { start: day(20), end: day(3) },
    { start: day(9), end: day(2) },
  ];
  const readAll = async () => {
    const query = { courseId: COURSE, orderBy: 'username', descending: false, offset: 0, limit: 100 } as const;
    const lists = await Promise.all(ranges.map(async (range) => listLearners(store, { ...query, range })));
    const names = (lists[0]?.learners ?? []).map(({ username }) => username);
    const own = await Promise.all(
      names.map(async (name) => [await getTimeline(store, COURSE, name), await getLearner(store, COURSE, name)]),
    );
    return { lists, own };
  };
  for (let round = 0; round < 12; round += 1) {
    const lines = Array.from({ length: 30 }, invent);
    // half of them are in the roster at first, then one more each time
    const listed = people.slice(0, round === 0 ? 6 : 6 + Math.ceil(round / 2));
    lines.push(
      ...listed.map(({ username }) => formatRosterChange('enrollment.activated', { username, mode: 'audit' })),
    );
    if (round === 7) {
      people[2] = { username: 'renamed', user_id: 3 };
      await nameInLms(store, [[3, 'renamed']]);
    }
    const path = write(`round-${round}.log`, `${lines.join('\n')}\n`);
    await ingest(store, [path], { now: new Date(`${AS_OF}T12:00:00Z`) });
    await refresh(store, { asOf: AS_OF, full: round % 4 === 3 });
    if (round % 3 !== 2) continue;
    const carried = await readAll();
    assert.ok(carried.own.length > 5);
    removeCopies(store, null);
    const whole = await readAll();
    assert.deepEqual(carried, whole, `round ${round}`);
  }
});

function did(username: string, id: number, problem: string, date: string): string {
  return formatAttempt({ username, user_id: id, problem, time: `${date}T10:00:00.000001+00:00` });
}

test('who has the name of others after them keeps what was done under any of their names', async () => {
  const store = await openEmpty();
  const take = async (name: string, lines: readonly string[]) => {
    await ingest(store, [write(name, `${lines.join('\n')}\n`)], { now: new Date(`${AS_OF}T12:00:00Z`) });
    await refresh(store, { asOf: AS_OF });
  };
  // two accounts became pat; of the second, pat was carl's before
  await nameInLms(store, [
    [3, 'pat'],
    [1, 'pat'],
    [2, 'pat'],
    [3, 'carl'],
  ]);
  await take('reused-1.log', [
    enrol('pat'),
    enrol('carl'),
    did('ann', 1, 'p1', '2026-11-20'),
    did('bob', 2, 'p1', '2026-11-20'),
    did('pat', 3, 'p1', '2026-11-20'),
    did('pat', 1, 'p2', '2026-11-21'),
    did('pat', 2, 'p2', '2026-11-22'),
    did('carl', 3, 'p2', '2026-11-23'),
    did('carl', 4, 'p3', '2026-11-20'),
  ]);
  // more under a name of the past
  await take('reused-2.log', [did('ann', 1, 'p4', '2026-11-20')]);
  const readAttempts = async (name: string) =>
    (await getTimeline(store, COURSE, name))?.map(({ problem_attempts }) => problem_attempts);
  const query = { courseId: COURSE, orderBy: 'username', descending: false, offset: 0, limit: 9 } as const;
  const { learners } = await listLearners(store, query);
  assert.deepEqual(
    learners.map(({ username, engagements }) => [username, engagements.problem_attempts]),
    [
      ['carl', 3],
      ['pat', 5],
    ],
  );
  assert.deepEqual(await readAttempts('pat'), [3, 1, 1]);
  assert.deepEqual(await readAttempts('carl'), [2, 0, 0, 1]);
});

test('who is renamed changes the histories of the courses that they did anything in, and no others', async () => {
  const store = await openEmpty();
  const other = 'course-v1:A+B+Other';
  const lines = [did('ann', 1, 'p1', '2026-11-20'), formatAttempt({ username: 'bob', user_id: 2, course: other })];
  await ingest(store, [write('courses.log', `${lines.join('\n')}\n`)], { now: new Date(`${AS_OF}T12:00:00Z`) });
  const hashBoth = async () => hashRenames(store, await findRenames(store), [COURSE, other]);
  const [own, others] = await hashBoth();
  await nameInLms(store, [[1, 'anna']]);
  const [renamed, same] = await hashBoth();
  assert.notEqual(renamed, own);
  assert.equal(same, others);
  await nameInLms(store, [[1, 'hannah']]);
  assert.notEqual((await hashBoth())[0], renamed);
});

test('an import that tells whose an id is concerns the courses of all its names', async () => {
  const store = await openEmpty();
  // enrolled by the name alone, in a course of which the import says nothing
  const log = write('named.log', [enrol('alicia'), did('alicia', 70, 'p1', '2026-11-20')].join('\n'));
  await ingest(store, [log], { now: new Date(`${AS_OF}T12:00:00Z`) });
  await refresh(store, { asOf: AS_OF });
  const readAttempts = async () => (await getLearner(store, COURSE, 'alicia'))?.engagements.problem_attempts;
  assert.equal(await readAttempts(), 1);
  const csv = write('elsewhere.csv', 'course_id,username,user_id\ncourse-v1:A+B+Elsewhere,alice,70\n');
  await importCsv(store, [csv]);
  await refresh(store, { asOf: AS_OF });
  assert.equal(await readAttempts(), 0);
});

test('facts that came in another way than by ingest are taken in where the course is marked', async () => {
  const store = await openEmpty();
  const course = 'course-v1:A+B+C';
  const ada = { username: 'ada', user_id: 1 };
  const lines = [
    formatRosterChange('enrollment.activated', { ...ada, mode: 'audit' }),
    formatAttempt({ ...ada, time: '2026-11-20T10:00:00.000001+00:00' }),
  ];
  await ingest(store, [write('one.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  await refresh(store, { asOf: '2026-11-22' });
  const readDays = async () => (await getTimeline(store, course, 'ada'))?.map(({ date }) => date);
  assert.deepEqual(await readDays(), ['2026-11-20']);
  await store.run(
    `INSERT INTO facts SELECT * REPLACE (day - 1 AS day, time - INTERVAL 1 DAY AS time, hash + 1 AS hash) FROM facts`,
  );
  await touchCourses(store, [course], { facts: true });
  await refresh(store, { asOf: '2026-11-22' });
  assert.deepEqual(await readDays(), ['2026-11-19', '2026-11-20']);
});

test('a full refresh takes in facts that nobody marked', async () => {
  const store = await openEmpty();
  const lines = [enrol('ada'), formatAttempt({ username: 'ada', time: '2026-11-20T10:00:00.000001+00:00' })];
  await ingest(store, [write('full.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  await refresh(store, { asOf: '2026-11-22' });
  await store.run(
    `INSERT INTO facts SELECT * REPLACE (day - 1 AS day, time - INTERVAL 1 DAY AS time, hash + 1 AS hash) FROM facts`,
  );
  await refresh(store, { asOf: '2026-11-22', full: true });
  const days = (await getTimeline(store, COURSE, 'ada'))?.map(({ date }) => date);
  assert.deepEqual(days, ['2026-11-19', '2026-11-20']);
});

function flip(path: string, at: number, bits: number): void {
  const bytes = readFileSync(path);
  bytes[at] = bytes[at]! ^ bits;
  writeFileSync(path, bytes);
}

const when = (date: number, success: string) => ({ time: `2026-11-${date}T10:00:00.000001+00:00`, success });

test('a check finds each bit of a history that is another, and what would cancel in a sum', async () => {
  const store = await openEmpty();
  const lines = ['ada', 'bob', 'cyd'].flatMap((username) => [
    enrol(username),
    formatAttempt({ username, problem: 'p1', ...when(18, 'correct') }),
    formatAttempt({ username, problem: 'p2', ...when(18, 'incorrect') }),
    formatAttempt({ username, problem: 'p2', ...when(20, 'incorrect') }),
  ]);
  await ingest(store, [write('bits.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  await refresh(store, { asOf: '2026-11-22' });
  const { snapshot } = (await getCourse(store, COURSE))!;
  const folder = join(store.copies, String(snapshot));
  const sums = join(store.copies, 'sums');
  await store.save(
    { path: sums, format: 'RowBinary' },
    `SELECT toUInt32(row_number() OVER (ORDER BY username) - 1), sums.1, sums.2 FROM (
       SELECT username, (${SUMS_SQL}) AS sums FROM (SELECT username, ${PACKED} AS packed FROM facts FINAL) GROUP BY username)
     ORDER BY username`,
  );
  const check = (most = 9) =>
    compareSums({ count: 3, told: sumHistory({ folder, count: 3, numbers: null }), sums, most });
  const found = () => {
    try {
      return check();
    } catch {
      // what cannot be read is found as well
      return ['unreadable'];
    }
  };
  assert.deepEqual(check(), []);
  const [rows, entities] = [join(folder, 'rows-0'), join(folder, 'entities-0')];
  const [before, about] = [readFileSync(rows), readFileSync(entities)];
  const isOfDay = (word: number) => ((before.readUInt32LE(word * 4) >>> 15) & 3) === 0;
  for (let word = 0; word < before.length / 4; word += 1) {
    for (let bit = 0; bit < 32; bit += 1) {
      for (const path of isOfDay(word) ? [rows] : [rows, entities]) {
        flip(path, word * 4 + (bit >> 3), 1 << (bit & 7));
        assert.notDeepEqual(found(), [], `${path} word ${word} bit ${bit}`);
        flip(path, word * 4 + (bit >> 3), 1 << (bit & 7));
      }
    }
  }
  // ada: two days, p1 on the 18th, p2 on the 18th and the 20th; the other one of the 18th was completed
  flip(rows, 2 * 4, 1);
  flip(rows, 3 * 4, 1);
  assert.deepEqual(found(), [0]);
  // and all are wrong, which are more than two
  for (let word = 0; word < before.length / 4; word += 1) if (!isOfDay(word)) flip(rows, word * 4, 1);
  const open = readdirSync('/proc/self/fd').length;
  assert.deepEqual(check(), [0, 1, 2]);
  assert.equal(check(2), null);
  assert.equal(readdirSync('/proc/self/fd').length, open);
  writeFileSync(rows, before);
  writeFileSync(entities, about);
});

describe('a full refresh holds what it takes over against the facts', () => {
  const names = ['ada', 'bob', 'cyd', 'dan'];
  const openCourse = prepareStore(async (store) => {
    const lines = names.flatMap((name, index) => [
      enrol(name),
      did(name, index + 1, 'p1', '2026-11-18'),
      did(name, index + 1, `p${index + 2}`, '2026-11-20'),
    ]);
    await ingest(store, [write('held.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
    await refresh(store, { asOf: '2026-11-22' });
  });

  /** A course, and what a full refresh of it writes and answers, once `damage` was done to its copy. */
  async function repair(damage: (copy: string, store: Store) => unknown) {
    const store = await openCourse();
    const readAll = async (from: Store) =>
      Promise.all(
        names.map(async (name) => [await getTimeline(from, COURSE, name), await getLearner(from, COURSE, name)]),
      );
    const sound = await readAll(store);
    const { snapshot } = (await getCourse(store, COURSE))!;
    await damage(join(store.copies, String(snapshot)), store);
    const asked: unknown[] = [];
    const listened = overhear(store, (what, params) => {
      if (what.endsWith('/facts')) asked.push(params['wrong'] ?? 'all');
    });
    await refresh(listened, { asOf: '2026-11-22', full: true });
    return { sound, mended: await readAll(listened), asked };
  }

  test('what is right is taken over, and no fact is read again', async () => {
    const { sound, mended, asked } = await repair(() => {});
    assert.deepEqual(mended, sound);
    assert.deepEqual(asked, []);
  });

  // the last rows are of the last learner: one more that was completed, and another problem
  for (const [file, bits] of [
    ['rows-0', 1],
    ['entities-0', 3],
  ] as const) {
    test(`a learner of whom it tells wrongly is told anew, and nobody else: ${file}`, async () => {
      const { sound, mended, asked } = await repair((copy) => {
        const path = join(copy, file);
        flip(path, readFileSync(path).length - 4, bits);
      });
      assert.deepEqual(mended, sound);
      assert.deepEqual(asked, [[3]]);
    });
  }

  test('somebody whose facts are no more has none', async () => {
    const { sound, mended, asked } = await repair(async (_, store) =>
      store.run(`ALTER TABLE facts DELETE WHERE username = 'bob' SETTINGS mutations_sync = 1`),
    );
    assert.deepEqual(mended[0], sound[0]);
    assert.deepEqual(mended[1]?.[0], []);
    assert.deepEqual(asked, [[1]]);
  });

  test('where names of problems are others, all is made of the facts', async () => {
    const { sound, mended, asked } = await repair((copy) => {
      const path = join(copy, 'entities.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('p1"', 'p9"'));
    });
    assert.deepEqual(mended, sound);
    assert.deepEqual(asked, ['all']);
  });

  test('where files end early, all is made of the facts', async () => {
    const { sound, mended, asked } = await repair((copy) => truncateSync(join(copy, 'rows-0'), 8));
    assert.deepEqual(mended, sound);
    assert.deepEqual(asked, ['all']);
  });
});

test('where an earlier copy does not fit, all is made of the facts, and that one stays as it was', async () => {
  const store = await openEmpty();
  const course = 'course-v1:A+B+C';
  const take = async (name: string, lines: readonly string[]) =>
    ingest(store, [write(name, `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  await take('fit-1.log', [enrol('ada'), formatAttempt({ username: 'ada', time: '2026-11-20T10:00:00.000001+00:00' })]);
  await refresh(store, { asOf: '2026-11-22' });
  const before = await getCourse(store, course);
  assert.ok(before !== null);
  // facts that nobody marked, of somebody who comes later, with a problem that nobody had
  await store.run(
    `INSERT INTO facts SELECT * REPLACE ('bob' AS username, 'other' AS entity, day - 3 AS day, hash + 1 AS hash) FROM facts`,
  );
  await store.run(`INSERT INTO learner_activity VALUES ('${course}', 'bob', 0, '2026-11-17')`);
  await take('fit-2.log', [enrol('bob')]);
  await refresh(store, { asOf: '2026-11-22' });
  const readDays = async (name: string) => (await getTimeline(store, course, name))?.map(({ date }) => date);
  assert.deepEqual([await readDays('ada'), await readDays('bob')], [['2026-11-20'], ['2026-11-17']]);
  const copy = await openCopy(store, before);
  assert.equal(await copy.use(() => copy.history.entries(0, '2026-11-22').length), 1);
});

test('where an earlier copy lacks what problems are called, all is made of the facts after few changes, too', async () => {
  const store = await openEmpty();
  const take = async (name: string, lines: readonly string[]) =>
    ingest(store, [write(name, `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  await take('lacks-1.log', [
    enrol('ada'),
    enrol('bob'),
    formatAttempt({ username: 'ada', problem: 'one', time: '2026-11-19T10:00:00.000001+00:00' }),
  ]);
  await refresh(store, { asOf: '2026-11-22' });
  const before = await getCourse(store, COURSE);
  assert.ok(before !== null);
  rmSync(join(store.copies, String(before.snapshot), ENTITIES_FILE));
  await take('lacks-2.log', [
    formatAttempt({ username: 'ada', problem: 'two', time: '2026-11-20T10:00:00.000001+00:00' }),
  ]);
  assert.equal((await refresh(store, { asOf: '2026-11-22' })).refreshed, 1);
  const done = (await getTimeline(store, COURSE, 'ada')) ?? [];
  assert.deepEqual(
    done.map(({ date, problem_attempts }) => [date, problem_attempts]),
    [
      ['2026-11-19', 1],
      ['2026-11-20', 1],
    ],
  );
  assert.deepEqual(
    readdirSync(store.copies).filter((name) => name.endsWith('.making')),
    [],
  );
});

test('of few learners who did a lot, the files are made in a thread of its own', async () => {
  const store = await openEmpty();
  await ingest(store, [write('lot.log', `${enrol('ada')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  let threads = 0;
  const count = () => {
    threads += 1;
  };
  process.on('worker', count);
  await refresh(store, { asOf: '2026-11-22' });
  assert.equal(threads, 0);
  await store.run(
    `INSERT INTO facts (course_id, day, username, hash, time, user_id, kind, entity, completed)
     SELECT '${COURSE}', toDate('2026-11-20') - number % 1000 AS day, 'ada', number, toDateTime64(day, 6), 0, 'problem', concat('p', toString(number % 77)), false
     FROM numbers(300000)`,
  );
  await touchCourses(store, [COURSE], { facts: true });
  await refresh(store, { asOf: '2026-11-22' });
  process.off('worker', count);
  assert.equal(threads, 1);
  const done = (await getTimeline(store, COURSE, 'ada')) ?? [];
  assert.equal(
    done.reduce((sum, { problem_attempts }) => sum + problem_attempts, 0),
    300_000,
  );
});
