import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { lms } from '../src/cli/lms.ts';
import { loadConfig } from '../src/config.ts';
import { getCourse, listCourses } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { AppError } from '../src/errors.ts';
import { followLms } from '../src/lms/follow-lms.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { importMysql } from '../src/lms/import-mysql.ts';
import { openTestStore } from './temp-store.ts';
import type { Store } from '../src/store/store.ts';
import { writeFile } from 'node:fs/promises';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { type Mariadb, openMariadb, skipWithoutMariadb } from './open-mariadb.ts';

const DUMPS = join(import.meta.dirname, '../../shared/data/edx-pipeline');
const PASSWORD = 'p@ss/w#rd%';

// the tables as a release of 2024 has them, of the columns that matter and some that must not be read
const SCHEMA = `
CREATE TABLE auth_user (id bigint AUTO_INCREMENT PRIMARY KEY, password varchar(128) NOT NULL DEFAULT 'pbkdf2_sha256$secret', is_superuser tinyint(1) NOT NULL DEFAULT 0, username varchar(150) NOT NULL UNIQUE, email varchar(254) NOT NULL UNIQUE, is_staff tinyint(1) NOT NULL DEFAULT 0, is_active tinyint(1) NOT NULL DEFAULT 1, date_joined datetime(6) NOT NULL DEFAULT now());
CREATE TABLE auth_userprofile (id int AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, meta longtext NOT NULL DEFAULT '', language varchar(255) NOT NULL DEFAULT '', location varchar(255) NOT NULL DEFAULT '', year_of_birth int, gender varchar(6), level_of_education varchar(6), mailing_address longtext, city longtext, country varchar(2), goals longtext, bio longtext, phone_number varchar(50), user_id bigint NOT NULL UNIQUE);
CREATE TABLE student_courseenrollment (id int AUTO_INCREMENT PRIMARY KEY, course_id varchar(255) NOT NULL, created datetime(6), is_active tinyint(1) NOT NULL, mode varchar(100) NOT NULL, user_id bigint NOT NULL, UNIQUE KEY (user_id, course_id));
CREATE TABLE course_groups_courseusergroup (id int AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, course_id varchar(255) NOT NULL, group_type varchar(20) NOT NULL, UNIQUE KEY (name, course_id));
CREATE TABLE course_groups_courseusergroup_users (id int AUTO_INCREMENT PRIMARY KEY, courseusergroup_id int NOT NULL, user_id bigint NOT NULL);
CREATE TABLE course_groups_cohortmembership (id int AUTO_INCREMENT PRIMARY KEY, course_id varchar(255) NOT NULL, course_user_group_id int NOT NULL, user_id bigint NOT NULL, UNIQUE KEY (user_id, course_id));
CREATE TABLE student_courseaccessrole (id int AUTO_INCREMENT PRIMARY KEY, org varchar(64) NOT NULL, course_id varchar(255) NOT NULL, role varchar(64) NOT NULL, user_id bigint NOT NULL);
CREATE TABLE course_overviews_courseoverview (id varchar(255) PRIMARY KEY, _location varchar(255) NOT NULL DEFAULT '', org longtext NOT NULL DEFAULT '', display_name longtext, start datetime(6), short_description longtext);
`;

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, (sign) => `\\${sign}`).replaceAll('\r', String.raw`\r`)}'`;
}

/** What is stored where the LMS has no date. */
const NO_DATE = '1970-01-01 00:00:00.000000';

const LARGE_ID = '9007199254740993';

