import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after, beforeEach } from 'node:test';
import { gzipSync } from 'node:zlib';
import { HOSTILE_TEXTS } from '../../test/hostile-texts.ts';
import { AppError } from '../errors.ts';
import { openTestStore } from '../../test/temp-store.ts';
import { importPackage } from './import-package.ts';

const folder = await mkdtemp(join(tmpdir(), 'lms-package-'));
const store = await openTestStore(join(folder, 'data'));
after(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  for (const table of [
    'lms_users',
    'lms_enrollments',
    'roster_changes',
    'identities',
    'course_roles',
    'lms_courses',
    'touched_courses',
  ])
    await store.run(`TRUNCATE TABLE ${table}`);
});

type Row = ReadonlyArray<string | number | null>;

function escape(cell: string | number | null): string {
  return String(cell ?? 'NULL')
    .replaceAll('\\', '\\\\')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n');
}

/** A table as edx-analytics-exporter writes it: a header, tabs, backslashes before what breaks a line, NULL for nothing. */
function formatTable(columns: string, rows: readonly Row[], end = '\n'): string {
  return [columns.split(' '), ...rows].map((row) => `${row.map(escape).join('\t')}${end}`).join('');
}

let packages = 0;

async function writePackage(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  packages += 1;
  const root = join(folder, `package ${packages} {a,b}*`);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

const USER = 'id username first_name last_name email password is_staff is_active is_superuser last_login date_joined';
const PROFILE =
  'id user_id name language location meta courseware gender mailing_address year_of_birth level_of_education goals allow_certificate country city bio profile_image_uploaded_at';
const ENROLLMENT = 'id user_id course_id created is_active mode';
const A = 'course-v1:Org-X+A+1';
const B = 'Org/B/2';

const user = (id: number, username: string, isStaff = 0): Row => [
  id,
  username,
  '',
  '',
  `${username}@example.com`,
  '',
  isStaff,
  1,
  0,
  null,
  '2026-01-01 00:00:00',
];
const profile = (id: number, name: string, text: string | null): Row => [
  100 + id,
  id,
  name,
  '',
  '',
  '',
  'course.xml',
  'f',
  text,
  1990,
  'b',
  text,
  1,
  'ES',
  text,
  text,
  null,
];

test('cohorts as the exporter joins them are those of their courses, and of no others', async () => {
  await store.insert('lms_enrollments', [
    { course_id: A, username: 'u2', cohort: 'former' },
    { course_id: B, username: 'u1', cohort: 'stays' },
  ]);
  const root = await writePackage({
    'O-A-1-auth_user-prod-analytics.sql': formatTable(USER, [user(1, 'u1'), user(2, 'u2')]),
    'O-A-1-student_courseenrollment-prod-analytics.sql': formatTable(ENROLLMENT, [
      [1, 1, A, '2026-02-03 04:05:06', 1, 'audit'],
      [2, 2, A, '2026-02-03 04:05:06', 1, 'audit'],
    ]),
    'O-B-2-student_courseenrollment-prod-analytics.sql': formatTable(ENROLLMENT, [[3, 1, B, '2026-02-03', 1, 'audit']]),
    'O-A-1-course_groups_cohortmembership-prod-analytics.sql': formatTable('user_id course_id group_type name', [
      [1, A, 'cohort', 'Tab\tcohort'],
      [2, A, 'team', 'Team'],
    ]),
    'O-B-2-course_groups_cohortmembership-prod-analytics.sql': formatTable('user_id course_id group_type name', []),
  });
  const { files, warnings } = await importPackage(store, root);
  assert.equal(files, 5);
  assert.deepEqual(warnings, [
    'The table auth_userprofile is not there, or may not be read: names and profiles stay as they were.',
    'The table student_courseaccessrole is not there, or may not be read: the staff of courses stay as they were.',
    'Of O-B-2-*-prod-analytics: The table auth_user is not there, or may not be read.',
  ]);
  assert.deepEqual(
    await store.read('SELECT username, course_id, cohort FROM lms_enrollments FINAL ORDER BY username, course_id'),
    [
      { username: 'u1', course_id: B, cohort: 'stays' },
      { username: 'u1', course_id: A, cohort: 'Tab\tcohort' },
      { username: 'u2', course_id: A, cohort: '' },
    ],
  );
});

/** The structure of a course as edX exports it, of a chapter and the course itself. */
function formatStructure(key: string, name: unknown): string {
  return JSON.stringify({
    [key.replace('course', 'chapter')]: { category: 'chapter', children: [], metadata: { display_name: 'Week 1' } },
    [key]: { category: 'course', children: [key], metadata: { display_name: name, language: 'en' } },
  });
}

test('courses are called as their structures say, the latest of each', async () => {
  const key = 'block-v1:Org-X+A+1+type@course+block@course';
  const tables = {
    'O-A-1-auth_user-prod-analytics.sql': formatTable(USER, [user(1, 'u1')]),
    'O-A-1-student_courseenrollment-prod-analytics.sql': formatTable(ENROLLMENT, [[1, 1, A, '2026-02-03', 1, 'audit']]),
  };
  const root = await writePackage({
    ...tables,
    'Org-2026-03-01/O-A-1-course_structure-prod-analytics.json': formatStructure(key, 'Former'),
    'Org-2026-03-08/O-A-1-course_structure-prod-analytics.json': formatStructure(key, ' Tab\t& "Öl" 🌻 '),
    'Org-2026-03-08/O-B-2-course_structure-prod-analytics.json.gz': gzipSync(
      formatStructure('i4x://Org/B/course/2', 'NULL'),
    ),
    'O-C-3-course_structure-prod-analytics.json': formatStructure(
      'ccx-block-v1:O+C+3+ccx@7+type@course+block@course',
      'Own',
    ),
    'O-D-4-course_structure-prod-analytics.json': formatStructure(key.replace('A+1', 'D+4'), null),
    'O-E-5-course_structure-prod-analytics.json': '{"cut',
    'O-F-6-course_structure-prod-analytics.json': formatStructure('some-key', 'Lost'),
    'O-A-1-course_structures.json': '{}',
    'O-G-7-course_structure-prod-analytics.json/file': 'of a folder',
  });
  const { files, courses, changed, warnings } = await importPackage(store, root);
  assert.deepEqual([files, courses, changed], [9, 4, 6]);
  assert.deepEqual(
    warnings.filter((warning) => warning.includes('structure')),
    ['E-5', 'F-6', 'G-7'].map(
      (name) =>
        `${join(root, `O-${name}-course_structure-prod-analytics.json`)} cannot be read as the structure of a course: what the course is called stays as it was.`,
    ),
  );
  assert.deepEqual(await store.read('SELECT course_id, display_name FROM lms_courses FINAL ORDER BY course_id'), [
    { course_id: B, display_name: 'NULL' },
    { course_id: 'ccx-v1:O+C+3+ccx@7', display_name: 'Own' },
    { course_id: A, display_name: 'Tab\t& "Öl" 🌻' },
    { course_id: 'course-v1:Org-X+D+4', display_name: '' },
  ]);
  assert.deepEqual(await store.read('SELECT DISTINCT course_id FROM touched_courses'), [{ course_id: A }]);
  // without structures, names stay
  assert.deepEqual((await importPackage(store, await writePackage(tables))).courses, 0);
  const [counted] = await store.read<{ named: number }>('SELECT count() AS named FROM lms_courses FINAL');
  assert.equal(counted?.named, 4);
});

test('who asked to be retired has no address any more', async () => {
  const [id, username, first, last, , ...rest] = user(1, 'u1');
  const root = await writePackage({
    'O-A-1-auth_user-prod-analytics.sql': formatTable(USER, [
      [id!, username!, first!, last!, 'retired__user_0a1b@retired.invalid', ...rest],
      user(2, 'u2'),
    ]),
    'O-A-1-student_courseenrollment-prod-analytics.sql': formatTable(ENROLLMENT, [
      [1, 1, A, '2026-02-03 04:05:06', 1, 'audit'],
    ]),
  });
  await importPackage(store, root);
  const users = await store.read<{ username: string; email: string }>(
    'SELECT username, email FROM lms_users FINAL ORDER BY username',
  );
  assert.deepEqual(
    users.map(({ email }) => email === ''),
    [true, false],
  );
});

test('the files of several courses, plain and packed, with text that breaks lines', async () => {
  const people = HOSTILE_TEXTS.map((text, index) => ({ id: index + 1, text: text.replaceAll('\0', '') }));
  const root = await writePackage({
    'Org-X-A-1-auth_user-prod-analytics.sql': formatTable(
      USER,
      people.map(({ id }) => user(id, `u${id}`)),
    ),
    'Org-X-A-1-auth_userprofile-prod-analytics.sql': formatTable(
      PROFILE,
      people.map(({ id, text }) => profile(id, text, text)),
    ),
    'Org-X-A-1-student_courseenrollment-prod-analytics.sql': formatTable(
      ENROLLMENT,
      people.map(({ id }) => [id, id, A, '2026-02-03 04:05:06', 1, 'verified']),
    ),
    'Org-X-A-1-course_groups_courseusergroup-prod-analytics.sql': formatTable('id name course_id group_type', [
      [1, 'Tab\tcohort', A, 'cohort'],
      [2, 'Team', A, 'team'],
    ]),
    'Org-X-A-1-course_groups_courseusergroup_users-prod-analytics.sql': formatTable('id courseusergroup_id user_id', [
      [1, 1, 1],
      [2, 2, 2],
    ]),
    'Org-X-A-1-student_courseaccessrole-prod-analytics.sql': formatTable('org course_id user_id role', [
      ['Org', A, 2, 'instructor'],
    ]),
    // the second course: people again, packed, written on Windows
    'b/Org-B-2-auth_user-prod-edge-analytics.sql.gz': gzipSync(
      formatTable(USER, [user(1, 'u1'), user(50, 'chief', 1)], '\r\n'),
    ),
    'b/Org-B-2-student_courseenrollment-prod-edge-analytics.sql.gz': gzipSync(
      formatTable(
        ENROLLMENT,
        [
          [90, 1, B, null, 0, 'audit'],
          [91, 77, B, '2026-01-01', 1, 'audit'],
        ],
        '\r\n',
      ),
    ),
    'Org-X-A-1-courseware_studentmodule-prod-analytics.sql': 'not for us\n',
    'Org-X-A-1-prod.mongo': '{}',
  });
  const { seconds, warnings, ...result } = await importPackage(store, root);
  assert.ok(seconds > 0);
  const cohorts = ['courseusergroup', 'courseusergroup_users', 'cohortmembership'];
  const ofSecond = [
    'auth_userprofile is not there, or may not be read: names and profiles stay as they were.',
    ...cohorts.map((name) => `course_groups_${name} is not there, or may not be read: cohorts stay as they were.`),
    'student_courseaccessrole is not there, or may not be read: the staff of courses stay as they were.',
  ];
  assert.deepEqual(warnings, [
    'The table course_groups_cohortmembership is not there, or may not be read: cohorts come from course_groups_courseusergroup_users alone.',
    `Of Org-B-2-*-prod-edge-analytics: ${ofSecond.map((gap) => `The table ${gap}`).join(' ')}`,
  ]);
  assert.deepEqual(result, {
    files: 8,
    users: people.length + 1,
    enrollments: people.length + 1,
    roles: 2,
    // of one course they are not told
    roles_replaced: false,
    courses: 0,
    changed: 2 * (people.length + 1) + 2,
    rejected: { no_user: 1 },
  });
  const users = await store.read<Record<string, unknown>>('SELECT * FROM lms_users FINAL');
  for (const { id, text } of people) {
    const stored = users.find(({ username }) => username === `u${id}`);
    assert.equal(stored?.['name'], text);
    for (const field of ['bio', 'goals', 'city', 'mailing_address']) assert.equal(stored?.[field], text, field);
  }
  assert.deepEqual(
    await store.read(
      "SELECT username, course_id, cohort, is_active, toString(enrollment_date) AS date FROM lms_enrollments FINAL WHERE username IN ('u1', 'u2') ORDER BY username, course_id",
    ),
    [
      { username: 'u1', course_id: B, cohort: null, is_active: false, date: '1970-01-01 00:00:00.000000' },
      { username: 'u1', course_id: A, cohort: 'Tab\tcohort', is_active: true, date: '2026-02-03 04:05:06.000000' },
      { username: 'u2', course_id: A, cohort: '', is_active: true, date: '2026-02-03 04:05:06.000000' },
    ],
  );
  assert.deepEqual(await store.read('SELECT * FROM course_roles ORDER BY username'), [
    { source: 'package', username: 'chief', role: 'global_staff', course_id: '', org: '' },
    { source: 'package', username: 'u2', role: 'instructor', course_id: A, org: 'Org' },
  ]);
});

test('NULL and \\N are nothing in a column that may be empty, and a name in one that may not', async () => {
  const root = await writePackage({
    'O-A-1-auth_user-prod-analytics.sql': formatTable(USER, [user(1, 'NULL'), user(2, 'two')]),
    'O-A-1-auth_userprofile-prod-analytics.sql': `${formatTable('user_id name year_of_birth goals bio', [[1, 'NULL', null, null, 'NULL']])}2\tTwo\t\\N\t\\N\t\\\\N\n`,
    'O-A-1-student_courseenrollment-prod-analytics.sql': formatTable(ENROLLMENT, [[1, 1, A, null, 1, 'audit']]),
  });
  await importPackage(store, root);
  assert.deepEqual(
    await store.read('SELECT username, name, year_of_birth, goals, bio FROM lms_users FINAL ORDER BY username'),
    [
      { username: 'NULL', name: 'NULL', year_of_birth: 0, goals: '', bio: '' },
      { username: 'two', name: 'Two', year_of_birth: 0, goals: '', bio: '\\N' },
    ],
  );
});

test('a folder that is no package, an encrypted one, a file cut off or of another kind: nothing is taken, and the row is named', async () => {
  const good = {
    'O-A-1-auth_user-prod-analytics.sql': formatTable(USER, [user(1, 'one')]),
    'O-A-1-student_courseenrollment-prod-analytics.sql': formatTable(ENROLLMENT, [[1, 1, A, null, 1, 'audit']]),
  };
  const enrollments = 'O-A-1-student_courseenrollment-prod-analytics.sql';
  const packed = gzipSync(
    formatTable(
      ENROLLMENT,
      Array.from({ length: 50_000 }, (_, id) => [id, 1, `O/A/${Math.random()}`, null, 1, 'audit']),
    ),
  );
  const faults: ReadonlyArray<readonly [Record<string, string | Buffer>, RegExp]> = [
    [{ 'notes.txt': '' }, /holds no file of an edX data package/],
    [{ 'O-A-1-auth_user-prod-analytics.sql.gpg': '' }, /encrypted/],
    [{ [enrollments]: good[enrollments] }, /auth_user is not there/],
    [{ ...good, [enrollments]: '' }, /does not begin with a line of column names/],
    [{ ...good, [enrollments]: 'CREATE TABLE x;\nINSERT INTO' }, /does not begin with a line of column names/],
    [
      { ...good, [enrollments]: `${good[enrollments]}2\t1\n` },
      /courseenrollment-prod-analytics\.sql: row 3 does not fit/,
    ],
    [{ ...good, [enrollments]: `${good[enrollments]}2\tx\t${A}\tNULL\t1\taudit\n` }, /row 3 does not fit/],
    [
      { ...good, [`${enrollments}.gz`]: packed.subarray(0, packed.length / 2) },
      /sql\.gz cannot be read to its end|sql\.gz: .* does not fit/,
    ],
    // as one that is still being copied
    ...[0, 5, 20].map(
      (length) =>
        [
          { ...good, [`${enrollments}.gz`]: packed.subarray(0, length) },
          /sql\.gz cannot be read \(Z_BUF_ERROR\)/,
        ] as const,
    ),
  ];
  for (const [files, pattern] of faults) {
    const root = await writePackage(files);
    await assert.rejects(importPackage(store, root), (error: unknown) => {
      assert.ok(error instanceof AppError && error.code === 'source_unreadable');
      assert.match(error.message, pattern);
      return true;
    });
  }
  await assert.rejects(importPackage(store, join(folder, 'nowhere')), /ENOENT/);
  const root = await writePackage({ 'notes.txt': '' });
  execFileSync('mkfifo', [join(root, 'O-A-1-auth_user-prod-analytics.sql')]);
  await assert.rejects(importPackage(store, root), /is no regular file/);
  assert.deepEqual(await store.read('SELECT * FROM lms_users'), []);
  assert.deepEqual(await store.read("SELECT name FROM system.tables WHERE name LIKE 'lms\\_import\\_%'"), []);
});

const SUFFIX = 'prod-analytics.sql';
const ROLE = 'org course_id user_id role';

/** The files of a course: who is there, by number, those of them who are staff of the site, and of the course. */
function courseFiles(
  prefix: string,
  course: string,
  people: readonly number[],
  chiefs: readonly number[],
  staff: readonly number[],
) {
  return {
    [`${prefix}-auth_user-${SUFFIX}`]: formatTable(
      USER,
      people.map((id) => user(id, `u${id}`, chiefs.includes(id) ? 1 : 0)),
    ),
    [`${prefix}-student_courseenrollment-${SUFFIX}`]: formatTable(
      ENROLLMENT,
      people.map((id) => [id, id, course, '2026-02-03 04:05:06', 1, 'audit']),
    ),
    [`${prefix}-course_groups_cohortmembership-${SUFFIX}`]: formatTable(
      'user_id course_id group_type name',
      people.map((id) => [id, course, 'cohort', `of ${id}`]),
    ),
    [`${prefix}-student_courseaccessrole-${SUFFIX}`]: formatTable(
      ROLE,
      staff.map((id) => ['Org', course, id, 'staff']),
    ),
  };
}

async function readRoles(): Promise<string[]> {
  const roles = await store.read<{ text: string }>(
    "SELECT trimRight(concat(username, ' ', role, ' ', course_id)) AS text FROM course_roles ORDER BY text",
  );
  return roles.map(({ text }) => text);
}

test('a course whose staff could not be exported keeps them, as the site does where its people could not be', async () => {
  const first = { ...courseFiles('O-A-1', A, [1, 2], [2], [1]), ...courseFiles('O-B-2', B, [3, 4], [4], [3]) };
  await importPackage(store, await writePackage(first));
  const all = ['u1 staff course-v1:Org-X+A+1', 'u2 global_staff', 'u3 staff Org/B/2', 'u4 global_staff'];
  assert.deepEqual(await readRoles(), all);

  // everybody is replaced, but of B this or that is not known
  const next = { ...courseFiles('O-A-1', A, [1, 2], [1], [2]), ...courseFiles('O-B-2', B, [3, 4], [3], [4]) };
  const ofA = ['u1 global_staff', 'u2 staff course-v1:Org-X+A+1'];
  const faults: ReadonlyArray<readonly [tables: readonly string[], roles: readonly string[]]> = [
    [[], [...ofA, 'u3 global_staff', 'u4 staff Org/B/2']],
    [['student_courseaccessrole'], [...ofA, 'u3 global_staff', 'u3 staff Org/B/2']],
    [['auth_user'], [...ofA, 'u3 staff Org/B/2', 'u4 global_staff']],
    [
      Object.keys(next).flatMap((name) => /^O-B-2-(\w+)/.exec(name)?.[1] ?? []),
      [...ofA, 'u3 staff Org/B/2', 'u4 global_staff'],
    ],
  ];
  for (const [tables, roles] of faults) {
    await importPackage(store, await writePackage(first));
    const files: Record<string, string> = { ...next };
    for (const table of tables) {
      delete files[`O-B-2-${table}-${SUFFIX}`];
      files[`O-B-2-${table}-${SUFFIX}.failed`] = 'An error occurred generating this file.\n';
    }
    const { warnings } = await importPackage(store, await writePackage(files));
    assert.deepEqual(await readRoles(), roles, tables.join());
    const told = warnings.find((warning) => warning.startsWith('Of O-B-2-*-prod-analytics: '));
    for (const table of tables) assert.match(told ?? '', new RegExp(`The table ${table} is not there`));
    assert.equal(told === undefined, tables.length === 0);
  }
});

test('the cohort of somebody whose enrolment could not be exported counts where that is known from elsewhere', async () => {
  const change = { course_id: B, time: '2026-02-03 04:05:06', action: 'activated', value: 'audit' };
  await store.insert('roster_changes', [
    { ...change, user_id: 0, username: 'u3', hash: 1 },
    { ...change, user_id: 4, username: '', hash: 2 },
    { ...change, course_id: A, user_id: 5, username: 'u5', hash: 3 },
    { ...change, user_id: 6, username: 'u6', hash: 4, action: 'user_added' },
  ]);
  await store.insert('lms_enrollments', [{ course_id: B, username: 'u2', enrollment_mode: 'verified', cohort: 'old' }]);
  const files = courseFiles('O-A-1', A, [1, 2, 3, 4, 5, 6], [], []);
  const ofB = courseFiles('O-B-2', B, [2], [], []);
  delete ofB[`O-B-2-student_courseenrollment-${SUFFIX}`];
  ofB[`O-B-2-course_groups_cohortmembership-${SUFFIX}`] = formatTable(
    'user_id course_id group_type name',
    [2, 3, 4, 5, 6, 99].map((id) => [id, B, 'cohort', 'Blue']),
  );
  const { rejected } = await importPackage(store, await writePackage({ ...files, ...ofB }));
  assert.deepEqual(rejected, {});
  assert.deepEqual(
    await store.read(
      'SELECT username, enrollment_mode AS mode, is_active, cohort FROM lms_enrollments FINAL WHERE course_id = {course:String} ORDER BY username',
      { course: B },
    ),
    [
      { username: 'u2', mode: 'verified', is_active: null, cohort: 'Blue' },
      { username: 'u3', mode: null, is_active: null, cohort: 'Blue' },
      { username: 'u4', mode: null, is_active: null, cohort: 'Blue' },
    ],
  );
});

/** Files in the folder of a package of that day. */
function putInto(day: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`Org-2026-${day}/${name}`, content]));
}

