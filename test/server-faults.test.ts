import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { AppError } from '../src/errors.ts';
import { findSources } from '../src/ingest/sources.ts';
import { Stagings, stageFiles } from '../src/ingest/staging.ts';
import { LocalFault, isPassing } from '../src/store/engine-errors.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { formatAttempts } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

// Between this machine and a ClickHouse that listens: what is whose fault, and how long somebody waits.

const { folder, write } = makeTempFolder();

const account = (profile: string) =>
  `<${profile}><password></password><networks><ip>127.0.0.1</ip></networks><profile>${profile}</profile><quota>default</quota></${profile}>`;
const USERS = `<users>${account('default')}${account('small')}</users>`;
const PROFILES = '<small><max_memory_usage_for_user>20000000</max_memory_usage_for_user></small>';

describe('with a listening ClickHouse', skipWithoutClickhouse, () => {
  let clickhouse: Clickhouse;
  let store: Store;
  before(async () => {
    clickhouse = await openClickhouse({ users: USERS, profiles: PROFILES });
    store = await openStore({ dataDir: join(folder, 'data'), url: `${clickhouse.url}/faults` });
  });
  after(async () => {
    await store.close();
    await clickhouse.close();
  });

  test('a file that cannot be read, or not to its end, is told as that', async () => {
    await store.run('CREATE TABLE lines (line String) ENGINE = MergeTree ORDER BY ()');
    // can be opened, and not be read
    const unreadable = ['/proc/self/mem', folder, join(folder, 'none.log')];
    for (const [path, compression] of unreadable.flatMap((each) => [[each, 'none'] as const, [each, 'gz'] as const])) {
      const paths = [write('whole.log', compression === 'gz' ? gzipSync('one\n') : 'one\n'), path];
      const inserting = store.insertFiles((source) => `INSERT INTO lines SELECT line FROM ${source}`, {
        paths,
        format: 'LineAsString',
        structure: 'line String',
        compression,
      });
      await assert.rejects(inserting, { code: 'source_unreadable', message: /cannot be read \((EIO|EISDIR|ENOENT)\)/ });
    }
  });

  test('what cannot be written on this machine is no fault of the ClickHouse, and nothing of it stays', async (t) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const save = async (path: string, sql: string) =>
      store.save({ path: join(disk, path), format: 'Native' }, sql).then(
        () => assert.fail('it was written'),
        (error: unknown) => ({ error, passes: isPassing(error), left: readdirSync(disk) }),
      );
    const long = 'SELECT number FROM numbers(1000000)';
    const away = await save('none/file', long);
    assert.ok(away.error instanceof LocalFault);
    assert.match(away.error.message, /^The data directory .*\/disk\/none cannot be written \(ENOENT\)\.$/);
    const broken = await save('broken', `SELECT throwIf(number = 900000) AS x FROM (${long})`);
    assert.ok(!(broken.error instanceof LocalFault));
    assert.deepEqual([away.passes, away.left, broken.left], [false, [], []]);

    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status !== 0) {
      return t.skip('this user may not mount a small disk');
    }
    t.after(() => spawnSync('umount', ['-l', disk]));
    const full = await save('full', long);
    assert.ok(full.error instanceof LocalFault);
    assert.match(full.error.message, /^The disk of the data directory .*\/disk is full\. Free some space/);
    assert.deepEqual([full.passes, full.left], [false, []]);
  });

  test('memory that others take is no fault of a log', async () => {
    const url = new URL('/faults', clickhouse.url);
    url.username = 'small';
    const small = await openStore({ dataDir: join(folder, 'small'), url: url.href });
    const { sources } = findSources([write('log.log', formatAttempts(200_000))]);
    {
      await using stagings = new Stagings();
      const staging = await stagings.open(small);
      const error = await stageFiles(small, staging, sources, new Date()).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof AppError && isPassing(error), String(error));
      assert.match((error.cause as Error).message, /^User memory limit exceeded/);
    }
    await small.close();
  });

  test('of a server that falls silent nothing is awaited beyond its time, however many ask, also not the rest of an answer', async (t) => {
    const long = "SELECT repeat('x', 1000000) AS x, sleepEachRow(0.1) FROM numbers(30) SETTINGS max_block_size = 1";
    const path = join(folder, 'rest');
    const limits = { seconds: 4 };
    const begun = [
      store.query(long, {}, limits),
      store.read(long, {}, limits),
      store.save({ path, format: 'Native' }, long, {}, limits),
    ];
    const atWork = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT repeat(%' AND read_rows > 1";
    while ((await clickhouse.run(atWork)) !== `${begun.length}\n` || !existsSync(path)) await wait(20);
    clickhouse.signal('SIGSTOP');
    t.after(() => clickhouse.signal('SIGCONT'));
    const started = performance.now();
    const asked = Array.from({ length: 50 }, async () => store.query('SELECT 1', {}, { seconds: 1 }));
    const late = wait(40_000, 'late', { ref: false });
    const ends = [...begun, ...asked].map(async (each) => Promise.race([each, late]).catch((error: unknown) => error));
    for (const error of await Promise.all(ends)) {
      assert.ok(error instanceof AppError && isPassing(error), String(error));
      assert.match(error.message, /^The ClickHouse at .* does not answer\.$/);
    }
    assert.ok(performance.now() - started < 20_000);
    while (existsSync(path)) await wait(10);
    clickhouse.signal('SIGCONT');
    assert.deepEqual(await store.query('SELECT 1 AS one'), [{ one: 1 }]);
  });
});
