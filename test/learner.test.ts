import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { CommandContext } from '../src/cli/command.ts';
import { exportPerson } from '../src/cli/learner/export-person.ts';
import { forgetPerson, forgetRetired, rememberPerson } from '../src/cli/learner/forget-person.ts';
import { learner } from '../src/cli/learner/learner.ts';
import { clearUnfinished, countUnfinished } from '../src/cli/unfinished-tables.ts';
import { loadConfig } from '../src/config.ts';
import { inSnapshotSql, snapshotParams } from '../src/engagement/snapshot-rows.ts';
import { getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { importPackage } from '../src/lms/import-package.ts';
import { nameHashSql, readSalt } from '../src/store/forgotten.ts';
import { HELD_TABLE_NAMES } from '../src/store/held-tables.ts';
import type { Store } from '../src/store/store.ts';
import { dieAfter, survives } from './dying-store.ts';
import { findInFiles } from './find-in-files.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { asOther, dieBefore, meddle } from './meddled-store.ts';
import { SERVER, makeTempFolder, nameInLms, prepareStore } from './temp-store.ts';

const A = 'course-v1:A+B+C';
const B = 'course-v1:D+E+F';
const AS_OF = '2026-11-25';

const { folder, write } = makeTempFolder();
/** Of the test that runs; each begins with one of its own. */
let store: Store;

// Maria (7) was once called mia; so is somebody else (20) today. Nothing ties the events of "quiet" to a user id.
const LINES = [
  formatAttempt({ username: 'mia', user_id: 7, problem: 'p1', time: '2026-11-01T10:00:00Z' }),
  formatAttempt({ username: 'maria', user_id: 7, problem: 'p2', time: '2026-11-19T10:00:00Z' }),
  formatAttempt({ username: 'maria', user_id: 7, course: B, problem: 'p3', time: '2026-11-20T10:00:00Z' }),
  formatAttempt({ username: 'maria', problem: 'p4', time: '2026-11-20T11:00:00Z' }),
  formatAttempt({ username: 'mia', user_id: 20, problem: 'p5', time: '2026-11-21T10:00:00Z' }),
  formatAttempt({ username: 'other', user_id: 8, problem: 'p6', time: '2026-11-21T10:00:00Z' }),
  formatAttempt({ username: 'quiet', problem: 'p7', time: '2026-11-21T10:00:00Z' }),
  formatRosterChange('enrollment.activated', { user_id: 7 }),
  formatRosterChange('enrollment.activated', { username: 'other', user_id: 8 }),
];
const LOG = write('tracking.log', LINES.map((line) => `${line}\n`).join(''));
// After it the course is known, and who comes is marked in it.
const EARLIER = write(
  'earlier.log',
  `${formatRosterChange('enrollment.activated', { username: 'other', user_id: 8 })}\n`,
);
const ROSTER = write(
  'roster.csv',
  `course_id,username,user_id,name,email,cohort
${A},maria,7,Maria Muster,maria@example.com,Red
${A},mia,20,Mia Other,mia@example.com,Blue
${A},other,8,Otto Other,otto@example.com,
`,
);
const ROLES = write('roles.csv', `username,role,course_id\nmaria,beta_testers,${B}\nother,beta_testers,${B}\n`);

const SEEN = { time: '2026-11-20 10:00:00.000', course_id: A, resource: 'learners', filter: '', requests: 1 };

const openEmpty = prepareStore();

const openFilled = prepareStore(async (empty) => {
  await ingest(empty, [EARLIER]);
  await ingest(empty, [LOG]);
  await importCsv(empty, [ROSTER, ROLES]);
  await refresh(empty, { asOf: AS_OF });
  // a replaced snapshot, and a refresh that died
  await refresh(empty, { asOf: AS_OF, full: true });
  await empty.insert('learner_scopes', [{ snapshot: 1, username: 'maria' }]);
  await empty.insert('audit_log', [
    { ...SEEN, kind: 'person', name: 'maria' },
    { ...SEEN, kind: 'person', name: 'prof' },
    // a key of the same name is nobody
    { ...SEEN, kind: 'service', name: 'maria' },
  ]);
});

/** Everything there is, but for what a refresh makes anew and instants of now. */
async function readOthers(): Promise<object> {
  const rows: Record<string, unknown> = {};
  for (const table of ['facts', 'roster_changes', 'lms_enrollments', 'lms_users', 'learner_activity'] as const) {
    rows[table] = await store.read(
      `SELECT * FROM ${table} FINAL WHERE NOT (username = 'maria' OR ifNull(user_id, 0) = 7) ORDER BY ALL`,
    );
  }
  rows['course_roles'] = await store.read("SELECT * FROM course_roles WHERE username != 'maria' ORDER BY ALL");
  return rows;
}

/** Tables in which any column holds the text. */
async function findText(text: string): Promise<string[]> {
  const columns = await store.read<{ table: string; name: string }>(
    `SELECT table, name FROM system.columns
     WHERE database = currentDatabase() AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')`,
  );
  const found: string[] = [];
  for (const [table, named = []] of Object.entries(Object.groupBy(columns, (column) => column.table))) {
    const counts = named.map(({ name }) => `countIf(position(toString(${name}), {text:String}) > 0) AS ${name}`);
    const [rows = {}] = await store.read<Record<string, number>>(
      `SELECT ${counts.join(', ')} FROM ${table} SETTINGS prefer_column_name_to_alias = 1`,
      { text },
    );
    found.push(...named.filter(({ name }) => rows[name] !== 0).map(({ name }) => `${table}.${name}`));
  }
  return found.toSorted();
}

async function listNames(courseId: string): Promise<string[]> {
  const course = await getCourse(store, courseId);
  const rows = await store.read<{ username: string }>(
    `SELECT username FROM learners WHERE ${inSnapshotSql(course!)} ORDER BY username`,
    snapshotParams(course!),
  );
  return rows.map(({ username }) => username);
}

test('every table with a column that names people is known to be one', async () => {
  store = await openEmpty();
  const tables = await store.read<{ table: string }>(
    `SELECT DISTINCT table FROM system.columns
     WHERE database = currentDatabase() AND name IN ('username', 'user_id', 'email') ORDER BY table`,
  );
  assert.deepEqual(
    tables.map(({ table }) => table),
    HELD_TABLE_NAMES.filter((name) => name !== 'audit_log').toSorted(),
  );
});

test('docs/personal-data.md tells of each of them', () => {
  const page = readFileSync(new URL('../docs/personal-data.md', import.meta.url), 'utf8');
  assert.deepEqual(
    HELD_TABLE_NAMES.filter((name) => !page.includes(`\`${name}\``)),
    [],
  );
});

test('the export has all that is held about the person, under former names too, and nothing of anybody else', async () => {
  store = await openFilled();
  const { held, ...person } = await exportPerson(store, 'maria');
  assert.deepEqual(person, { username: 'maria', usernames: ['maria'], user_ids: ['7'], unfinished: 0 });
  assert.deepEqual(Object.fromEntries(Object.entries(held).map(([table, rows]) => [table, rows.length])), {
    facts: 4,
    learner_activity: 4,
    roster_changes: 1,
    lms_enrollments: 1,
    course_roles: 1,
    learners: 2,
    learner_scopes: 1,
    touched_learners: held.touched_learners?.length,
    audit_log: 1,
    lms_users: 1,
    identities: 2,
  });
  const text = JSON.stringify(held);
  for (const word of ['Maria Muster', 'maria@example.com', 'p1', 'p2', 'p3', 'p4', 'Red', B])
    assert.ok(text.includes(word), word);
  for (const word of ['p5', 'p6', 'p7', 'Otto', 'Mia Other', 'Blue']) assert.ok(!text.includes(word), word);
  assert.deepEqual(Object.keys((await exportPerson(store, 'nobody')).held), []);
  // whoever has the name now, not whoever had it
  const mia = await exportPerson(store, 'mia');
  assert.deepEqual(mia.user_ids, ['20']);
  assert.ok(!JSON.stringify(mia).includes('p1'));
});

test('forgetting removes it everywhere, leaves everybody else as they were, and refreshes their courses', async () => {
  store = await openFilled();
  const others = await readOthers();
  assert.notDeepEqual(findInFiles(store.copies, 'aria'), []);
  if (store.embedded) assert.notDeepEqual(findInFiles(join(store.copies, '../store'), 'Maria Muster'), []);
  const forgotten = await forgetPerson(store, 'maria');
  assert.deepEqual(forgotten.courses, [A, B]);
  assert.deepEqual([forgotten.removed.facts, forgotten.removed.lms_users], [4, 1]);
  const mutations = await store.read<{ command: string }>('SELECT command FROM system.mutations');
  assert.ok(mutations.length > 8);
  for (const { command } of mutations) assert.doesNotMatch(command, /maria|'7'/);
  // before any refresh: from the published and from the older snapshots
  assert.deepEqual(await listNames(A), ['mia', 'other']);
  assert.deepEqual(await findText('Maria'), []);
  assert.deepEqual(findInFiles(store.copies, 'aria'), []);
  // no part that was replaced is left on the disk; a server of one's own tidies by itself
  if (store.embedded) assert.deepEqual(findInFiles(join(store.copies, '..'), 'Maria Muster'), []);
  assert.deepEqual(await findText('maria'), ['audit_log.name']);
  await refresh(store, { asOf: AS_OF });
  assert.deepEqual(await listNames(A), ['mia', 'other']);
  assert.equal((await getCourse(store, A))?.learnerCount, 2);
  assert.deepEqual((await getCourse(store, A))?.cohorts, { Blue: 1 });
  assert.deepEqual(await listNames(B), []);
  assert.deepEqual(await readOthers(), others);
  assert.deepEqual((await exportPerson(store, 'maria')).held, {});
  assert.deepEqual(await store.read('SELECT kind, name FROM audit_log ORDER BY kind, name'), [
    { kind: 'person', name: '(forgotten)' },
    { kind: 'person', name: 'prof' },
    { kind: 'service', name: 'maria' },
  ]);
});

// on a server it is the engine that deletes, as several processes may be at it
const onServer = { skip: SERVER === undefined ? false : 'all of them are' };

test(
  'of the snapshots, those alone are written anew that have somebody: a busy site has a thousand',
  onServer,
  async () => {
    const listParts = async () =>
      Object.fromEntries(
        (
          await store.read<{ partition: string; name: string }>(
            `SELECT partition, name FROM system.parts
           WHERE database = currentDatabase() AND table = 'learners' AND active AND toUInt64(partition) < 10`,
          )
        ).map(({ partition, name }) => [partition, name]),
      );
    store = await openFilled();
    await store.insert('learners', [
      { snapshot: 5, username: 'other' },
      { snapshot: 6, username: 'maria' },
      { snapshot: 7, username: 'maria' },
      { snapshot: 7, username: 'other' },
    ]);
    const before = await listParts();
    await forgetPerson(store, 'maria');
    const after = await listParts();
    assert.deepEqual(
      [Object.keys(before), Object.keys(after)],
      [
        ['5', '6', '7'],
        ['5', '7'],
      ],
    );
    assert.equal(after['5'], before['5']);
    const rows = await store.read('SELECT snapshot, username FROM learners WHERE snapshot < 10 ORDER BY snapshot');
    assert.deepEqual(rows, [
      { snapshot: 5, username: 'other' },
      { snapshot: 7, username: 'other' },
    ]);
    assert.equal(await countUnfinished(store), 0);
  },
);

test(
  'stopped while the engine replaces a snapshot, by a kill or a full disk, nobody is twice in it',
  onServer,
  async () => {
    store = await openFilled();
    const countTwice = async () => {
      const [row] = await store.read<{ twice: number }>(
        'SELECT count() - uniqExact(snapshot, username) AS twice FROM learners',
      );
      return row?.twice;
    };
    /** What is found then: the new part, and the old one still. */
    const putBeside = async () => {
      const [rest] = await store.read<{ name: string }>(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'lms_import_')",
      );
      await store.run(`INSERT INTO learners SELECT * FROM ${rest?.name}`);
      assert.equal(await countTwice(), 4);
    };
    const replacing = /ALTER TABLE learners REPLACE/;
    assert.equal(await survives(forgetPerson(dieBefore(store, replacing), 'maria')), false);
    await putBeside();
    assert.equal(await clearUnfinished(store), 0);
    assert.equal(await countTwice(), 0);
    assert.deepEqual(await listNames(A), ['maria', 'mia', 'other']);
    const onFullDisk = meddle(store, {
      before: replacing,
      other: async () => {
        await putBeside();
        throw new Error('full');
      },
    });
    await assert.rejects(forgetPerson(onFullDisk, 'maria'), { message: 'full' });
    assert.deepEqual([await countTwice(), await countUnfinished(store)], [0, 0]);
    await forgetPerson(store, 'maria');
    assert.deepEqual(await listNames(A), ['mia', 'other']);
    assert.deepEqual(await findText('maria'), ['audit_log.name']);
  },
);

