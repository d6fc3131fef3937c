import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test, { beforeEach, describe } from 'node:test';
import { gzipSync } from 'node:zlib';
import { meddle } from '../../test/meddled-store.ts';
import { makeTempFolder, openTempStore } from '../../test/temp-store.ts';
import { AppError } from '../errors.ts';
import { importCsv } from './import-csv.ts';

const { folder, write } = makeTempFolder();
const store = await openTempStore();
const COURSE = 'course-v1:A+B+C';

beforeEach(async () => {
  for (const table of ['lms_enrollments', 'lms_users', 'course_roles', 'identities', 'lms_courses', 'touched_courses'])
    await store.run(`TRUNCATE TABLE ${table}`);
});

async function take(text: string | Uint8Array, name = 'file.csv') {
  const { enrollments, roles, rejected } = await importCsv(store, [write(name, text)]);
  return { enrollments, roles, rejected };
}

async function readEnrollments(columns: string): Promise<object[]> {
  return store.read(`SELECT ${columns} FROM lms_enrollments FINAL ORDER BY course_id, username`);
}

async function readUsers(columns: string): Promise<object[]> {
  return store.read(`SELECT ${columns} FROM lms_users FINAL ORDER BY username`);
}

async function readRoles(): Promise<object[]> {
  return store.read('SELECT username, role, course_id, org FROM course_roles ORDER BY username, role, course_id, org');
}

/** A cell as every program writes it. */
function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

async function refuses(text: string | Uint8Array, message: RegExp, absent?: string): Promise<void> {
  await assert.rejects(take(text), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'source_unreadable');
    assert.match(error.message, message);
    if (absent !== undefined) assert.ok(!error.message.includes(absent), error.message);
    return true;
  });
  assert.deepEqual(await readEnrollments('*'), []);
}

describe('forms of the file', () => {
  const rows = ['course_id,username,email', `${COURSE},maria,m@example.com`, `${COURSE},idle,`];
  const expected = [
    { course_id: COURSE, username: 'idle' },
    { course_id: COURSE, username: 'maria' },
  ];
  const FORMS = {
    'plain lines': rows.join('\n'),
    'with an end after the last line': `${rows.join('\n')}\n`,
    CRLF: `${rows.join('\r\n')}\r\n`,
    'a byte order mark': `\uFEFF${rows.join('\r\n')}\r\n`,
    semicolons: rows.join('\n').replaceAll(',', ';'),
    tabs: rows.join('\n').replaceAll(',', '\t'),
    'quoted cells': rows.map((row) => row.split(',').map(quote).join(',')).join('\n'),
    'a header in capitals, with spaces': rows.join('\n').replace('course_id,username', ' Course_ID , "Username"'),
    'empty lines after the last': `${rows.join('\n')}\n\n\r\n\n`,
    'blanks around the cells': rows.join('\n').replaceAll('idle', '  idle ').replaceAll(COURSE, ` ${COURSE} `),
  };
  for (const [name, text] of Object.entries(FORMS)) {
    test(name, async () => {
      assert.deepEqual(await take(text), { enrollments: 2, roles: 0, rejected: {} });
      assert.deepEqual(await readEnrollments('course_id, username'), expected);
      assert.deepEqual(await readUsers('username, email'), [
        { username: 'idle', email: '' },
        { username: 'maria', email: 'm@example.com' },
      ]);
    });
  }

  test('any name of the file', async () => {
    for (const name of ['sp ace.csv', "q'u.csv", '{a,b}.csv', 'st*r.csv', 'a::b.csv', 'x.gz', 'y.zip', 'z'])
      assert.equal((await take(rows.join('\n'), name)).enrollments, 2);
  });

  test('a header alone is no rows', async () => {
    assert.deepEqual(await take('course_id,username\n'), { enrollments: 0, roles: 0, rejected: {} });
    assert.deepEqual(await take('course_id,username'), { enrollments: 0, roles: 0, rejected: {} });
  });

  test('columns in any order, with others that are not known, also when their names have the delimiter in quotes', async () => {
    const text = `"Notes, private","username","extra;more","course_id"\n"x, y",maria,z,${COURSE}\n`;
    assert.deepEqual(await take(text), { enrollments: 1, roles: 0, rejected: {} });
    assert.deepEqual(await readEnrollments('course_id, username'), [{ course_id: COURSE, username: 'maria' }]);
  });

  test('empty columns between tabs stay empty', async () => {
    await take(`course_id\tusername\tname\temail\n${COURSE}\tmaria\t\tm@example.com\n${COURSE}\tidle\t\t\n`);
    assert.deepEqual(await readUsers('username, name, email'), [
      { username: 'idle', name: '', email: '' },
      { username: 'maria', name: '', email: 'm@example.com' },
    ]);
  });
});

