import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../src/errors.ts';
import { isPassing } from '../src/store/engine-errors.ts';
import { regardless, untilGivenUp, untilLate } from '../src/store/give-up.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { NODE_OPTIONS, urlOf } from './cluster-service.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { type Proxy, openProxy } from './open-proxy.ts';
import { makeTempFolder } from './temp-store.ts';

// A ClickHouse, or what is between, that falls silent in the middle of what nobody waits for, under the shipped rights.

const { folder, write } = makeTempFolder();

/** A lost connection is given up after three looks, a silent server after three of which each waits twice as long; the machine may be busy. */
const LOOK_MS = 1000;
const LOST_MS = 25_000;
const SILENT_MS = 40_000;

const sleep = (seconds: number, name: string) =>
  `INSERT INTO slept SELECT '${name}' FROM numbers(${seconds}) WHERE sleepEachRow(1) = 0 SETTINGS max_block_size = 1`;

async function fail(statement: Promise<unknown>): Promise<AppError> {
  const error = await statement.then(
    () => assert.fail('it was done'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError && isPassing(error), String(error));
  return error;
}

describe('with a listening ClickHouse behind a proxy', skipWithoutClickhouse, () => {
  let clickhouse: Clickhouse;
  let proxy: Proxy;
  let store: Store;
  before(async () => {
    clickhouse = await openClickhouse(NODE_OPTIONS);
    await clickhouse.run('CREATE DATABASE site');
    ({ proxy, store } = await openBehind('data'));
    await store.run('CREATE TABLE slept (name String) ENGINE = MergeTree ORDER BY name');
  });
  after(async () => {
    await store?.close();
    proxy?.close();
    await clickhouse?.close();
  });

  async function openBehind(name: string, prepare: (proxy: Proxy) => void = () => {}) {
    const own = await openProxy(clickhouse.http);
    prepare(own);
    const url = urlOf({ ...clickhouse, http: own.port });
    return { proxy: own, store: await openStore({ dataDir: join(folder, name), url, lookMs: LOOK_MS }) };
  }
  const countSlept = async (name: string) => clickhouse.run(`SELECT count() FROM site.slept WHERE name = '${name}'`);
  const countUnderWay = async (name: string) =>
    clickhouse.run(`SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO slept SELECT \\'${name}%'`);
  const awaitUnderWay = async (name: string, count = 1) => {
    while ((await countUnderWay(name)) !== `${count}\n`) await wait(20);
  };

  // they do little but wait
  describe('whatever else it does', { concurrency: true }, () => {
    test('a statement is waited for as long as the server does it, and given up once its connection is lost', async () => {
      const began = performance.now();
      const lost = fail(store.run(sleep(5, 'lost')));
      await awaitUnderWay('lost');
      proxy.loseConnections();
      const long = store.run(sleep(7, 'long'));
      const { message } = await lost;
      const took = performance.now() - began;
      assert.match(message, /^The ClickHouse at 127\.0\.0\.1:\d+ does not do a statement any more/);
      assert.ok(took > 5000 + LOOK_MS && took < 5000 + LOST_MS, `${took} ms`);
      await long;
      assert.deepEqual([await countSlept('lost'), await countSlept('long')], ['5\n', '7\n']);
    });

    test('what is still on its way to the server, by what is between, is waited for', async (t) => {
      const hoarding = await openBehind('hoard', (own) => own.hoard(true));
      t.after(() => hoarding.proxy.close());
      t.after(async () => hoarding.store.close());
      const began = performance.now();
      await hoarding.store.insertFiles((source) => `INSERT INTO slept SELECT substring(line, 1, 5) FROM ${source}`, {
        paths: [write('long.log', `${'hoard'.padEnd(1e6, '.')}\n`.repeat(50))],
        format: 'LineAsString',
        structure: 'line String',
        compression: 'none',
      });
      assert.ok(performance.now() - began > 5 * LOOK_MS, 'it was too fast for the test');
      assert.equal(await countSlept('hoard'), '50\n');
    });

    test('where what is between gives statements names of its own, nothing is known of them, and they are waited for', async (t) => {
      const renaming = await openBehind('named', (own) => own.rename(true));
      t.after(() => renaming.proxy.close());
      t.after(async () => renaming.store.close());
      await renaming.store.run(sleep(6, 'named'));
      assert.equal(await countSlept('named'), '6\n');
    });
  });

  test('a statement that nobody wants any more is ended on the server, before anything else is done', async () => {
    const leaving = new AbortController();
    const reason = new AppError('store_unavailable', 'Nobody wants it.');
    const unwanted = untilGivenUp(leaving.signal, async () => store.run(sleep(60, 'unwanted')));
    await awaitUnderWay('unwanted');
    leaving.abort(reason);
    await assert.rejects(unwanted, reason);
    assert.equal(await countUnderWay('unwanted'), '0\n');
  });

  test('what is given up as there is no time left is ended on the server, and not waited for', async (t) => {
    const leaving = new AbortController();
    const reason = new AppError('store_unavailable', 'There is no time left.');
    const late = untilLate(leaving.signal, async () => regardless(async () => store.run(sleep(60, 'late'))));
    await awaitUnderWay('late');
    clickhouse.signal('SIGSTOP');
    t.after(() => clickhouse.signal('SIGCONT'));
    const began = performance.now();
    leaving.abort(reason);
    await assert.rejects(late, reason);
    assert.ok(performance.now() - began < 2900, `${performance.now() - began} ms`);
    clickhouse.signal('SIGCONT');
    await awaitUnderWay('late', 0);
  });

  test('a server that does not answer at all is given up, and asked again when it is back', async (t) => {
    const silent = fail(store.run(sleep(2, 'silent')));
    await awaitUnderWay('silent');
    const began = performance.now();
    clickhouse.signal('SIGSTOP');
    t.after(() => clickhouse.signal('SIGCONT'));
    assert.match((await silent).message, /^The ClickHouse at 127\.0\.0\.1:\d+ does not answer\.$/);
    const took = performance.now() - began;
    assert.ok(took < SILENT_MS, `${took} ms`);
    clickhouse.signal('SIGCONT');
    await store.run(sleep(1, 'back'));
    assert.equal(await countSlept('back'), '1\n');
  });

  test('so is a statement of a node of a cluster whose connection is lost, while the node answers', async (t) => {
    const urls = [urlOf({ ...clickhouse, http: proxy.port })];
    const cluster = await openStore({ dataDir: join(folder, 'cluster'), cluster: [urls], lookMs: LOOK_MS });
    t.after(async () => cluster.close());
    const began = performance.now();
    const lost = fail(cluster.everywhere(async (node) => node.run(sleep(4, 'node'))));
    await awaitUnderWay('node');
    proxy.loseConnections();
    assert.match((await lost).message, /the connection was lost\.$/);
    assert.ok(performance.now() - began < 4000 + LOST_MS, `${performance.now() - began} ms`);
    assert.equal(await countSlept('node'), '4\n');
    await cluster.everywhere(async (node) => node.run(sleep(1, 'again')));
    assert.equal(await countSlept('again'), '1\n');
  });
});
