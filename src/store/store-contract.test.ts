import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { after, describe } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as wait } from 'node:timers/promises';
import { SERVER, makeTempFolder, openTestStore } from '../../test/temp-store.ts';
import { AppError, type ErrorCode } from '../errors.ts';

// What the product relies on of the engine, whatever its size: with TEST_CLICKHOUSE_URL the same runs against a server.

const { folder } = makeTempFolder();
const dataDir = join(folder, 'data');
const store = await openTestStore(dataDir);
const table = 'contract';
after(async () => store.close());

const HOSTILE = [
  '',
  ' ',
  "'",
  '"',
  '`',
  '\\',
  "\\'",
  "''",
  '\\\\',
  '\\N',
  '\\\\N',
  'NULL',
  '\0',
  'a\0b',
  '\n',
  '\r\n',
  '\t',
  '\b\f\v',
  '{x:String}',
  '{x:Identifier}',
  "'; DROP TABLE facts; --",
  '/* */ -- #',
  '😀 é ẞ \u200f \u2028 \u{10ffff}',
  "['a','b']",
  '%s %d $1 ?',
  '\\x41 \\u0041',
  'x'.repeat(100_000),
];

async function failsWith(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(work, (error) => error instanceof AppError && error.code === code);
}

async function roundTrip(texts: readonly string[]): Promise<void> {
  const params = Object.fromEntries(texts.map((value, index) => [`p${index}`, value]));
  const columns = texts.map((_, index) => `{p${index}:String} AS p${index}`).join(', ');
  assert.deepEqual(await store.query(`SELECT ${columns}`, params), [params]);
  assert.deepEqual(await store.query('SELECT {list:Array(String)} AS list', { list: texts }), [{ list: texts }]);
}