describe('what the cells hold', () => {
  test('every text comes back as it was', async () => {
    const texts = [
      '=1+1',
      '@SUM(A1)',
      '+49 30',
      '-5',
      '\\N',
      'NULL',
      'null',
      `She said "no", 'yes'`,
      'two\nlines',
      'two\r\nlines',
      '😀 Ünïcödé \u2028 ﷽',
      '<script>alert(1)</script>',
      "'; DROP TABLE facts; --",
      '{x:String}',
      'back\\slash \\n \\t',
      'x'.repeat(20_000),
      '"',
      '""',
      ',;\t',
      '  blanks of my own  ',
    ];
    const rows = texts.map((text, index) => `${COURSE},u${String(index).padStart(2, '0')},${quote(text)}`);
    assert.equal((await take(`course_id,username,bio\n${rows.join('\n')}\n`)).enrollments, texts.length);
    assert.deepEqual(
      (await readUsers('bio')).map((row) => (row as { bio: string }).bio),
      texts,
    );
  });

  test('enrolments', async () => {
    await take(
      `course_id,username,user_id,enrollment_mode,enrollment_date,is_active,cohort
${COURSE},a,1,verified,2026-09-01T10:00:00.123456+02:00,1,"Cohort, A"
${COURSE},b,2,audit,2026-09-01 10:00:00,false,
${COURSE},c,,,,,
${COURSE},d,,,2026-09-01,TRUE,
A/B/C,e,,,,No,`,
    );
    assert.deepEqual(await readEnrollments('*'), [
      {
        course_id: 'A/B/C',
        username: 'e',
        user_id: null,
        enrollment_mode: '',
        enrollment_date: null,
        is_active: false,
        cohort: '',
      },
      {
        course_id: COURSE,
        username: 'a',
        user_id: 1,
        enrollment_mode: 'verified',
        enrollment_date: '2026-09-01T08:00:00.123456Z',
        is_active: true,
        cohort: 'Cohort, A',
      },
      {
        course_id: COURSE,
        username: 'b',
        user_id: 2,
        enrollment_mode: 'audit',
        enrollment_date: '2026-09-01T10:00:00.000000Z',
        is_active: false,
        cohort: '',
      },
      {
        course_id: COURSE,
        username: 'c',
        user_id: null,
        enrollment_mode: '',
        enrollment_date: null,
        is_active: null,
        cohort: '',
      },
      {
        course_id: COURSE,
        username: 'd',
        user_id: null,
        enrollment_mode: '',
        enrollment_date: '2026-09-01T00:00:00.000000Z',
        is_active: true,
        cohort: '',
      },
    ]);
  });

  test('a row that cannot be understood costs that row, counted by what is wrong', async () => {
    const long = 'x'.repeat(31);
    assert.deepEqual(
      await take(
        `course_id,username,user_id,enrollment_date,is_active,year_of_birth
${COURSE},,1,,,
${COURSE},anonymous,1,,,
${COURSE},${long},1,,,
,maria,1,,,
not a course,maria,1,,,
${COURSE},maria,x,,,
${COURSE},maria,-1,,,
${COURSE},maria,1,someday,,
${COURSE},maria,1,01/02/2026,,
${COURSE},maria,1,2026,,
${COURSE},maria,1,1764201600,,
${COURSE},maria,1,2026-02-30,,
${COURSE},maria,1,2026-09-01 25:00:00,,
${COURSE},maria,1,2026-09-01T10:00:00+99:99,,
${COURSE},maria,1,,maybe,
${COURSE},maria,1,,,MCMXC
${COURSE},good,5,,,1990`,
      ),
      {
        enrollments: 1,
        roles: 0,
        rejected: {
          no_username: 1,
          bad_username: 2,
          no_course: 1,
          bad_course: 1,
          bad_user_id: 2,
          bad_enrollment_date: 7,
          bad_is_active: 1,
          bad_year_of_birth: 1,
        },
      },
    );
    assert.deepEqual(await readUsers('username'), [{ username: 'good' }]);
  });

  test('texts that are no UTF-8 do not stop the file', async () => {
    const text = Buffer.concat([
      Buffer.from(`course_id,username,name\n${COURSE},maria,Mar`),
      Buffer.from([0xed]),
      Buffer.from('a\n'),
    ]);
    assert.equal((await take(text)).enrollments, 1);
  });
});

