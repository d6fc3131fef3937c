import assert from 'node:assert/strict';
import test from 'node:test';
import { ingest } from '../src/ingest/ingest.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { meddle } from './meddled-store.ts';
import type { Store } from '../src/store/store.ts';
import { makeTempFolder, nameInLms, openTempStore } from './temp-store.ts';
import { findRenames } from '../src/engagement/renames.ts';
import { writeLearners } from '../src/engagement/write-learners.ts';

const { write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';

test('cut into slices, a course has the same learners, those with several names once', async () => {
  const store = await openTempStore();
  const lines: string[] = [];
  for (let id = 1; id <= 60; id += 1) {
    const username = `u${id}`;
    lines.push(
      formatRosterChange('enrollment.activated', { username, user_id: id, mode: id % 3 === 0 ? 'audit' : 'honor' }),
    );
    if (id % 2 === 0) lines.push(formatAttempt({ username, user_id: id, time: '2026-11-20T10:00:00.000001+00:00' }));
    // another name later, far away in the order of names
    if (id % 10 === 0)
      lines.push(
        formatAttempt({ username: `a-${username}`, user_id: id, time: '2026-11-20T11:00:00.000001+00:00' }),
        formatRosterChange('enrollment.deactivated', {
          username: `a-${username}`,
          user_id: id,
          time: '2026-11-20T12:00:00.000001+00:00',
        }),
      );
  }
  await ingest(store, [write('slices.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  await nameInLms(
    store,
    [10, 20, 30, 40, 50, 60].map((id) => [id, `a-u${id}`]),
  );
  // named by the LMS alone, for somebody who has other names
  await store.insert('lms_enrollments', [
    { course_id: COURSE, username: 'c20', user_id: 20, enrollment_mode: 'verified', is_active: true },
  ]);
  const renames = await findRenames(store);
  const setup = { end: '2026-11-22', includeStaff: false, renames, scoped: false };
  const read = async (snapshot: number, sliceSize?: number, own: Store = store) => {
    await writeLearners(
      own,
      { ...setup, courses: [{ courseId: COURSE, snapshot, enrollmentKnown: true, activeLater: true }] },
      sliceSize,
    );
    return store.read<{ username: string; problem_attempts: number; enrolled: boolean }>(
      'SELECT * EXCEPT snapshot FROM learners WHERE snapshot = {snapshot:UInt64} ORDER BY username',
      { snapshot },
    );
  };
  const whole = await read(1);
  assert.deepEqual(
    [whole.length, whole[0]?.username, whole[0]?.problem_attempts, whole[0]?.enrolled],
    [60, 'a-u10', 2, false],
  );
  assert.deepEqual(await read(2, 7), whole);
  const [parts] = await store.read<{ parts: number }>(
    `SELECT count() AS parts FROM system.parts WHERE table = 'learners' AND partition = '2' AND level = 0`,
  );
  assert.ok((parts?.parts ?? 0) > 1);
  // one whose row is written already gets another of their names, before those who have several are written
  const other = async () => store.insert('identities', [{ user_id: 60, username: 'u1', from_lms: false }]);
  const meddled = meddle(store, { before: /INSERT INTO learners(?![^]*slice_)/, other });
  assert.deepEqual(await read(3, 7, meddled), whole);
  const [named] = await store.read("SELECT count() AS names FROM identities WHERE username = 'u1'");
  assert.deepEqual(named, { names: 2 });
});
