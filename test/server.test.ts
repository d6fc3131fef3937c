import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import test, { after, before, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { getCourse } from '../src/engagement/course.ts';
import { refresh } from '../src/engagement/refresh.ts';
import { takeNumbers } from '../src/engagement/snapshot-numbers.ts';
import { ingest } from '../src/ingest/ingest.ts';
import { Stagings } from '../src/ingest/staging.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { formatAttempt, formatAttempts } from './log-lines.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { meddle } from './meddled-store.ts';
import { readGrants } from './read-grants.ts';
import { awaitOk, runCommand, runTogether, startServer } from './run-cli.ts';
import { makeTempFolder, readFacts } from './temp-store.ts';

// What a listening ClickHouse is asked for beyond what the embedded engine is; test/on-server.test.ts runs the rest on it.

const NOW = new Date('2026-11-23T12:00:00Z');
const PASSWORD = `s3cret/${randomBytes(6).toString('hex')}@:%`;
const { folder, write } = makeTempFolder();

function describeUsers(): string {
  const network = '<networks><ip>127.0.0.1</ip></networks><quota>default</quota>';
  const common = `${network}<profile>default</profile>`;
  return `<users>
    <default><password></password>${common}</default>
    <limited><password></password>${network}<profile>limited</profile></limited>
    <fixed><password></password>${network}<profile>fixed</profile></fixed>
    <reader><password></password>${network}<profile>reader</profile></reader>
    <tenant><password></password>${network}<profile>tenant</profile></tenant>
    <analyst><password>${PASSWORD}</password>${common}<grants>${readGrants('granted')}</grants></analyst>
    <blind><password></password>${common}<grants>${readGrants('granted').replace(/<query>[^<]*detached_parts<\/query>/, '')}</grants></blind>
  </users>`;
}

/** Of which a user may change the settings of the first. */
const PROFILES = `
  <reader><readonly>2</readonly></reader>
  <tenant><allow_ddl>0</allow_ddl></tenant>
  <limited>
    <allow_hyperscan>0</allow_hyperscan>
    <max_hyperscan_regexp_length>20</max_hyperscan_regexp_length>
    <max_hyperscan_regexp_total_length>100</max_hyperscan_regexp_total_length>
  </limited>
  <fixed>
    <allow_hyperscan>0</allow_hyperscan>
    <constraints><allow_hyperscan><const/></allow_hyperscan></constraints>
  </fixed>`;

/** The command line under an environment of its own. */
function openCli(env: Record<string, string>) {
  return {
    run: async (...args: readonly string[]) => runCommand(args, env),
    serve: async (...args: readonly string[]) => startServer(args, env),
  };
}

/** What gzip makes of a file with a name. */
function nameGzip(packed: Buffer, name: Buffer): Buffer {
  const head = Buffer.from(packed.subarray(0, 10));
  head[3] = 8;
  return Buffer.concat([head, name, Buffer.of(0), packed.subarray(10)]);
}

/** So long is told what was found of the health before. */
const HEALTH_KEPT_MS = 1100;

describe('a listening ClickHouse', skipWithoutClickhouse, () => {
  let clickhouse: Clickhouse;
  let stores = 0;

  before(async () => {
    clickhouse = await openClickhouse({
      users: describeUsers(),
      profiles: PROFILES,
      config: `<access_control_improvements>
        <select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
      </access_control_improvements>`,
    });
  });
  after(async () => clickhouse.close());

  async function openOwnStore(): Promise<Store & AsyncDisposable> {
    stores += 1;
    const store = await openStore({ dataDir: join(folder, 'data'), url: `${clickhouse.url}/own_${stores}` });
    return Object.assign(store, { [Symbol.asyncDispose]: async () => store.close() });
  }

  async function countInserts(): Promise<number> {
    return Number(await clickhouse.run("SELECT value FROM system.events WHERE event = 'InsertQuery'"));
  }

  /** The staging tables of the store that was opened last. */
  async function findStaging(): Promise<string> {
    return clickhouse.run(`SELECT name FROM system.tables WHERE database = 'own_${stores}' AND name LIKE 'ingest%'`);
  }

  test('takes in plain and packed files, and leaves out the one that breaks off, with its name', async () => {
    await using store = await openOwnStore();
    const whole = formatAttempts(60_000);
    const damaged = gzipSync(formatAttempts(200_000, 500_000));
    const paths = [
      write('plain.log', formatAttempts(1000).trimEnd()),
      write('{odd} [name]*.log', formatAttempts(500, 1000)),
      write('packed.gz', gzipSync(whole)),
      write('packed.zst', zstdCompressSync(Buffer.from(whole))),
      write('cut.gz', damaged.subarray(0, damaged.length / 2)),
      write('cut.zst', zstdCompressSync(Buffer.from(whole)).subarray(0, -100)),
      write('spoilt.gz', Buffer.concat([damaged.subarray(0, 40_000), Buffer.alloc(5_000_000, 7)])),
    ];
    const result = await ingest(store, paths, { now: NOW });
    assert.deepEqual(
      new Set(result.failed.map(({ reason }) => reason)),
      new Set([
        `${paths[4]} is cut off or damaged (gz); nothing of it was taken.`,
        `${paths[5]} is cut off or damaged (zstd); nothing of it was taken.`,
        `${paths[6]} is cut off or damaged (gz); nothing of it was taken.`,
      ]),
    );
    assert.deepEqual([result.lines, result.new_facts], [121_500, 60_000]);
    assert.equal((await readFacts(store)).length, 60_000);
  });

  test('hundreds of packed files take few statements, and it does not matter where the server cuts what it is sent', async () => {
    await using store = await openOwnStore();
    for (let n = 0; n < 300; n += 1) {
      const text = formatAttempts(20, n * 20);
      write(`many/${n}.log`, n % 2 === 0 ? gzipSync(text) : zstdCompressSync(text));
    }
    // of as many bytes as are sent, and read, at once
    for (let n = 300; n < 306; n += 1) {
      const packed = gzipSync(formatAttempts(20, n * 20));
      write(`many/${n}.log`, nameGzip(packed, Buffer.alloc(2 ** 20 - packed.length - 1, 120)));
    }
    const inserts = await countInserts();
    const { files, lines, new_facts, failed } = await ingest(store, [join(folder, 'many')], { now: NOW });
    assert.deepEqual({ files, lines, new_facts, failed }, { files: 306, lines: 6120, new_facts: 6120, failed: [] });
    const made = (await countInserts()) - inserts;
    assert.ok(made < 30, `${made} statements`);
  });

  test('killed and started again in the middle of an ingest: it goes on by itself, and every fact is there once', async () => {
    await using store = await openOwnStore();
    const paths = Array.from({ length: 12 }, (_, n) => {
      const text = formatAttempts(30_000, n * 25_000);
      return n % 2 === 0 ? write(`k${n}.gz`, gzipSync(text)) : write(`k${n}.log`, text);
    });
    let isOver = false;
    const ingesting = ingest(store, paths, { now: NOW }).finally(() => (isOver = true));
    ingesting.catch(() => undefined);
    const decoding = "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO ingest%'";
    for (let time = 0; time < 2; time += 1) {
      while ((await clickhouse.run(decoding)) === '0\n') assert.ok(!isOver, 'it was over before it was seen');
      await clickhouse.kill();
      await wait(300);
      await clickhouse.start();
    }
    const { lines, failed } = await ingesting;
    assert.deepEqual({ lines, failed }, { lines: 360_000, failed: [] });
    const [row] = await store.read('SELECT count() AS facts, uniqExact(entity) AS problems FROM facts FINAL');
    assert.deepEqual(row, { facts: 305_000, problems: 305_000 });
    const again = await ingest(store, paths, { now: NOW });
    assert.equal(again.new_facts, 0);
    assert.equal(await findStaging(), '');
  });

  test('killed between the statements of an ingest: the tables of all its attempts go with the last', async () => {
    await using store = await openOwnStore();
    for (const [n, statement] of [/^CREATE .*_new/, /^SELECT reason/, /^INSERT INTO facts/, /^TRUNCATE/].entries()) {
      const paths = [write(`between${n}.log`, formatAttempts(100, n * 100))];
      let starting: Promise<void> | undefined;
      const other = async () => {
        await clickhouse.kill();
        starting = clickhouse.start();
      };
      const { lines, new_facts } = await ingest(meddle(store, { before: statement, other }), paths, { now: NOW });
      assert.ok(starting, `never asked ${statement.source}`);
      await starting;
      assert.deepEqual({ lines, staging: await findStaging() }, { lines: 100, staging: '' });
      assert.equal(new_facts, statement.source.includes('TRUNCATE') ? 0 : 100);
    }
  });

  test('the tables of an attempt are removed by way of the store that reaches them in the end', async () => {
    const silent = await openOwnStore();
    const later = await openStore({ dataDir: join(folder, 'data'), url: `${clickhouse.url}/own_${stores}` });
    {
      await using stagings = new Stagings();
      await stagings.open(silent);
      // as of a node of a cluster that was silent for a while
      await silent.close();
      await stagings.open(later);
      assert.equal((await findStaging()).trim().split('\n').length, 4);
    }
    assert.equal(await findStaging(), '');
    await later.close();
  });

  test('several processes take in overlapping files at once, beside several that answer: nothing twice, nothing lost', async () => {
    const env = { CLICKHOUSE_URL: `${clickhouse.url}/shared`, DATA_DIR: join(folder, 'shared'), LOG_LEVEL: 'error' };
    const { run, serve } = openCli(env);
    const services = await Promise.all([serve(), serve('--no-refresh')]);
    const { key } = JSON.parse((await run('keys', 'create', 'tests', '--json')).out) as { key: string };
    const paths = [0, 1, 2, 3].map((n) => write(`s${n}.log`, formatAttempts(20_000, n * 10_000)));
    const runs = await Promise.all(
      [paths.slice(0, 3), paths.slice(1), paths].map(async (files) =>
        run('ingest', ...files, '--no-refresh', '--json'),
      ),
    );
    for (const { code, err } of runs) assert.equal(code, 0, err);
    const refreshed = await run('refresh', '--as-of', '2026-11-24');
    assert.equal(refreshed.code, 0, refreshed.err);
    const facts = await clickhouse.run('SELECT count(), uniqExact(hash) FROM shared.facts FINAL');
    assert.equal(facts, '50000\t50000\n');
    for (const { url } of services) {
      const response = await fetch(`${url}learners/?course_id=course-v1:A%2BB%2BC`, {
        headers: { authorization: `Token ${key}` },
      });
      assert.equal(response.status, 200);
      const { count, results } = (await response.json()) as {
        count: number;
        results: Array<{ engagements: { problem_attempts: number } }>;
      };
      assert.equal(count, 7);
      assert.equal(results[0]?.engagements.problem_attempts, 7143);
    }
    for (const { server } of services) {
      server.kill('SIGTERM');
      assert.deepEqual(await once(server, 'exit'), [0, null]);
    }
  });

  test('processes that refresh at once give no two snapshots the same number, however many each wants', async () => {
    await using store = await openOwnStore();
    const url = `${clickhouse.url}/own_${stores}`;
    const others = await Promise.all(
      ['second', 'third'].map(async (name) => openStore({ dataDir: join(folder, name), url })),
    );
    const now = Date.now() * 1000;
    const published = now + 3;
    await store.insert('snapshots', [{ course_id: 'course-v1:A+B+C', snapshot: published }]);
    const taken: number[] = [];
    let last = 0;
    try {
      for (let round = 0; round < 20; round += 1) {
        const wanted = [store, ...others].flatMap((each) => [1, 100].map((count) => ({ each, count })));
        const given = await Promise.all(
          wanted.map(async ({ each, count }) => {
            const first = await takeNumbers(each, now, count);
            assert.ok(first >= now);
            return Array.from({ length: count }, (_, index) => first + index);
          }),
        );
        taken.push(...given.flat());
        if (round === 0) last = Math.max(...taken);
      }
    } finally {
      await Promise.all(others.map(async (each) => each.close()));
    }
    assert.equal(new Set(taken).size, taken.length);
    assert.ok(!taken.includes(published));
    // what others publish later stays the newest
    assert.ok(last - now < 100_000, `${last - now} microseconds later`);
  });

  test('a snapshot, also one that is published again as it is, has a number that was claimed', async () => {
    await using store = await openOwnStore();
    const courses = ['C', 'D', 'E'].map((run) => `course-v1:A+B+${run}`);
    const lines = courses.map((course) => formatAttempt({ username: 'ada', course, time: '2026-10-01T10:00:00Z' }));
    await ingest(store, [write('claims.log', `${lines.join('\n')}\n`)], { now: NOW });
    for (const asOf of ['2026-11-22', '2026-11-23']) await refresh(store, { asOf });
    const claims = await store.read<{ snapshot: number }>('SELECT snapshot FROM snapshot_claims ORDER BY snapshot');
    const snapshots = await store.read('SELECT snapshot FROM snapshots ORDER BY snapshot');
    assert.equal(claims.length, 6);
    assert.deepEqual(snapshots, claims);
    for (const course of courses) assert.equal((await getCourse(store, course))?.learnerCount, 1);
  });

  test(
    'away or mute, it is told with 503 and when to ask again; back, all goes on by itself',
    { timeout: 240_000 },
    async (t) => {
      const { run, serve } = openCli({
        CLICKHOUSE_URL: `${clickhouse.url}/away`,
        DATA_DIR: join(folder, 'away'),
        CLICKHOUSE_USER: 'default',
        CLICKHOUSE_PASSWORD: '',
      });
      const { url, server, logged } = await serve();
      const { key } = JSON.parse((await run('keys', 'create', 'tests', '--json')).out) as { key: string };
      const ask = async (path: string) => fetch(`${url}${path}`, { headers: { authorization: `Token ${key}` } });
      const awaitBoth = async () => {
        for (const path of ['health/', 'courses/']) await awaitOk(async () => ask(path));
      };
      await awaitBoth();

      await clickhouse.kill();
      await wait(HEALTH_KEPT_MS);
      const dead = await ask('courses/');
      assert.deepEqual([dead.status, dead.headers.get('retry-after')], [503, '5']);
      assert.equal(((await dead.json()) as { error_code: string }).error_code, 'store_unavailable');
      const ill = await ask('health/');
      assert.deepEqual([ill.status, ill.headers.get('retry-after')], [503, '5']);
      assert.equal((await ask('status/')).status, 200);
      const refused = await run('refresh');
      assert.equal(refused.code, 1);
      assert.match(refused.err, /^The ClickHouse at 127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)\.\n$/);

      await clickhouse.start();
      await awaitBoth();

      clickhouse.signal('SIGSTOP');
      t.after(() => clickhouse.signal('SIGCONT'));
      await wait(HEALTH_KEPT_MS);
      const started = performance.now();
      assert.equal((await ask('health/')).status, 503);
      assert.ok(performance.now() - started < 10_000);
      clickhouse.signal('SIGCONT');
      await awaitBoth();
      server.kill('SIGTERM');
      assert.deepEqual(await once(server, 'exit'), [0, null]);
      assert.ok(logged.length > 1);
    },
  );

  test('the shipped rights are enough for all of the product, and for nothing else', { timeout: 120_000 }, async () => {
    await clickhouse.run('CREATE DATABASE granted');
    await clickhouse.run('CREATE TABLE default.secret (a Int32) ENGINE = MergeTree ORDER BY a');
    const env = {
      CLICKHOUSE_URL: `${clickhouse.url}/granted`,
      CLICKHOUSE_USER: 'analyst',
      CLICKHOUSE_PASSWORD: PASSWORD,
      DATA_DIR: join(folder, 'granted'),
    };
    const { serve } = openCli(env);
    const log = write('g.log', formatAttempts(2000));
    const csv = write('g.csv', 'course_id,username,cohort\ncourse-v1:A+B+C,learner_1,A\ncourse-v1:A+B+C,idle,B\n');
    const roles = write('roles.csv', 'username,role,course_id\nboss,staff,course-v1:A+B+C\n');
    const demoted = write('none.csv', 'username,role,course_id\n');
    const asOf = ['--as-of', '2026-11-24'];
    const { url, server, logged } = await serve('--watch', log, ...asOf);
    const done = [
      ['ingest', log, ...asOf],
      ['lms', '--csv', csv, roles, ...asOf],
      ['lms', '--csv', demoted, ...asOf],
      ['refresh', '--full', ...asOf],
      ['keys', 'create', 'x'],
      ['keys', 'revoke', 'x'],
      ['audit'],
      ['learner', 'export', 'learner_1'],
      ['learner', 'forget', 'learner_2', ...asOf],
      ['ingest', log, ...asOf],
      ['learner', 'export', 'idle'],
      ['learner', 'forget', 'idle', ...asOf],
      ['learner', 'remember', 'idle'],
    ];
    const more = [['doctor', ...asOf], ['doctor'], ['keys', 'create', 'tests', '--json']];
    const told = await runTogether([...done, ...more], { env });
    for (const [index, args] of done.entries()) assert.equal(told[index]?.code, 0, `${args[0]}: ${told[index]?.err}`);
    const [ill, well, created] = told.slice(done.length);
    // nobody can ask yet, which is a fault
    assert.equal(ill?.code, 1, ill?.err);
    assert.match(ill?.out ?? '', /ok {7}store .*ClickHouse \S+, with \d+ migrations[^]*FAULT {4}access[^]*\n1 fault,/);
    // it ends with 1 for what this site lacks; of the store it must know all
    assert.match(well?.out ?? '', /ClickHouse \d[\d.]+, with \d+ migrations; \d+ rows? of facts/);
    const { key } = JSON.parse(created?.out ?? '') as { key: string };
    const course = 'course_id=course-v1:A%2BB%2BC';
    for (const path of [
      `learners/?${course}`,
      `learners/?${course}&start_date=2026-11-10&end_date=2026-11-22`,
      `engagement_timelines/learner_1/?${course}`,
    ]) {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Token ${key}` } });
      assert.equal(response.status, 200, `${path}: ${await response.text()}`);
    }
    server.kill('SIGTERM');
    assert.deepEqual(await once(server, 'exit'), [0, null]);
    assert.doesNotMatch(logged.join('\n'), /"level":"(error|warn)"/);
    assert.ok(!logged.join('\n').includes(PASSWORD) && !logged.join('\n').includes(encodeURIComponent(PASSWORD)));

    const asAnalyst = async (sql: string) =>
      fetch(clickhouse.url, {
        method: 'POST',
        body: sql,
        headers: { 'X-ClickHouse-User': 'analyst', 'X-ClickHouse-Key': PASSWORD },
      });
    // there for as long as it is needed
    const other = clickhouse.run('SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1');
    for (const sql of [
      'SELECT * FROM default.secret',
      'CREATE TABLE default.more (a Int32) ENGINE = MergeTree ORDER BY a',
      'DROP DATABASE granted',
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      "SELECT * FROM url('http://127.0.0.1/', 'LineAsString')",
      "KILL QUERY WHERE user = 'default'",
    ]) {
      const response = await asAnalyst(sql);
      assert.equal(response.headers.get('x-clickhouse-exception-code'), '497', `${sql}: ${await response.text()}`);
    }
    await Promise.all([
      assert.rejects(other, /QUERY_WAS_CANCELLED/),
      clickhouse.run("KILL QUERY WHERE query LIKE 'SELECT sleepEachRow(1) FROM numbers(60)%' SYNC"),
    ]);
  });

  test('over TLS, to a server whose certificate is believed, and to no other', async (context) => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
    const made = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    if (made.status !== 0) return context.skip('there is no openssl');
    // what stands before a ClickHouse that speaks plain HTTP; the one of the tests can do no more
    const proxy = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
      const behind = connect(clickhouse.http, '127.0.0.1');
      pipeline(socket, behind, socket).catch(() => undefined);
    }).listen(0, '127.0.0.1');
    context.after(() => proxy.close());
    await once(proxy, 'listening');
    const { port } = proxy.address() as { port: number };
    const env = { CLICKHOUSE_URL: `https://localhost:${port}/tls`, DATA_DIR: join(folder, 'tls') };
    const refused = await openCli(env).run('refresh');
    assert.equal(refused.code, 1);
    assert.match(
      refused.err,
      /^The certificate of the ClickHouse at localhost:\d+ is not believed \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    );
    const plain = await openCli({ ...env, CLICKHOUSE_URL: `http://localhost:${port}/tls` }).run('refresh');
    assert.match(plain.err, /^The ClickHouse at localhost:\d+ speaks TLS at this port: its address begins with https:/);
    const { run } = openCli({ ...env, NODE_EXTRA_CA_CERTS: cert });
    const { code, out, err } = await run('ingest', write('tls.log', formatAttempts(5000)), '--json');
    assert.equal(code, 0, err);
    assert.equal((JSON.parse(out) as { new_facts: number }).new_facts, 5000);
  });

  test('limits of the profile on the search for several patterns do not hold; one that may not be changed is told, and who may not write', async () => {
    const log = write('limited.log', formatAttempts(10));
    const ingestAs = async (user: string) =>
      openCli({
        CLICKHOUSE_URL: `${clickhouse.url}/profiles`,
        CLICKHOUSE_USER: user,
        DATA_DIR: join(folder, user),
      }).run('ingest', log, '--no-refresh', '--json');
    const taken = await ingestAs('limited');
    assert.equal(taken.code, 0, taken.err);
    assert.equal((JSON.parse(taken.out) as { new_facts: number }).new_facts, 10);
    const refused = await ingestAs('fixed');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /^The ClickHouse at 127\.0\.0\.1:\d+ does not let this user set \w+ \(engine code 452\)/);
    const reading = await ingestAs('reader');
    assert.equal(reading.code, 1);
    assert.match(reading.err, /^The ClickHouse at 127\.0\.0\.1:\d+ lets this user read only \(engine code 164\)/);
    const tenant = await ingestAs('tenant');
    assert.match(tenant.err, /^The ClickHouse at 127\.0\.0\.1:\d+ lets this user make no tables \(engine code 392\)/);
  });

  test('doctor tells what it may not look at, and goes on', async () => {
    const { run } = openCli({
      CLICKHOUSE_URL: `${clickhouse.url}/granted`,
      CLICKHOUSE_USER: 'blind',
      DATA_DIR: join(folder, 'blind'),
    });
    const { code, out } = await run('doctor');
    assert.equal(code, 1);
    assert.match(
      out,
      /FAULT {4}store +This could not be looked at\. .*lacks the grant SELECT.* ON system\.detached_parts[^]*access +\d API key/,
    );
  });

  test('a database may have any name', async () => {
    const url = `${clickhouse.url}/${encodeURIComponent('my-site café')}`;
    const { run } = openCli({ CLICKHOUSE_URL: url, DATA_DIR: join(folder, 'named') });
    const { code, err } = await run('ingest', write('named.log', formatAttempts(3)), '--no-refresh');
    assert.equal(code, 0, err);
  });

  test('a wrong password is told without repeating it', async () => {
    const { run } = openCli({
      CLICKHOUSE_URL: `${clickhouse.url}/granted`,
      CLICKHOUSE_USER: 'analyst',
      CLICKHOUSE_PASSWORD: 'not-this-one',
      DATA_DIR: join(folder, 'refused'),
    });
    const { code, err } = await run('refresh');
    assert.equal(code, 1);
    assert.match(
      err,
      /^The ClickHouse at 127\.0\.0\.1:\d+ refuses this user and password \(engine code 516\): CLICKHOUSE_USER and/,
    );
    assert.doesNotMatch(err, /not-this-one/);
  });
});
