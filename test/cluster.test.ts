import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createKey, revokeKey } from '../src/auth/api-keys.ts';
import { writeDemo } from '../src/demo/write-demo.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { shardOf } from '../src/store/cluster-shards.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import {
  COMMON_TABLES,
  COURSE_TABLES,
  LOGGING_NODE_OPTIONS,
  type Service,
  askEverything,
  askHealth,
  askPath,
  assertEqualAnswers,
  awaitNodes,
  countQueries,
  describeQuestions,
  findLearner,
  keepAsking,
  openService,
  readCourses,
  readRows,
  readStanding,
  urlOf,
} from './cluster-service.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { runCommand } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// Two shards of two replicas, and later a third, each a listening ClickHouse: the same answers as of one embedded store.

const UNTIL = new Date('2026-03-18T17:45:00Z');
/** Some of the last days are kept back, to be taken in while a replica is killed. */
const LATER_FILES = 5;
const COURSES = 6;
const { folder } = makeTempFolder();

describe('a cluster', skipWithoutClickhouse, () => {
  const site = join(folder, 'site');
  let nodes: Clickhouse[] = [];
  let courses: string[] = [];
  let asOf = '';
  let logs: string[] = [];
  let single: Service;
  let cluster: Service;

  before(async () => {
    mkdirSync(site);
    const [, ...started] = await Promise.all([
      writeDemo({
        out: site,
        learners: 170,
        courses: COURSES,
        days: 12,
        seed: 4,
        until: UNTIL,
        truth: false,
        gzipRotated: true,
      }).then((demo) => ({ courses, asOf } = demo)),
      ...Array.from({ length: 4 }, async () => openClickhouse(LOGGING_NODE_OPTIONS)),
    ]);
    nodes = started;
    for (const node of nodes) await node.run('CREATE DATABASE site');
    logs = readdirSync(join(site, 'logs'))
      .toSorted()
      .map((name) => join(site, 'logs', name));
    single = await openService(await openStore({ dataDir: join(folder, 'single') }));
    cluster = await openService(await openStore({ dataDir: join(folder, 'cluster'), cluster: listNodes() }));
  });
  after(async () => {
    await Promise.allSettled([single?.store.close(), cluster?.store.close()]);
    await Promise.all(nodes.map(async (node) => node.close()));
  });

  /** Addresses, two by two. */
  function listNodes(): string[][] {
    const urls = nodes.map(urlOf);
    return Array.from({ length: urls.length / 2 }, (_, shard) => urls.slice(shard * 2, shard * 2 + 2));
  }

  /** Both get the same. */
  async function both<Result>(work: (store: Store) => Promise<Result>): Promise<[Result, Result]> {
    return [await work(single.store), await work(cluster.store)];
  }

  async function assertSameAnswers(): Promise<void> {
    assertEqualAnswers(await askEverything(cluster, courses), await askEverything(single, courses));
  }

  test('answers as one embedded store does, over the same logs and roster', async () => {
    const results = await both(async (store) => ingest(store, logs.slice(0, -LATER_FILES), { now: UNTIL }));
    const { seconds: _, ...expected } = results[0];
    const { seconds: __, ...actual } = results[1];
    assert.ok(expected.new_facts > 300, `${expected.new_facts} facts`);
    assert.deepEqual(actual, expected);
    const imports = await both(async (store) =>
      importCsv(
        store,
        ['enrollments.csv', 'roles.csv'].map((name) => join(site, 'lms', name)),
      ),
    );
    assert.deepEqual({ ...imports[1], changed: 0, seconds: 0 }, { ...imports[0], changed: 0, seconds: 0 });
    const refreshed = await both(async (store) => refresh(store, { asOf }));
    assert.deepEqual({ ...refreshed[1], seconds: 0 }, { ...refreshed[0], seconds: 0 });
    await assertSameAnswers();
  });

  test('a course is on one shard, whole on both of its replicas; what concerns no course is everywhere', async () => {
    for (const table of [...COURSE_TABLES, 'snapshots', 'touched_courses']) {
      const seen = await Promise.all(nodes.map(async (node) => readCourses(node, table)));
      const expected = (shard: number) =>
        courses.filter((id) => shardOf(id, 2) === shard && seen.flat().includes(id)).toSorted();
      assert.deepEqual(seen, [expected(0), expected(0), expected(1), expected(1)], table);
      assert.ok(expected(0).length > 0 && expected(1).length > 0, 'courses on both');
    }
    const [a1, a2, b1, b2] = await Promise.all(nodes.map(async (node) => readRows(node, COURSE_TABLES)));
    assert.deepEqual(a1, a2);
    assert.deepEqual(b1, b2);
    const [first, ...others] = await Promise.all(
      nodes.map(async (node) => readRows(node, ['identities', 'lms_users', 'course_roles', 'forgotten_salt'])),
    );
    for (const other of others) assert.deepEqual(other, first);
  });

  test('a question about a course is asked of its shard alone, and refresh runs on each shard for its own', async () => {
    const course = courses.find((id) => shardOf(id, 2) === 1);
    assert.ok(course !== undefined);
    const since = new Date().toISOString().replace('T', ' ').replace('Z', '');
    await wait(1100);
    const name = await findLearner(single, course);
    for (const path of describeQuestions(course, name)) assert.equal((await cluster.get(path)).status, 200, path);
    const asked = await Promise.all(
      nodes.map(async (node) =>
        countQueries(
          node,
          `event_time_microseconds > '${since}' AND (query LIKE '%FROM facts%' OR query LIKE '%FROM snapshots%' OR query LIKE '%learners%')`,
        ),
      ),
    );
    assert.deepEqual([asked[0], asked[1], asked[3]], [0, 0, 0]);
    assert.ok(asked[2]! > 0, `${asked[2]} queries`);
    const published = await Promise.all(
      nodes.map(async (node) => countQueries(node, "query LIKE 'INSERT INTO snapshots%'")),
    );
    // those of a shard together, as they are small, but for those of which nothing but events is known
    const expected = await Promise.all(
      nodes.map(async (node) => {
        const [listed, all] = await Promise.all([
          Promise.all(['roster_changes', 'lms_enrollments'].map(async (table) => readCourses(node, table))),
          readCourses(node, 'snapshots'),
        ]);
        return new Set(all.map((id) => listed.flat().includes(id))).size;
      }),
    );
    assert.deepEqual(published, expected);
  });

  test('a replica killed while questions are answered and logs taken in: no question fails, no fact is lost, and it heals', async (t) => {
    const [a1, a2] = nodes;
    assert.ok(a1 !== undefined && a2 !== undefined);
    const reading = keepAsking(cluster, courses);
    t.after(async () => reading.stop());
    const later = logs.slice(-LATER_FILES, -1);
    const taken: number[] = [];
    for (const [index, path] of later.entries()) {
      const ingesting = ingest(cluster.store, [path], { now: UNTIL });
      if (index === 1) {
        await wait(60);
        await a1.kill();
      }
      taken.push((await ingesting).facts);
      if (index === 2) await refresh(cluster.store, { asOf });
    }
    await createKey(cluster.store, 'while one is away');
    await revokeKey(cluster.store, 'while one is away');
    await refresh(cluster.store, { asOf });
    await reading.reach(51);
    const { failures } = await reading.stop();
    assert.deepEqual(failures, []);
    const expected = [];
    for (const path of later) expected.push((await ingest(single.store, [path], { now: UNTIL })).facts);
    assert.deepEqual(taken, expected);
    await refresh(single.store, { asOf });
    await assertSameAnswers();

    // back, it is not asked before it has what it missed
    await a1.start();
    await awaitNodes(cluster);
    assert.deepEqual(await readStanding(cluster), [
      [true, true],
      [true, false],
      [true, false],
      [true, false],
    ]);
    assert.notDeepEqual(await readRows(a1, COURSE_TABLES), await readRows(a2, COURSE_TABLES));
    await assertSameAnswers();
    // another process learns it too
    const other = await openStore({ dataDir: join(folder, 'other'), cluster: listNodes() });
    assert.deepEqual(
      (await other.cluster?.status())?.map(({ lacks }) => lacks),
      [true, false, false, false],
    );
    await other.close();
    await refresh(cluster.store, { asOf });
    assert.deepEqual(
      await readStanding(cluster),
      nodes.map(() => [true, false]),
    );
    const tables = [...COURSE_TABLES, ...COMMON_TABLES];
    assert.deepEqual(await readRows(a1, tables), await readRows(a2, tables));
    await a2.kill();
    await assertSameAnswers();
    await a2.start();
    await awaitNodes(cluster);
    await refresh(cluster.store, { asOf });
  });

  test('a shard that is away as a whole is a 503 for its courses alone', async () => {
    const [, , b1, b2] = nodes;
    await Promise.all([b1?.kill(), b2?.kill()]);
    // what was asked just before is remembered for a second
    await wait(1100);
    for (const course of courses) {
      const status = shardOf(course, 2) === 0 ? 200 : 503;
      for (const path of describeQuestions(course, 'nobody').slice(0, 3))
        assert.equal((await cluster.get(path)).status, status, path);
    }
    assert.equal((await cluster.get('courses/')).status, 503);
    const health = await askHealth(cluster);
    assert.equal(health.detailed_status.freshness, 'OK: but for the courses of shard 2, which cannot be asked');
    await assert.rejects(async () => refresh(cluster.store, { asOf }), { code: 'store_unavailable' });
    // who may ask is decided meanwhile too
    await createKey(cluster.store, 'while a shard is away');
    await Promise.all([b1?.start(), b2?.start()]);
    await awaitNodes(cluster);
    await refresh(cluster.store, { asOf });
    await assertSameAnswers();
    assert.deepEqual(await readRows(b1!, ['api_keys']), await readRows(nodes[0]!, ['api_keys']));
  });

  test('a shard is added: the same answers before, while courses move and after; broken off, it goes on', async (t) => {
    const moved = courses.filter((id) => shardOf(id, 3) === 2).toSorted();
    assert.ok(moved.length > 0);
    const lastLog = logs.slice(-1);
    const earlier = await askEverything(single, courses);
    await ingest(single.store, lastLog, { now: UNTIL });
    await refresh(single.store, { asOf });
    const then = await askEverything(single, courses);
    assert.notDeepEqual(then, earlier);
    // another learner may be the first by now
    const later = new Map(then);
    for (const path of earlier.keys()) if (!then.has(path)) later.set(path, await askPath(single, path));
    nodes.push(...(await Promise.all([openClickhouse(LOGGING_NODE_OPTIONS), openClickhouse(LOGGING_NODE_OPTIONS)])));
    for (const node of nodes.slice(-2)) await node.run('CREATE DATABASE site');
    await cluster.store.close();
    cluster = await openService(await openStore({ dataDir: join(folder, 'cluster'), cluster: listNodes() }), 'grown');
    const stale = await openStore({ dataDir: join(folder, 'stale'), cluster: listNodes() });
    const { store } = cluster;
    const reading = keepAsking(cluster, courses, (path, answer) => {
      // a copy that is made late tells of later facts by the tidbits, beside the numbers of the snapshot
      const [was, is] = [splitTidbits(earlier.get(path)), splitTidbits(later.get(path))];
      for (const [index, part] of splitTidbits(answer).entries())
        assert.ok(isDeepStrictEqual(part, was[index]) || isDeepStrictEqual(part, is[index]), path);
    });
    t.after(async () => reading.stop());
    let refreshes = 0;
    const breakingOff = store.cluster?.grow(async () => {
      refreshes += 1;
      if (refreshes === 2) throw new Error('broken off');
      await refresh(store, { asOf });
    });
    await assert.rejects(async () => breakingOff, { message: 'broken off' });
    const growing = store.cluster?.grow(async () => refresh(store, { asOf }));
    // by another process, wherever the courses are just then
    const taken = ingest(stale, lastLog, { now: UNTIL });
    assert.deepEqual(await growing, { shards: 3, moved });
    await taken;
    await stale.close();
    await reading.reach(101);
    const { failures } = await reading.stop();
    assert.deepEqual(failures, []);
    await refresh(store, { asOf });
    assertEqualAnswers(await askEverything(cluster, courses), then);

    for (const table of ['facts', 'snapshots', 'touched_courses']) {
      const seen = await Promise.all(nodes.map(async (node) => readCourses(node, table)));
      const known = new Set(seen.flat());
      const expected = [0, 0, 1, 1, 2, 2].map((shard) =>
        courses.filter((id) => known.has(id) && shardOf(id, 3) === shard).toSorted(),
      );
      assert.deepEqual(seen, expected, table);
    }
    const tables = [...COURSE_TABLES, ...COMMON_TABLES];
    assert.deepEqual(await readRows(nodes[4]!, tables), await readRows(nodes[5]!, tables));
    assert.deepEqual(await store.cluster?.grow(async () => refresh(store, { asOf })), { shards: 3, moved: [] });
    await nodes[4]?.kill();
    assertEqualAnswers(await askEverything(cluster, courses), then);
  });

  test('nodes that are not as they are listed are refused, and commands say how each stands', async () => {
    const [a, b, c] = listNodes() as [string[], string[], string[]];
    const open = async (shards: string[][]) => openStore({ dataDir: join(folder, 'wrong'), cluster: shards });
    await assert.rejects(async () => open([b, a, c]), {
      code: 'usage',
      message: /as of shard 1, but it is of shard 2/,
    });
    await assert.rejects(async () => open([a, b]), {
      code: 'usage',
      message: /lists 2 shards, but the courses are spread over 3/,
    });
    const env = {
      CLICKHOUSE_CLUSTER: [a, b, c].map((urls) => urls.join(',')).join(';'),
      DATA_DIR: join(folder, 'command'),
    };
    const stand = await runCommand(['cluster'], env);
    assert.equal(stand.code, 1, stand.err);
    const lines = stand.out.trim().split('\n');
    assert.equal(lines.length, 6);
    assert.match(lines[4] ?? '', /^shard 3 {2}127\.0\.0\.1:\d+\/site {2}does not answer$/);
    assert.ok(
      lines.slice(0, 4).every((line) => line.endsWith('is there')),
      stand.out,
    );
    const found = await runCommand(['doctor', '--as-of', asOf], env);
    assert.match(found.out, /FAULT +store +127\.0\.0\.1:\d+\/site of shard 3 does not answer/);
    assert.match(found.out, /Shard 3: .* facts/);
  });
});

/** An answer without the tidbits, and these. */
function splitTidbits(answer: unknown): readonly [rest: unknown, tidbits: unknown] {
  if (answer === undefined) return [undefined, undefined];
  const [status, body] = answer as [number, { tidbits?: unknown }];
  return [[status, { ...body, tidbits: null }], body.tidbits];
}
