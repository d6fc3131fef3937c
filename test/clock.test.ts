import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { readClock } from '../src/engagement/find-courses.ts';
import type { RefreshResult } from '../src/engagement/refresh.ts';
import { openStore } from '../src/store/open-store.ts';
import { touchCourses } from '../src/store/touch.ts';
import { formatAttempt } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { runCommand } from './run-cli.ts';
import { makeTempFolder } from './temp-store.ts';

const { folder, write } = makeTempFolder();
const COURSE = 'course-v1:A+B+C';

/** Whoever asks what is under way has the answer only after a second; what begins meanwhile is not in it. */
const SLOW = '<databases><system><processes><filter>sleepEachRow(1) = 0</filter></processes></system></databases>';

/** Puts the clock of a process three days ahead. */
const AHEAD = `
  const now = Date.now;
  globalThis.Date = class extends Date {
    constructor(...given) {
      super(...(given.length === 0 ? [now() + 3 * 86_400_000] : given));
    }
    static now() {
      return now() + 3 * 86_400_000;
    }
  };`;

function describeUser(profile: string, filter: string): string {
  return `<password></password><networks><ip>127.0.0.1</ip></networks><profile>${profile}</profile><quota>default</quota>${filter}`;
}

describe('the clock of a refresh', skipWithoutClickhouse, () => {
  let clickhouse: Clickhouse;
  before(async () => {
    clickhouse = await openClickhouse({
      users: `<users>
        <default>${describeUser('default', '')}</default>
        <present>${describeUser('default', SLOW)}</present>
        <former>${describeUser('former', SLOW)}</former>
      </users>`,
      profiles: '<former><enable_analyzer>0</enable_analyzer></former>',
    });
  });
  after(async () => clickhouse.close());

  // the engine's two analyzers evaluate the parts of a statement in different orders
  for (const user of ['present', 'former'])
    test(`is no later than a mark that begins while it is read, by the ${user} analyzer`, async () => {
      const url = `${clickhouse.url}/${user}`;
      const store = await openStore({ dataDir: join(folder, 'marks'), url });
      const other = await openStore({ dataDir: join(folder, user), url: url.replace('//', `//${user}@`) });
      try {
        let isOver = false;
        const reading = readClock(other).finally(() => (isOver = true));
        const asked = `SELECT count() FROM system.processes WHERE user = '${user}' AND query LIKE '%touched\\_%' AND elapsed > 0.3`;
        while ((await clickhouse.run(asked)) === '0\n') {
          assert.ok(!isOver, 'the clock was read before it was seen to be');
          await wait(5);
        }
        await touchCourses(store, [COURSE]);
        const { looked } = await reading;
        const [mark] = await store.read<{ time: number }>(
          'SELECT toUnixTimestamp64Micro(touched_at) AS time FROM touched_courses',
        );
        assert.ok(mark !== undefined && looked <= mark.time, `${looked} is later than ${mark?.time}`);
      } finally {
        await store.close();
        await other.close();
      }
    });

  test('is no later than a mark that is being written when it is read', async () => {
    const url = `${clickhouse.url}/slow`;
    const store = await openStore({ dataDir: join(folder, 'slow'), url });
    try {
      const marking = store.run(
        `INSERT INTO touched_courses (course_id, touched_at)
         SELECT {course:String}, now64(6) FROM numbers(5) WHERE sleepEachRow(1) = 0 SETTINGS max_block_size = 1`,
        { course: COURSE },
      );
      const asked =
        "SELECT count() FROM system.processes WHERE current_database = 'slow' AND query_kind = 'Insert' AND elapsed > 0.5";
      while ((await clickhouse.run(asked)) === '0\n') await wait(5);
      const { looked } = await readClock(store);
      const readMarks = async () =>
        store.read<{ time: number }>('SELECT toUnixTimestamp64Micro(touched_at) AS time FROM touched_courses');
      assert.deepEqual(await readMarks(), [], 'the mark was there already');
      await marking;
      const [mark] = await readMarks();
      assert.ok(mark !== undefined && looked <= mark.time, `${looked} is later than ${mark?.time}`);
    } finally {
      await store.close();
    }
  });

  test('tells the day for which it publishes, whatever the clock of the process says', async () => {
    const url = `${clickhouse.url}/days`;
    const line = formatAttempt({ time: new Date().toISOString() });
    const log = write('days.log', `${line}\n`);
    const ask = async () => (await clickhouse.run("SELECT toDate(now(), 'UTC') + 1")).trim();
    const first = await ask();
    const env = {
      NODE_OPTIONS: `--import=${write('ahead.mjs', AHEAD)}`,
      CLICKHOUSE_URL: url,
      DATA_DIR: join(folder, 'ahead'),
    };
    const { code, err } = await runCommand(['ingest', log, '--no-refresh'], env);
    assert.equal(code, 0, err);
    const { out } = await runCommand(['refresh', '--json'], env);
    const { as_of, refreshed } = JSON.parse(out) as RefreshResult;
    assert.equal(refreshed, 1);
    assert.ok([first, await ask()].includes(as_of), as_of);
    const told = await runCommand(['doctor'], env);
    assert.doesNotMatch(told.out, /not of the current window/);
  });
});
