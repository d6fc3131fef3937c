import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { forgetCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { Stagings } from '../src/ingest/staging.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { getLearner } from './get-learner.ts';
import { type Holder, holdStatement } from './hold-statement.ts';
import { formatAttempt } from './log-lines.ts';
import { asOther, meddle, overhear } from './meddled-store.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { endCommand, startCommand } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

// An ingest on a ClickHouse that is ended between the facts that it wrote and their mark, while another process refreshed.

const { folder, write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';
const AS_OF = '2026-11-22';
const NOW = new Date('2026-11-21T12:00:00Z');

const STAGINGS = String.raw`SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'ingest\\_%'`;

const attempt = (problem: string) =>
  formatAttempt({ username: 'ada', user_id: 7, time: '2026-11-20T10:00:00.000001+00:00', problem });

async function countAttempts(store: Store): Promise<number | undefined> {
  forgetCourse(store, COURSE);
  return (await getLearner(store, COURSE, 'ada'))?.engagements.problem_attempts;
}

async function refreshBefore(store: Store, held: Holder): Promise<void> {
  await held.asked;
  await refresh(store, { asOf: AS_OF });
  assert.equal(await countAttempts(store), 1);
  await held.pass();
}

describe('an ingest on a listening ClickHouse', skipWithoutClickhouse, () => {
  let clickhouse: Clickhouse;
  let stores = 0;
  before(async () => (clickhouse = await openClickhouse()));
  after(async () => clickhouse.close());

  /** A store where the facts of an ingest are there, which has not heard that yet, and where a refresh was before them. */
  async function prepare(
    statement = 'INSERT INTO facts',
  ): Promise<{ store: Store; held: Holder; log: string; env: Record<string, string> }> {
    stores += 1;
    const path = `/killed_${stores}`;
    const store = await openStore({ dataDir: join(folder, 'data'), url: `${clickhouse.url}${path}` });
    after(async () => store.close());
    await ingest(store, [write(`first${stores}.log`, `${attempt('p1')}\n`)], { now: NOW });
    await refresh(store, { asOf: AS_OF });
    const held = await holdStatement(clickhouse.url, statement);
    after(() => held.close());
    const log = write(`second${stores}.log`, `${attempt('p2')}\n`);
    return { store, held, log, env: { CLICKHOUSE_URL: `${held.url}${path}`, DATA_DIR: join(folder, 'other') } };
  }

  test('that is killed is mended by the same ingest, though nothing of it is new', async () => {
    const { store, held, log, env } = await prepare();
    const child = startCommand(['ingest', '--no-refresh', log], env);
    await refreshBefore(store, held);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await refresh(store, { asOf: AS_OF });
    assert.equal((await ingest(store, [log], { now: NOW })).new_facts, 0);
    await refresh(store, { asOf: AS_OF });
    assert.equal(await countAttempts(store), 2);
    // and its rows are not marked by each ingest that follows
    await ingest(store, [log], { now: NOW });
    assert.equal((await refresh(store, { asOf: AS_OF })).refreshed, 0);
  });

  test('that gave up waiting for the engine marks what that wrote when it has', async () => {
    const { store } = await prepare();
    const other = async () => refresh(asOther(store), { asOf: AS_OF });
    const meddled = meddle(store, { before: /^DROP TABLE .*_new/, other });
    let writing: Promise<void>;
    {
      await using stagings = new Stagings();
      const staging = await stagings.open(meddled);
      await store.run(
        `INSERT INTO ${staging.fresh} (course_id, username, time, hash) SELECT {course:String}, 'ada', '2026-11-20', 1`,
        {
          course: COURSE,
        },
      );
      staging.isUnmarked = true;
      let isOver = false;
      writing = store
        .run(
          `INSERT INTO facts (course_id, day, username, hash, time, user_id, kind, entity, completed)
           SELECT course_id, toDate(time), username, hash, time, 7, 'problem', 'p2', false FROM ${staging.fresh} WHERE sleepEachRow(2) = 0`,
        )
        .finally(() => (isOver = true));
      const asked = "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO facts%'";
      while ((await clickhouse.run(asked)) === '0\n') assert.ok(!isOver, 'it had ended before it was seen');
    }
    await refresh(store, { asOf: AS_OF });
    await writing;
    assert.equal(await countAttempts(store), 2);
  });

  test('that fails once names are there marks whom they concern', async () => {
    const { store } = await prepare();
    let marks = 0;
    let since = '';
    const failing = overhear(store, async (sql) => {
      if (!sql.startsWith('INSERT INTO touched_courses')) return;
      marks += 1;
      if (marks !== 2) return;
      since = (await clickhouse.run('SELECT now64(6)')).trim();
      throw new Error('the second mark');
    });
    const renamed = formatAttempt({ username: 'ada2', user_id: 7, time: '2026-11-20T10:00:00.000001+00:00' });
    await assert.rejects(ingest(failing, [write('renamed.log', `${renamed}\n`)], { now: NOW }), /the second mark/);
    const later = await store.read(
      'SELECT course_id FROM touched_courses WHERE touched_at > toDateTime64({since:String}, 6, timezone())',
      { since },
    );
    assert.deepEqual(later, [{ course_id: COURSE }]);
  });

  test('that is told to stop ends in an orderly way, as one that was ended by the signal', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { store, held, log, env } = await prepare();
      const child = startCommand(['ingest', '--json', log], env);
      await refreshBefore(store, held);
      child.kill(signal);
      await once(child.stderr, 'data');
      held.answer();
      const { out } = await endCommand(child);
      assert.equal(child.signalCode, signal);
      const { error } = JSON.parse(out) as { error: { code: string; message: string } };
      assert.equal(error.code, 'store_unavailable');
      assert.match(error.message, /told to stop before it was done.* run it again/);
      assert.deepEqual(await store.read(STAGINGS), []);
      await refresh(store, { asOf: AS_OF });
      assert.equal(await countAttempts(store), 2);
    }
  });

  test('that is told to stop again ends at once', async () => {
    const { held, log, env } = await prepare('DROP TABLE IF EXISTS ingest');
    const child = startCommand(['ingest', log], env);
    // what is done whoever gives up
    await held.asked;
    const told = once(child.stderr, 'data');
    child.kill('SIGTERM');
    await told;
    await wait(1200);
    assert.equal(child.signalCode, null);
    while (child.signalCode === null && child.exitCode === null) {
      child.kill('SIGTERM');
      await wait(100);
    }
    assert.equal(child.signalCode, 'SIGTERM');
  });

  test('of standard input that never ends is told to stop as well', async () => {
    const { store, env } = await prepare();
    const child = startCommand(['ingest', '-', '--no-refresh'], {
      ...env,
      CLICKHOUSE_URL: `${clickhouse.url}/killed_${stores}`,
    });
    child.stdin.write(`${attempt('p2')}\n`);
    const count = async () =>
      (await store.read('SELECT problem FROM (SELECT DISTINCT entity AS problem FROM facts)')).length;
    while ((await count()) < 2) assert.equal(child.exitCode, null);
    child.kill('SIGTERM');
    const { err } = await endCommand(child);
    assert.equal(child.signalCode, 'SIGTERM');
    assert.match(err, /told to stop before it was done/);
    const left = readdirSync(join(folder, 'other'), { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      left.filter((name) => name.includes('input-')),
      [],
    );
  });
});
