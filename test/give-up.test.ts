import assert from 'node:assert/strict';
import test from 'node:test';
import { formatAttempts } from './log-lines.ts';
import { overhear } from './meddled-store.ts';
import { SERVER, makeTempFolder, openTempStore } from './temp-store.ts';
import { AppError } from '../src/errors.ts';
import { getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { endBackground, untilGivenUp } from '../src/store/give-up.ts';
import { persevere } from '../src/store/persevere.ts';
import type { Store } from '../src/store/store.ts';

const { write } = makeTempFolder();
const store = await openTempStore();
const NOBODY = new AppError('store_unavailable', 'Nobody wants it.');

test('work that is given up begins no statement more, cleans up, and is done by running it again', async () => {
  const log = write('a.log', formatAttempts(10));
  const leaving = new AbortController();
  const heard: string[] = [];
  const listened = overhear(store, (sql) => {
    heard.push(sql);
    if (sql.includes('INSERT INTO learner_activity')) leaving.abort(NOBODY);
  });
  await assert.rejects(
    untilGivenUp(leaving.signal, async () => ingest(listened, [log])),
    NOBODY,
  );
  assert.deepEqual(await store.read(`SELECT name FROM system.tables WHERE name LIKE 'ingest\\\\_%'`), []);
  assert.deepEqual(await store.read('SELECT count() AS facts FROM facts'), [{ facts: 0 }]);
  assert.equal((await ingest(store, [log])).new_facts, 10);
});

test('what waits for its turn does not begin', async () => {
  const leaving = new AbortController();
  const { promise: turn, resolve: end } = Promise.withResolvers<void>();
  const before = store.exclusively(async () => turn);
  const given = untilGivenUp(leaving.signal, async () => store.exclusively(async () => assert.fail('it began')));
  leaving.abort(NOBODY);
  end();
  await assert.rejects(given, NOBODY);
  await before;
});

test('what others wait for as well does not fail for who gave up', async () => {
  const leaving = new AbortController();
  const { promise: turn, resolve: go } = Promise.withResolvers<void>();
  const slow = Object.create(store, {
    query: { value: async (...given: Parameters<Store['query']>) => (await turn, store.query(...given)) },
  }) as Store;
  const given = untilGivenUp(leaving.signal, async () => getCourse(slow, 'course-v1:A+B+C'));
  const other = getCourse(slow, 'course-v1:A+B+C');
  leaving.abort(NOBODY);
  go();
  assert.deepEqual(await Promise.all([given, other]), [null, null]);
});

test('where a server is away, who gave up waits for it no longer', async () => {
  const leaving = new AbortController();
  const away = new AppError('store_unavailable', 'The server is away.');
  const server = Object.create(store, { embedded: { value: false } }) as Store;
  let tries = 0;
  const work = async () => {
    tries += 1;
    if (tries === 2) setTimeout(leave, 10);
    throw away;
  };
  let isOver = false;
  const looked = Promise.withResolvers<boolean>();
  const leave = () => {
    leaving.abort(NOBODY);
    // long before the pause, of a second, would be over
    setTimeout(() => looked.resolve(isOver), 100);
  };
  const persevering = untilGivenUp(leaving.signal, async () => persevere(server, work)).finally(() => (isOver = true));
  await assert.rejects(persevering, NOBODY);
  assert.equal(tries, 2);
  assert.ok(await looked.promise, 'it waited');
});

test('a refresh that is given up leaves nothing that it does not publish', async () => {
  await ingest(store, [write('b.log', formatAttempts(10))]);
  const leaving = new AbortController();
  const listened = overhear(store, (sql) => {
    if (sql.startsWith(store.copies)) leaving.abort(NOBODY);
  });
  await assert.rejects(untilGivenUp(leaving.signal, async () => refresh(listened)));
  const parts =
    "SELECT count() AS parts FROM system.parts WHERE active AND table = 'learners' AND database = currentDatabase()";
  assert.deepEqual(await store.read(parts), [{ parts: 0 }]);
  assert.equal((await refresh(store)).refreshed, 1);
});

test(
  'a statement of background work that is under way is ended, and no request',
  { skip: SERVER !== undefined && 'a server has statements of others' },
  async () => {
    const endless = 'SELECT count() AS n FROM numbers(1000000000000) WHERE NOT ignore(cityHash64(number))';
    const long = store.run(`INSERT INTO FUNCTION null('n UInt64') ${endless}`);
    const isEnded = assert.rejects(long, /engine code 394/);
    // as long as the longest that somebody waits for
    const request = store.read('SELECT sleepEachRow(0.5) AS n FROM numbers(6)', {}, { urgent: true, seconds: 120 });
    // it may not have begun yet
    const telling = setInterval(() => void endBackground(store), 50);
    await isEnded.finally(() => clearInterval(telling));
    assert.equal((await request).length, 6);
  },
);
