import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { createKey, listKeys, revokeKey } from '../src/auth/api-keys.ts';
import { AuditLog } from '../src/auth/audit-log.ts';
import { checkStore } from '../src/cli/doctor/check-store.ts';
import { exportPerson } from '../src/cli/learner/export-person.ts';
import { forgetPerson, rememberPerson } from '../src/cli/learner/forget-person.ts';
import { writeDemo } from '../src/demo/write-demo.ts';
import { dropOldSnapshots } from '../src/engagement/drop-old-snapshots.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { openLog } from '../src/log.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { describeQuestions } from './cluster-service.ts';
import { type Clickhouse, openClickhouse } from './open-clickhouse.ts';
import { openAsking } from './open-site.ts';
import { type Zookeeper, openZookeeper, skipWithoutZookeeper } from './open-zookeeper.ts';
import { makeTempFolder } from './temp-store.ts';

// Tables that are Replicated by the statements of deploy/, on one replica while the other is away. The engine of the tests gives no parts to
// other servers: that the other catches up is ClickHouse's, and not seen here.

const UNTIL = new Date('2026-03-18T17:45:00Z');
const { folder, write } = makeTempFolder();

describe('Replicated tables', skipWithoutZookeeper, () => {
  const site = join(folder, 'site');
  let zookeeper: Zookeeper;
  let first: Clickhouse;
  /** Has a replica of each table, and is never seen by the first: it has no address. */
  let second: Clickhouse;

  before(async () => {
    mkdirSync(site);
    const size = { learners: 40, courses: 1, days: 3, seed: 4 };
    await writeDemo({ out: site, ...size, until: UNTIL, truth: false, gzipRotated: true });
    zookeeper = await openZookeeper();
    const config = (replica: string) =>
      `${zookeeper.config}<macros><shard>1</shard><replica>${replica}</replica></macros>`;
    first = await openClickhouse({ interserver: true, config: config('first') });
    second = await openClickhouse({ config: config('second') });
  });
  after(async () => {
    await second?.close();
    await first?.close();
    await zookeeper?.close();
  });

  async function open(database: string) {
    const url = `${first.url}/${database}`;
    const store = await openStore({ dataDir: join(folder, database), url });
    return Object.assign(store, { [Symbol.asyncDispose]: async () => store.close() });
  }

  /** What the product makes of a site, in a database. */
  async function use(database: string) {
    await using store = await open(database);
    const logs = readdirSync(join(site, 'logs')).map((name) => join(site, 'logs', name));
    const { seconds: _, ...taken } = await ingest(store, logs, { now: UNTIL });
    const csv = ['enrollments.csv', 'roles.csv', 'courses.csv'].map((name) => join(site, 'lms', name));
    const imported = await importCsv(store, csv);
    const ask = await openAsking(store);
    const answers: string[] = [];
    const askAll = async () => {
      const refreshed = await refresh(store, { asOf: '2026-03-19' });
      const courses = await ask('courses/');
      answers.push(`${refreshed.refreshed} ${refreshed.learners}`, courses);
      const [{ course_id: course }] = JSON.parse(courses) as [{ course_id: string }];
      const query = `course_id=${encodeURIComponent(course)}&order_by=problem_attempts&sort_order=desc&page_size=1`;
      const { results } = JSON.parse(await ask(`learners/?${query}`)) as { results: [{ username: string }] };
      const [{ username }] = results;
      for (const path of describeQuestions(course, username)) answers.push(await ask(path));
      return { course, username };
    };
    const { course, username } = await askAll();
    // the third says word for word what the first said
    const cities: unknown[] = [];
    for (const city of ['Oslo', 'Rome', 'Oslo']) {
      await importCsv(store, [write('city.csv', `course_id,username,city\n${course},${username},${city}\n`)]);
      cities.push(
        ...(await store.read('SELECT city FROM lms_users FINAL WHERE username = {username:String}', { username })),
      );
    }
    const roles = async (text: string) => {
      await importCsv(store, [write('roles.csv', `username,role,course_id,org\n${text}`)]);
      return listRows(store, 'course_roles');
    };
    const given = [
      await roles(`${username},staff,${course},\n`),
      await roles(''),
      await roles(`${username},staff,${course},\n`),
    ];
    const keys = await useKeys(store);
    const audited = await useAuditLog(store, course);
    const { held } = await exportPerson(store, username);
    const rows = Object.entries(held).map(([table, own]) => `${own.length} of ${table}`);
    const { removed } = await forgetPerson(store, username);
    await askAll();
    const again = await ingest(store, logs, { now: UNTIL });
    const remembered = await rememberPerson(store, username);
    const back = await ingest(store, logs, { now: UNTIL });
    const facts = [again.new_facts, back.new_facts];
    return {
      taken,
      imported: { ...imported, seconds: 0 },
      answers,
      cities,
      given,
      keys,
      audited,
      rows,
      removed,
      facts,
      remembered,
    };
  }

  test('the files make them of plain ones, and another replica takes them', async () => {
    await (await open('replicated')).close();
    const made = await print('replicate-tables.sql');
    for (const statement of made) await first.run(statement, 'replicated');
    await second.run('CREATE DATABASE replicated');
    const copied = await print('replica-tables.sql');
    for (const statement of copied) await second.run(statement);
    assert.ok(copied.length > 20 && made.length === 4 * copied.length, `${made.length}, ${copied.length}`);
    assert.deepEqual(await print('replicate-tables.sql'), []);
    const [state] = await readReplicas();
    assert.deepEqual(state, { tables: copied.length, readonly: 0, replicas: 2 * copied.length, active: copied.length });
  });

  test('they do what plain ones do, while a replica is away', async () => {
    const expected = await use('plain');
    assert.deepEqual(
      expected.cities.map((row) => (row as { city: string }).city),
      ['Oslo', 'Rome', 'Oslo'],
    );
    assert.ok(expected.taken.new_facts > 30 && expected.answers.length === 20, JSON.stringify(expected.taken));
    assert.deepEqual(await use('replicated'), expected);
    const plain = await first.run(
      "SELECT name FROM system.tables WHERE database = 'replicated' AND NOT startsWith(engine, 'Replicated')",
    );
    assert.equal(plain, '');
  });

  test('rows that are written alike are all there', async () => {
    for (const _ of ['one process', 'another']) {
      await first.run(
        'INSERT INTO audit_log FORMAT JSONEachRow {"time":"2026-03-18 17:45:00","name":"alike"}',
        'replicated',
      );
      await first.run(
        "INSERT INTO audit_log (time, name) SELECT toDateTime('2026-03-18 17:45:00'), 'selected' ORDER BY ALL",
        'replicated',
      );
    }
    const rows = await first.run(
      "SELECT name, count() FROM audit_log WHERE name IN ('alike', 'selected') GROUP BY name ORDER BY name",
      'replicated',
    );
    assert.equal(rows, 'alike\t2\nselected\t2\n');
  });

  test('old snapshots and rows about them are dropped', async () => {
    await using store = await open('replicated');
    await store.run(
      `INSERT INTO snapshots (course_id, snapshot, published_at)
       SELECT 'course-v1:A+B+C', number + 1, now64(6) - INTERVAL 2 DAY FROM numbers(1500)`,
    );
    await store.run("INSERT INTO learners (snapshot, username) VALUES (1, 'a'), (2, 'b')");
    await dropOldSnapshots(store);
    const [left] = await store.read(
      `SELECT (SELECT count() FROM snapshots WHERE snapshot < 1500) AS snapshots,
         (SELECT count() FROM learners WHERE snapshot < 1500) AS learners`,
    );
    assert.deepEqual(left, { snapshots: 0, learners: 0 });
  });

  test('doctor tells of a table that an update added', async () => {
    await using store = await open('replicated');
    const tell = async () => {
      const findings = await checkStore(store);
      return findings.flatMap(({ state, message }) => (state === 'ok' ? [] : message));
    };
    assert.deepEqual(await tell(), []);
    await first.run('CREATE TABLE added (a UInt8) ENGINE = MergeTree ORDER BY a', 'replicated');
    await first.run('CREATE TABLE ingest_1 (a UInt8) ENGINE = MergeTree ORDER BY a', 'replicated');
    assert.deepEqual(await tell(), ['Other tables are Replicated, and added not: another replica does not have them.']);
  });

  async function readReplicas() {
    const rows = await first.run(
      `SELECT count() AS tables, sum(is_readonly) AS readonly, sum(total_replicas) AS replicas, sum(active_replicas) AS active
       FROM system.replicas FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
    );
    return rows
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row) as object);
  }

  /** The statements that a file of deploy/ has the first print. */
  async function print(file: string): Promise<string[]> {
    const sql = readFileSync(join(import.meta.dirname, '../deploy', file), 'utf8');
    const printed = await first.run(sql, 'replicated');
    return printed.split(/;\n/).filter((statement) => statement !== '');
  }
});

async function listRows(store: Store, table: string): Promise<string[]> {
  const rows = await store.read<object>(`SELECT * FROM ${table} ORDER BY ALL`);
  return rows.map((row) => JSON.stringify(row));
}

async function useKeys(store: Store): Promise<string[]> {
  await createKey(store, 'lms');
  await revokeKey(store, 'lms');
  await createKey(store, 'lms');
  await revokeKey(store, 'lms');
  await createKey(store, 'portal');
  const keys = await listKeys(store);
  return keys.map(({ name, revoked_at: end }) => `${name} ${end === null ? 'is valid' : 'is revoked'}`);
}

/** Two processes that note the same. */
async function useAuditLog(store: Store, course: string): Promise<string[]> {
  // deleted by the one that is opened next
  await store.run("INSERT INTO audit_log (time, name) VALUES (now64(3) - INTERVAL 31 DAY, 'old')");
  for (const _ of ['one', 'another']) {
    const log = new AuditLog(store, openLog('silent'), 30);
    log.note({ kind: 'service', name: 'lms', course_id: course, resource: 'learners', filter: '' });
    await log.close();
  }
  const rows = await store.read<object>(
    'SELECT kind, name, resource, sum(requests) AS requests FROM audit_log GROUP BY ALL ORDER BY ALL',
  );
  return rows.map((row) => JSON.stringify(row));
}
