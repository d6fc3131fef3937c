import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { getLearner } from '../../test/get-learner.ts';
import { openTestStore, recordActivity } from '../../test/temp-store.ts';
import type { Store } from '../store/store.ts';
import { refresh } from './refresh.ts';
import { listLearners } from './roster.ts';
import { getTimeline } from './timeline.ts';

const COURSE = 'course-v1:DemoX+Names+2026';
const folder = mkdtempSync(join(tmpdir(), 'renames-'));
let store: Store;

before(async () => {
  store = await openTestStore(folder);
});

after(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

function fact(username: string, userId: number, day: string, hash: number) {
  return {
    course_id: COURSE,
    day,
    username,
    user_id: userId,
    hash,
    time: `${day} 10:00:00`,
    kind: 'video',
    entity: `v${hash}`,
    completed: false,
  };
}

function change(username: string, userId: number, hash: number) {
  return {
    course_id: COURSE,
    user_id: userId,
    username,
    time: '2026-10-01 10:00:00',
    hash,
    action: 'activated',
    value: 'audit',
  };
}

function seen(username: string, userId: number, day: string) {
  return { user_id: userId, username, from_lms: false, last_seen: `${day} 10:00:00` };
}

function told(username: string, userId: number, day: string) {
  return { ...seen(username, userId, day), from_lms: true };
}

/** Who did how many videos in a course. */
async function readVideos(course: string) {
  const { learners } = await listLearners(store, {
    courseId: course,
    orderBy: 'username',
    descending: false,
    offset: 0,
    limit: 9,
  });
  return learners.map(({ username, user_id, engagements }) => [username, user_id, engagements.videos_viewed]);
}

test('a renamed learner keeps the history under the former name, and another who took that name has none of it', async () => {
  await store.insert('facts', [
    fact('old_name', 7, '2026-11-18', 1),
    fact('new_name', 7, '2026-11-19', 2),
    fact('old_name', 8, '2026-11-20', 3),
    fact('nobody', 0, '2026-11-20', 4),
  ]);
  await recordActivity(store);
  await store.insert('roster_changes', [change('old_name', 7, 5), change('old_name', 8, 6)]);
  await store.insert('identities', [
    told('old_name', 7, '2026-11-17'),
    seen('old_name', 7, '2026-11-18'),
    told('new_name', 7, '2026-11-19'),
    seen('new_name', 7, '2026-11-19'),
    seen('old_name', 8, '2026-11-20'),
    told('old_name', 8, '2026-11-20'),
  ]);
  await store.run('INSERT INTO touched_courses SELECT {course:String}, now64(6)', { course: COURSE });
  await refresh(store, { asOf: '2026-11-24' });

  assert.deepEqual(await readVideos(COURSE), [
    ['new_name', 7, 2],
    ['old_name', 8, 1],
  ]);
  const days = async (username: string) => (await getTimeline(store, COURSE, username))?.map(({ date }) => date);
  assert.deepEqual(await days('new_name'), ['2026-11-18', '2026-11-19']);
  assert.deepEqual(await days('old_name'), ['2026-11-20']);
  const other = await getLearner(store, COURSE, 'new_name', { start: '2026-11-18', end: '2026-11-19' });
  assert.equal(other?.engagements.videos_viewed, 1);
});

test('what the LMS says under the former name of a learner beats what later events say', async () => {
  const course = 'course-v1:DemoX+Former+2026';
  await store.insert('lms_enrollments', [
    { course_id: course, username: 'former', user_id: 21, enrollment_mode: 'verified', is_active: true },
  ]);
  const events = [
    ['activated', 'audit', 31],
    ['deactivated', 'audit', 32],
  ] as const;
  await store.insert(
    'roster_changes',
    events.map(([action, value, hash]) => ({
      ...change('present', 21, hash),
      course_id: course,
      time: `2026-11-${hash - 20} 10:00:00`,
      action,
      value,
    })),
  );
  await store.insert('identities', [seen('former', 21, '2026-11-10'), told('present', 21, '2026-11-12')]);
  await store.run('INSERT INTO touched_courses SELECT {course:String}, now64(6)', { course });
  await refresh(store, { asOf: '2026-11-24' });
  const learner = await getLearner(store, course, 'present');
  assert.deepEqual([learner?.enrollment_mode, learner?.segments], ['verified', ['inactive']]);
});

test('logs alone make nobody of two; what the LMS tells does, and later logs do not change it', async () => {
  const course = 'course-v1:DemoX+Shared+2026';
  const of = (row: object) => ({ ...row, course_id: course });
  const refreshMarked = async () => {
    await store.run('INSERT INTO touched_courses SELECT {course:String}, now64(6)', { course });
    await refresh(store, { asOf: '2026-11-24' });
  };
  await store.insert('facts', [of(fact('alice', 50, '2026-11-18', 51)), of(fact('bob', 50, '2026-11-19', 52))]);
  await recordActivity(store);
  await store.insert('roster_changes', [of(change('alice', 50, 53)), of(change('bob', 50, 54))]);
  await store.insert('identities', [seen('alice', 50, '2026-11-18'), seen('bob', 50, '2026-11-19')]);
  await refreshMarked();
  assert.deepEqual(await readVideos(course), [
    ['alice', 50, 1],
    ['bob', 50, 1],
  ]);

  await store.insert('identities', [told('alice', 50, '2026-11-20')]);
  await refreshMarked();
  assert.deepEqual(await readVideos(course), [['alice', 50, 2]]);

  // told once, and now again under the other name; a line with the first one comes late, and the engine puts pairs together
  await store.insert('identities', [told('bob', 50, '2026-11-21'), seen('alice', 50, '2026-11-23')]);
  await store.run('OPTIMIZE TABLE identities FINAL');
  await refreshMarked();
  assert.deepEqual(await readVideos(course), [['bob', 50, 2]]);
  assert.deepEqual(
    (await getTimeline(store, course, 'bob'))?.map(({ date }) => date),
    ['2026-11-18', '2026-11-19'],
  );
});
