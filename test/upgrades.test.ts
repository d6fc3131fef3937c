import assert from 'node:assert/strict';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { importCsv } from '../src/lms/import-csv.ts';
import { recordImport } from '../src/lms/import-history.ts';
import { StoreIsNewer, migrate } from '../src/store/migrate.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { formatAttempt } from './log-lines.ts';
import { meddle } from './meddled-store.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { awaitOk, runCommand, startServer } from './run-cli.ts';
import { makeTempFolder, openTempStore } from './temp-store.ts';

// Processes of several versions, or several that bring a store up to date, on one ClickHouse.

const { folder, write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';
const AS_OF = '2026-11-22';
const NOW = new Date('2026-11-21T12:00:00Z');
const TOMORROW = '9999-of-tomorrow.sql';
const FILES = readdirSync(join(import.meta.dirname, '../src/store/migrations')).toSorted();

const attempt = (username: string) => formatAttempt({ username, time: '2026-11-20T10:00:00.000001+00:00' });

const TABLES =
  'SELECT name, create_table_query AS sql FROM system.tables WHERE database = currentDatabase() ORDER BY name';

const countSnapshots = async (store: Store) => (await store.read('SELECT course_id FROM snapshots')).length;

async function record(store: Store, names: readonly string[]): Promise<void> {
  await store.run('TRUNCATE TABLE schema_migrations');
  await store.insert(
    'schema_migrations',
    names.map((name) => ({ name })),
  );
}

test('what an earlier version computed stays published after an update, and is computed anew by the next refresh', async () => {
  const store = await openTempStore();
  await ingest(store, [write('earlier.log', `${attempt('ada')}\n`)], { now: NOW });
  await refresh(store, { asOf: AS_OF });
  const published = await store.read('SELECT snapshot FROM snapshots');
  await record(store, FILES.slice(0, FILES.indexOf('0024-computed-anew.sql')));
  await migrate(store);
  assert.deepEqual(await store.read('SELECT snapshot FROM snapshots'), published);
  assert.equal((await refresh(store, { asOf: AS_OF })).recomputed, 1);
  await migrate(store);
  assert.equal((await refresh(store, { asOf: AS_OF })).refreshed, 0);
});

describe('a listening ClickHouse', skipWithoutClickhouse, () => {
  let clickhouse: Clickhouse;
  let stores = 0;
  before(async () => (clickhouse = await openClickhouse()));
  after(async () => clickhouse.close());

  async function prepare(): Promise<{ store: Store; url: string }> {
    stores += 1;
    const url = `${clickhouse.url}/upgrade_${stores}`;
    const store = await openStore({ dataDir: join(folder, 'data'), url });
    after(async () => store.close());
    await ingest(store, [write(`first${stores}.log`, `${attempt('ada')}\n`)], { now: NOW });
    return { store, url };
  }

  test('that two bring up to date at once keeps what the first one published', async () => {
    const { store } = await prepare();
    const whole = await store.read(TABLES);
    await record(store, FILES.slice(0, FILES.indexOf('0013-cluster.sql')));
    const other = async () => {
      await migrate(store);
      await refresh(store, { asOf: AS_OF });
    };
    // the one after next takes away all snapshots
    await migrate(meddle(store, { before: /EXISTS cluster_gaps/, other }));
    assert.equal(await countSnapshots(store), 1);
    assert.deepEqual(await store.read(TABLES), whole);
  });

  test('of which one drops what another has made anew gets it back', async () => {
    const { store } = await prepare();
    const whole = await store.read(TABLES);
    await record(store, FILES.slice(0, FILES.indexOf('0013-cluster.sql')));
    await migrate(meddle(store, { before: /^DROP TABLE IF EXISTS learners/, other: async () => migrate(store) }));
    assert.deepEqual(await store.read(TABLES), whole);
    assert.equal((await refresh(store, { asOf: AS_OF })).refreshed, 1);
  });

  test('that a newer version brought up to date is written to no more by this one, and its readers are told to come again', async () => {
    const { store, url } = await prepare();
    const log = write(`followed${stores}.log`, '');
    const env = { CLICKHOUSE_URL: url, DATA_DIR: join(folder, 'served') };
    const { key } = JSON.parse((await runCommand(['keys', 'create', 'x', '--json'], env)).out) as { key: string };
    const { url: api, logged } = await startServer(['--watch', log, '--as-of', AS_OF], env);
    const ask = async () =>
      fetch(`${api}learners/?course_id=${encodeURIComponent(COURSE)}`, { headers: { authorization: `Token ${key}` } });
    await awaitOk(ask);
    await store.insert('schema_migrations', [{ name: TOMORROW }]);
    appendFileSync(log, `${attempt('bob')}\n`);
    while ((await ask()).status === 200) await wait(100);
    const refused = await ask();
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5']);
    assert.doesNotMatch(await refused.text(), new RegExp(TOMORROW));
    // anybody may ask, and the names of migrations are for the log
    const health = await fetch(`${api}health/`);
    const { overall_status, detailed_status } = (await health.json()) as Record<string, Record<string, string>>;
    assert.deepEqual([health.status, overall_status], [503, 'UNAVAILABLE']);
    assert.equal(detailed_status?.['store'], 'UNAVAILABLE: a newer version of the program has the store');
    assert.match(detailed_status['freshness'] ?? '', /^OK: last updated/);
    assert.equal((await fetch(`${api}status/`)).status, 200);
    assert.ok(logged.some((line) => line.includes(`newer version of learner-analytics (it has ${TOMORROW})`)));
    const csv = write('names.csv', `course_id,username,name\n${COURSE},ada,Ada\n`);
    await assert.rejects(
      recordImport(store, 'csv', async () => importCsv(store, [csv])),
      StoreIsNewer,
    );
    await assert.rejects(refresh(store, { asOf: AS_OF }), StoreIsNewer);
    // at once, as no waiting would help
    await assert.rejects(ingest(store, [log], { now: NOW }), StoreIsNewer);
    assert.deepEqual(await store.read('SELECT DISTINCT username FROM facts'), [{ username: 'ada' }]);
    // as where the server was put back to what it was
    await store.run(`ALTER TABLE schema_migrations DELETE WHERE name = '${TOMORROW}' SETTINGS mutations_sync = 2`);
    await awaitOk(ask);
  });
});