test('logs and rosters bring nothing of it back, and say so, until the person is remembered', async () => {
  store = await openFilled();
  await forgetPerson(store, 'maria');
  const again = await ingest(store, [LOG]);
  assert.deepEqual(again.rejected, { forgotten: 5 });
  assert.deepEqual([again.lines, again.accepted, again.irrelevant, again.new_facts], [9, 4, 0, 0]);
  // under another name, with the same id
  const renamed = write('renamed.log', `${formatAttempt({ username: 'maria2', user_id: 7 })}\n`);
  assert.deepEqual((await ingest(store, [renamed])).rejected, { forgotten: 1 });

  assert.deepEqual((await importCsv(store, [ROSTER, ROLES])).rejected, { forgotten: 2 });
  const padded = write('padded.csv', `course_id,username,user_id,name\n${A},maria4,007,Maria Muster\n`);
  assert.deepEqual((await importCsv(store, [padded])).rejected, { forgotten: 1 });
  write(
    'package/O-C-R-auth_user-prod-analytics.sql',
    'id\tusername\temail\tis_staff\tis_superuser\n7\tmaria3\tm@x\t0\t0\n8\tother\to@x\t0\t0\n',
  );
  write(
    'package/O-C-R-student_courseenrollment-prod-analytics.sql',
    `user_id\tcourse_id\tcreated\tis_active\tmode\n7\t${A}\tNULL\t1\taudit\n8\t${A}\tNULL\t1\taudit\n`,
  );
  const { users, enrollments, rejected } = await importPackage(store, `${folder}/package`);
  assert.deepEqual([users, enrollments, rejected], [1, 1, { forgotten: 1, no_user: 1 }]);
  await refresh(store, { asOf: AS_OF });
  assert.deepEqual(await listNames(A), ['mia', 'other']);
  assert.deepEqual((await exportPerson(store, 'maria')).held, {});

  assert.equal(await rememberPerson(store, 'nobody'), false);
  assert.equal(await rememberPerson(store, 'maria'), true);
  assert.deepEqual((await ingest(store, [LOG])).rejected, {});
  await importCsv(store, [ROSTER]);
  await refresh(store, { asOf: AS_OF });
  assert.deepEqual(await listNames(A), ['maria', 'mia', 'other']);
});

