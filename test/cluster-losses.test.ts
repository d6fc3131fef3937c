import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { followNodes } from '../src/cli/follow-nodes.ts';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import { writeDemo } from '../src/demo/write-demo.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { openLog } from '../src/log.ts';
import { shardOf } from '../src/store/cluster-shards.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import {
  COMMON_TABLES,
  COURSE_TABLES,
  NODE_OPTIONS,
  type Service,
  askEverything,
  assertEqualAnswers,
  awaitNodes,
  describeQuestions,
  keepAsking,
  learners,
  nameOf,
  openService,
  readRows,
  readStanding,
  urlOf,
} from './cluster-service.ts';
import { findPort } from './find-port.ts';
import { formatAttempt } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { runCommand } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// One server in use becomes a cluster of one shard, gets a replica, loses each of the two in one way after the other, and gets
// a second shard: the same answers as of one embedded store.

const UNTIL = new Date('2026-03-18T17:45:00Z');
const TABLES = [...COURSE_TABLES, ...COMMON_TABLES];
/** What docs/cluster.md says, twice: the machine may be busy. */
const GIVEN_UP_MS = 2 * 13_000;

const { folder, write } = makeTempFolder();

describe('a cluster that loses nodes', skipWithoutClickhouse, () => {
  const site = join(folder, 'site');
  let a1: Clickhouse;
  let a2: Clickhouse;
  let b1: Clickhouse | undefined;
  let courses: string[] = [];
  let asOf = '';
  let logs: string[] = [];
  let later: string[] = [];
  let single: Service;
  let cluster: Service;

  before(async () => {
    mkdirSync(site);
    const demo = { learners: 90, courses: 4, days: 12, seed: 4, until: UNTIL, truth: false, gzipRotated: true };
    const written = writeDemo({ out: site, ...demo });
    [a1, a2] = await Promise.all([openClickhouse(NODE_OPTIONS), openClickhouse(NODE_OPTIONS)]);
    for (const node of [a1, a2]) await node.run('CREATE DATABASE site');
    ({ courses, asOf } = await written);
    logs = readdirSync(join(site, 'logs'))
      .toSorted()
      .map((name) => join(site, 'logs', name));
    later = logs.slice(-3);
    single = await openService(await openStore({ dataDir: join(folder, 'single') }));
    await takeIn(single.store, logs.slice(0, -3));
  });
  after(async () => {
    await Promise.allSettled([single?.store.close(), cluster?.store.close()]);
    await Promise.all([a1?.close(), a2?.close(), b1?.close()]);
  });

  async function takeIn(store: Store, paths: readonly string[]): Promise<void> {
    await ingest(store, paths, { now: UNTIL });
    await importCsv(
      store,
      ['enrollments.csv', 'roles.csv'].map((name) => join(site, 'lms', name)),
    );
    await refresh(store, { asOf });
  }

  async function openCluster(shards: readonly Clickhouse[][]): Promise<void> {
    await cluster?.store.close();
    const store = await openStore({ dataDir: join(folder, 'data'), cluster: shards.map((nodes) => nodes.map(urlOf)) });
    cluster = await openService(store, `of ${shards.flat().length}`);
  }

  async function assertSameAnswers(): Promise<void> {
    assertEqualAnswers(await askEverything(cluster, courses), await askEverything(single, courses));
  }

  /** The learner who did most, and is asked about by no test. */
  async function findBusiest(): Promise<string> {
    const [person] = await single.store.read<{ username: string }>(
      `SELECT username FROM learners WHERE username NOT IN {asked:Array(String)}
       GROUP BY username ORDER BY max(problem_attempts) DESC, username LIMIT 1`,
      { asked: [...learners.values()] },
    );
    return person?.username ?? '';
  }

  /** Nodes of whose copies on this machine any names somebody. */
  function listNaming(username: string): string[] {
    const nodes = Object.entries({ a1, a2 }).filter(([, node]) => {
      const copies = join(folder, 'data/nodes', nameOf(node).replaceAll(/[^\w.-]/g, '_'), 'copies');
      return readdirSync(copies, { recursive: true, encoding: 'utf8' })
        .map((name) => join(copies, name))
        .some((path) => statSync(path).isFile() && readFileSync(path).includes(username));
    });
    return nodes.map(([name]) => name);
  }

  /** Once mended, a node has what the other has, and answers by itself while that one is away. */
  async function assertMended(node: Clickhouse): Promise<void> {
    assert.deepEqual(await readStanding(cluster), [
      [true, false],
      [true, false],
    ]);
    assert.deepEqual(await readRows(a1, TABLES), await readRows(a2, TABLES));
    const other = node === a1 ? a2 : a1;
    await other.kill();
    await assertSameAnswers();
    await other.start();
    await awaitNodes(cluster);
    await refresh(cluster.store, { asOf });
  }

  test('a server in use becomes a cluster as its only shard, and gets a replica: the same answers at every step', async () => {
    const server = await openService(await openStore({ dataDir: join(folder, 'data'), url: urlOf(a1) }));
    await takeIn(server.store, logs.slice(0, -3));
    const expected = await askEverything(single, courses);
    assertEqualAnswers(await askEverything(server, courses), expected);
    await server.store.close();
    await openCluster([[a1]]);
    assertEqualAnswers(await askEverything(cluster, courses), expected);
    await openCluster([[a1, a2]]);
    assert.deepEqual(await readStanding(cluster), [
      [true, false],
      [true, true],
    ]);
    assertEqualAnswers(await askEverything(cluster, courses), expected);
    await refresh(cluster.store, { asOf });
    await assertMended(a2);
  });

  test('the log of a server tells of a node that is lost, and when it is back', async () => {
    const lines: Array<{ level: string; node: string; msg: string }> = [];
    const log = openLog('info', { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
    const { cluster: nodes } = cluster.store;
    assert.ok(nodes !== null);
    const following = followNodes(nodes, log, 100);
    const awaitLine = async (level: string, message: RegExp) => {
      const until = performance.now() + 30_000;
      while (!lines.some((line) => line.level === level && message.test(line.msg) && line.node === nameOf(a2))) {
        assert.ok(performance.now() < until, JSON.stringify(lines));
        await wait(100);
      }
    };
    await nodes.status();
    assert.deepEqual(lines, []);
    await a2.kill();
    await awaitLine('warn', /is away$/);
    await a2.start();
    await awaitLine('info', /is there again/);
    await following.stop();
    await awaitNodes(cluster);
  });

  test('a node of a cluster is no store by itself: what is written there, the others would lack', async () => {
    await assert.rejects(openStore({ dataDir: join(folder, 'alone'), url: urlOf(a1) }), {
      code: 'usage',
      message: /is of shard 1 of a cluster of 1: give all of its nodes in CLICKHOUSE_CLUSTER/,
    });
  });

  test('a replica that refuses, as one without its database does, keeps nobody from opening the cluster', async () => {
    const refusing = new URL(urlOf(a2));
    refusing.username = 'nobody';
    const dataDir = join(folder, 'refusing');
    const store = await openStore({ dataDir, cluster: [[urlOf(a1), refusing.href]] });
    const [, second] = (await store.cluster?.status()) ?? [];
    assert.equal(second?.up, false);
    assert.match(second.fault ?? '', /refuses this user and password \(engine code 516\)/);
    assert.equal((await store.read('SELECT 1 AS one')).length, 1);
    await store.close();
    await assert.rejects(openStore({ dataDir, cluster: [[refusing.href]] }), {
      code: 'store_unavailable',
      message: /refuses this user/,
    });
  });

  test('a replica that falls silent: questions and an ingest go on within the time that is documented', async (t) => {
    const [log = ''] = later.splice(0, 1);
    // so much that is rejected that decoding it takes a while
    const noise = write('noise.log', `${formatAttempt({ time: '2036-01-01T00:00:00+00:00' })}\n`.repeat(400_000));
    const reading = keepAsking(cluster, courses);
    t.after(async () => reading.stop());
    const started = performance.now();
    let isOver = false;
    const ingesting = ingest(cluster.store, [noise, log], { now: UNTIL }).finally(() => (isOver = true));
    for (;;) {
      const decoding = await a1.run(
        "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO ingest%' AND read_rows > 0",
      );
      if (decoding !== '0\n') break;
      assert.ok(!isOver, 'the ingest was over before it was seen to decode');
      await wait(5);
    }
    const stopped = performance.now();
    a1.signal('SIGSTOP');
    t.after(() => a1.signal('SIGCONT'));
    const { facts } = await ingesting;
    const took = performance.now() - stopped;
    t.diagnostic(`ingest: silent after ${Math.round(stopped - started)} ms, done ${Math.round(took)} ms later`);
    // the ingest itself goes on after that, on a busy machine for a while
    assert.ok(took < GIVEN_UP_MS + 15_000, `${took} ms`);
    assert.equal(facts, (await ingest(single.store, [log], { now: UNTIL })).facts);
    await refresh(single.store, { asOf });
    await refresh(cluster.store, { asOf });
    await assertSameAnswers();
    const { count, failures, longest } = await reading.stop();
    t.diagnostic(`${count} questions, the longest took ${Math.round(longest)} ms`);
    assert.deepEqual(failures, []);
    assert.ok(longest < GIVEN_UP_MS, `${longest} ms`);
    assert.deepEqual(await readStanding(cluster), [
      [false, true],
      [true, false],
    ]);
    a1.signal('SIGCONT');
    await awaitNodes(cluster);
    assert.deepEqual(await readStanding(cluster), [
      [true, true],
      [true, false],
    ]);
    await assertSameAnswers();
    // and now the one that has what this one lacks
    a2.signal('SIGSTOP');
    t.after(() => a2.signal('SIGCONT'));
    const mending = performance.now();
    await assert.rejects(async () => refresh(cluster.store, { asOf }), { code: 'store_unavailable' });
    const waited = performance.now() - mending;
    assert.ok(waited < GIVEN_UP_MS + 4000, `${waited} ms`);
    a2.signal('SIGCONT');
    await awaitNodes(cluster);
    await refresh(cluster.store, { asOf });
    await assertMended(a1);
  });

  test('somebody who is forgotten while a replica is away is gone from it before it is asked again, and from its copies', async () => {
    const username = await findBusiest();
    assert.deepEqual(listNaming(username), ['a1', 'a2']);
    await a2.kill();
    await forgetPerson(cluster.store, username);
    await refresh(cluster.store, { asOf });
    await forgetPerson(single.store, username);
    await refresh(single.store, { asOf });
    await assertSameAnswers();
    assert.deepEqual(listNaming(username), ['a2']);
    await a2.start();
    assert.ok((await countNaming(a2, username)) > 0);
    await awaitNodes(cluster);
    assert.deepEqual((await readStanding(cluster))?.[1], [true, true]);
    await assertSameAnswers();
    const mending = refresh(cluster.store, { asOf });
    for (let lacks = true; lacks;) lacks = (await readStanding(cluster))?.[1]?.[1] !== false;
    assert.equal(await countNaming(a2, username), 0);
    await mending;
    for (const node of [a1, a2]) assert.equal(await countNaming(node, username), 0);
    assert.deepEqual(listNaming(username), []);
    await assertMended(a2);
  });

  test('one replica away and then the other, before it was mended: 503 until what is lost is accepted and taken in again', async () => {
    const [log = ''] = later.splice(0, 1);
    await a2.kill();
    const { new_facts: missed } = await ingest(cluster.store, [log], { now: UNTIL });
    assert.ok(missed > 0);
    await refresh(cluster.store, { asOf });
    await takeIn(single.store, [log]);
    await assertSameAnswers();
    await a1.kill();
    await a2.start();
    // what was asked just before is remembered for a second
    await wait(1100);
    for (const path of courses.flatMap((course) => describeQuestions(course, 'nobody')))
      assert.equal((await cluster.get(path)).status, 503, path);
    // another process knows it by itself
    const env = { CLICKHOUSE_CLUSTER: [a1, a2].map(urlOf).join(','), DATA_DIR: join(folder, 'command') };
    const [gone, lacking] = (await runCommand(['cluster'], env)).out.trim().split('\n');
    assert.match(gone ?? '', /does not answer$/);
    assert.match(lacking ?? '', /lacks what it missed/);
    await assert.rejects(async () => refresh(cluster.store, { asOf }), { code: 'store_unavailable' });

    await awaitNodes(cluster, (index) => index === 1);
    // who is to be forgotten need not wait for that
    assert.equal((await forgetPerson(cluster.store, 'nobody')).people, 1);
    const accepted = await runCommand(['cluster', 'accept', nameOf(a2)], env);
    assert.equal(accepted.code, 0, accepted.err);
    assert.notDeepEqual(await askEverything(cluster, courses), await askEverything(single, courses));
    const taken = logs.filter((path) => !later.includes(path));
    assert.equal((await ingest(cluster.store, taken, { now: UNTIL })).new_facts, missed);
    await takeIn(cluster.store, taken);
    await assertSameAnswers();
    await a1.start();
    await awaitNodes(cluster);
    await refresh(cluster.store, { asOf });
    await assertMended(a1);
  });

  test('it gets a second shard: the same answers, and the SQL of the documentation asks the one shard of a course', async () => {
    const documented = readDocumentedSql();
    const course = /course-v1:[^']+/.exec(documented.at(-1) ?? '')?.[0] ?? '';
    const lines = Array.from({ length: 30 }, (_, index) =>
      formatAttempt({ course, problem: `p${index}`, time: '2026-03-18T10:00:00.000001+00:00' }),
    );
    const all = [...logs, write('documented.log', `${lines.join('\n')}\n`)];
    await takeIn(single.store, all);
    await takeIn(cluster.store, all);
    courses.push(course);
    await assertSameAnswers();

    const ports = { http: await findPort(), tcp: await findPort() };
    const shards = [[a1, a2], [ports]].map(
      (nodes) =>
        `<shard>${nodes.map(({ tcp }) => `<replica><host>127.0.0.1</host><port>${tcp}</port></replica>`).join('')}</shard>`,
    );
    const config = `${NODE_OPTIONS.config}<remote_servers><courses>${shards.join('')}</courses></remote_servers>`;
    b1 = await openClickhouse({ ...NODE_OPTIONS, config, ports });
    await b1.run('CREATE DATABASE site');
    await openCluster([[a1, a2], [b1]]);
    await assertSameAnswers();
    const { store } = cluster;
    const moved = courses.filter((id) => shardOf(id, 2) === 1).toSorted();
    assert.ok(moved.length > 0 && moved.length < courses.length);
    assert.deepEqual(await store.cluster?.grow(async () => refresh(store, { asOf })), { shards: 2, moved });
    await assertSameAnswers();

    const ask = async (sql: string) => {
      const response = await fetch(`${b1?.url}/?database=site`, { method: 'POST', body: sql });
      assert.equal(response.status, 200, await response.clone().text());
      return (await response.text()).trim();
    };
    const [create = '', select = ''] = documented;
    await ask(create);
    assert.equal(await ask(select), '30');
    const count = async (where: string) => {
      const facts = await single.store.read<{ rows: string }>(
        `SELECT toString(count()) AS rows FROM facts FINAL WHERE ${where}`,
      );
      return facts[0]?.rows;
    };
    assert.equal(await ask('SELECT count() FROM all_facts FINAL'), await count('true'));
    // the node that is asked is of the second shard
    const reads = async (sql: string) =>
      (await ask(`EXPLAIN ${sql}`)).match(/ReadFromRemote|ReadFromMergeTree|ReadFromPreparedSource/g)?.toSorted();
    const [here = ''] = moved;
    const ofHere = select.replace(course, here);
    assert.deepEqual(await reads(select), ['ReadFromRemote']);
    assert.deepEqual(await reads(ofHere), ['ReadFromMergeTree']);
    assert.deepEqual(await reads('SELECT count() FROM all_facts FINAL'), ['ReadFromMergeTree', 'ReadFromRemote']);
    await Promise.all([a1.kill(), a2.kill()]);
    assert.equal(await ask(ofHere), await count(`course_id = '${here}'`));
  });
});

/** Rows of any table of a node that name somebody. */
async function countNaming(node: Clickhouse, username: string): Promise<number> {
  const tables = (
    await node.run("SELECT name FROM system.tables WHERE database = 'site' AND NOT startsWith(name, 'ingest')")
  )
    .trim()
    .split('\n');
  const counts = tables.map(
    (table) => `SELECT count() AS rows FROM site.${table} WHERE position(toString(tuple(*)), '${username}') > 0`,
  );
  return Number(await node.run(`SELECT sum(rows) FROM (${counts.join(' UNION ALL ')})`));
}

/** The statements of docs/cluster.md over all shards. */
function readDocumentedSql(): string[] {
  const text = readFileSync(join(import.meta.dirname, '../docs/cluster.md'), 'utf8');
  const [, sql = ''] = /## SQL over all shards\n.*?```sql\n(.*?)```/s.exec(text) ?? [];
  return sql.split(';').filter((statement) => statement.trim() !== '');
}