const PEOPLE = `
INSERT INTO auth_user (id, username, email, is_staff, is_superuser) VALUES
  (7, 'maria', 'maria@example.com', 0, 0), (8, 'jürgen', 'j@example.com', 0, 0), (9, 'boss', 'boss@example.com', 1, 0),
  (10, 'root_user', 'root@example.com', 0, 1), (11, 'teacher', 't@example.com', 0, 0),
  (12, 'retired__user_0123456789abcdef0123456789abcdef01234567', 'retired__user@retired.invalid', 0, 0),
  (${LARGE_ID}, 'large', 'large@example.com', 0, 0);
INSERT INTO auth_userprofile (user_id, name, year_of_birth, country, goals) VALUES (7, 'María Núñez', 1990, 'ES', 'Learn'), (8, 'NULL', NULL, NULL, 'NULL'), (12, '', NULL, NULL, NULL);
INSERT INTO student_courseenrollment (user_id, course_id, created, is_active, mode) VALUES
  (7, 'course-v1:edX+A+1', '2026-01-02 03:04:05.678901', 1, 'verified'), (7, 'edX/B/1', '0000-00-00 00:00:00', 0, 'audit'),
  (8, 'course-v1:edX+A+1', NULL, 1, 'audit'), (12, 'course-v1:edX+A+1', '2026-01-01', 1, 'audit'),
  (${LARGE_ID}, 'course-v1:edX+A+1', '2026-01-01', 1, 'audit'), (999, 'course-v1:edX+A+1', '2026-01-01', 1, 'audit'),
  (7, 'no course', '2026-01-01', 1, 'audit');
INSERT INTO course_groups_courseusergroup VALUES (1, 'Mañana', 'course-v1:edX+A+1', 'cohort'), (2, 'Team', 'course-v1:edX+A+1', 'team'), (3, 'Old', 'course-v1:edX+A+1', 'cohort');
INSERT INTO course_groups_courseusergroup_users (courseusergroup_id, user_id) VALUES (3, 7), (2, 8), (3, ${LARGE_ID}), (1, 11);
INSERT INTO course_groups_cohortmembership (course_id, course_user_group_id, user_id) VALUES ('course-v1:edX+A+1', 1, 7);
INSERT INTO student_courseaccessrole (org, course_id, role, user_id) VALUES ('edX', 'course-v1:edX+A+1', 'instructor', 11), ('edX', '', 'staff', 11), ('edX', 'course-v1:edX+A+1', 'staff', 999);
INSERT INTO course_overviews_courseoverview (id, display_name) VALUES ('course-v1:edX+A+1', '  Älgebra\\t& "more" '), ('edX/B/1', NULL), ('course-v1:edX+Empty+1', 'Nobody is here'), ('no course', 'x');
`;

/** What the LMS makes of an account that it retires; the profile's name should be emptied too, and is here to see that it is not told. */
function retire(id: number): string {
  return `UPDATE auth_user SET username = 'retired__user_${'0123456789abcdef'.repeat(2)}${id}', email = 'retired__user_${id}@retired.invalid', is_staff = 1 WHERE id = ${id};
    UPDATE auth_userprofile SET name = 'still here' WHERE user_id = ${id}; UPDATE student_courseenrollment SET is_active = 0 WHERE user_id = ${id};`;
}