function nameOnDay(username: string, user_id: number, day: number): string {
  return formatAttempt({ username, user_id, time: `2026-11-0${day}T10:00:00Z` });
}

test('a person known by a former name alone is found; a name that several had is nobody for sure', async () => {
  store = await openEmpty();
  const log = write(
    'names.log',
    [
      nameOnDay('first', 1, 1),
      nameOnDay('second', 1, 2),
      nameOnDay('shared', 2, 1),
      nameOnDay('own2', 2, 2),
      nameOnDay('shared', 3, 1),
      nameOnDay('own3', 3, 2),
    ].join('\n'),
  );
  await ingest(store, [log]);
  await nameInLms(store, [
    [1, 'second'],
    [2, 'own2'],
    [3, 'own3'],
  ]);
  assert.deepEqual((await forgetPerson(store, 'first')).removed.facts, 2);
  await assert.rejects(forgetPerson(store, 'shared'), {
    code: 'usage',
    message: /several people, who are now called own2, own3|own3, own2/,
  });
  assert.equal((await forgetPerson(store, 'quiet')).removed.facts, undefined);
  assert.deepEqual((await ingest(store, [log])).rejected, { forgotten: 2 });
});

test('without a word of the LMS each name of an id stands for itself', async () => {
  store = await openEmpty();
  const log = write(
    'shared.log',
    [nameOnDay('first', 1, 1), nameOnDay('second', 1, 2), nameOnDay('first', 9, 3)].join('\n'),
  );
  await ingest(store, [log]);
  const { user_ids: ids, usernames, held } = await exportPerson(store, 'first');
  assert.deepEqual([ids, usernames, held.facts?.length], [['9'], ['first'], 2]);
  assert.deepEqual((await forgetPerson(store, 'first')).removed.facts, 2);
  const left = await store.read('SELECT username, user_id FROM facts FINAL WHERE user_id IN (1, 9)');
  assert.deepEqual(left, [{ username: 'second', user_id: 1 }]);
  const known = await store.read('SELECT username, user_id FROM identities FINAL WHERE user_id IN (1, 9)');
  assert.deepEqual(known, left);
  assert.deepEqual((await ingest(store, [log])).rejected, { forgotten: 2 });
});

