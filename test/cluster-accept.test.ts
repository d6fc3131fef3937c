import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { createKey, revokeKey } from '../src/auth/api-keys.ts';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
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
    return (await store.cluster?.status())?.map(({ up, lacks }) => (lacks ? 'lacks' : up ? 'there' : 'away'));
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
    await awaitGone();
    await assert.rejects(accept, { code: 'store_unavailable', message: `${nameOf(a2)} does not answer.` });
    await a2.start();
    await awaitNodes(service, (index) => index > 0);
    assert.deepEqual(await standing(), ['away', 'lacks', 'there']);
    assert.notDeepEqual(await readRows(a2, COMMON), await readRows(b1, COMMON));
    await accept();
    assert.deepEqual(await standing(), ['away', 'there', 'there']);
    assert.deepEqual(await readRows(a2, COMMON), await readRows(b1, COMMON));
    assert.equal(await a2.run('SELECT DISTINCT username FROM site.facts'), 'ada\n');
  });

  async function awaitGone(): Promise<void> {
    while ((await store.cluster?.status())?.some(({ up, shard }) => up && shard === 1)) await standing();
  }
});
