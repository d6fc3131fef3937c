import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { NODE_OPTIONS, urlOf } from './cluster-service.ts';
import { formatAttempts } from './log-lines.ts';
import { type Proxy, openProxy } from './open-proxy.ts';
import { awaitOk, runCommand, startServer } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// A server that is told to stop while a ClickHouse that listens elsewhere keeps it waiting, under the shipped rights.

const { folder, write } = makeTempFolder();

/** Docker kills after ten seconds. */
const STOPPED_MS = 10_000;
const AS_OF = ['--as-of', '2026-11-24'];

describe('told to stop, with a ClickHouse that does not answer', { ...skipWithoutClickhouse, timeout: 240_000 }, () => {
  let nodes: Clickhouse[] = [];
  let proxy: Proxy;
  before(async () => {
    nodes = await Promise.all([openClickhouse(NODE_OPTIONS), openClickhouse(NODE_OPTIONS)]);
    for (const node of nodes) await node.run('CREATE DATABASE site');
    proxy = await openProxy(nodes[0]?.http ?? 0);
  });
  after(async () => {
    proxy?.close();
    await Promise.all(nodes.map(async (node) => node.close()));
  });

  type Server = Awaited<ReturnType<typeof startServer>>['server'];

  async function stop(server: Server): Promise<number> {
    const told = performance.now();
    server.kill('SIGTERM');
    const late = wait(3 * STOPPED_MS, ['late'], { ref: false });
    assert.deepEqual(await Promise.race([once(server, 'exit'), late]), [0, null]);
    return performance.now() - told;
  }

  const urlOfProxy = () => urlOf({ ...(nodes[0] as Clickhouse), http: proxy.port });

  test('what a connection was lost of is left, and done by the next', async (t) => {
    const log = write('lost.log', formatAttempts(3000));
    const direct = { CLICKHOUSE_URL: urlOf(nodes[0] as Clickhouse), DATA_DIR: join(folder, 'direct') };
    proxy.swallow(/INSERT INTO facts/);
    const { server } = await startServer(['--watch', log, ...AS_OF], {
      CLICKHOUSE_URL: urlOfProxy(),
      DATA_DIR: join(folder, 'lost'),
    });
    while (proxy.swallowed() === 0) await wait(20);
    const took = await stop(server);
    proxy.swallow(null);
    t.diagnostic(`stopped after ${Math.round(took)} ms`);
    assert.ok(took < STOPPED_MS, `${took} ms`);
    const left = await nodes[0]?.run(
      "SELECT count() FROM system.tables WHERE database = 'site' AND name LIKE 'ingest%'",
    );
    assert.equal(left, '0\n');
    const { out } = await runCommand(['ingest', log, ...AS_OF, '--json'], direct);
    assert.equal((JSON.parse(out) as { new_facts: number }).new_facts, 3000);
  });

  test('a request under way is answered with 503, and the server stops', async (t) => {
    const env = { CLICKHOUSE_URL: urlOfProxy(), DATA_DIR: join(folder, 'silent') };
    const { key } = JSON.parse((await runCommand(['keys', 'create', 'tests', '--json'], env)).out) as { key: string };
    const { server, url } = await startServer(AS_OF, env);
    const ask = async () => fetch(`${url}courses/`, { headers: { authorization: `Token ${key}` } });
    await awaitOk(ask);
    // what was asked just before is remembered for a second
    await wait(1100);
    nodes[0]?.signal('SIGSTOP');
    t.after(() => nodes[0]?.signal('SIGCONT'));
    const swallowed = proxy.swallowed();
    proxy.swallow(/FROM api_keys/);
    const asked = ask();
    while (proxy.swallowed() === swallowed) await wait(20);
    const stopping = stop(server);
    const response = await asked;
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
    const took = await stopping;
    t.diagnostic(`stopped after ${Math.round(took)} ms`);
    assert.ok(took < STOPPED_MS, `${took} ms`);
  });

  test('of a cluster of which no node answers, as well', async (t) => {
    const env = {
      CLICKHOUSE_CLUSTER: nodes.map(urlOf).join(','),
      DATA_DIR: join(folder, 'cluster'),
    };
    const { server, url } = await startServer(['--watch', write('cluster.log', formatAttempts(60_000)), ...AS_OF], env);
    await awaitOk(async () => fetch(`${url}health/`));
    for (const node of nodes) {
      node.signal('SIGSTOP');
      t.after(() => node.signal('SIGCONT'));
    }
    while ((await fetch(`${url}health/`)).status === 200) await wait(20);
    const took = await stop(server);
    t.diagnostic(`stopped after ${Math.round(took)} ms`);
    assert.ok(took < STOPPED_MS, `${took} ms`);
  });
});
