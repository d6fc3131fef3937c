import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { getCourse, listCourses } from '../src/engagement/course.ts';
import { addDays } from '../src/engagement/days.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { AppError } from '../src/errors.ts';
import { ingest } from '../src/ingest/ingest.ts';
import type { Store } from '../src/store/store.ts';
import { touchCourses } from '../src/store/touch.ts';
import { formatAttempt } from './log-lines.ts';
import { meddle, overhear } from './meddled-store.ts';
import { makeTempFolder, prepareStore } from './temp-store.ts';

const { write } = makeTempFolder();
const AS_OF = '2026-11-22';
const [SMALL, OTHER, LARGE] = ['course-v1:A+B+C', 'course-v1:A+B+D', 'course-v1:A+B+E'];
const PUBLISHING = /INSERT INTO snapshots/;
/** A course of more learners is refreshed after those that are small. */
const MANY = 50_001;

const attempt = (course: string, day = '2026-11-20') =>
  formatAttempt({ username: 'ada', course, time: `${day}T10:00:00Z` });

async function take(store: Store, lines: readonly string[]): Promise<void> {
  await ingest(store, [write('x.log', `${lines.join('\n')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
}

const openEmpty = prepareStore();
const openTwo = prepareStore(async (store) => take(store, [attempt(SMALL), attempt(OTHER)]));

async function openWith(...lines: readonly string[]): Promise<Store> {
  const store = await openEmpty();
  await take(store, lines);
  return store;
}

async function listIds(store: Store): Promise<string[]> {
  return (await listCourses(store)).map(({ courseId }) => courseId);
}

/** The store as a refresh sees it that the engine refuses the first statement of a kind, which says why; of a course, all of that kind that are about it. */
function refuse(store: Store, kind: RegExp, error: Error, course?: string): Store {
  const other = () => {
    throw error;
  };
  if (course === undefined) return meddle(store, { before: kind, other });
  return overhear(store, (what, params) => {
    if (kind.test(what) && (params['courses'] as string[]).includes(course)) other();
  });
}

test('a course that fails keeps none of the others from being refreshed, small or large, and is told at last', async () => {
  const store = await openTwo();
  await store.run(
    `INSERT INTO learner_activity (course_id, username, user_id, last_day)
     SELECT {course:String}, concat('learner_', toString(number)), 0, toDate('2026-11-20') FROM numbers({many:UInt64})`,
    { course: LARGE, many: MANY },
  );
  await touchCourses(store, [LARGE], { facts: true });
  const refused = refuse(store, PUBLISHING, new Error('failed'), SMALL);
  await assert.rejects(refresh(refused, { asOf: AS_OF }), /^Error: failed$/);
  assert.deepEqual(await listIds(store), [OTHER, LARGE]);
  const { refreshed, courses } = await refresh(store, { asOf: AS_OF });
  assert.deepEqual([refreshed, courses], [1, 3]);
});

test('what one course would take too much time or memory for, others are tried for', async () => {
  const store = await openTwo();
  const memory = new AppError('store_unavailable', 'The store could not do that now.', {
    cause: new Error('Code: 241. DB::Exception: memory limit exceeded'),
  });
  for (const [kind, refused] of [
    [/INSERT INTO learners/, SMALL],
    [PUBLISHING, OTHER],
  ] as const) {
    await assert.rejects(refresh(refuse(store, kind, memory, refused), { asOf: AS_OF, full: true }), memory);
    assert.deepEqual(await listIds(store), refused === SMALL ? [OTHER] : [SMALL, OTHER]);
  }
});

test('what courses fail with together is tried for each, and told where none fails with it alone, unless it passes', async () => {
  const store = await openTwo();
  const refused = new AppError('internal_error', 'The store refused a statement.');
  for (const kind of [/INSERT INTO learners/, PUBLISHING]) {
    await assert.rejects(refresh(refuse(store, kind, refused), { asOf: AS_OF, full: true }), refused);
    assert.deepEqual(await listIds(store), [SMALL, OTHER]);
    assert.equal((await refresh(store, { asOf: AS_OF })).refreshed, 0);
  }
  const memory = new AppError('store_unavailable', 'The store could not do that now.', {
    cause: new Error('Code: 241. DB::Exception: memory limit exceeded'),
  });
  const { refreshed } = await refresh(refuse(store, /INSERT INTO learners/, memory), { asOf: AS_OF, full: true });
  assert.equal(refreshed, 2);
});

test('of courses that are refreshed together, one whose files cannot be made keeps none of the others from being published', async () => {
  const courses = [SMALL, OTHER, LARGE];
  // so many that it is asked by itself what its copy is made of
  const many = Array.from({ length: 10_001 }, (_, number) =>
    formatAttempt({ username: `learner_${number}`, course: LARGE, time: '2026-11-20T10:00:00Z' }),
  );
  const store = await openWith(attempt(SMALL), attempt(OTHER), ...many);
  const failure = new AppError('internal_error', 'failed');
  await assert.rejects(refresh(refuse(store, /\/\d+\.\w+\.making\/records$/, failure), { asOf: AS_OF }), failure);
  assert.deepEqual(await listIds(store), [SMALL, OTHER]);
  assert.equal((await refresh(store, { asOf: AS_OF })).refreshed, 1);
  assert.deepEqual(await listIds(store), courses);
});

test('where what copies are made of cannot be told of several courses at once, it is told of each', async () => {
  for (const error of [new AppError('internal_error', 'failed'), new Error('failed')]) {
    const store = await openTwo();
    await assert.rejects(refresh(refuse(store, /\/together-\w+\.making\/records$/, error), { asOf: AS_OF }), error);
    assert.deepEqual(await listIds(store), [SMALL, OTHER]);
    assert.deepEqual(
      readdirSync(store.copies).filter((name) => name.startsWith('together-')),
      [],
    );
  }
});

test('where the store is away, no other course is tried, and nothing is tidied', async () => {
  const courses = [SMALL, OTHER, LARGE, 'course-v1:A+B+F', 'course-v1:A+B+G'];
  const store = await openWith(...courses.map((course) => attempt(course)));
  let begun = 0;
  const counted = overhear(store, (what) => {
    if (what.includes('AS enrollmentKnown')) begun += 1;
  });
  let isAway = false;
  const away = new AppError('store_unavailable', 'The ClickHouse does not answer.');
  const asked: string[] = [];
  const leaving = overhear(counted, (what) => {
    asked.push(what);
    isAway ||= what.includes('INSERT INTO learners');
    if (isAway) throw away;
  });
  await assert.rejects(refresh(leaving, { asOf: AS_OF }), away);
  assert.ok(!asked.some((what) => what.includes('FROM judged')));
  // two at once
  assert.ok(begun <= 2, `${begun} were begun`);
  assert.ok((await listIds(store)).length < 2);
});

test('courses that could not be published again as they are, are computed', async () => {
  const store = await openWith(attempt(SMALL, '2026-10-01'));
  await refresh(store, { asOf: AS_OF });
  const later = addDays(AS_OF, 1);
  await assert.rejects(refresh(refuse(store, PUBLISHING, new Error('failed')), { asOf: later }), /^Error: failed$/);
  assert.equal((await getCourse(store, SMALL))?.window.end, later);
  assert.equal((await refresh(store, { asOf: later })).refreshed, 0);
});

/** Whom snapshots have that are not published, or were being made. */
async function countLeft(store: Store): Promise<number> {
  const [left] = await store.read<{ rows: number }>(
    `SELECT count() AS rows FROM (SELECT snapshot FROM learners UNION ALL SELECT snapshot FROM learner_scopes)
     WHERE snapshot NOT IN (SELECT snapshot FROM snapshots UNION ALL SELECT rest FROM snapshots)`,
  );
  return left?.rows ?? -1;
}

test('what fails leaves nobody behind, alone or among others', async () => {
  const store = await openTwo();
  const failWhere = async (kind: RegExp) => {
    const failing = overhear(store, (what) => {
      if (kind.test(what)) throw new Error('failed');
    });
    await assert.rejects(refresh(failing, { asOf: AS_OF, full: true }), /^Error: failed$/);
    return countLeft(store);
  };
  assert.equal(await failWhere(/\/records$/), 0);
  assert.equal(await failWhere(/count\(\) AS learners FROM learners/), 0);
  await refresh(store, { asOf: AS_OF });
  await ingest(store, [write('y.log', `${attempt(SMALL, '2026-11-19')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  assert.equal(await failWhere(/\/records$/), 0);
});

test('where those whom a course that failed leaves behind cannot be removed, its failure is told', async () => {
  const store = await openWith(attempt(SMALL));
  const failing = overhear(store, (what) => {
    if (what.includes('INSERT INTO learners')) throw new Error('failed');
    if (what.includes('DROP PARTITION')) throw new Error('not removed');
  });
  await assert.rejects(refresh(failing, { asOf: AS_OF }), /^Error: failed$/);
  assert.equal((await refresh(store, { asOf: AS_OF })).refreshed, 1);
});

test('a course stays whose publication is told to have failed and was done', async () => {
  const store = await openWith(attempt(SMALL));
  const failure = new Error('the answer was lost');
  const deaf = new Proxy(store, {
    get: (target, name) => {
      if (name === 'exclusively') return async (work: () => Promise<unknown>) => work();
      if (name === 'everywhere') return async (work: (own: Store) => Promise<unknown>) => [await work(deaf)];
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      if (name !== 'run') return (method as () => void).bind(target);
      return async (...args: Parameters<Store['run']>): Promise<void> => {
        await target.run(...args);
        if (args[0].includes('INSERT INTO snapshots')) throw failure;
      };
    },
  });
  await assert.rejects(refresh(deaf, { asOf: AS_OF, full: true }), failure);
  const rows = await store.read('SELECT username FROM learners WHERE snapshot IN (SELECT snapshot FROM snapshots)');
  assert.deepEqual(rows, [{ username: 'ada' }]);
});

test('whoever refreshes all the time is told of a course that fails, and leaves it alone for a while, not the others', async () => {
  const store = await openTwo();
  let tried = 0;
  const refused = overhear(store, (what, params) => {
    if (!what.includes('INSERT INTO snapshots') || !(params['courses'] as string[]).includes(SMALL)) return;
    tried += (params['courses'] as string[]).length === 1 ? 1 : 0;
    throw new Error('failed');
  });
  const told: unknown[] = [];
  const onFailure = (error: unknown, courseId: string | null) => told.push([(error as Error).message, courseId]);
  assert.equal((await refresh(refused, { asOf: AS_OF, onFailure })).refreshed, 1);
  assert.deepEqual([told, tried], [[['failed', SMALL]], 1]);
  await ingest(store, [write('z.log', `${attempt(OTHER, '2026-11-19')}\n`)], { now: new Date('2026-11-21T12:00:00Z') });
  assert.equal((await refresh(refused, { asOf: AS_OF, onFailure })).refreshed, 1);
  assert.equal(tried, 1);
  // somebody who asks for it is not kept waiting
  await assert.rejects(refresh(refused, { asOf: AS_OF }), /^Error: failed$/);
  assert.equal(tried, 2);
});

test('what a course failed with is told, and it is left alone, also where the refresh ends at once later', async () => {
  const store = await openTwo();
  const full = new AppError('store_unavailable', 'The disk is full.', {
    cause: new Error('Code: 243. DB::Exception: full'),
  });
  let tried = 0;
  const refused = overhear(store, (what, params) => {
    if (!what.includes('INSERT INTO snapshots')) return;
    const courses = params['courses'] as string[];
    if (courses.length > 1) throw new Error('failed together');
    if (courses.includes(OTHER)) throw full;
    tried += 1;
    throw new Error('failed');
  });
  const told: unknown[] = [];
  const onFailure = (error: unknown, courseId: string | null) => told.push([(error as Error).message, courseId]);
  for (let round = 0; round < 3; round += 1) await assert.rejects(refresh(refused, { asOf: AS_OF, onFailure }), full);
  assert.deepEqual([told, tried], [[['failed', SMALL]], 1]);
});