describe('one import after another', () => {
  test('a column that is not in the file keeps what was known; one that is there replaces it', async () => {
    await take(`course_id,username,user_id,name,email,cohort,is_active\n${COURSE},maria,7,María,m@example.com,A,1`);
    await take(`course_id,username,email\n${COURSE},maria,new@example.com`);
    assert.deepEqual(await readUsers('username, user_id, name, email'), [
      { username: 'maria', user_id: 7, name: 'María', email: 'new@example.com' },
    ]);
    assert.deepEqual(await readEnrollments('username, user_id, cohort, is_active'), [
      { username: 'maria', user_id: 7, cohort: 'A', is_active: true },
    ]);
    await take(`course_id,username,name,cohort\n${COURSE},maria,,`);
    assert.deepEqual(await readUsers('name, email'), [{ name: '', email: 'new@example.com' }]);
    assert.deepEqual(await readEnrollments('cohort'), [{ cohort: '' }]);
  });

  test('of two rows about the same, the later one counts', async () => {
    await take(`course_id,username,name,enrollment_mode\n${COURSE},maria,old,audit\n${COURSE},maria,new,verified`);
    assert.deepEqual(await readUsers('name'), [{ name: 'new' }]);
    assert.deepEqual(await readEnrollments('enrollment_mode'), [{ enrollment_mode: 'verified' }]);
  });

  test('also when they are taken in again, and when many stand between', async () => {
    const others = Array.from({ length: 150_000 }, (_, index) => `${COURSE},u${index},,honor,1`).join('\n');
    const file = write(
      'far.csv',
      `course_id,username,name,enrollment_mode,user_id\n${COURSE},maria,old,audit,7\n${others}\n${COURSE},maria,new,verified,`,
    );
    const changed: number[] = [];
    for (const round of [1, 2]) {
      changed.push((await importCsv(store, [file])).changed);
      const of = "FINAL WHERE username = 'maria'";
      assert.deepEqual(
        await store.read(`SELECT enrollment_mode AS mode, user_id FROM lms_enrollments ${of}`),
        [{ mode: 'verified', user_id: 7 }],
        `round ${round}`,
      );
      assert.deepEqual(await store.read(`SELECT name FROM lms_users ${of}`), [{ name: 'new' }]);
    }
    assert.deepEqual(changed, [300_002, 0]);
  });

  test('a row that leaves open what is known changes nothing', async () => {
    const known = `course_id,username,user_id,enrollment_date,is_active,year_of_birth,name\n${COURSE},maria,7,2026-01-02,1,1990,María\n`;
    await take(known);
    await store.run('TRUNCATE TABLE touched_courses');
    for (const text of [
      known,
      known.replace(',7,2026-01-02,1,1990,', ',,,,,'),
      known.replace('2026-01-02', '0000-00-00'),
    ])
      assert.equal((await importCsv(store, [write('again.csv', text)])).changed, 0, text);
    assert.deepEqual(await store.read('SELECT * FROM touched_courses'), []);
    assert.deepEqual(await readEnrollments('toString(enrollment_date) AS date, is_active'), [
      { date: '2026-01-02 00:00:00.000000', is_active: true },
    ]);
    assert.equal((await importCsv(store, [write('again.csv', known.replace('1990', '1991'))])).changed, 1);
  });

  test('a course is a key as everywhere', async () => {
    const { rejected } = await take(
      'course_id,username\ncourse-v1:A+B&D+1,m\nedX/B%20c/1,m\nccx-v1:A+B+C+ccx@1,m\nccx-v1:A+C+ccx@1,m\n',
    );
    assert.deepEqual(rejected, { bad_course: 2 });
    assert.deepEqual(await readEnrollments('course_id'), [
      { course_id: 'ccx-v1:A+B+C+ccx@1' },
      { course_id: 'edX/B%20c/1' },
    ]);
  });

  test('text that is not UTF-8 is told, and does not stop the file', async () => {
    const text = Buffer.from(
      `course_id,username,name,cohort\n${COURSE},m,Mar\xeda,Gr\xfcn\n${COURSE},\xff,,\n${COURSE},ok,Ok,Grün\n`,
      'latin1',
    );
    const { warnings, rejected } = await importCsv(store, [write('latin.csv', text)]);
    assert.match(warnings.join(), /^\S+latin\.csv is not UTF-8 in 3 of its rows: .* Save it as UTF-8/);
    assert.deepEqual(rejected, { bad_username: 1 });
    assert.deepEqual(await readEnrollments('username, cohort'), [
      { username: 'm', cohort: 'Gr\uFFFDn' },
      { username: 'ok', cohort: 'Gr\uFFFDn' },
    ]);
    assert.deepEqual(await readUsers('name'), [{ name: 'Mar\uFFFD' }, { name: 'Ok' }]);
  });

  test('the courses are marked as changed', async () => {
    await take(`course_id,username\n${COURSE},maria\nA/B/C,maria\nbad,maria`);
    assert.deepEqual(await store.read('SELECT DISTINCT course_id FROM touched_courses ORDER BY course_id'), [
      { course_id: 'A/B/C' },
      { course_id: COURSE },
    ]);
  });
});

