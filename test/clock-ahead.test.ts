import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { forgetCourse, getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { listLearners } from '../src/engagement/roster.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { formatAttempt } from './log-lines.ts';
import { makeTempFolder } from './temp-store.ts';

// A clock that was ahead once: snapshots have numbers, and were begun, at a time that is still to come.

const { folder, write } = makeTempFolder();
const [X, Y] = ['course-v1:A+B+X', 'course-v1:A+B+Y'];
const HOUR = 3_600_000_000;

const attempt = (username: string, course: string, day: string) =>
  formatAttempt({ username, course, time: `${day}T10:00:00Z` });

async function take(store: Store, name: string, lines: readonly string[]): Promise<void> {
  await ingest(store, [write(name, `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
}

async function listNames(store: Store, courseId: string): Promise<string[]> {
  forgetCourse(store, courseId);
  const query = { courseId, orderBy: 'username', descending: false, offset: 0, limit: 100 } as const;
  return (await listLearners(store, query)).learners.map(({ username }) => username);
}

test('no course gets the number of another, and each is told what happened since', async () => {
  const dataDir = join(folder, 'data');
  const before = await openStore({ dataDir });
  await take(before, 'a.log', [attempt('xena', X, '2026-10-01'), attempt('yuri', Y, '2026-10-01')]);
  await refresh(before, { asOf: '2026-11-22' });
  // both as an hour later, by numbers that follow each other
  await before.run(
    `INSERT INTO snapshots
     SELECT * REPLACE (
       (SELECT max(snapshot) FROM snapshots) + ${HOUR} + toUInt64(course_id = {last:String}) AS snapshot, snapshot AS rest,
       started_at + INTERVAL 1 HOUR AS started_at, published_at + INTERVAL 1 HOUR AS published_at,
       toDate('2026-11-23') AS window_end)
     FROM snapshots`,
    { last: Y },
  );
  await before.close();
  // started again, when the clock is right
  const store = await openStore({ dataDir });
  try {
    await take(store, 'b.log', [attempt('xerxes', X, '2026-11-20')]);
    await refresh(store, { asOf: '2026-11-24' });
    assert.deepEqual([await listNames(store, X), await listNames(store, Y)], [['xena', 'xerxes'], ['yuri']]);
    for (const course of [X, Y]) assert.equal((await getCourse(store, course))?.window.end, '2026-11-24');
    const numbers = await store.read(
      'SELECT snapshot FROM snapshots GROUP BY snapshot HAVING uniqExact(course_id) > 1',
    );
    assert.deepEqual(numbers, []);
    // and not once more in every round
    assert.equal((await refresh(store, { asOf: '2026-11-24' })).refreshed, 0);
    await take(store, 'c.log', [attempt('yan', Y, '2026-11-20')]);
    await refresh(store, { asOf: '2026-11-24' });
    assert.deepEqual(await listNames(store, Y), ['yan', 'yuri']);
  } finally {
    await store.close();
  }
});
