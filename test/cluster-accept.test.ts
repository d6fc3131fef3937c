import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import test, { after, before, describe } from 'node:test';
import { createKey, listKeys, revokeKey } from '../src/auth/api-keys.ts';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { shardOf } from '../src/store/cluster-shards.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import {
  COURSE_TABLES,
  NODE_OPTIONS,
  type Service,
  askHealth,
  askPath,
  awaitNodes,
  nameOf,
  openService,
  readRows,
  urlOf,
} from './cluster-service.ts';
import { formatAttempt } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { runCommand } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// A shard of two replicas and one of one: what one of the two missed, the other has, until that is gone for good. Then it is the shard that lost something.

const [COURSE = '', OTHER = ''] = [0, 1].map((shard) =>
  Array.from({ length: 6 }, (_, index) => `course-v1:A+B+${index}`).find((id) => shardOf(id, 2) === shard),
);
const NOW = new Date('2026-11-21T12:00:00Z');
const LOST = /^No node of shard 1 has what \S+ lacks: one came back with nothing/;
const COMMON = ['api_keys', 'forgotten', 'forgotten_salt'];
const { folder, write } = makeTempFolder();

describe('a node that lacks something, and is to be asked again', skipWithoutClickhouse, () => {
  let nodes: Clickhouse[] = [];
  let store: Store;

  before(async () => {
    const config = `${NODE_OPTIONS.config}<backups><allowed_path>${folder}</allowed_path></backups>`;
    nodes = await Promise.all(Array.from({ length: 3 }, async () => openClickhouse({ ...NODE_OPTIONS, config })));
    for (const node of nodes) await node.run('CREATE DATABASE site');
    const [a1, a2, b1] = nodes.map(urlOf);
    assert.ok(a1 !== undefined && a2 !== undefined && b1 !== undefined);
    store = await openStore({ dataDir: join(folder, 'data'), cluster: [[a1, a2], [b1]] });
    const lines = ['ada', 'bea'].map((username) => formatAttempt({ username, course: COURSE }));
    await ingest(store, [write('tracking.log', `${lines.join('\n')}\n`)], { now: NOW });
    await createKey(store, 'to be revoked');
  });
  after(async () => {
    await store?.close();
    await Promise.all(nodes.map(async (node) => node.close()));
  });

  async function standing(): Promise<unknown> {
    return (await store.cluster?.status())?.map(({ up, lacks, lost }) =>
      !up ? 'away' : lost ? 'lost' : lacks ? 'lacks' : 'there',
    );
  }

  test('is refused while another has what it lacks, and gets what all nodes have once none has', async () => {
    const [a1, a2, b1] = nodes;
    assert.ok(a1 !== undefined && a2 !== undefined && b1 !== undefined);
    const { cluster } = store;
    const accept = async () => cluster?.accept(nameOf(a2));
    await assert.rejects(accept, { code: 'usage', message: `${nameOf(a2)} lacks nothing that is known of.` });
    await a2.kill();
    await revokeKey(store, 'to be revoked');
    await forgetPerson(store, 'bea');
    const has = { code: 'usage', message: new RegExp(`^${nameOf(a1)} has what ${nameOf(a2)} lacks`) };
    await assert.rejects(accept, has);
    await a2.start();
    const service = await openService(store);
    await awaitNodes(service);
    await assert.rejects(accept, has);
    await a2.kill();
    await a1.kill();
    await awaitStanding(['away', 'away', 'there']);
    await assert.rejects(accept, { code: 'store_unavailable', message: `${nameOf(a2)} does not answer.` });
    await a2.start();
    await awaitStanding(['away', 'lacks', 'there']);
    assert.notDeepEqual(await readRows(a2, COMMON), await readRows(b1, COMMON));
    await accept();
    assert.deepEqual(await standing(), ['away', 'there', 'there']);
    assert.deepEqual(await readRows(a2, COMMON), await readRows(b1, COMMON));
    assert.equal(await a2.run('SELECT DISTINCT username FROM site.facts'), 'ada\n');
  });

  test('waits for nodes of other shards that may have what every node has; an empty one has nothing to tell', async () => {
    const [a1, a2, b1] = nodes;
    assert.ok(a1 !== undefined && a2 !== undefined && b1 !== undefined);
    const accept = async () => store.cluster?.accept(nameOf(a2));
    const kept = await readRows(a2, COMMON);
    await noteGap(a2, a2);
    await b1.kill();
    await awaitStanding(['away', 'lacks', 'away']);
    await assert.rejects(accept, {
      code: 'store_unavailable',
      message: new RegExp(`^${nameOf(b1)} may have what every node has and ${nameOf(a2)} lacks, and does not answer`),
    });
    // it is gone for good, and another one takes its address
    await b1.start();
    await b1.run('DROP DATABASE site SYNC');
    await b1.run('CREATE DATABASE site');
    await awaitStanding(['away', 'lacks', 'lost']);
    await accept();
    assert.deepEqual(await readRows(a2, COMMON), kept);
    assert.deepEqual(await standing(), ['away', 'there', 'lost']);
    await store.cluster?.accept(nameOf(b1));
    assert.deepEqual(await readRows(b1, COMMON), kept);
  });

  test('gets what another has that lacks something, too', async () => {
    const [a1, a2, b1] = nodes;
    assert.ok(a1 !== undefined && a2 !== undefined && b1 !== undefined);
    await a1.start();
    await awaitStanding(['lacks', 'there', 'there']);
    await refresh(store);
    await awaitStanding(['there', 'there', 'there']);
    await a2.run('TRUNCATE TABLE site.facts');
    for (const lacking of [a1, a2]) await noteGap(b1, lacking);
    assert.deepEqual(await standing(), ['lacks', 'lacks', 'there']);
    await store.cluster?.accept(nameOf(a2));
    assert.deepEqual(await standing(), ['lacks', 'there', 'there']);
    assert.equal(await a2.run('SELECT DISTINCT username FROM site.facts'), 'ada\n');
  });

  test('a shard of which all nodes come back empty is not told to have no courses, and is restored as documented', async () => {
    const [a1, a2, b1] = nodes;
    assert.ok(a1 !== undefined && a2 !== undefined && b1 !== undefined);
    await takeIn('of-all.log', ['ada', 'cleo', 'dora']);
    await refresh(store);
    await awaitStanding(['there', 'there', 'there']);
    await createKey(store, 'to be revoked later');
    await a2.run(`BACKUP DATABASE site TO File('${folder}/backup')`);
    await revokeKey(store, 'to be revoked later');
    await forgetPerson(store, 'dora');
    const later = await takeIn('later.log', ['eve']);
    await refresh(store);
    const service = await openService(store, 'whole');
    const whole = await askAll(service);

    for (const node of [a1, a2]) await empty(node);
    await awaitStanding(['lost', 'lost', 'there']);
    await assert.rejects(refresh(store), { code: 'store_unavailable', message: LOST });
    await awaitStanding(['lost', 'lost', 'there']);
    const env = { CLICKHOUSE_CLUSTER: `${urlOf(a1)},${urlOf(a2)};${urlOf(b1)}`, DATA_DIR: join(folder, 'command') };
    const told = await runCommand(['cluster'], env);
    assert.equal(told.code, 1, told.err);
    assert.match(told.out, /^shard 1 {2}\S+ {2}lacks what no node of its shard has: docs\/cluster\.md/);
    assert.match(
      (await runCommand(['doctor'], env)).out,
      /^FAULT +store +\S+ of shard 1 lacks what no node of its shard/m,
    );
    assert.match((await askHealth(service)).detailed_status.freshness, /^OK: but for the courses of shard 1,/);
    const status = async () => (await askAll(service)).map(([code]) => code);
    assert.deepEqual(await status(), [503, 503, 200]);

    const restore = readRestore()
      .replaceAll('la.', 'site.')
      .replace(/FROM \S+ \S+/, `FROM File('${folder}/backup')`);
    await a1.run(restore);
    await ingest(store, [later], { now: NOW });
    assert.deepEqual(await status(), [503, 503, 200]);
    await store.cluster?.accept(nameOf(a1));
    await refresh(store);
    await awaitStanding(['there', 'there', 'there']);
    assert.deepEqual(await askAll(service), whole);
    assert.equal(await a1.run('SELECT DISTINCT username FROM site.facts ORDER BY ALL'), 'ada\ncleo\neve\n');
    assert.deepEqual(await readRows(a2, COURSE_TABLES), await readRows(a1, COURSE_TABLES));
    const keys = await listKeys(store);
    assert.notEqual(keys.find(({ name }) => name === 'to be revoked later')?.revoked_at ?? null, null);
  });

  test('nothing is lost while a replica has all, or took what the other missed', async () => {
    const [a1, a2] = nodes;
    assert.ok(a1 !== undefined && a2 !== undefined);
    await empty(a1);
    await awaitStanding(['lacks', 'there', 'there']);
    await a2.kill();
    await takeIn('meanwhile.log', ['fay']);
    await a2.start();
    await awaitStanding(['lacks', 'lacks', 'there']);
    await refresh(store);
    await awaitStanding(['there', 'there', 'there']);
    for (const node of [a1, a2])
      assert.equal(await node.run('SELECT DISTINCT username FROM site.facts ORDER BY ALL'), 'ada\ncleo\neve\nfay\n');
  });

  test('it is where one replica comes back empty and the other lacks something, until that is taken in again', async () => {
    const [a1, a2] = nodes;
    assert.ok(a1 !== undefined && a2 !== undefined);
    await a2.kill();
    const alone = await takeIn('alone.log', ['gil']);
    await empty(a1);
    await a2.start();
    await awaitStanding(['lost', 'lost', 'there']);
    await assert.rejects(refresh(store), { message: LOST });
    await ingest(store, [alone], { now: NOW });
    await store.cluster?.accept(nameOf(a2));
    await refresh(store);
    await awaitStanding(['there', 'there', 'there']);
    for (const node of [a1, a2])
      assert.equal(await node.run("SELECT count() FROM site.facts FINAL WHERE username = 'gil'"), '1\n');
  });

  test('and where others take the place of all its nodes, also once those are forgotten', async () => {
    const [a1, a2, b1] = nodes;
    assert.ok(a1 !== undefined && a2 !== undefined && b1 !== undefined);
    const replaced = await openClickhouse(NODE_OPTIONS);
    nodes.push(replaced);
    await replaced.run('CREATE DATABASE site');
    await store.close();
    store = await openStore({ dataDir: join(folder, 'data'), cluster: [[urlOf(replaced)], [urlOf(b1)]] });
    for (const node of [a1, a2]) await store.cluster?.forget(nameOf(node));
    await assert.rejects(refresh(store), { message: LOST });
    await awaitStanding(['lost', 'there']);
    await store.cluster?.accept(nameOf(replaced));
    await awaitStanding(['there', 'there']);
  });

  async function takeIn(name: string, usernames: readonly string[]): Promise<string> {
    const lines = usernames.flatMap((username) => [COURSE, OTHER].map((course) => formatAttempt({ username, course })));
    const path = write(name, `${lines.join('\n')}\n`);
    await ingest(store, [path], { now: NOW });
    return path;
  }

  async function noteGap(on: Clickhouse, lacking: Clickhouse): Promise<void> {
    await on.run(
      `INSERT INTO site.cluster_gaps (node, id, courses) VALUES ('${nameOf(lacking)}', generateUUIDv4(), true)`,
    );
    await store.cluster?.status();
  }

  async function awaitStanding(awaited: readonly string[]): Promise<void> {
    const until = performance.now() + 20_000;
    for (;;) {
      const found = await standing();
      if (isDeepStrictEqual(found, awaited)) return;
      if (performance.now() > until) assert.deepEqual(found, awaited);
      await wait(100);
    }
  }
});

async function askAll(service: Service) {
  // what was asked just before is remembered for a second
  await wait(1100);
  const paths = ['courses/', ...[COURSE, OTHER].map((course) => `learners/?course_id=${encodeURIComponent(course)}`)];
  return Promise.all(paths.map(async (path) => (await askPath(service, path)) as [status: number, body: unknown]));
}

/** As a node that gets a new disk. */
async function empty(node: Clickhouse): Promise<void> {
  await node.kill();
  await node.start();
  await node.run('DROP DATABASE site SYNC');
  await node.run('CREATE DATABASE site');
}

/** The statement of docs/cluster.md that brings back the tables of a shard. */
function readRestore(): string {
  const text = readFileSync(join(import.meta.dirname, '../docs/cluster.md'), 'utf8');
  return /^ *RESTORE TABLE [^;]*/m.exec(text)?.[0] ?? '';
}
