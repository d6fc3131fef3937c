import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createKey, listKeys, revokeKey } from '../src/auth/api-keys.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { COMMON_TABLES, COURSE_TABLES, NODE_OPTIONS, nameOf, readRows, urlOf } from './cluster-service.ts';
import { formatAttempts } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { runCommand } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// A replica that is there and refuses, whose disk may be full, or which was set up anew while others used it.

const NOW = new Date('2026-11-21T12:00:00Z');
const TABLES = [...COURSE_TABLES, ...COMMON_TABLES];

const { folder, write } = makeTempFolder();

describe('a replica that refuses', skipWithoutClickhouse, () => {
  let a: Clickhouse;
  let b: Clickhouse;
  let store: Store;

  before(async () => {
    [a, b] = await Promise.all([openClickhouse(NODE_OPTIONS), openClickhouse(NODE_OPTIONS)]);
    for (const node of [a, b]) await node.run('CREATE DATABASE site');
    await reopen();
  });
  after(async () => {
    await store.close();
    await Promise.all([a.close(), b.close()]);
  });

  /** As a command does that is run then. */
  async function reopen(): Promise<void> {
    await store?.close();
    store = await openStore({ dataDir: join(folder, 'data'), cluster: [[urlOf(a), urlOf(b)]] });
  }

  async function takeIn(name: string, count: number): Promise<void> {
    await ingest(store, [write(name, formatAttempts(count, 1000 * name.length))], { now: NOW });
  }

  async function standing(): Promise<unknown> {
    const status = await store.cluster?.status();
    return status?.map(({ up, lacks, fault }) => ({ up, lacks, fault }));
  }

  async function assertMended(): Promise<void> {
    const isWell = { up: true, lacks: false, fault: null };
    assert.deepEqual(await standing(), [isWell, isWell]);
    assert.deepEqual(await readRows(b, TABLES), await readRows(a, TABLES));
  }

  test('what it did not take, others did: that goes on, is told, and is brought to it later', async () => {
    await createKey(store, 'to be revoked');
    await takeIn('a.log', 30);
    for (const table of ['api_keys', 'facts']) await b.run(`RENAME TABLE site.${table} TO site.${table}_away`);
    await revokeKey(store, 'to be revoked');
    await takeIn('ab.log', 20);
    await refresh(store, { asOf: '2026-11-22' });
    const fault = `The store refused a statement (engine code 60).`;
    assert.deepEqual(await standing(), [
      { up: true, lacks: false, fault: null },
      { up: true, lacks: true, fault },
    ]);
    // whoever lists it first, too
    const other = await openStore({ dataDir: join(folder, 'other'), cluster: [[urlOf(b), urlOf(a)]] });
    const [key] = await listKeys(other);
    await other.close();
    assert.notEqual(key?.revoked_at, null);
    const env = { CLICKHOUSE_CLUSTER: `${urlOf(a)},${urlOf(b)}`, DATA_DIR: join(folder, 'command') };
    const told = await runCommand(['refresh', '--as-of', '2026-11-22'], env);
    assert.equal(told.code, 0, told.err);
    assert.equal(told.err.trim(), `${nameOf(b)} could not be brought what it missed. ${fault}`);
    for (const table of ['api_keys', 'facts']) await b.run(`RENAME TABLE site.${table}_away TO site.${table}`);
    await reopen();
    await refresh(store, { asOf: '2026-11-22' });
    await assertMended();
  });

  test('what the first one refuses to tell, the next one tells', async () => {
    await a.run('RENAME TABLE site.api_keys TO site.api_keys_away');
    assert.equal((await listKeys(store)).length, 1);
    await a.run('RENAME TABLE site.api_keys_away TO site.api_keys');
  });

  test('what no replica can do fails, and none of them lacks anything', async () => {
    const path = join(folder, 'broken.log.gz');
    writeFileSync(path, gzipSync(formatAttempts(5)).subarray(0, 60));
    const { failed } = await ingest(store, [path], { now: NOW });
    assert.equal(failed.length, 1);
    for (const node of [a, b]) await node.run('RENAME TABLE site.api_keys TO site.api_keys_away');
    await assert.rejects(createKey(store, 'another'), { code: 'internal_error' });
    for (const node of [a, b]) await node.run('RENAME TABLE site.api_keys_away TO site.api_keys');
    await assertMended();
  });

  test('one that is empty all at once is taken in as a new one, by a process that runs', async () => {
    await b.run('DROP DATABASE site SYNC');
    await b.run('CREATE DATABASE site');
    const until = performance.now() + 30_000;
    for (;;) {
      const [, second] = (await store.cluster?.status()) ?? [];
      if (second?.up === true && second.lacks) break;
      assert.ok(performance.now() < until, `${nameOf(b)} stays away`);
      await wait(200);
    }
    await takeIn('abc.log', 10);
    await refresh(store, { asOf: '2026-11-22' });
    await assertMended();
  });

  test('one that is away while much is written has a few gaps, and not one for each write', async () => {
    await b.kill();
    for (let time = 0; time < 25; time += 1)
      await store.insert('touched_courses', [{ course_id: `course-v1:${time}` }]);
    const open = await a.run(
      'SELECT countIf(NOT is_closed), countIf(is_closed) > 0 FROM (SELECT max(closed) AS is_closed FROM site.cluster_gaps GROUP BY id)',
    );
    const [many, some] = open.trim().split('\t');
    assert.ok(Number(many) > 0 && Number(many) <= 21, open);
    assert.equal(some, '1');
    await b.start();
    await reopen();
    await refresh(store, { asOf: '2026-11-22' });
    await assertMended();
  });
});