// an embedded store has one process
if (SERVER !== undefined) {
  test('run again, it removes what an ingest under way brought back under a former name or a shared id', async () => {
    store = await openEmpty();
    const log = write(
      'late.log',
      [nameOnDay('mary', 7, 1), nameOnDay('maria', 7, 2), nameOnDay('maria', 9, 3)].join('\n'),
    );
    await ingest(store, [log]);
    await ingest(store, [write('shared9.log', nameOnDay('other9', 9, 1))]);
    await nameInLms(store, [[7, 'maria']]);
    await store.insert('audit_log', [{ ...SEEN, kind: 'person', name: 'mary' }]);
    // it looked whether anybody is on the list before
    const other = async () => forgetPerson(asOther(store), 'maria');
    const later = write(
      'later.log',
      [nameOnDay('mary', 7, 4), nameOnDay('maria', 9, 4), nameOnDay('other9', 9, 4)].join('\n'),
    );
    await ingest(meddle(asOther(store), { before: /INSERT INTO learner_activity/, other }), [later]);
    const time = new Date(Date.now() + 60_000).toISOString().replace('T', ' ').replace('Z', '');
    await store.insert('audit_log', [{ ...SEEN, time, kind: 'person', name: 'mary' }]);
    const { removed, courses } = await forgetPerson(store, 'maria');
    assert.deepEqual([removed.facts, removed.audit_log, courses], [2, undefined, [A]]);
    assert.deepEqual(await store.read('SELECT DISTINCT username, user_id FROM facts ORDER BY ALL'), [
      { username: 'other9', user_id: 9 },
    ]);
    // what is looked at under the name by now is somebody else's
    const seen = await store.read('SELECT name FROM audit_log ORDER BY time');
    assert.deepEqual(seen, [{ name: '(forgotten)' }, { name: 'mary' }]);
  });
}