const writeStaff = (people: readonly string[]) =>
  write('staff.csv', ['username,role,course_id', ...people.map((name) => `${name},staff,${COURSE}`), ''].join('\n'));

describe('roles', () => {
  test('of courses, organisations and the site', async () => {
    assert.deepEqual(
      await take(
        `username,role,course_id,org\na,staff,${COURSE},\nb,instructor,,A\nc,global_staff,,\n,staff,${COURSE},\nd,,${COURSE},`,
      ),
      { enrollments: 0, roles: 3, rejected: { no_username: 1, no_role: 1 } },
    );
    assert.deepEqual(await readRoles(), [
      { username: 'a', role: 'staff', course_id: COURSE, org: '' },
      { username: 'b', role: 'instructor', course_id: '', org: 'A' },
      { username: 'c', role: 'global_staff', course_id: '', org: '' },
    ]);
  });

  test('a role of no course and no organisation is counted, not lost', async () => {
    const { roles, rejected } = await take('username,role\na,staff\nb,global_staff\n');
    assert.equal(roles, 1);
    assert.equal(
      Object.values(rejected).reduce((sum, count) => sum + count, 0),
      1,
    );
  });

  test('of an import that fails to mark courses for them, none are in force', async () => {
    await take(`course_id,username\n${COURSE},a\n`);
    const failing = importCsv(
      meddle(store, { before: /INTO touched_courses/, other: async () => Promise.reject(new Error('failed')) }),
      [write('failing.csv', `username,role,course_id\na,staff,${COURSE}\n`)],
    );
    await assert.rejects(failing, /failed/);
    assert.deepEqual(await readRoles(), []);
  });

  test('a later import replaces them as a whole, one without roles leaves them', async () => {
    await take(`username,role,course_id\na,staff,${COURSE}\nb,staff,${COURSE}`);
    await take(`course_id,username\n${COURSE},maria`);
    assert.equal((await readRoles()).length, 2);
    await take(`username,role,course_id\nb,staff,${COURSE}`);
    assert.deepEqual(await readRoles(), [{ username: 'b', role: 'staff', course_id: COURSE, org: '' }]);
    await take('username,role,course_id\n');
    assert.deepEqual(await readRoles(), []);
  });

  test('those that are new or taken back count as changed', async () => {
    const changed: number[] = [];
    for (const people of [['a', 'b'], ['b', 'a'], ['b', 'c'], []]) {
      const result = await importCsv(store, [writeStaff(people)]);
      assert.equal(result.roles_replaced, true);
      changed.push(result.changed);
    }
    assert.deepEqual(changed, [2, 0, 2, 2]);
    const enrollments = write('enrollments.csv', `course_id,username\n${COURSE},maria`);
    assert.equal((await importCsv(store, [enrollments])).roles_replaced, false);
  });

  test('several files of one import are one list', async () => {
    const files = [write('1.csv', `username,role,org\na,staff,A`), write('2.csv', `username,role,org\nb,staff,B`)];
    assert.equal((await importCsv(store, files)).roles, 2);
    assert.equal((await readRoles()).length, 2);
  });
});