describe('parameters', () => {
  for (const value of HOSTILE) {
    test(`${JSON.stringify(value).slice(0, 40)} arrives as it is`, async () => roundTrip([value]));
  }

  test('two thousand random texts of odd characters arrive as they are', async () => {
    const pieces = [
      ...HOSTILE.slice(0, -1).flatMap((value) => Array.from(value)),
      'N',
      'x',
      ':',
      '(',
      ')',
      '[',
      ']',
      ',',
      '0',
      '\x1b',
    ];
    const texts = Array.from({ length: 2000 }, () =>
      Array.from({ length: randomInt(12) }, () => pieces[randomInt(pieces.length)]).join(''),
    );
    for (let at = 0; at < texts.length; at += 50) await roundTrip(texts.slice(at, at + 50));
  });

  test('null, switches, numbers and lists of numbers', async () => {
    assert.deepEqual(
      await store.query(
        `SELECT {none:Nullable(String)} AS none, {backslash_n:Nullable(String)} AS backslash_n, {yes:Bool} AS yes, {no:Bool} AS no,
           {half:Float64} AS half, {many:Array(Int64)} AS many, {few:Array(String)} AS few`,
        { none: null, backslash_n: '\\N', yes: true, no: false, half: -0.5, many: [1, -2, 3], few: [] },
      ),
      [{ none: null, backslash_n: '\\N', yes: true, no: false, half: -0.5, many: [1, -2, 3], few: [] }],
    );
  });

  test('longer than a listening ClickHouse takes of one field', async () => {
    const numbers = Array.from({ length: 30_000 }, (_, index) => 1_790_000_000_000_000 + index);
    assert.deepEqual(
      await store.read(
        `SELECT countIf(number + 1790000000000000 IN {numbers:Array(UInt64)}) AS among,
           countIf(transform(number, {from:Array(UInt64)}, {numbers:Array(UInt64)}, 0) = number + 1790000000000000) AS put,
           sum(length({texts:Array(String)}[1])) / 40000 AS length
         FROM numbers(40000)`,
        { numbers, from: numbers.map((_, index) => index), texts: numbers.map((number) => `${number}`) },
      ),
      [{ among: 30_000, put: 30_000, length: 16 }],
    );
    const texts = ["\\'\t", `${'x'.repeat(99_999)}${'😀'.repeat(30_000)}`, "'\0é".repeat(60_000), ''];
    const [row] = await store.query('SELECT {texts:Array(String)} AS texts, {text:String} AS text', {
      texts,
      text: texts[1] ?? '',
    });
    assert.ok(isDeepStrictEqual(row, { texts, text: texts[1] }), 'texts differ');
    // more than an address takes
    const path = join(folder, 'long');
    const many = Array.from({ length: 60_000 }, (_, index) => `é ${index} '`);
    await store.save({ path, format: 'RowBinary' }, 'SELECT arrayJoin({many:Array(String)})', { many });
    const expected = many.map((each) => Buffer.concat([Buffer.of(Buffer.byteLength(each)), Buffer.from(each)]));
    assert.ok(readFileSync(path).equals(Buffer.concat(expected)), 'what is saved differs');
  });

  test('floats that JSON does not know', async () => {
    const [row] = await store.query(
      `SELECT isNaN({nan:Float64}) AS is_nan, {inf:Float64} AS inf, {minus:Float64} AS minus, {nan:Float64} AS nan,
         1 >= {nan:Float64} AS above, 1 < {nan:Float64} AS below`,
      { nan: NaN, inf: Infinity, minus: -Infinity },
    );
    assert.deepEqual(row, { is_nan: 1, inf: 'inf', minus: '-inf', nan: 'nan', above: 0, below: 0 });
  });

  test('instants keep their microseconds and come back as ISO 8601 with Z, days as they are', async () => {
    const [row] = await store.query(
      `SELECT {at:DateTime64(6, 'UTC')} AS at, toDateTime({at:DateTime64(6, 'UTC')}, 'UTC') AS second, {day:Date} AS day, {day:Date} - 7 AS before`,
      { at: '2026-11-20 10:00:00.123456', day: '2026-11-20' },
    );
    assert.deepEqual(row, {
      at: '2026-11-20T10:00:00.123456Z',
      second: '2026-11-20T10:00:00Z',
      day: '2026-11-20',
      before: '2026-11-13',
    });
  });

  test('one that is not given fails; it does not have the value of the statement before', async () => {
    await store.query('SELECT {secret:String} AS secret', { secret: 'of somebody else' });
    await failsWith(store.query('SELECT {secret:String} AS secret'), 'internal_error');
    await failsWith(store.run('SELECT {secret:String} AS secret'), 'internal_error');
  });

  test('of the wrong type fails, and the connection goes on', async () => {
    await failsWith(store.query('SELECT {n:UInt64} AS n', { n: "1' OR 1" }), 'internal_error');
    assert.deepEqual(await store.query('SELECT {n:UInt64} AS n', { n: 1 }), [{ n: 1 }]);
  });
});

test('whole numbers are exact up to 2^53, and beyond only as text', async () => {
  const [row] = await store.query<Record<string, unknown>>(
    `SELECT toUInt64(9007199254740991) AS safe, toInt64(-9007199254740991) AS negative, toUInt64(1) AS one,
       toUInt64(18446744073709551615) AS rounded, toString(toUInt64(18446744073709551615)) AS text`,
  );
  assert.deepEqual(row, {
    safe: Number.MAX_SAFE_INTEGER,
    negative: Number.MIN_SAFE_INTEGER,
    one: 1,
    rounded: 2 ** 64,
    text: '18446744073709551615',
  });
});

describe('inserted rows', () => {
  test('come back as they were, hostile or not', async () => {
    await store.run(
      `CREATE TABLE ${table} (id UInt32, value String, maybe Nullable(String), at Nullable(DateTime64(6, 'UTC')), list Array(String)) ENGINE = MergeTree ORDER BY id`,
    );
    const rows = HOSTILE.map((value, id) => ({
      id,
      value,
      maybe: id % 2 === 0 ? null : value,
      at: id % 3 === 0 ? null : '2026-11-20T10:00:00.123456Z',
      list: [value, value],
    }));
    await store.insert(table, rows);
    assert.deepEqual(await store.read(`SELECT * FROM ${table} ORDER BY id`), rows);
  });

  test('are all there or none: one bad row stops the lot', async () => {
    await store.run(`TRUNCATE TABLE ${table}`);
    await failsWith(store.insert(table, [{ id: 1, value: 'good' }, { id: 'bad' }]), 'internal_error');
    assert.deepEqual(await store.read(`SELECT count() AS count FROM ${table}`), [{ count: 0 }]);
    await store.insert(table, []);
  });
});

