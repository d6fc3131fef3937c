import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openStore } from '../src/store/open-store.ts';
import { type Mariadb, openMariadb, skipWithoutMariadb } from './open-mariadb.ts';
import { runCommand, runTogether, startServer } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

const PASSWORD = 'geheim-geheim';
const COURSE = 'course-v1:edX+Lms+2026';

// an old release: no table of cohort memberships, no organisation of a role
const SCHEMA = `
DROP DATABASE IF EXISTS edxapp; CREATE DATABASE edxapp CHARACTER SET utf8mb4; USE edxapp;
CREATE TABLE auth_user (id int PRIMARY KEY, username varchar(30), email varchar(254), is_staff tinyint(1), is_superuser tinyint(1));
CREATE TABLE auth_userprofile (user_id int, name varchar(255), year_of_birth int);
CREATE TABLE student_courseenrollment (user_id int, course_id varchar(255), created datetime(6), is_active tinyint(1), mode varchar(100));
CREATE TABLE student_courseaccessrole (user_id int, role varchar(64), course_id varchar(255));
INSERT INTO auth_user VALUES (7, 'maria', 'maria@example.com', 0, 0);
INSERT INTO auth_userprofile VALUES (7, 'María', 1990);
INSERT INTO student_courseenrollment VALUES (7, '${COURSE}', '2026-01-02 03:04:05', 1, 'verified');
CREATE USER IF NOT EXISTS analytics IDENTIFIED BY '${PASSWORD}'; GRANT SELECT ON edxapp.* TO analytics;
`;

/** In a process that begins with it a minute's pause takes seconds. */
const SHORT_MINUTE = `
  import { syncBuiltinESMExports } from 'node:module';
  import timers from 'node:timers/promises';
  const wait = timers.setTimeout;
  timers.setTimeout = async (ms, ...given) => wait(ms === 60_000 ? 4000 : ms, ...given);
  syncBuiltinESMExports();`;

/** What `health/` says of the import, once it says what is waited for. */
async function awaitHealth(url: string, wanted: RegExp): Promise<void> {
  let line = '';
  while (!wanted.test(line)) {
    await wait(100);
    const response = await fetch(`${url}health/`);
    // it tells, by 503, that the store was busy for a second
    assert.ok(response.status === 200 || response.status === 503, String(response.status));
    line = ((await response.json()) as { detailed_status: { lms: string } }).detailed_status.lms;
  }
}

async function readName(url: string, key: string): Promise<unknown> {
  const response = await fetch(`${url}learners/maria/?course_id=${encodeURIComponent(COURSE)}`, {
    headers: { authorization: `Token ${key}` },
  });
  return response.status === 200 ? ((await response.json()) as { name: string }).name : response.status;
}