test('of a person whom files of several days tell of, the later one counts, also where another course has none of that day', async () => {
  const root = await writePackage({
    ...putInto('02-22', { ...courseFiles('O-A-1', A, [1], [1], []), ...courseFiles('O-B-2', B, [1], [1], []) }),
    ...putInto('03-01', courseFiles('O-A-1', A, [1], [], [])),
  });
  await importPackage(store, root);
  assert.deepEqual(await readRoles(), []);
});

test('of packages of several days the latest counts, and where a table failed then, the one before', async () => {
  const [members, failed] = ['course_groups_cohortmembership', 'auth_userprofile'].map(
    (table) => `O-A-1-${table}-${SUFFIX}`,
  );
  const root = await writePackage({
    ...putInto('02-22', {
      ...courseFiles('O-A-1', A, [1, 2], [1], [1]),
      [failed!]: formatTable(PROFILE, [profile(1, 'One', '')]),
    }),
    ...putInto('03-01', {
      ...courseFiles('O-A-1', A, [1, 2, 3], [3], [2]),
      [members!]: formatTable('user_id course_id group_type name', [[1, A, 'cohort', 'new']]),
      [`${failed}.failed`]: '',
    }),
  });
  const { files } = await importPackage(store, root);
  assert.equal(files, 5);
  assert.deepEqual(await readRoles(), ['u2 staff course-v1:Org-X+A+1', 'u3 global_staff']);
  assert.deepEqual(
    await store.read(
      'SELECT username, cohort, name FROM lms_enrollments FINAL LEFT JOIN (SELECT * FROM lms_users FINAL) AS users USING username ORDER BY username',
    ),
    [
      { username: 'u1', cohort: 'new', name: 'One' },
      { username: 'u2', cohort: '', name: null },
      { username: 'u3', cohort: '', name: null },
    ],
  );
});