describe('a statement that fails', () => {
  test('leaves none of its rows in a later answer', async () => {
    for (let round = 0; round < 12; round += 1) {
      const failing = store.query(
        "SELECT number AS leaked, throwIf(number = 300000, 'stop') AS x FROM numbers(400000)",
      );
      await failsWith(failing, 'internal_error');
      const answers = await Promise.all([1, 2, 3, 4, 5].map(async (n) => store.query('SELECT {n:UInt8} AS n', { n })));
      assert.deepEqual(
        answers,
        [1, 2, 3, 4, 5].map((n) => [{ n }]),
      );
    }
  });

  test('is stopped by its time, as it is asked for and as it runs in the background', async () => {
    const endless = 'SELECT count() AS c FROM numbers(1000000000000) WHERE sipHash64(number) = 1';
    const started = performance.now();
    await failsWith(store.query(endless, {}, { seconds: 1 }), 'store_unavailable');
    await failsWith(store.read(endless, {}, { seconds: 1 }), 'store_unavailable');
    assert.ok(performance.now() - started < 20_000);
    assert.deepEqual(await store.query('SELECT 1 AS one'), [{ one: 1 }]);
  });

  test('is stopped by its memory', async () => {
    const greedy = 'SELECT length(groupArray(toString(number))) AS c FROM numbers(50000000)';
    await failsWith(store.query(greedy, {}, { memoryBytes: 1e8 }), 'store_unavailable');
    assert.deepEqual(await store.query('SELECT 1 AS one'), [{ one: 1 }]);
  });

  test('does not tell the statement or its values in its message', async () => {
    await assert.rejects(
      store.query('SELECT nonsense({name:String})', { name: 'maria.secret' }),
      (error) => error instanceof AppError && !/maria|nonsense|SELECT/.test(error.message),
    );
  });
});

async function readSettings(): Promise<object[]> {
  return store.query(
    "SELECT toFloat64(getSetting('max_execution_time')) AS seconds, toFloat64(getSetting('max_memory_usage')) AS bytes, toUInt8(getSetting('join_use_nulls')) AS nulls",
  );
}

test('limits and settings given with one statement are gone with the next', async () => {
  const usual = await readSettings();
  for (let round = 0; round < 8; round += 1) await store.query('SELECT 1', {}, { seconds: 3, memoryBytes: 3e8 });
  assert.deepEqual(await Promise.all([readSettings(), readSettings(), readSettings(), readSettings()]), [
    usual,
    usual,
    usual,
    usual,
  ]);
});

test('what is saved of no rows is an empty file', async () => {
  const nothing = ['SELECT number FROM numbers(10) WHERE number > 10', 'SELECT username FROM facts ORDER BY username'];
  for (const format of ['RowBinary', 'JSONCompactEachRow', 'Native'] as const) {
    for (const [index, sql] of nothing.entries()) {
      const path = join(folder, `none-${format}-${index}`);
      await store.save({ path, format }, sql);
      assert.equal(readFileSync(path).length, 0, `${format}: ${sql}`);
    }
  }
});

