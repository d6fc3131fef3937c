import assert from 'node:assert/strict';
import test from 'node:test';
import { findCourses } from '../src/engagement/find-courses.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import type { Params } from '../src/store/store.ts';
import { formatAttempt } from './log-lines.ts';
import { overhear } from './meddled-store.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';

const { write } = makeTempFolder();
const AS_OF = '2026-11-22';
const COURSE = 'course-v1:A+B+C';

test('marks of days that every course has seen are not read', async () => {
  const store = await openTempStore();
  const lines = ['ada', 'bob'].map((username) => formatAttempt({ username, course: COURSE }));
  await ingest(store, [write('a.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  await refresh(store, { asOf: AS_OF });
  // of this day and nine before, and of a course that was never published
  await store.run(
    `INSERT INTO touched_learners (course_id, username, day, touched_at)
     SELECT arrayJoin([{course:String}, 'course-v1:A+B+D']), 'ada', toDate('2026-11-20'), now64(6) - INTERVAL number DAY FROM numbers(10)`,
    { course: COURSE },
  );
  let asked: readonly [string, Params] | undefined;
  const heard = overhear(store, (what, params) => {
    asked ??= [what, params];
  });
  const [course] = await findCourses(heard, AS_OF, false);
  assert.equal(course?.learners, 1);
  assert.ok(asked !== undefined);
  const read = await store.read<{ table: string; rows: number }>(`EXPLAIN ESTIMATE ${asked[0]}`, asked[1]);
  assert.deepEqual(
    read.filter(({ table }) => table === 'touched_learners').map(({ rows }) => rows),
    [2],
  );
});
