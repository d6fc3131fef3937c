import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { findInFiles } from '../../test/find-in-files.ts';
import { makeTempFolder, prepareStore } from '../../test/temp-store.ts';
import type { Store } from '../store/store.ts';
import { importCsv } from './import-csv.ts';
import { importPackage } from './import-package.ts';

const { write } = makeTempFolder();
/** Of the test that runs; each begins with one of its own. */
let store: Store;
const COURSE = 'course-v1:A+B+C';
const HASH = '0123456789abcdef0123456789abcdef01234567';
const ROSTER = write(
  'roster.csv',
  `course_id,username,user_id,name,email,year_of_birth,city,bio
${COURSE},mia,7,Mia Muster,mia@example.com,1990,Bonn,Likes tea
${COURSE},other,8,Otto Other,otto@example.com,1991,Ulm,Likes chess
`,
);
const RENAMED = write(
  'renamed.csv',
  `course_id,username,user_id,name,email\n${COURSE},maria,7,Maria Muster,maria@example.com\n`,
);

const openFilled = prepareStore(async (empty) => {
  await importCsv(empty, [ROSTER]);
  await importCsv(empty, [RENAMED]);
});

beforeEach(async () => {
  store = await openFilled();
});

let packages = 0;

/** A package of those people alone, without the table of profiles. */
function writePackage(people: ReadonlyArray<readonly [id: number, username: string, email: string]>): string {
  packages += 1;
  const rows = people.map((cells) => `${cells.join('\t')}\t0\t0\n`);
  write(
    `package${packages}/A-B-C-auth_user-prod-analytics.sql`,
    `id\tusername\temail\tis_staff\tis_superuser\n${rows.join('')}`,
  );
  const path = write(
    `package${packages}/A-B-C-student_courseenrollment-prod-analytics.sql`,
    `user_id\tcourse_id\tcreated\tis_active\tmode\n${people.map(([id]) => `${id}\t${COURSE}\t2026-01-01\t0\taudit\n`).join('')}`,
  );
  return join(path, '..');
}

/** What is known of somebody, under each name that they had. */
async function readPerson(id: number): Promise<object[]> {
  return store.read(
    `SELECT username, name, email, year_of_birth, city, bio, ifNull(retired, false) AS retired
     FROM lms_users FINAL WHERE user_id = {id:UInt64} ORDER BY username`,
    { id },
  );
}

async function readAddress(): Promise<string | undefined> {
  const [other] = (await readPerson(8)) as Array<{ email: string }>;
  return other?.email;
}

const EMPTY = { name: '', email: '', year_of_birth: 0, city: '', bio: '' };
const RETIRED = [
  { username: 'maria', ...EMPTY, retired: true },
  { username: 'mia', ...EMPTY, retired: false },
];

async function readEnrolled(): Promise<object[]> {
  return store.read('SELECT username FROM lms_enrollments FINAL WHERE ifNull(is_active, true) ORDER BY username');
}

test('all that was known of the retired is emptied, whatever a source tells of, and leaves the files', async () => {
  const [other] = await readPerson(8);
  // of a file without user ids
  await store.insert('lms_users', [{ username: 'maria', name: 'Maria Muster' }]);
  const { rejected } = await importPackage(
    store,
    writePackage([
      [7, `retired__user_${HASH}`, `retired__user_${HASH}@retired.invalid`],
      [8, 'other', 'otto@example.com'],
    ]),
  );
  assert.deepEqual(rejected, {});
  assert.deepEqual(await readPerson(7), RETIRED);
  assert.deepEqual(await readPerson(8), [other]);
  // in rows that the engine has not put together yet, too
  assert.deepEqual(await store.read("SELECT username FROM lms_users WHERE name LIKE '%Muster'"), []);
  // the engine keeps their text
  const mutations = await store.read<{ command: string }>(
    "SELECT command FROM system.mutations WHERE table = 'lms_users'",
  );
  assert.ok(mutations.length > 0);
  for (const { command } of mutations) assert.doesNotMatch(command, /maria|mia|Muster/);
  // a server of one's own tidies by itself
  if (store.embedded) {
    assert.notDeepEqual(findInFiles(join(store.copies, '../store'), 'Otto Other'), []);
    assert.deepEqual(findInFiles(join(store.copies, '../store'), 'Maria Muster'), []);
    assert.deepEqual(findInFiles(join(store.copies, '../store'), 'Mia Muster'), []);
  }
});

test('the retired are known by what the site calls them, and by a name with a hash', async () => {
  const long = `gone_${HASH}`;
  await importPackage(store, writePackage([[7, long, `${long}@gone.invalid`]]));
  assert.deepEqual(await readPerson(7), RETIRED);
  await importPackage(store, writePackage([[8, 'gone_8', 'gone_8@gone.invalid']]), ['gone_', '@gone.invalid']);
  assert.deepEqual(await readPerson(8), [{ username: 'other', ...EMPTY, retired: true }]);
});

test('who asked to be retired has no address any more, by that of the site', async () => {
  await importPackage(store, writePackage([[8, 'other', '8@gone.invalid']]), ['gone_', '@gone.invalid']);
  const [other] = (await readPerson(8)) as Array<Record<string, unknown>>;
  assert.deepEqual([other!['email'], other!['name'], other!['retired']], ['', 'Otto Other', false]);
});

test('an address that only begins as those of the retired stays', async () => {
  const as = ['gone_', '@gone.invalid'];
  await importPackage(store, writePackage([[8, 'other', 'gone_fishing@example.com']]), as);
  assert.equal(await readAddress(), 'gone_fishing@example.com');
  await importPackage(store, writePackage([[8, 'other', `gone_${HASH}@example.com`]]), as);
  assert.equal(await readAddress(), '');
});

