import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { createKey, listKeys, revokeKey } from '../src/auth/api-keys.ts';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { shardOf } from '../src/store/cluster-shards.ts';
import { StoreIsNewer } from '../src/store/migrate.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import {
  COMMON_TABLES,
  COURSE_TABLES,
  NODE_OPTIONS,
  askHealth,
  nameOf,
  openService,
  readRows,
  urlOf,
} from './cluster-service.ts';
import { formatAttempt } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { runCommand } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// A shard is added, and processes list other nodes than others do.

const AS_OF = '2026-11-22';
const NOW = new Date('2026-11-21T12:00:00Z');
const COURSES = Array.from({ length: 6 }, (_, index) => `course-v1:A+B+${index}`);
const MOVED = COURSES.filter((course) => shardOf(course, 2) === 1);
const [SOON = '', LATE = ''] = Array.from({ length: 20 }, (_, index) => `course-v1:A+N+${index}`).filter(
  (course) => shardOf(course, 2) === 1,
);

const { folder, write } = makeTempFolder();

describe('a cluster whose list of nodes changes', skipWithoutClickhouse, () => {
  let a1: Clickhouse;
  let a2: Clickhouse;
  let b1: Clickhouse;
  let store: Store;
  let logs = 0;

  before(async () => {
    [a1, a2, b1] = await Promise.all([
      openClickhouse(NODE_OPTIONS),
      openClickhouse(NODE_OPTIONS),
      openClickhouse(NODE_OPTIONS),
    ]);
    for (const node of [a1, a2, b1]) await node.run('CREATE DATABASE site');
  });
  after(async () => {
    await store?.close();
    await Promise.all([a1, a2, b1].map(async (node) => node.close()));
  });

  async function reopen(shards: ReadonlyArray<readonly Clickhouse[]>): Promise<void> {
    await store?.close();
    store = await open(shards);
  }

  /** One attempt in each course. */
  async function takeIn(to: Store, username: string, courses: readonly string[] = COURSES): Promise<void> {
    logs += 1;
    const lines = courses.map((course) => formatAttempt({ username, course, user_id: logs }));
    await ingest(to, [write(`${logs}.log`, `${lines.join('\n')}\n`)], { now: NOW });
  }

  /** By a process that does not list a2. */
  async function writeElsewhere(username: string): Promise<void> {
    const other = await open([[a1], [b1]], 'other');
    await takeIn(other, username);
    if (username === 'cleo') await revokeKey(other, 'to be revoked');
    await refresh(other, { asOf: AS_OF });
    await other.close();
  }

  async function standing(): Promise<unknown> {
    const nodes = await store.cluster?.status();
    return nodes?.map(({ listed, up, lacks }) => (!listed ? 'not listed' : !up ? 'away' : lacks ? 'lacks' : 'there'));
  }

  async function assertMended(): Promise<void> {
    await refresh(store, { asOf: AS_OF });
    assert.deepEqual(await standing(), ['there', 'there', 'there']);
    const tables = [...COURSE_TABLES, ...COMMON_TABLES];
    assert.deepEqual(await readRows(a2, tables), await readRows(a1, tables));
  }

  test('who is forgotten while courses move to a new shard is not brought back by rows that were on their way', async () => {
    await reopen([[a1, a2]]);
    await takeIn(store, 'ada');
    await takeIn(store, 'bea');
    const old = await openService(await open([[a1, a2]], 'old'), 'old');
    await reopen([[a1, a2], [b1]]);
    // until it is started again with the new list: what it writes, the new node would lack
    await old.store.cluster?.status();
    await assert.rejects(createKey(old.store, 'of an old list'), { message: /start it again with all of them/ });
    await assert.rejects(refresh(old.store, { asOf: AS_OF }), { message: /start it again with all of them/ });
    const env = environ([[a1, a2].map(urlOf), [urlOf(b1)]]);
    const added = await runCommand(['cluster'], env);
    assert.equal(added.code, 1, added.err);
    assert.deepEqual(added.out.trimEnd().split('\n'), [
      `shard 1  ${nameOf(a1)}  is there`,
      `shard 1  ${nameOf(a2)}  is there`,
      `shard 2  ${nameOf(b1)}  lacks what it missed, until the next refresh; no courses yet: learner-analytics cluster grow`,
    ]);
    const inForce = async () => (await store.cluster?.status())?.map((node) => node.inForce);
    let refreshes = 0;
    let published = '';
    const growing = store.cluster?.grow(async () => {
      refreshes += 1;
      if (refreshes === 4) {
        // what nothing came to since is not computed once more, and what is new by then is there, too
        const touched = await b1.run(
          `SELECT DISTINCT course_id FROM site.touched_courses WHERE touched_at > '${published}'`,
        );
        assert.deepEqual([touched.trim(), await countFacts(b1, 'hal')], [LATE, 1]);
        throw new Error('broken off');
      }
      if (refreshes === 3) {
        // what came while courses were copied is there before they are asked for there
        const there = [await countFacts(b1, 'fay'), await countFacts(b1, 'gil'), await inForce()];
        assert.deepEqual(there, [MOVED.length, 1, [true, true, false]]);
        await takeIn(store, 'hal', [LATE]);
      }
      if (refreshes === 2) {
        await b1.run('CREATE TABLE default.underway AS site.facts ENGINE = Memory');
        await b1.run("INSERT INTO default.underway SELECT * FROM site.facts WHERE username = 'bea'");
        await forgetPerson(store, 'bea');
        assert.equal(await countFacts(b1, 'bea'), 0);
        await b1.run('INSERT INTO site.facts SELECT * FROM default.underway');
        assert.equal(await countFacts(b1, 'bea'), MOVED.length);
        await takeIn(store, 'fay');
        await takeIn(store, 'gil', [SOON]);
        assert.equal(await countFacts(b1, 'fay'), 0);
      }
      await refresh(store, { asOf: AS_OF });
      published = (await b1.run('SELECT now64(6)')).trim();
    });
    await assert.rejects(async () => growing, { message: 'broken off' });
    // what came to the former shard meanwhile is in no answer until that goes on, which is told
    const strays = async () => (await store.cluster?.status())?.map((node) => node.strays);
    const moved = [...MOVED, SOON, LATE].toSorted();
    assert.deepEqual(await strays(), [moved.length, moved.length, 0]);
    const health = await askHealth(await openService(store));
    assert.match(health.detailed_status.freshness, /^OK: .*; courses wait to be moved/);
    const stand = await runCommand(['cluster'], env);
    assert.equal(stand.code, 1);
    assert.match(stand.out, new RegExp(`${nameOf(a2)} +is there; ${moved.length} courses to be moved`));
    const found = await runCommand(['doctor'], env);
    assert.match(found.out, new RegExp(`FAULT.*${nameOf(a1)} of shard 1 has ${moved.length} courses of other shards`));
    for (const node of [a1, a2, b1]) assert.match(found.out, new RegExp(`${nameOf(node)}: .*of disk are free`));
    const grown = await store.cluster?.grow(async () => refresh(store, { asOf: AS_OF }));
    assert.deepEqual(grown, { shards: 2, moved });
    assert.deepEqual(await strays(), [0, 0, 0]);
    const again = await runCommand(['cluster', 'grow'], env);
    assert.deepEqual([again.code, again.out], [0, 'Courses are spread over 2 shards; 0 were moved.\n'], again.err);
    // whose list is the former one answers for the courses that it knows of
    const { freshness } = (await askHealth(old)).detailed_status;
    assert.equal(freshness, 'OK: but for the courses of shard 2, which cannot be asked');
    await old.store.close();
    assert.deepEqual(await Promise.all([a1, a2, b1].map(async (node) => countFacts(node, 'bea'))), [0, 0, 0]);
    assert.equal(await countFacts(b1, 'ada'), MOVED.length);
  });

  test('a replica that others did not list lacks what they wrote, and is brought it, keys that were revoked too', async () => {
    await createKey(store, 'to be revoked');
    assert.deepEqual(await readRows(b1, ['api_keys']), await readRows(a1, ['api_keys']));
    await writeElsewhere('cleo');
    assert.deepEqual(await standing(), ['there', 'lacks', 'there']);
    // whoever starts then, too
    await reopen([[a2, a1], [b1]]);
    const key = (await listKeys(store)).find(({ name }) => name === 'to be revoked');
    assert.notEqual(key?.revoked_at ?? null, null);
    assert.equal(await countFacts(a2, 'cleo'), 0);
    await assertMended();
  });

  test('one that is listed by another name lacks what it missed by the former one, which is forgotten then', async () => {
    await writeElsewhere('dora');
    const former = nameOf(a2);
    await store.close();
    const cluster = [[urlOf(a1), urlOf(a2).replace('127.0.0.1', 'localhost')], [urlOf(b1)]];
    store = await openStore({ dataDir: join(folder, 'data'), cluster });
    assert.deepEqual(await standing(), ['there', 'lacks', 'there', 'not listed']);
    await assert.rejects(async () => store.cluster?.grow(async () => refresh(store, { asOf: AS_OF })), {
      message: /Nothing was moved/,
    });
    assert.equal(await countFacts(a2, 'dora'), COURSES.length - MOVED.length);
    assert.deepEqual(await standing(), ['there', 'there', 'there', 'not listed']);
    const env = environ(cluster);
    const stand = await runCommand(['cluster'], env);
    assert.equal(stand.code, 1, stand.err);
    assert.match(stand.out, new RegExp(`${former} +It is not in CLICKHOUSE_CLUSTER`));
    assert.match((await runCommand(['doctor'], env)).out, new RegExp(`cluster forget-node ${former}`));
    assert.equal((await runCommand(['cluster', 'forget-node', nameOf(a1)], env)).code, 2);
    const forgotten = await runCommand(['cluster', 'forget-node', former], env);
    assert.equal(forgotten.code, 0, forgotten.err);
    assert.deepEqual(await standing(), ['there', 'there', 'there']);
    // by the name that was forgotten it is one that is not known
    await reopen([[a1, a2], [b1]]);
    assert.deepEqual(await standing(), ['there', 'lacks', 'there', 'not listed']);
    await store.cluster?.forget(former.replace('127.0.0.1', 'localhost'));
    await assertMended();
    // of a shard without another the former one might have more, until it is said that it is gone
    await store.close();
    const moved = [[urlOf(a1), urlOf(a2)], [urlOf(b1).replace('127.0.0.1', 'localhost')]];
    store = await openStore({ dataDir: join(folder, 'data'), cluster: moved });
    await assert.rejects(refresh(store, { asOf: AS_OF }), {
      message: /only \S+ may have|is not in CLICKHOUSE_CLUSTER/,
    });
    await store.cluster?.forget(nameOf(b1));
    await assertMended();
    await reopen([[a1, a2], [b1]]);
    await store.cluster?.forget(nameOf(b1).replace('127.0.0.1', 'localhost'));
    await assertMended();
  });

  test('one that has two names is refused, and a shard that refuses keeps nobody from opening the others', async () => {
    const local = urlOf(a2).replace('127.0.0.1', 'localhost');
    const dataDir = join(folder, 'other');
    await assert.rejects(openStore({ dataDir, cluster: [[urlOf(a1), urlOf(a2), local], [urlOf(b1)]] }), {
      code: 'usage',
      message: /one ClickHouse twice/,
    });
    const refusing = new URL(urlOf(b1));
    refusing.username = 'nobody';
    const encrypted = urlOf(b1).replace('http:', 'https:');
    for (const [url, fault] of [
      [refusing.href, /refuses this user/],
      [encrypted, /does not speak TLS at this port/],
    ] as const) {
      const other = await openStore({ dataDir, cluster: [[urlOf(a1), urlOf(a2)], [url]] });
      const [, , third] = (await other.cluster?.status()) ?? [];
      assert.match(third?.fault ?? '', fault);
      await other.close();
    }
  });

  test('a newer version that has brought any node up to date is told, and nothing is written any more', async () => {
    await b1.run("INSERT INTO site.schema_migrations (name) VALUES ('9999-of-tomorrow.sql')");
    await assert.rejects(refresh(store, { asOf: AS_OF }), StoreIsNewer);
    await assert.rejects(createKey(store, 'of yesterday'), StoreIsNewer);
    assert.match((await store.cluster?.status())?.[2]?.fault ?? '', /Update this program/);
    await assert.rejects(open([[a1, a2], [b1]], 'other'), StoreIsNewer);
    await b1.run("ALTER TABLE site.schema_migrations DELETE WHERE name LIKE '9999%' SETTINGS mutations_sync = 2");
    await assertMended();
    // nodes of a cluster that was made before they were noted lack nothing for that
    for (const node of [a1, a2, b1]) await node.run('TRUNCATE TABLE site.cluster_nodes');
    await reopen([[a1, a2], [b1]]);
    assert.deepEqual(await standing(), ['there', 'there', 'there']);
    assert.equal(await a1.run('SELECT uniqExact(node) FROM site.cluster_nodes WHERE entry = 1'), '3\n');
    await Promise.all([a1.kill(), a2.kill(), b1.kill()]);
    await assert.rejects(open([[a1, a2], [b1]], 'other'), { message: /No node of the cluster answers/ });
  });
});

function environ(shards: readonly string[][]): Record<string, string> {
  return { CLICKHOUSE_CLUSTER: shards.map((urls) => urls.join(',')).join(';'), DATA_DIR: join(folder, 'command') };
}

async function open(shards: ReadonlyArray<readonly Clickhouse[]>, dataDir = 'data'): Promise<Store> {
  return openStore({ dataDir: join(folder, dataDir), cluster: shards.map((nodes) => nodes.map(urlOf)) });
}

async function countFacts(node: Clickhouse, username: string): Promise<number> {
  return Number(await node.run(`SELECT count() FROM site.facts FINAL WHERE username = '${username}'`));
}