const nameRow = (name: string) => `${COURSE},u,${name}\n`;

describe('what is no such file', () => {
  test('an empty one', async () => refuses('', /is empty; a header row is expected first/));
  test('blank lines', async () => refuses('\n\n', /is empty/));
  test('other columns', async () =>
    refuses(
      'a,course_id\n1,2',
      /neither enrolments .* nor roles .* nor courses .* the header, has course_id, 1 of other names\./,
    ));
  test('no header: whoever stands there is not told', async () =>
    refuses(`maria,María Núñez,m@example.com,${COURSE}\n`, /the header, has 4 of other names\./));
  test('a column twice, by its places', async () =>
    refuses('course_id,maria,Maria\n', /the header, has the same name for the columns 2 and 3\./));
  test('a header of several lines', async () =>
    refuses('course_id,username,"Full\nname"\n', /a quote in its first line that is not closed there/));
  test('people, where courses would have nothing else', async () =>
    refuses(
      `course_id,user,display_name,email\n${COURSE},maria,María,m@example.com\n`,
      /courses .* nothing else.* display_name, email/,
    ));
  test('people, and what they are called, under names that are not known', async () =>
    refuses(
      `course_id,user,name,display_name_2\n${COURSE},maria,María,x\n`,
      /neither enrolments .* the header, has course_id, name, 2 of/,
    ));
  test('packed', async () => refuses(gzipSync('course_id,username\n'), /neither enrolments|packed/));
  test('UTF-16', async () =>
    refuses(Buffer.from('\uFEFFcourse_id,username\n', 'utf16le'), /neither enrolments|UTF-16/));
  test('missing', async () => {
    await assert.rejects(importCsv(store, [`${folder}/none.csv`]), /none\.csv cannot be read \(ENOENT\)/);
    const misleading = write('\u001b[2K.csv', 'a,b\n');
    await assert.rejects(importCsv(store, [misleading]), /\/\\u\{1b\}\[2K\.csv is neither/);
    await assert.rejects(importCsv(store, [folder]), /is a folder; a file is expected/);
    execFileSync('mkfifo', [`${folder}/pipe.csv`]);
    await assert.rejects(importCsv(store, [`${folder}/pipe.csv`]), /pipe\.csv is no regular file/);
  });

  for (const [name, rows] of [
    ['text after a closing quote', `${COURSE},"secret"x,1\n`],
    ['too few cells', `${COURSE},good,1\n${COURSE},secret\n`],
    ['too many cells', `${COURSE},good,1\n${COURSE},secret,1,2\n`],
  ] as const) {
    test(`${name}: the row is named, its content is not, and nothing is taken`, async () => {
      await refuses(
        `course_id,username,user_id\n${rows}`,
        /row \d+ does not fit the header.*nothing was taken/,
        'secret',
      );
    });
  }

  for (const [name, rows] of [
    ['in the middle', `${COURSE},"secret,1,x\n${COURSE},good,1,y\n`],
    ['in the last column, for which the engine would take all the rest', `${COURSE},good,1,"secret\n${COURSE},b,2,y\n`],
    ['after doubled ones', `${COURSE},good,1,"a ""secret"" one""\n${COURSE},b,2,y\n`],
    ['after blanks', `${COURSE},good,1, "secret\n`],
  ] as const) {
    test(`a quote that is not closed ${name}`, async () => {
      await refuses(
        `course_id,username,user_id,name\n"${COURSE}",a,7,"A\nB"\n${rows}`,
        /a quote is opened in line 4 and not closed; nothing was taken/,
        'secret',
      );
    });
  }

  test('between tabs a blank before a quote makes it one of the text', async () => {
    const head = 'course_id\tusername\tname';
    assert.equal((await take(`${head}\n${COURSE}\ta\t "Nick\n${COURSE}\tb\tB\n`)).enrollments, 2);
    assert.deepEqual(await readUsers('username, name'), [
      { username: 'a', name: '"Nick' },
      { username: 'b', name: 'B' },
    ]);
    const lost = `${COURSE}\tc\t "Nick\n${COURSE}\td\t"secret\n${COURSE}\te\tE\n`;
    await assert.rejects(take(`${head}\n${lost}`), /a quote is opened in line 3 and not closed/);
  });

  test('a quote is found wherever the pieces end in which the file is read', async () => {
    for (const before of [1, 2, 3, 4, 5].map((more) => (1 << 20) - nameRow('').length + more)) {
      const long = 'x'.repeat(before - 'course_id,username,name\n'.length - nameRow('').length);
      const text = `course_id,username,name\n${nameRow(long)}`;
      await take(`${text}${nameRow('"a ""b"""')}`);
      assert.deepEqual(await readUsers('name'), [{ name: 'a "b"' }]);
      await assert.rejects(take(`${text}${nameRow('"secret')}${nameRow('c')}`), /a quote is opened in line 3/);
    }
  });

  test('lines that end in CR alone', async () =>
    refuses(`username,role,org\ra,staff,X\r`, /lines that end in CR alone/));

  test('a quote within a cell is none', async () => {
    const text = `course_id,username,name\n${COURSE},a,6" high\n${COURSE},b,"""B"""\n${COURSE},c,x""\n`;
    assert.deepEqual(await take(text), { enrollments: 3, roles: 0, rejected: {} });
    assert.deepEqual(await readUsers('name'), [{ name: '6" high' }, { name: '"B"' }, { name: 'x""' }]);
  });

  test('dates: a day, an instant of any zone, what MySQL writes for none', async () => {
    const dates = [
      '2026-09-01',
      '2026-09-01T10:00-05',
      '2026-09-01 9:05',
      '2026-09-01 10:00:00.5 GMT',
      '0000-00-00 00:00:00',
      '0000-01-01',
      '2026-00-00',
    ];
    const rows = dates.map((date, index) => `${COURSE},u${index},${date}`);
    await take(`course_id,username,enrollment_date\n${rows.join('\n')}\n`);
    assert.deepEqual(
      (await readEnrollments('enrollment_date')).map((row) => (row as { enrollment_date: string }).enrollment_date),
      [
        '2026-09-01T00:00:00.000000Z',
        '2026-09-01T15:00:00.000000Z',
        '2026-09-01T09:05:00.000000Z',
        '2026-09-01T10:00:00.500000Z',
        null,
        null,
        null,
      ],
    );
  });

  test('nothing is taken of good files beside a bad one', async () => {
    const good = write('good.csv', `course_id,username\n${COURSE},maria\n`);
    const bad = write('bad.csv', `course_id,username\n${COURSE},maria,more\n`);
    await assert.rejects(importCsv(store, [good, bad]), /bad\.csv: row/);
    assert.deepEqual(await readEnrollments('*'), []);
  });
});

test('no table is left behind', async () => {
  assert.deepEqual(await store.read("SELECT name FROM system.tables WHERE name LIKE 'lms\\_import\\_%'"), []);
});