describe('a server that repeats the import of the LMS', { ...skipWithoutMariadb, timeout: 240_000 }, () => {
  const { folder, write } = makeTempFolder();
  const DATA = ['--data', join(folder, 'data')];
  const served: Array<Awaited<ReturnType<typeof startServer>>> = [];
  let db: Mariadb;
  let env: { LMS_MYSQL_URL: string };

  before(async () => {
    db = await openMariadb();
    db.run(SCHEMA);
    env = { LMS_MYSQL_URL: `mysql://analytics:${PASSWORD}@127.0.0.1:${db.port}/edxapp` };
  });

  after(async () => {
    for (const { server } of served) server.kill('SIGKILL');
    await db.close();
  });

  async function start(args: string[], withEnv: Record<string, string>) {
    const started = await startServer([...DATA, ...args], withEnv);
    served.push(started);
    return started;
  }

  test('takes it in at once; shows it; keeps what it had while the database is wrong; tells nobody the password', async () => {
    const first = await start(['--lms-every', '1', '--lms-mysql', env.LMS_MYSQL_URL], {
      NODE_OPTIONS: `--import=${write('short-minute.mjs', SHORT_MINUTE)}`,
    });
    await awaitHealth(first.url, /^OK: imported 2/);
    const { out } = await runCommand(['keys', 'create', 'tests', '--json', ...DATA]);
    const { key } = JSON.parse(out) as { key: string };
    while ((await readName(first.url, key)) !== 'María') await wait(100);
    assert.doesNotMatch(readFileSync(`/proc/${first.server.pid}/cmdline`, 'utf8'), /geheim/);
    // the variable of whoever calls, which the server has not
    assert.equal((await runCommand(['lms', ...DATA])).code, 2);
    assert.equal((await runCommand(['lms', ...DATA], env)).code, 0);

    // a change that the next round brings, a minute later
    db.run("UPDATE edxapp.auth_userprofile SET name = 'Maria Núñez'");
    while ((await readName(first.url, key)) !== 'Maria Núñez') await wait(100);
    const ended = once(first.server, 'exit');
    first.server.kill('SIGTERM');
    await ended;

    db.run('RENAME TABLE edxapp.student_courseenrollment TO edxapp.away');
    const second = await start(['--lms-every', '60'], env);
    await awaitHealth(second.url, /^DELAYED: the last import failed$/);
    assert.equal(await readName(second.url, key), 'Maria Núñez');
    const ill = await runCommand(['doctor', ...DATA]);
    assert.equal(ill.code, 1);
    assert.match(ill.out, /FAULT {4}lms .*student_courseenrollment is not there, or may not be read/);
    assert.equal(ill.out.match(/FAULT {4}lms /g)?.length, 1, ill.out);

    db.run('RENAME TABLE edxapp.away TO edxapp.student_courseenrollment');
    const mended = await runCommand(['doctor', ...DATA]);
    assert.match(mended.out, /FAULT {4}lms .*The last import \(mysql\) failed/);
    assert.match(mended.out, /ok {7}lms .*The database of the LMS at 127\.0\.0\.1:\d+\/edxapp can be read/);
    assert.match(mended.out, /warning {2}lms .*The table auth_userprofile has no language, location/);
    assert.match(mended.out, /warning {2}lms .*The table course_groups_courseusergroup is not there/);
    assert.match(mended.out, /warning {2}lms .*The table student_courseaccessrole has no org/);
    assert.match(mended.out, /ok {7}lms .*The server imports every 60 minutes/);
    assert.doesNotMatch([ill.out, ill.err, mended.out, ...first.logged, ...second.logged].join('\n'), /geheim/);
  });

  test('a refresh that fails is told as no failed import', async () => {
    const dataDir = join(folder, 'ill');
    const store = await openStore({ dataDir });
    await store.run('RENAME TABLE snapshots TO away');
    await store.close();
    const { url, logged } = await startServer(['--data', dataDir, '--lms-every', '60'], env);
    const sinceImport = () => logged.join('\n').split('took in the database of the LMS')[1] ?? '';
    while (!sinceImport().includes('failed')) await wait(50);
    assert.match(sinceImport(), /refreshing failed/);
    assert.doesNotMatch(sinceImport(), /the roster stays as it was/);
    await awaitHealth(url, /^OK: imported 2/);
  });

  test('what is wrong with how it is asked for', async () => {
    const wrong = [
      [['--lms-mysql', 'mysql://a:geheim@b/c'], /--lms-mysql needs --lms-every/],
      [['--lms-every', '0'], /--lms-every is "0"; it must be a number of minutes from 1 to 10080/],
      [['--lms-every', 'hourly'], /--lms-every is "hourly"/],
      [['--lms-every', '5'], /--lms-every needs LMS_MYSQL_URL/],
      [['--lms-every', '5', '--lms-mysql', 'http://a:geheim@b/c'], /must look like mysql:/],
    ] as const;
    const told = await runTogether(wrong.map(([args]) => ['serve', '--data', join(folder, 'unused'), ...args]));
    for (const [index, { code, err }] of told.entries()) {
      const [args, message] = wrong[index]!;
      assert.equal(code, 2, args.join(' '));
      assert.match(err, message);
      assert.doesNotMatch(err, /geheim/);
    }
  });
});
