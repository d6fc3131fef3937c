import assert from 'node:assert/strict';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import test, { after, before, describe } from 'node:test';
import { createKey, revokeKey } from '../src/auth/api-keys.ts';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { shardOf } from '../src/store/cluster-shards.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { NODE_OPTIONS, awaitNodes, nameOf, openService, readRows, urlOf } from './cluster-service.ts';
import { formatAttempt } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

// A shard of two replicas and one of one: what one of the two missed, the other has, until that is gone for good.

const COURSE = Array.from({ length: 6 }, (_, index) => `course-v1:A+B+${index}`).find((id) => shardOf(id, 2) === 0);
const COMMON = ['api_keys', 'forgotten', 'forgotten_salt'];
const { folder, write } = makeTempFolder();

describe('a node that lacks something, and is to be asked again', skipWithoutClickhouse, () => {
  let nodes: Clickhouse[] = [];
  let store: Store;

  before(async () => {
    nodes = await Promise.all(Array.from({ length: 3 }, async () => openClickhouse(NODE_OPTIONS)));
    for (const node of nodes) await node.run('CREATE DATABASE site');
    const [a1, a2, b1] = nodes.map(urlOf);
    assert.ok(a1 !== undefined && a2 !== undefined && b1 !== undefined && COURSE !== undefined);
    store = await openStore({ dataDir: join(folder, 'data'), cluster: [[a1, a2], [b1]] });
    const lines = ['ada', 'bea'].map((username) => formatAttempt({ username, course: COURSE }));
    await ingest(store, [write('tracking.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
    await createKey(store, 'to be revoked');
  });
  after(async () => {
    await store?.close();
    await Promise.all(nodes.map(async (node) => node.close()));
  });

  async function standing(): Promise<unknown> {
    return (await store.cluster?.status())?.map(({ up, lacks }) => (!up ? 'away' : lacks ? 'lacks' : 'there'));
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
    await awaitStanding(['away', 'lacks', 'lacks']);
    await accept();
    assert.deepEqual(await readRows(a2, COMMON), kept);
    assert.deepEqual(await standing(), ['away', 'there', 'lacks']);
    await refresh(store);
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

  async function noteGap(on: Clickhouse, lacking: Clickhouse): Promise<void> {
    await on.run(
      `INSERT INTO site.cluster_gaps (node, id, courses) VALUES ('${nameOf(lacking)}', generateUUIDv4(), true)`,
    );
    await store.cluster?.status();
  }

  async function awaitStanding(awaited: readonly string[]): Promise<void> {
    const until = performance.now() + 60_000;
    for (;;) {
      const found = await standing();
      if (isDeepStrictEqual(found, awaited)) return;
      if (performance.now() > until) assert.deepEqual(found, awaited);
      await wait(100);
    }
  }
});
