import assert from 'node:assert/strict';
import test from 'node:test';
import { formatAttempts } from './log-lines.ts';
import { overhear } from './meddled-store.ts';
import { SERVER, makeTempFolder, openTempStore } from './temp-store.ts';
import { AppError } from '../src/errors.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { endBackground, untilGivenUp } from '../src/store/give-up.ts';

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

test(
  'a statement of background work that is under way is ended, and no request',
  { skip: SERVER !== undefined && 'a server has statements of others' },
  async () => {
    const endless = 'SELECT count() AS n FROM numbers(1000000000000) WHERE NOT ignore(cityHash64(number))';
    const long = store.run(`INSERT INTO FUNCTION null('n UInt64') ${endless}`);
    const isEnded = assert.rejects(long, /engine code 394/);
    const request = store.query('SELECT sleepEachRow(0.5) AS n FROM numbers(6)', {}, { seconds: 15 });
    // it may not have begun yet
    const telling = setInterval(() => void endBackground(store), 50);
    await isEnded.finally(() => clearInterval(telling));
    assert.equal((await request).length, 6);
  },
);