test('what a killed ingest or import left goes too; where one may be under way elsewhere, that is told', async () => {
  store = await openEmpty();
  const names = ['ingest_dead', 'lms_import_dead'];
  for (const name of names)
    await store.run(`CREATE TABLE ${name} (username String) ENGINE = MergeTree ORDER BY username`);
  const { unfinished } = await forgetPerson(store, 'maria');
  const left = await store.read(
    'SELECT name FROM system.tables WHERE name IN {names:Array(String)} AND database = currentDatabase()',
    { names },
  );
  assert.deepEqual([unfinished, left.length], store.embedded ? [0, 0] : [2, 2]);
  for (const name of names) await store.run(`DROP TABLE IF EXISTS ${name} SYNC`);
});

test('broken off anywhere, it is done by running it again', async () => {
  for (let stop = 5; stop < 60; stop += 11) {
    store = await openFilled();
    if (await survives(forgetPerson(dieAfter(store, stop), 'maria'))) break;
    await forgetPerson(store, 'maria');
    await refresh(store, { asOf: AS_OF });
    assert.deepEqual(await findText('maria'), ['audit_log.name'], `after ${stop} statements`);
    assert.deepEqual(findInFiles(store.copies, 'aria'), [], `after ${stop} statements`);
    assert.deepEqual((await ingest(store, [LOG])).rejected, { forgotten: 5 }, `after ${stop} statements`);
    assert.equal((await getCourse(store, A))?.learnerCount, 2);
  }
});

const RETIRED = write(
  'retired.csv',
  `course_id,username,user_id,name,is_active
${A},retired__user_0123456789abcdef0123456789abcdef,7,,0
${A},retired__user_123456789abcdef0123456789abcdef0,8,,0
`,
);

test('whom the LMS retired are forgotten as others are, without anybody having to know who they were', async () => {
  store = await openFilled();
  assert.deepEqual(await forgetRetired(store), { people: 0, removed: {}, courses: [], unfinished: 0 });
  assert.deepEqual(await listNames(A), ['maria', 'mia', 'other']);
  await importCsv(store, [RETIRED]);
  const { people, removed, courses } = await forgetRetired(store);
  assert.deepEqual([people, removed.facts, removed.lms_users, courses], [2, 5, 2, [A, B]]);
  assert.deepEqual(await findText('maria'), ['audit_log.name']);
  assert.deepEqual(await findText('other'), []);
  await refresh(store, { asOf: AS_OF });
  assert.deepEqual(await listNames(A), ['mia']);
  // by then nobody knows who these were
  assert.deepEqual((await importCsv(store, [RETIRED])).rejected, { bad_username: 2 });
  assert.deepEqual((await ingest(store, [LOG])).rejected, { forgotten: 7 });
  // each by themselves
  assert.equal(await rememberPerson(store, 'other'), true);
  assert.deepEqual((await ingest(store, [LOG])).rejected, { forgotten: 5 });
});