describe('at the same time', () => {
  test('a long statement of background work holds up no request, bound parameters or not', async () => {
    // more than there are connections for requests, if they were taken for it
    const busy = Array.from({ length: 6 }, async () =>
      store.run(
        'SELECT count() AS c FROM numbers(1000000000000) WHERE sipHash64(number) = {n:UInt64}',
        { n: 1 },
        { seconds: 60 },
      ),
    );
    let done = 0;
    const ended = busy.map(async (each) => each.catch((error: unknown) => error).finally(() => (done += 1)));
    const underWay = "current_database = currentDatabase() AND query LIKE 'SELECT count() AS c%'";
    while ((await store.query(`SELECT 1 FROM system.processes WHERE ${underWay}`)).length === 0) await wait(20);
    const started = performance.now();
    for (let n = 0; n < 10; n += 1) assert.deepEqual(await store.query('SELECT {n:UInt8} AS n', { n }), [{ n }]);
    const took = performance.now() - started;
    assert.equal(done, 0, `ten requests took ${took} ms, as long as the work`);
    while (done < busy.length) await store.query(`KILL QUERY WHERE ${underWay}`);
    for (const error of await Promise.all(ended)) assert.ok(error instanceof AppError);
  });

  test('eight requests, each with its own answer', async () => {
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, async (_, n) =>
          store.query('SELECT {n:UInt8} AS n, groupArray(number) AS list FROM numbers({n:UInt8})', { n }),
        ),
      );
      const expected = Array.from({ length: 8 }, (_, n) => [{ n, list: Array.from({ length: n }, (__, i) => i) }]);
      assert.deepEqual(answers, expected);
    }
  });

  const hasThreads = Number(process.env.UV_THREADPOOL_SIZE ?? 4) > 5;
  test(
    'queries on every connection leave threads to what else needs them',
    { skip: !hasThreads && 'UV_THREADPOOL_SIZE is not set, as scripts/run-node.js does' },
    async () => {
      const done: string[] = [];
      const slow = ['query', 'query', 'query', 'query', 'read'] as const;
      const queries = slow.map(async (method) => {
        await store[method]('SELECT sleep(3)');
        done.push(method);
      });
      // again and again until the first is done, as all connections are busy somewhere in between
      while (done.length === 0) {
        const started = performance.now();
        await crypto.subtle.digest('SHA-1', new Uint8Array(10));
        // on a machine that stood still meanwhile the queries may be done, though nothing waited for them
        const took = performance.now() - started;
        assert.ok(done.length === 0 || took < 1000, `${took} ms`);
        await wait(20);
      }
      await Promise.all(queries);
    },
  );

  test('a statement that is refused is no file that cannot be read', async () => {
    // engine code 572
    const refused =
      'SELECT count() FROM numbers(10) WHERE number > 5 SETTINGS query_plan_max_optimizations_to_apply = 1';
    await failsWith(store.query(refused), 'internal_error');
  });

  test('failures of some are not failures of others', async () => {
    const settled = await Promise.allSettled(
      Array.from({ length: 12 }, async (_, n) => store.query(`SELECT throwIf({n:UInt8} % 3 = 0) AS x`, { n })),
    );
    assert.deepEqual(
      settled.map(({ status }) => status),
      Array.from({ length: 12 }, (_, n) => (n % 3 === 0 ? 'rejected' : 'fulfilled')),
    );
  });

  test('exclusive work is done one after the other, also after a failure', async () => {
    const seen: string[] = [];
    const work = (name: string, fails = false) =>
      store.exclusively(async () => {
        seen.push(`${name} begins`);
        await wait(10);
        seen.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    await Promise.allSettled([work('a'), work('b', true), work('c')]);
    assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });
});

describe('the embedded engine', { skip: SERVER !== undefined && 'a server is tested' }, () => {
  const bin = join(import.meta.dirname, '../../bin/learner-analytics.js');

  test('a second process on the directory is told who has it, with exit code 1', () => {
    for (const args of [['refresh'], ['ingest', import.meta.filename], ['refresh', '--json']]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args, '--data', dataDir], {
        encoding: 'utf8',
      });
      assert.equal(status, 1);
      assert.equal(stdout === '', !args.includes('--json'), stdout);
      assert.match(stderr, new RegExp(`^The data directory ${dataDir} is in use by another learner-analytics process`));
      assert.match(stderr, /Wait until it is done, or stop it, or give this one another directory \(--data DIR\)\.\n$/);
      assert.equal(stderr.split('\n').length, 2, stderr);
    }
  });

  test('an insert leaves standard input alone', async () => {
    const script = `
      const { openStore } = await import(${JSON.stringify(import.meta.resolve('./open-store.ts'))});
      const { text } = await import('node:stream/consumers');
      const store = await openStore({ dataDir: process.argv[1] });
      await store.insert('touched_courses', [{ course_id: 'a', touched_at: '2026-11-20 00:00:00.000000' }]);
      const [{ count }] = await store.read('SELECT count() AS count FROM touched_courses');
      process.stdout.write(count + ' ' + await text(process.stdin));
      await store.close();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, join(folder, 'stdin')]);
    child.stdin.end('{"course_id":"b"}\n');
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    assert.deepEqual([out, err], ['1 {"course_id":"b"}\n', '']);
  });
});
