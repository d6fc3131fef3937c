import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { shardOf } from '../src/store/cluster-shards.ts';
import { openStore } from '../src/store/open-store.ts';
import { holdStatement } from './hold-statement.ts';
import { formatAttempt } from './log-lines.ts';
import { openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

const { folder, write } = makeTempFolder();
const COURSES = ['C', 'D', 'G', 'H'].map((run) => `course-v1:A+B+${run}`);

test(
  'a refresh is under way on all shards at once: none waits for what another publishes',
  { ...skipWithoutClickhouse, timeout: 60_000 },
  async () => {
    const clickhouse = await openClickhouse();
    // each shard a database, behind a proxy that keeps what it publishes
    const shards = await Promise.all(
      ['one', 'two'].map(async () => holdStatement(clickhouse.url, 'INSERT INTO snapshots')),
    );
    for (const name of ['one', 'two']) await clickhouse.run(`CREATE DATABASE ${name}`);
    const [one, two] = shards;
    const store = await openStore({
      dataDir: join(folder, 'data'),
      cluster: [[`${one?.url}/one`], [`${two?.url}/two`]],
    });
    after(async () => {
      for (const shard of shards) shard.answer();
      await store.close();
      for (const shard of shards) shard.close();
      await clickhouse.close();
    });
    assert.deepEqual(new Set(COURSES.map((course) => shardOf(course, 2))), new Set([0, 1]));
    const lines = COURSES.map((course) => formatAttempt({ course }));
    await ingest(store, [write('a.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
    const refreshing = refresh(store, { asOf: '2026-11-22' });
    refreshing.catch(() => {});
    // both have come to it, and neither has done it
    await Promise.all(shards.map(async ({ asked }) => asked));
    for (const shard of shards) {
      await shard.pass();
      shard.answer();
    }
    assert.equal((await refreshing).courses, COURSES.length);
    for (const course of COURSES) {
      const found = await store.about(course, async (own) => getCourse(own, course));
      assert.equal(found?.learnerCount, 1, course);
    }
  },
);