describe('the roster from MySQL', skipWithoutMariadb, () => {
  let db: Mariadb;
  let store: Store;
  let url: string;
  const folder = mkdtempSync(join(tmpdir(), 'lms-mysql-'));

  before(async () => {
    db = await openMariadb(...makeCertificate());
    store = await openTestStore(join(folder, 'data'));
    url = `mysql://analytics:${encodeURIComponent(PASSWORD)}@127.0.0.1:${db.port}/edxapp`;
  });

  after(async () => {
    await store.close();
    await db.close();
    rmSync(folder, { recursive: true, maxRetries: 10 });
  });

  /** A certificate for `lms.example`, which this host is not. */
  function makeCertificate(): string[] {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const name = ['-subj', '/CN=lms.example', '-addext', 'subjectAltName=DNS:lms.example'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...name, '-keyout', key, '-out', cert],
      { stdio: 'ignore' },
    );
    return [`--ssl-cert=${cert}`, `--ssl-key=${key}`];
  }

  /** A fresh database with the grants that the documentation gives, and nothing in the store. */
  async function begin(sql = SCHEMA + PEOPLE): Promise<void> {
    db.run(
      `DROP DATABASE IF EXISTS edxapp; DROP USER IF EXISTS analytics; CREATE DATABASE edxapp CHARACTER SET utf8mb4; USE edxapp; ${sql}`,
    );
    const grants =
      /```sql\n([^`]*)```/.exec(readFileSync(join(import.meta.dirname, '../docs/lms.md'), 'utf8'))?.[1] ?? '';
    assert.equal(grants.split('\n').filter((line) => line.startsWith('GRANT SELECT (')).length, 8);
    const given = grants.replace('change-me', PASSWORD);
    try {
      db.run(given);
    } catch {
      for (const grant of given.split(';\n').slice(1)) {
        try {
          db.run(grant);
        } catch (error) {
          // a release without the table or column, as the documentation says
          assert.match(String(error), /ERROR (1054|1146)/);
        }
      }
    }
    for (const table of [
      'lms_users',
      'lms_enrollments',
      'identities',
      'course_roles',
      'lms_courses',
      'touched_courses',
    ])
      await store.run(`TRUNCATE TABLE ${table}`);
  }

  const readEnrollments = async () =>
    store.read(
      `SELECT course_id, username, toString(user_id) AS id, enrollment_mode AS mode, toString(enrollment_date) AS date, is_active AS active, cohort
       FROM lms_enrollments FINAL ORDER BY course_id, username`,
    );
  const readRoles = async () =>
    store.read<{ role: string }>('SELECT * FROM course_roles ORDER BY source, username, role, course_id');
  const readUser = async (username: string) =>
    (
      await store.read<Record<string, unknown>>('SELECT * FROM lms_users FINAL WHERE username = {username:String}', {
        username,
      })
    )[0];
  const readNames = async () => store.read('SELECT course_id, display_name FROM lms_courses FINAL ORDER BY course_id');
  const writeCsv = async (text: string) => {
    const path = join(folder, 'given.csv');
    await writeFile(path, text);
    return path;
  };
  const listRoles = async () => (await readRoles()).map((row) => Object.values(row).slice(0, 3).join(' '));
  const readName = async () =>
    store.read('SELECT argMax(username, (from_lms, last_seen, username)) AS name FROM identities WHERE user_id = 7');
  const spooled = () => readdirSync(store.spool);
  const sizeOfSpool = () =>
    readdirSync(store.spool, { recursive: true, encoding: 'utf8' }).reduce(
      (sum, name) => sum + (name.endsWith('.sql') ? statSync(join(store.spool, name)).size : 0),
      0,
    );

  test('people, enrolments, cohorts and roles arrive through the documented grants, which leave the password out', async () => {
    await begin();
    assert.throws(
      () =>
        execFileSync(
          'mariadb',
          [
            '--no-defaults',
            '-uanalytics',
            `-p${PASSWORD}`,
            '-h127.0.0.1',
            `-P${db.port}`,
            '--skip-ssl',
            '-e',
            'SELECT password FROM edxapp.auth_user',
          ],
          { stdio: 'pipe' },
        ),
      /1143/,
    );
    const { seconds, ...result } = await importMysql(store, url);
    assert.ok(seconds > 0);
    assert.deepEqual(result, {
      files: 8,
      users: 6,
      enrollments: 4,
      roles: 4,
      roles_replaced: true,
      courses: 3,
      changed: 17,
      rejected: { bad_username: 1, bad_course: 2, no_user: 3 },
      warnings: [],
    });
    assert.deepEqual(await readEnrollments(), [
      {
        course_id: 'course-v1:edX+A+1',
        username: 'jürgen',
        id: '8',
        mode: 'audit',
        date: NO_DATE,
        active: true,
        cohort: '',
      },
      {
        course_id: 'course-v1:edX+A+1',
        username: 'large',
        id: LARGE_ID,
        mode: 'audit',
        date: '2026-01-01 00:00:00.000000',
        active: true,
        cohort: 'Old',
      },
      {
        course_id: 'course-v1:edX+A+1',
        username: 'maria',
        id: '7',
        mode: 'verified',
        date: '2026-01-02 03:04:05.678901',
        active: true,
        cohort: 'Mañana',
      },
      { course_id: 'edX/B/1', username: 'maria', id: '7', mode: 'audit', date: NO_DATE, active: false, cohort: '' },
    ]);
    assert.deepEqual(await readRoles(), [
      { source: 'mysql', username: 'boss', role: 'global_staff', course_id: '', org: '' },
      { source: 'mysql', username: 'root_user', role: 'global_staff', course_id: '', org: '' },
      { source: 'mysql', username: 'teacher', role: 'instructor', course_id: 'course-v1:edX+A+1', org: 'edX' },
      { source: 'mysql', username: 'teacher', role: 'staff', course_id: '', org: 'edX' },
    ]);
    const { name, email, goals, country, year_of_birth } = (await readUser('maria'))!;
    assert.deepEqual(
      [name, email, goals, country, year_of_birth],
      ['María Núñez', 'maria@example.com', 'Learn', 'ES', 1990],
    );
    const other = (await readUser('jürgen'))!;
    assert.deepEqual([other['name'], other['goals'], other['year_of_birth'], other['bio']], ['NULL', 'NULL', 0, '']);
    assert.deepEqual(await readNames(), [
      { course_id: 'course-v1:edX+A+1', display_name: 'Älgebra\t& "more"' },
      { course_id: 'course-v1:edX+Empty+1', display_name: 'Nobody is here' },
      { course_id: 'edX/B/1', display_name: '' },
    ]);
    assert.deepEqual(spooled(), []);
  });

  test('what a course is called is in its answers after the next refresh, and makes nothing a course', async () => {
    await begin();
    const readTold = async () => {
      await refresh(store);
      return (await listCourses(store)).map(({ courseId, name }) => [courseId, name]);
    };
    await importMysql(store, url);
    assert.deepEqual(await readTold(), [
      ['course-v1:edX+A+1', 'Älgebra\t& "more"'],
      ['edX/B/1', null],
    ]);
    assert.equal((await getCourse(store, 'course-v1:edX+A+1'))?.name, 'Älgebra\t& "more"');
    db.run("UPDATE edxapp.course_overviews_courseoverview SET display_name = 'B' WHERE id != 'course-v1:edX+A+1'");
    assert.equal((await importMysql(store, url)).changed, 2);
    const { refreshed } = await refresh(store);
    assert.equal(refreshed, 1);
    db.run('REVOKE SELECT (display_name) ON edxapp.course_overviews_courseoverview FROM analytics');
    const { changed, warnings } = await importMysql(store, url);
    assert.equal(changed, 0);
    assert.deepEqual(warnings, [
      'The table course_overviews_courseoverview has no display_name, or it may not be read: the names of courses stay as they were.',
    ]);
    assert.deepEqual(await readTold(), [
      ['course-v1:edX+A+1', 'Älgebra\t& "more"'],
      ['edX/B/1', 'B'],
    ]);
    // a window that ends later is told of the same course
    await refresh(store, { asOf: '2030-01-01' });
    assert.deepEqual(
      (await listCourses(store)).map(({ name }) => name),
      ['Älgebra\t& "more"', 'B'],
    );
    await importCsv(store, [
      await writeCsv(`course_id,display_name\nedX/B/1,"B, too"\nedX/B/1,"B, at last"\ncourse-v1:edX+A+1,\n`),
    ]);
    assert.deepEqual(await readTold(), [
      ['course-v1:edX+A+1', null],
      ['edX/B/1', 'B, at last'],
    ]);
    const long = '🌻'.repeat(256);
    await importCsv(store, [await writeCsv(`course_id;display_name\nedX/B/1;${long}\n`)]);
    assert.deepEqual((await readTold())[1], ['edX/B/1', long.slice(2)]);
    db.run(`UPDATE edxapp.course_overviews_courseoverview SET display_name = '${long}' WHERE id != 'edX/B/1'`);
    db.run('GRANT SELECT (display_name) ON edxapp.course_overviews_courseoverview TO analytics');
    await importMysql(store, url);
    assert.deepEqual((await readTold())[0], ['course-v1:edX+A+1', long.slice(2)]);
  });

  test('what did not change is not written again and touches no course', async () => {
    await begin();
    await importMysql(store, url);
    await store.run('TRUNCATE TABLE touched_courses');
    const { changed } = await importMysql(store, url);
    assert.equal(changed, 0);
    assert.deepEqual(await store.read('SELECT * FROM touched_courses'), []);
    db.run("UPDATE edxapp.auth_userprofile SET name = 'Another' WHERE user_id = 8");
    assert.equal((await importMysql(store, url)).changed, 1);
    assert.deepEqual(await store.read('SELECT DISTINCT course_id FROM touched_courses'), [
      { course_id: 'course-v1:edX+A+1' },
    ]);
  });

  test('what is emptied in the LMS is emptied here; what is deleted there stays', async () => {
    await begin();
    await importMysql(store, url);
    db.run(`USE edxapp; UPDATE auth_userprofile SET goals = NULL, country = '', year_of_birth = NULL WHERE user_id = 7;
      DELETE FROM course_groups_cohortmembership; DELETE FROM course_groups_courseusergroup_users; DELETE FROM course_groups_courseusergroup;
      DELETE FROM student_courseenrollment WHERE course_id = 'edX/B/1'; UPDATE student_courseenrollment SET is_active = 0, mode = 'honor' WHERE user_id = 8`);
    await importMysql(store, url);
    const { goals, country, year_of_birth, name } = (await readUser('maria'))!;
    assert.deepEqual([goals, country, year_of_birth, name], ['', '', 0, 'María Núñez']);
    assert.deepEqual(
      await store.read(
        'SELECT username, course_id, cohort, enrollment_mode, is_active FROM lms_enrollments FINAL ORDER BY course_id, username',
      ),
      [
        { username: 'jürgen', course_id: 'course-v1:edX+A+1', cohort: '', enrollment_mode: 'honor', is_active: false },
        { username: 'large', course_id: 'course-v1:edX+A+1', cohort: '', enrollment_mode: 'audit', is_active: true },
        { username: 'maria', course_id: 'course-v1:edX+A+1', cohort: '', enrollment_mode: 'verified', is_active: true },
        { username: 'maria', course_id: 'edX/B/1', cohort: '', enrollment_mode: 'audit', is_active: false },
      ],
    );
  });

  test('the last name that the LMS gave a number is the one, there and back again', async () => {
    await begin();
    for (const name of ['maria', 'maria_n', 'maria']) {
      db.run(`UPDATE edxapp.auth_user SET username = '${name}' WHERE id = 7`);
      await importMysql(store, url);
      assert.deepEqual(await readName(), [{ name }]);
    }
  });

  test('whoever is retired in the LMS keeps what they did, under the name that they had, and nothing else', async () => {
    await begin();
    await importMysql(store, url);
    db.run(
      `USE edxapp; ${retire(7)} ${retire(8)} INSERT INTO auth_user (id, username, email) VALUES (80, 'jürgen', 'other@example.com');`,
    );
    const { rejected } = await importMysql(store, url);
    // the one that was never known here, and the one whose name is another's by now
    assert.equal(rejected['bad_username'], 2);
    const { name, email, goals, year_of_birth, user_id } = (await readUser('maria'))!;
    assert.deepEqual([name, email, goals, year_of_birth, user_id], ['', '', '', 0, 7]);
    assert.equal((await readUser('jürgen'))!['email'], 'other@example.com');
    assert.deepEqual(
      await store.read("SELECT is_active FROM lms_enrollments FINAL WHERE username = 'maria' ORDER BY course_id"),
      [{ is_active: false }, { is_active: false }],
    );
    assert.deepEqual(await store.read("SELECT username FROM lms_users WHERE startsWith(username, 'retired')"), []);
    assert.equal((await importMysql(store, url)).changed, 0);
    assert.deepEqual(
      (await listRoles()).filter((role) => /maria|jürgen/.test(role)),
      [],
    );
  });

  test('a name that another account has by now, of which a source does not tell, is not taken from it', async () => {
    await begin();
    await importMysql(store, url);
    await store.insert('identities', [
      { user_id: 80, username: 'maria', from_lms: true, last_seen: '2100-01-01 00:00:00.000000' },
    ]);
    db.run(`USE edxapp; ${retire(7)}`);
    assert.equal((await importMysql(store, url)).rejected['bad_username'], 2);
    assert.equal((await readUser('maria'))!['name'], 'María Núñez');
  });

  test('roles replace those from MySQL alone, and those that cannot be read stay', async () => {
    await begin();
    const file = join(folder, 'roles.csv');
    await writeFile(file, 'username,role,org\nclerk,staff,edX\n');
    await importCsv(store, [file]);
    await importMysql(store, url);
    db.run('DELETE FROM edxapp.student_courseaccessrole; UPDATE edxapp.auth_user SET is_staff = 0');
    await importMysql(store, url);
    assert.deepEqual(await listRoles(), ['csv clerk staff', 'mysql root_user global_staff']);
    db.run(
      "INSERT INTO edxapp.student_courseaccessrole (org, course_id, role, user_id) VALUES ('edX', '', 'staff', 11), ('edX', 'course-v1:edX+A+1', 'global_staff', 7)",
    );
    await importMysql(store, url);
    db.run(
      'REVOKE SELECT (user_id, role, course_id, org) ON edxapp.student_courseaccessrole FROM analytics; UPDATE edxapp.auth_user SET is_superuser = 0',
    );
    const { warnings, roles_replaced } = await importMysql(store, url);
    assert.deepEqual(warnings, [
      'The table student_courseaccessrole is not there, or may not be read: the staff of courses stay as they were.',
    ]);
    assert.equal(roles_replaced, false);
    assert.deepEqual(await listRoles(), ['csv clerk staff', 'mysql teacher staff']);
    await importCsv(store, [file]);
    assert.deepEqual(await listRoles(), ['csv clerk staff', 'mysql teacher staff']);
  });

  test('a role of which the course or the organisation may not be read says nothing, and none comes of it for more', async () => {
    await begin();
    await importMysql(store, url);
    const roles = await readRoles();
    for (const column of ['course_id', 'org']) {
      db.run(`REVOKE SELECT (${column}) ON edxapp.student_courseaccessrole FROM analytics`);
      const { warnings } = await importMysql(store, url);
      assert.deepEqual(warnings, [
        `The table student_courseaccessrole has no ${column}, or it may not be read: the staff of courses stay as they were.`,
      ]);
      assert.deepEqual(await readRoles(), roles);
      db.run(`GRANT SELECT (${column}) ON edxapp.student_courseaccessrole TO analytics`);
    }
    db.run('REVOKE SELECT (is_staff) ON edxapp.auth_user FROM analytics');
    assert.match((await importMysql(store, url)).warnings.join(), /no is_staff, .* come from is_superuser alone/);
    assert.ok(!(await listRoles()).includes('mysql boss global_staff'));
    db.run('REVOKE SELECT (is_superuser) ON edxapp.auth_user FROM analytics');
    assert.match((await importMysql(store, url)).warnings.join(), /no is_staff, is_superuser, .* stays as it was/);
    assert.ok((await listRoles()).includes('mysql root_user global_staff'));
  });

  test('what cannot be read is not written again each time', async () => {
    await begin();
    await importMysql(store, url);
    db.run(`USE edxapp; RENAME TABLE course_groups_cohortmembership TO x1, course_groups_courseusergroup_users TO x2;
      DELETE FROM auth_userprofile WHERE user_id = 7; UPDATE student_courseenrollment SET created = NULL WHERE user_id = 7`);
    const { changed, warnings } = await importMysql(store, url);
    // the date that is none any more, and nothing else
    assert.equal(changed, 1);
    assert.deepEqual(
      warnings.map((warning) => warning.replace(/.*: /, '')),
      ['cohorts stay as they were.', 'cohorts stay as they were.'],
    );
    await store.run('TRUNCATE TABLE touched_courses');
    assert.equal((await importMysql(store, url)).changed, 0);
    assert.deepEqual(await store.read('SELECT * FROM touched_courses'), []);
    assert.deepEqual(
      await store.read(
        "SELECT toString(enrollment_date) AS date, cohort FROM lms_enrollments FINAL WHERE username = 'maria' ORDER BY course_id",
      ),
      [
        { date: NO_DATE, cohort: 'Mañana' },
        { date: NO_DATE, cohort: '' },
      ],
    );
  });

  test('whatever the server was told, texts arrive as they are, and all rows do', async () => {
    await begin();
    db.run(
      "SET GLOBAL init_connect = 'SET NAMES latin1'; SET GLOBAL sql_select_limit = 2; UPDATE edxapp.auth_userprofile SET name = 'María 🦄' WHERE user_id = 7",
    );
    try {
      const { users, roles } = await importMysql(store, url);
      assert.deepEqual([users, roles, (await readUser('maria'))!['name']], [6, 4, 'María 🦄']);
    } finally {
      db.run("SET GLOBAL init_connect = ''; SET GLOBAL sql_select_limit = DEFAULT");
    }
  });

  test('a statement that takes longer than the server allows is told as that', async () => {
    await begin();
    db.run(`USE edxapp; INSERT INTO auth_user (id, username, email) SELECT seq + 100000, concat('u', seq), seq FROM seq_1_to_50000;
      ALTER USER analytics WITH MAX_STATEMENT_TIME 0.001`);
    await assert.rejects(importMysql(store, url), /raise max_statement_time for this user \(error 1969\)/);
  });

  test('an old or cut-down schema costs a warning each, and leaves alone what it lacks', async () => {
    await begin();
    await importMysql(store, url);
    db.run(`USE edxapp; DROP TABLE course_groups_cohortmembership; DROP TABLE auth_userprofile; ALTER TABLE auth_user DROP is_superuser;
      ALTER TABLE course_groups_courseusergroup DROP group_type; ALTER TABLE student_courseenrollment DROP created`);
    const { warnings, enrollments } = await importMysql(store, url);
    assert.deepEqual(warnings, [
      'The table auth_user has no is_superuser, or it may not be read: the staff of the site come from is_staff alone.',
      'The table auth_userprofile is not there, or may not be read: names and profiles stay as they were.',
      'The table course_groups_courseusergroup has no group_type, or it may not be read: groups of every kind count as cohorts.',
      'The table student_courseenrollment has no created, or it may not be read: that stays as it was.',
      'The table course_groups_cohortmembership is not there, or may not be read: cohorts come from course_groups_courseusergroup_users alone.',
    ]);
    assert.equal(enrollments, 4);
    assert.equal((await importMysql(store, url)).changed, 0);
    assert.equal((await readUser('maria'))!['name'], 'María Núñez');
    assert.deepEqual(
      await store.read(
        "SELECT cohort, toString(enrollment_date) AS date FROM lms_enrollments FINAL WHERE username = 'maria' AND cohort != ''",
      ),
      [{ cohort: 'Old', date: '2026-01-02 03:04:05.678901' }],
    );
    db.run('DROP TABLE edxapp.student_courseenrollment');
    await assert.rejects(
      importMysql(store, url),
      /student_courseenrollment is not there, or may not be read\. docs\/lms\.md/,
    );
  });

  test('no text of a profile is changed on the way', async () => {
    const rows = HOSTILE_TEXTS.map((text, index) => {
      const id = index + 1;
      return `INSERT INTO auth_user (id, username, email) VALUES (${id}, 'u${id}', 'u${id}@example.com');
        INSERT INTO auth_userprofile (user_id, name, goals, bio, mailing_address, city) VALUES (${id}, ${quote(text.slice(0, 255))}, ${quote(text)}, ${quote(text)}, ${quote(text)}, ${quote(text)});`;
    });
    await begin(SCHEMA + rows.join('\n'));
    await importMysql(store, url);
    for (const [index, text] of HOSTILE_TEXTS.entries()) {
      const user = (await readUser(`u${index + 1}`))!;
      assert.equal(user['name'], text.slice(0, 255));
      for (const field of ['goals', 'bio', 'mailing_address', 'city']) assert.equal(user[field], text, field);
    }
  });

  test('a connection that breaks off in the middle leaves the old roster', async () => {
    await begin();
    await importMysql(store, url);
    const stored = [
      await readEnrollments(),
      await readRoles(),
      await store.read('SELECT * FROM lms_users FINAL ORDER BY username'),
    ];
    db.run(`USE edxapp; DELETE FROM student_courseaccessrole; UPDATE auth_user SET email = concat('new', email);
      INSERT INTO auth_user (id, username, email) SELECT seq + 100000, concat('u', seq), concat(repeat('x', 200), seq) FROM seq_1_to_100000`);
    const broken = assert.rejects(importMysql(store, url), (error: unknown) => {
      assert.ok(error instanceof AppError && error.code === 'source_unreadable');
      assert.match(error.message, /the connection broke off|ER_/);
      return true;
    });
    while (sizeOfSpool() === 0) await wait(1);
    db.run(
      "SELECT concat('KILL ', id) INTO @k FROM information_schema.processlist WHERE user = 'analytics'; EXECUTE IMMEDIATE @k",
    );
    await broken;
    assert.deepEqual(
      [await readEnrollments(), await readRoles(), await store.read('SELECT * FROM lms_users FINAL ORDER BY username')],
      stored,
    );
    assert.deepEqual(spooled(), []);
    assert.equal((await importMysql(store, url)).users, 100_006);
  });

  test('the import can be repeated by itself, goes on after a failure, and stops at once', async () => {
    await begin();
    const imports: number[] = [];
    const failures: unknown[] = [];
    await new Promise<void>((done) => {
      const first = followLms(store, url, 0.001, {
        onImport: ({ users }) => {
          imports.push(users);
          if (imports.length === 1) db.run('RENAME TABLE edxapp.auth_user TO edxapp.away');
          if (imports.length === 2) void first.stop().then(done);
        },
        onFailure: (error) => {
          failures.push(error);
          db.run('RENAME TABLE edxapp.away TO edxapp.auth_user');
        },
      });
    });
    assert.deepEqual(imports, [6, 6]);
    assert.equal(failures.length, 1);
    const started = performance.now();
    const unreachable = followLms(store, url, 60, { onImport: () => {}, onFailure: (error) => failures.push(error) });
    await unreachable.stop();
    assert.ok(performance.now() - started < 30_000);
    assert.equal(failures.length, 1);
  });

  test('a command that nobody wants any more reads nothing, and is noted as no failure', async () => {
    await begin();
    const context = {
      config: loadConfig({}),
      openStore: async () => store,
      cwd: '/',
      input: process.stdin,
      server: () => ({ logs: null, lms: null }),
      progress: () => {},
      write: async () => {},
      signal: AbortSignal.abort(),
    };
    await store.run('TRUNCATE TABLE lms_imports');
    await assert.rejects(lms.run(context, { mysql: url, 'no-refresh': true }, []));
    assert.deepEqual(await store.read('SELECT source FROM lms_imports'), []);
  });

  test('TLS as it is asked for', async () => {
    await begin();
    const ca = `ssl-ca=${encodeURIComponent(join(folder, 'cert.pem'))}`;
    for (const options of ['', '?ssl-mode=DISABLED', '?ssl-mode=required', `?ssl-mode=VERIFY_CA&${ca}`])
      assert.equal((await importMysql(store, url + options)).users, 6, options);
    await assert.rejects(importMysql(store, `${url}?ssl-mode=verify-ca`), /TLS failed|SELF_SIGNED|DEPTH_ZERO/);
    // a path is relative to where the command was called
    assert.equal((await importMysql(store, `${url}?ssl-mode=verify-ca&ssl-ca=cert.pem`, { folder })).users, 6);
    const byName = url.replace('127.0.0.1', 'localhost');
    await assert.rejects(importMysql(store, `${byName}?ssl-mode=verify-identity&${ca}`), /TLS failed|ALTNAME/);
    await assert.rejects(importMysql(store, `${url}?ssl-mode=verify-identity&${ca}`), {
      code: 'usage',
      message: /needs the name of the host/,
    });
  });

  test('an error says what is wrong and gives the password to nobody', async () => {
    await begin();
    const wrong = [
      url.replace('analytics:', 'analytics:x'),
      url.replace('/edxapp', '/nothing'),
      url.replace(`:${db.port}`, ':1'),
      url.replace('127.0.0.1', 'no.such.host.invalid'),
      `${url}?ssl=1`,
      `${url}?ssl-mode=maybe`,
      url.replace('mysql://', 'http://'),
      // what a password leaves in which / and @ were not written otherwise
      'mysql://analytics:2024/p@ss@db.internal/edxapp',
      'mysql://analytics:2024/edxapp#p@ss',
      'mysql://analytics:12/x?p@ss@127.0.0.1/edxapp',
      'mysql://analytics:p%40ss@h%ff/edxapp',
    ];
    const said = await Promise.all(
      wrong.map(async (address) =>
        importMysql(store, address).then(
          () => 'nothing',
          (error: unknown) => {
            assert.ok(error instanceof AppError);
            assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, /p@ss|p%40ss/);
            return error.message;
          },
        ),
      ),
    );
    for (const [index, pattern] of [
      /refuses this user/,
      /may not use|no such database/,
      /nobody listens/,
      /not known|EAI_AGAIN/,
      /the parameter ssl;/,
      /"maybe"/,
      /must look like/,
      /in the name of the database/,
      /in the name of the database/,
      /a parameter that is none/,
      /The host in the address .* has a % that is not written %25|must look like/,
    ].entries())
      assert.match(said[index]!, pattern);
  });

  const dumps = {
    skip: existsSync(DUMPS) ? false : `${DUMPS} is not there: real dumps are not part of the repository`,
  };
  test('the dumps of a real development stack', dumps, async () => {
    const names = [
      'auth_user_for_internal_reporting_user',
      'auth_userprofile',
      'course_groups_courseusergroup',
      'course_groups_courseusergroup_users',
      'student_courseenrollment',
    ];
    await begin(names.map((name) => readFileSync(join(DUMPS, `load_${name}.sql`), 'utf8')).join('\n'));
    const root = `mysql://root@localhost/edxapp?socket=${encodeURIComponent(db.socket)}`;
    const { users, enrollments, rejected, roles } = await importMysql(store, root);
    assert.deepEqual(
      { users, enrollments, rejected, roles },
      { users: 4, enrollments: 5, rejected: { no_user: 2 }, roles: 1 },
    );
    const { mailing_address, goals } = (await readUser('honor'))!;
    assert.deepEqual([mailing_address, goals], ['Luna\n10 - 3\n28300\nARANJUEZ', 'Me\tencanta\taprender.']);
    assert.ok(String((await readUser('staff'))!['goals']).length > 32_000);
  });

  test('a server that dies leaves the old roster', async () => {
    await begin();
    await importMysql(store, url);
    const stored = await readEnrollments();
    await db.kill();
    await assert.rejects(importMysql(store, url), /nobody listens/);
    assert.deepEqual(await readEnrollments(), stored);
  });
});
