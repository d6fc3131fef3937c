import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { shardOf } from '../src/store/cluster-shards.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { NODE_OPTIONS, urlOf } from './cluster-service.ts';
import { formatAttempt } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

// A shard is added, and processes list other nodes than others do.

const AS_OF = '2026-11-22';
const NOW = new Date('2026-11-21T12:00:00Z');
const COURSES = Array.from({ length: 6 }, (_, index) => `course-v1:A+B+${index}`);
const MOVED = COURSES.filter((course) => shardOf(course, 2) === 1);

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
  async function takeIn(to: Store, username: string): Promise<void> {
    logs += 1;
    const lines = COURSES.map((course) => formatAttempt({ username, course, user_id: logs }));
    await ingest(to, [write(`${logs}.log`, `${lines.join('\n')}\n`)], { now: NOW });
  }

  test('who is forgotten while courses move to a new shard is not brought back by rows that were on their way', async () => {
    await reopen([[a1, a2]]);
    await takeIn(store, 'ada');
    await takeIn(store, 'bea');
    await reopen([[a1, a2], [b1]]);
    let refreshes = 0;
    const grown = await store.cluster?.grow(async () => {
      refreshes += 1;
      if (refreshes === 2) {
        await b1.run('CREATE TABLE default.underway AS site.facts ENGINE = Memory');
        await b1.run("INSERT INTO default.underway SELECT * FROM site.facts WHERE username = 'bea'");
        await forgetPerson(store, 'bea');
        assert.equal(await countFacts(b1, 'bea'), 0);
        await b1.run('INSERT INTO site.facts SELECT * FROM default.underway');
        assert.equal(await countFacts(b1, 'bea'), MOVED.length);
      }
      await refresh(store, { asOf: AS_OF });
    });
    assert.deepEqual(grown, { shards: 2, moved: MOVED });
    assert.deepEqual(await Promise.all([a1, a2, b1].map(async (node) => countFacts(node, 'bea'))), [0, 0, 0]);
    assert.equal(await countFacts(b1, 'ada'), MOVED.length);
  });
});

async function open(shards: ReadonlyArray<readonly Clickhouse[]>, dataDir = 'data'): Promise<Store> {
  return openStore({ dataDir: join(folder, dataDir), cluster: shards.map((nodes) => nodes.map(urlOf)) });
}

async function countFacts(node: Clickhouse, username: string): Promise<number> {
  return Number(await node.run(`SELECT count() FROM site.facts FINAL WHERE username = '${username}'`));
}
