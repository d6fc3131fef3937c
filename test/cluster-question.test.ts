import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { removeCopies } from '../src/engagement/copy/tidy-copies.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { openCluster } from '../src/store/cluster-store.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { awaitNodes } from './cluster-service.ts';
import { formatAttempt } from './log-lines.ts';
import { overhear } from './meddled-store.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { openApi } from './open-site.ts';
import { makeTempFolder } from './temp-store.ts';

// A node that tells of a course, and goes away before it has told of its learners: each numbers snapshots by itself.

const COURSE = 'course_id=course-v1:A%2BB%2BC';
const DAYS = 'start_date=2026-11-20&end_date=2026-11-22';
const QUESTIONS = [
  `course_learner_metadata/course-v1:A+B+C/?${DAYS}`,
  `learners/?${COURSE}`,
  `learners/?${COURSE}&${DAYS}&fields=username,problem_attempts`,
  `learners.csv?${COURSE}`,
  `learners/maria/?${COURSE}`,
  `engagement_timelines/maria/?${COURSE}`,
];

describe('a question in the middle of which a node goes away', skipWithoutClickhouse, () => {
  const { folder, write } = makeTempFolder();
  const nodes: Store[] = [];
  /** Whether the first goes away when it is asked for learners. */
  let isLeaving = false;
  let clickhouses: readonly [Clickhouse, Clickhouse];
  let cluster: Store;
  let get: (path: string) => Promise<Response>;
  before(async () => {
    clickhouses = await Promise.all([openClickhouse(), openClickhouse()]);
    for (const node of clickhouses) await node.run('CREATE DATABASE site');
    const [first, other] = clickhouses.map(({ url }) => `${url}/site`) as [string, string];
    const leave = async (what: string) => {
      if (!isLeaving || !what.includes('FROM learners')) return;
      isLeaving = false;
      await clickhouses[0].kill();
    };
    cluster = await openCluster(
      [[first, other]],
      { path: join(folder, 'spool'), close: () => {} },
      async (url, name) => {
        const store = await openStore({ dataDir: join(folder, name), url });
        nodes.push(url === first ? overhear(store, leave) : store);
        return nodes.at(-1)!;
      },
    );
    const lines = ['maria', 'ada'].map((username) => `${formatAttempt({ username })}\n`);
    await ingest(cluster, [write('tracking.log', lines.join(''))], { now: new Date('2026-11-22T12:00:00Z') });
    await refresh(cluster, { asOf: '2026-11-23' });
    get = await openApi(cluster);
  });
  after(async () => {
    await cluster.close();
    for (const node of clickhouses) await node.close();
  });

  /** The answer where no node has a copy of what it published. */
  async function ask(question: string): Promise<readonly [status: number, text: string]> {
    for (const node of nodes) removeCopies(node, null);
    const response = await get(question);
    return [response.status, (await response.text()).replaceAll(/snapshot=\d+/g, '')];
  }

  for (const question of QUESTIONS) {
    test(`${question} is asked of the other as a whole`, async () => {
      const whole = await ask(question);
      isLeaving = true;
      const moved = await ask(question);
      assert.ok(!isLeaving, 'it was not asked');
      await clickhouses[0].start();
      await awaitNodes({ store: cluster, get });
      assert.equal(whole[0], 200);
      assert.deepEqual(moved, whole);
    });
  }
});
