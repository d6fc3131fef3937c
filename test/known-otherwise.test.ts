import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { inSnapshotSql, snapshotParams } from '../src/engagement/snapshot-rows.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { formatAttempt, formatRosterChange } from './log-lines.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';

// People who are in a course under a former name, or by their number alone: what the LMS says of them elsewhere is said there, too.

const OTHER = 'course-v1:A+Other+C';
const NOW = new Date('2026-11-24T12:00:00Z');
const AS_OF = '2026-11-24';
const { write } = makeTempFolder();
const store = await openTempStore();
let files = 0;

async function log(...lines: string[]): Promise<void> {
  await ingest(store, [write(`${(files += 1)}.log`, `${lines.join('\n')}\n`)], { now: NOW });
}

async function tell(columns: string, ...rows: string[]): Promise<void> {
  await importCsv(store, [write(`${(files += 1)}.csv`, `course_id,${columns}\n${rows.join('\n')}\n`)]);
}

/** Who is listed, as a refresh of what changed tells, which is to be what one of everything tells. */
async function list(course: string): Promise<object[]> {
  const lists: object[][] = [];
  for (const full of [false, true]) {
    await refresh(store, { asOf: AS_OF, full });
    const published = await getCourse(store, course);
    assert.ok(published);
    lists.push(
      await store.read(
        `SELECT username, email, problem_attempts AS attempts FROM learners WHERE ${inSnapshotSql(published)} ORDER BY username`,
        snapshotParams(published),
      ),
    );
  }
  assert.deepEqual(lists[0], lists[1]);
  return lists[0] ?? [];
}

const attempt = (course: string, username: string, user_id: number) =>
  formatAttempt({ course, username, user_id, time: '2026-11-20T10:00:00Z' });

test('an address that is emptied elsewhere goes where somebody is under a former name', async () => {
  const course = 'course-v1:A+Former+C';
  await log(
    formatRosterChange('enrollment.activated', { course, username: 'dan', user_id: 11 }),
    attempt(course, 'dan', 11),
  );
  await tell('username,user_id,email', `${OTHER},daniel,11,old@example.com`);
  assert.deepEqual(await list(course), [{ username: 'daniel', email: 'old@example.com', attempts: 1 }]);
  await tell('username,user_id,email', `${OTHER},daniel,11,`);
  assert.deepEqual(await list(course), [{ username: 'daniel', email: null, attempts: 1 }]);
});

test('and where an enrolment has the number alone', async () => {
  const course = 'course-v1:A+Number+C';
  await log(formatRosterChange('enrollment.activated', { course, user_id: 9 }));
  await tell('username,user_id,email', `${OTHER},carol,9,old@example.com`);
  assert.deepEqual(await list(course), [{ username: 'carol', email: 'old@example.com', attempts: 0 }]);
  await tell('username,email', `${OTHER},carol,new@example.com`);
  assert.deepEqual(await list(course), [{ username: 'carol', email: 'new@example.com', attempts: 0 }]);
});

test('and where only the active are known, though a cohort is', async () => {
  const course = 'course-v1:A+Active+C';
  await log(
    formatRosterChange('user_added', { course, username: 'zoe', user_id: 5, cohort: 'Red' }),
    attempt(course, 'erin', 12),
  );
  await tell('username,email', `${OTHER},erin,old@example.com`);
  assert.deepEqual(await list(course), [{ username: 'erin', email: 'old@example.com', attempts: 1 }]);
  await tell('username,email', `${OTHER},erin,new@example.com`);
  assert.deepEqual(await list(course), [{ username: 'erin', email: 'new@example.com', attempts: 1 }]);
});

test('of two names of a number in one file the last is in force, however often it is taken in', async () => {
  const course = 'course-v1:A+Twice+C';
  for (let times = 0; times < 3; times += 1) {
    await tell('username,user_id', `${course},beth,21`, `${OTHER},ann,21`);
    assert.deepEqual(
      await list(course),
      [{ username: 'ann', email: null, attempts: 0 }],
      `taken in ${times + 1} times`,
    );
  }
});

test('who somebody is does not depend on whether the engine has put rows together', async () => {
  const course = 'course-v1:A+Merged+C';
  await tell('username,user_id', `${OTHER},cleo,31`, `${OTHER},dora,31`);
  await log(formatRosterChange('enrollment.activated', { course, user_id: 31 }), attempt(course, 'cleo', 31));
  // later than what the LMS told
  await store.insert('identities', [
    { user_id: 31, username: 'cleo', from_lms: false, last_seen: '2100-01-01 00:00:00' },
  ]);
  const listed = [{ username: 'dora', email: null, attempts: 1 }];
  assert.deepEqual(await list(course), listed);
  await store.run('OPTIMIZE TABLE identities FINAL');
  assert.deepEqual(await list(course), listed);
});

test('an import that was killed before it noted the names finds the courses when it is run again', async () => {
  const course = 'course-v1:A+Killed+C';
  await tell('username', `${course},kate`);
  await log(attempt(course, 'katy', 41));
  await store.insert('lms_users', [{ username: 'kate', user_id: 41 }]);
  assert.deepEqual(await list(course), [{ username: 'kate', email: null, attempts: 0 }]);
  await tell('username,user_id', `${OTHER},kate,41`);
  assert.deepEqual(await list(course), [{ username: 'kate', email: null, attempts: 1 }]);
});