test('a roster by CSV tells of the retired by their user ids, and of their leaving', async () => {
  const roster = write(
    'later.csv',
    `course_id,username,user_id,name,email,is_active\n${COURSE},retired__user_${HASH},007,Maria Muster,x@retired.invalid,0\n${COURSE},other,8,Otto Other,8@retired.invalid,1\n`,
  );
  const { rejected, changed } = await importCsv(store, [roster]);
  assert.deepEqual(rejected, {});
  assert.ok(changed > 0);
  assert.deepEqual(await readPerson(7), RETIRED);
  assert.deepEqual(await readEnrolled(), [{ username: 'mia' }, { username: 'other' }]);
  assert.equal(await readAddress(), '');
  assert.equal((await importCsv(store, [roster])).changed, 0);
  if (store.embedded) assert.deepEqual(findInFiles(join(store.copies, '../store'), 'Maria Muster'), []);
});

test('whoever has the name again is not retired', async () => {
  await importPackage(store, writePackage([[7, `retired__user_${HASH}`, '']]));
  await importCsv(store, [RENAMED]);
  assert.deepEqual(
    ((await readPerson(7)) as Array<{ name: string; retired: boolean }>).map(({ name, retired }) => [name, retired]),
    [
      ['Maria Muster', false],
      ['', false],
    ],
  );
});

test('addresses in the place of names retire nobody', async () => {
  const roster = write(
    'addresses.csv',
    `course_id,username,user_id\n${COURSE},maria.with.a.long.name@students.example.com,7\n`,
  );
  const before = await readPerson(7);
  assert.deepEqual((await importCsv(store, [roster])).rejected, { bad_username: 1 });
  assert.deepEqual(await readPerson(7), before);
});

test('ids of other systems in the place of names retire nobody', async () => {
  const before = [await readPerson(7), await readPerson(8)];
  const ids = [
    '123e4567-e89b-12d3-a456-426614174000',
    '0123456789abcdef0123456789abcdef',
    HASH,
    `${HASH}0123456789abcdef01234567`,
  ];
  for (const id of ids) {
    const roster = write(
      'ids.csv',
      `course_id,username,user_id\n${COURSE},${id},7\n${COURSE},maximilian-alexander-von-humboldt,8\n`,
    );
    assert.deepEqual((await importCsv(store, [roster])).rejected, { bad_username: 2 }, id);
    assert.deepEqual([await readPerson(7), await readPerson(8)], before);
  }
});

test('a file without user ids brings nothing back of the retired, by any name that they had', async () => {
  const retiring = write('retiring.csv', `course_id,username,user_id\n${COURSE},retired__user_${HASH},7\n`);
  const stale = write(
    'stale.csv',
    `course_id,username,name,email,year_of_birth,bio,is_active
${COURSE},maria,Maria Muster,maria@example.com,1990,Likes tea,0
${COURSE},mia,Mia Muster,mia@example.com,1990,Likes tea,0
${COURSE},other,Otto Other,otto@example.org,1991,Likes chess,1
`,
  );
  for (const files of [[retiring, stale], [stale]]) {
    const { rejected, changed } = await importCsv(store, files);
    assert.deepEqual(rejected, {});
    assert.equal(changed > 0, files.length > 1);
    assert.deepEqual(await readPerson(7), RETIRED);
  }
  assert.equal(await readAddress(), 'otto@example.org');
});

test('who is there again under another name is taken from a file without user ids', async () => {
  await importPackage(store, writePackage([[7, `retired__user_${HASH}`, `retired__user_${HASH}@retired.invalid`]]));
  await importPackage(store, writePackage([[7, 'maja', 'maja@example.com']]));
  await importCsv(store, [write('again.csv', `course_id,username,name\n${COURSE},maja,Maja Muster\n`)]);
  const [maja] = (await readPerson(7)) as Array<{ username: string; name: string }>;
  assert.deepEqual([maja?.username, maja?.name], ['maja', 'Maja Muster']);
});

test('rows without an id in a file that has ids bring nothing back of the retired', async () => {
  const retiring = write('retiring.csv', `course_id,username,user_id\n${COURSE},retired__user_${HASH},7\n`);
  const stale = write(
    'blank.csv',
    `course_id,username,user_id,name,email,year_of_birth\n${COURSE},maria,,Maria Muster,maria@example.com,1990\n${COURSE},other,,Otto Other,otto@example.org,1991\n`,
  );
  for (const files of [[retiring, stale], [stale]]) {
    await importCsv(store, files);
    assert.deepEqual(await readPerson(7), RETIRED);
  }
  assert.equal(await readAddress(), 'otto@example.org');
});

test('a former name that logs alone tell of brings nothing back, unless somebody else is called so by now', async () => {
  await store.insert('identities', [
    { user_id: 7, username: 'mimi', from_lms: false, last_seen: '2026-01-01 00:00:00' },
    { user_id: 9, username: 'mia', from_lms: true, last_seen: '2026-01-01 00:00:00', told_at: '2100-01-01 00:00:00' },
  ]);
  await importPackage(store, writePackage([[7, `retired__user_${HASH}`, '']]));
  const stale = `course_id,username,name\n${COURSE},mimi,Mia Muster\n${COURSE},mia,Mia Miller\n`;
  await importCsv(store, [write('stale.csv', stale)]);
  assert.deepEqual(
    await store.read("SELECT username, name FROM lms_users FINAL WHERE username IN ('mia', 'mimi') ORDER BY username"),
    [
      { username: 'mia', name: 'Mia Miller' },
      { username: 'mimi', name: '' },
    ],
  );
});
