import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { openStore } from '../src/store/open-store.ts';
import { NODE_OPTIONS } from './cluster-service.ts';
import { formatAttempt } from './log-lines.ts';
import { openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

const { folder, write } = makeTempFolder();
const COURSES = ['C', 'D', 'E'].map((run) => `course-v1:A+B+${run}`);

test(
  'a course that fails on one node is told, and neither that node nor the other courses are done without',
  skipWithoutClickhouse,
  async () => {
    const nodes = [await openClickhouse(NODE_OPTIONS), await openClickhouse(NODE_OPTIONS)] as const;
    for (const node of nodes) await node.run('CREATE DATABASE site');
    const urls = nodes.map(({ url }) => `${url}/site`);
    const store = await openStore({ dataDir: join(folder, 'data'), cluster: [urls] });
    after(async () => {
      await store.close();
      for (const node of nodes) await node.close();
    });
    const lines = COURSES.map((course) => formatAttempt({ username: course.endsWith('D') ? 'poison' : 'ada', course }));
    const now = new Date('2026-11-21T12:00:00Z');
    await ingest(store, [write('a.log', `${lines.join('\n')}\n`)], { now });
    // too much memory for one course: what passes, for all that anybody knows; refused at once, before any of it is written
    const tooMuch = "length(range(toUInt64(if(username = 'poison', 499999999, 1)))) > 0 AND username != 'poison'";
    await nodes[1].run(`ALTER TABLE site.learners ADD CONSTRAINT memory CHECK ${tooMuch}`);
    for (let round = 0; round < 2; round += 1) {
      await assert.rejects(refresh(store, { asOf: '2026-11-22' }));
      const status = await store.cluster?.status();
      assert.deepEqual(
        status?.map(({ up, lacks }) => [up, lacks]),
        [
          [true, false],
          [true, false],
        ],
      );
    }
    await nodes[0].kill();
    const count = async (course: string) =>
      (await store.about(course, async (own) => getCourse(own, course)))?.learnerCount;
    assert.deepEqual([await count(COURSES[0]!), await count(COURSES[2]!)], [1, 1]);
  },
);