test('whom the LMS calls something else again after it retired them is not forgotten with those', async () => {
  store = await openFilled();
  await importCsv(store, [RETIRED]);
  const back = write('back.csv', `course_id,username,user_id,name,is_active\n${A},marie,7,Marie Muster,1\n`);
  await importCsv(store, [back]);
  assert.equal((await forgetRetired(store)).people, 1);
  assert.deepEqual(await findText('other'), []);
  assert.deepEqual(await store.read("SELECT name FROM lms_users FINAL WHERE username = 'marie'"), [
    { name: 'Marie Muster' },
  ]);
});

test('--retired stands in the place of a username, and needs nobody to be there', async () => {
  store = await openEmpty();
  const context = { config: loadConfig({}), openStore: async () => store, server: null } as unknown as CommandContext;
  const run = async (...words: string[]) => learner.run(context, { retired: true }, words);
  await assert.rejects(run('forget', 'maria'), { code: 'usage', message: /^--retired goes with forget/ });
  await assert.rejects(run('export'), { code: 'usage', message: /^--retired goes with forget/ });
  const { json, text } = await run('forget');
  assert.deepEqual(json, { people: 0, removed: {}, courses: [], unfinished: 0 });
  assert.equal(text, 'The LMS has retired nobody who is still here.');
});

test('broken off after their names had gone, the rest goes when it is run again', async () => {
  store = await openFilled();
  await importCsv(store, [RETIRED]);
  assert.equal(await survives(forgetRetired(dieBefore(store, /ALTER TABLE identities DELETE/))), false);
  assert.deepEqual(await findText('maria'), ['audit_log.name', 'identities.username']);
  await forgetRetired(store);
  assert.deepEqual(await findText('maria'), ['audit_log.name']);
});

test('many are forgotten by few statements; those who had one name are one person on the list', async () => {
  store = await openEmpty();
  const people = 1200;
  await store.run(
    `INSERT INTO identities (user_id, username, from_lms, last_seen)
     SELECT number + 1, concat('person_', toString(number)), true, now64(6) FROM numbers({people:UInt32})
     UNION ALL
     SELECT number + 1, 'a_former_name', true, now64(6) FROM numbers(2)`,
    { people },
  );
  await store.run(
    `INSERT INTO lms_users (username, user_id, retired)
     SELECT concat('person_', toString(number)), number + 1, true FROM numbers({people:UInt32})`,
    { people },
  );
  assert.equal(await survives(forgetRetired(dieAfter(store, 150))), true);
  const count = async () => (await store.read<{ hashes: number }>('SELECT count() AS hashes FROM forgotten FINAL'))[0];
  // a name and an id of each
  assert.deepEqual(await count(), { hashes: 2 * people + 1 });
  assert.equal(await rememberPerson(store, 'a_former_name'), true);
  assert.deepEqual(await count(), { hashes: 2 * (people - 2) });
});

test('of several persons of one time who turn out to be one, every node takes the same', async () => {
  store = await openEmpty();
  const salt = await readSalt(store);
  await store.run(
    `INSERT INTO forgotten (hash, person, forgotten_at)
     SELECT hash, if(rowNumberInAllBlocks() = 0, 'second', 'first'), toDateTime64('2026-11-20 10:00:00', 3, 'UTC')
     FROM (SELECT ${nameHashSql("arrayJoin(['mia', 'maria'])")} AS hash ORDER BY hash)`,
    { salt },
  );
  await store.run(
    `INSERT INTO identities (user_id, username, from_lms, last_seen)
     SELECT 7, arrayJoin(['mia', 'maria']) AS name, true, now64(6) - (name = 'mia')`,
  );
  await forgetPerson(store, 'maria');
  const persons = await store.read('SELECT DISTINCT person FROM forgotten FINAL');
  assert.deepEqual(persons, [{ person: 'first' }]);
});
