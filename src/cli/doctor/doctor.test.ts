import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test, { after, describe } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { findPort } from '../../../test/find-port.ts';
import { formatAttempt } from '../../../test/log-lines.ts';
import { EMPTY, publishEmpty } from '../../../test/publish-empty.ts';
import { runCommand, startServer } from '../../../test/run-cli.ts';
import { makeTempFolder, openTempStore } from '../../../test/temp-store.ts';
import type { ServiceStatus } from '../../api/api-env.ts';
import { createKey, revokeKey } from '../../auth/api-keys.ts';
import { loadConfig } from '../../config.ts';
import { endOfWindow } from '../../engagement/days.ts';
import { refresh } from '../../engagement/refresh.ts';
import { UNLISTED_AT_MOST } from '../../engagement/unlisted-courses.ts';
import { AppError } from '../../errors.ts';
import { ingest } from '../../ingest/ingest.ts';
import { recordImport } from '../../lms/import-history.ts';
import { formatTime } from '../../store/format-time.ts';
import { StoreIsNewer } from '../../store/migrate.ts';
import type { Store } from '../../store/store.ts';
import { checkConfiguration } from './check-configuration.ts';
import { doctor } from './doctor.ts';
import type { Finding } from './finding.ts';

const { folder, write } = makeTempFolder();
const store = await openTempStore();
const dataDir = join(store.spool, '..');

interface Report {
  readonly ok: boolean;
  readonly faults: number;
  readonly findings: readonly Finding[];
  readonly audit: { readonly callers: readonly object[] } | null;
}

async function examine(
  env: Record<string, string> = {},
  server: ServiceStatus | null = null,
  open: () => Promise<Store> = async () => store,
) {
  const outcome = await doctor.run(
    {
      config: loadConfig({ DATA_DIR: dataDir, ...env }),
      openStore: open,
      cwd: '/',
      input: process.stdin,
      server: server && (() => server),
      progress: () => {},
      write: async () => {},
      signal: new AbortController().signal,
    },
    {},
    [],
  );
  const report = outcome.json as Report;
  assert.equal(outcome.exitCode, report.faults > 0 ? 1 : 0);
  assert.equal(report.ok, report.faults === 0);
  for (const { state, message, remedy } of report.findings) {
    if (state === 'fault') assert.ok(remedy, message);
    if (remedy !== undefined) assert.ok(outcome.text.includes(`→ ${remedy}`));
  }
  return {
    ...report,
    text: outcome.text,
    /** The findings of a part, a line each. */
    of: (part: Finding['part']) =>
      report.findings.filter((each) => each.part === part).map(({ state, message }) => `${state}: ${message}`),
  };
}

async function publish(): Promise<void> {
  await refresh(store);
}

const IMPORTED = {
  files: 1,
  users: 3,
  enrollments: 4,
  roles: 5,
  roles_replaced: true,
  courses: 0,
  changed: 0,
  rejected: {},
  warnings: [],
  seconds: 1,
};
const HEALTHY_LOGS = {
  files: 2,
  lag_bytes: 0,
  problems: [],
  read_at: '2026-11-25T00:00:00.000Z',
  stuck_since: null,
  failure: null,
};

test('a site as it should be has no fault and no warning', async () => {
  const log = write('tracking.log', `${formatAttempt({ time: new Date().toISOString() })}\n`);
  await ingest(store, [log]);
  await publish();
  await createKey(store, 'dashboard');
  await recordImport(store, 'csv', async () => IMPORTED);
  const report = await examine({}, { logs: HEALTHY_LOGS, lms: null });
  assert.deepEqual(
    report.findings.filter(({ state }) => state !== 'ok'),
    [],
  );
  assert.deepEqual([...new Set(report.findings.map(({ part }) => part))].toSorted(), [
    'access',
    'audit',
    'configuration',
    'freshness',
    'lms',
    'logs',
    'store',
  ]);
  assert.match(
    report.of('store')[0]!,
    /^ok: ClickHouse 2\d\.\d+\.\S+, embedded, with \d+ migrations; 1 row of facts; \d/,
  );
  assert.match(report.of('freshness')[0]!, /less than a minute ago/);
  assert.match(report.text, /0 faults, 0 warnings\.$/);
});

describe('the store', () => {
  test('that is not there is a fault, and is not made by asking', async () => {
    const nowhere = join(folder, 'nowhere');
    const { code, out } = await runCommand(['doctor', '--data', nowhere]);
    assert.equal(code, 1);
    assert.match(out, /FAULT {4}store .*There is no store in/);
    assert.equal(existsSync(nowhere), false);
  });

  test('that cannot be opened is a fault with the reason; of one that is in use the server tells', async () => {
    const broken = await examine({}, null, async () => {
      throw new AppError('store_unavailable', 'The data directory cannot be written.');
    });
    assert.deepEqual(broken.of('store'), ['fault: The data directory cannot be written.']);
    const fault = new AppError('internal_error', 'The store refused a statement (engine code 7).', {
      cause: new Error('What the engine says.'),
    });
    const refused = await examine({}, null, async () => Promise.reject(fault));
    assert.match(refused.of('store')[0]!, /\(engine code 7\)\. What the engine says\.$/);
    const newer = await examine({}, null, async () => Promise.reject(new StoreIsNewer(['9999-of-tomorrow.sql'])));
    assert.match(newer.text, /FAULT {4}store .*newer version.*\n.*→ There is no way back/);
    const locked = new AppError('store_locked', 'in use');
    await assert.rejects(
      examine({}, null, async () => Promise.reject(locked)),
      locked,
    );
  });

  test('that a command has open, which answers nobody, is a warning', async () => {
    const { code, out } = await runCommand(['doctor', '--json', '--data', dataDir]);
    const { ok, findings } = JSON.parse(out) as Report;
    assert.deepEqual([code, ok], [0, true]);
    assert.deepEqual(
      findings.filter(({ part }) => part === 'store').map(({ state, message }) => `${state}: ${message}`),
      [`warning: Process ${process.pid} has the store open, which takes one at a time.`],
    );
  });

  test('that the engine found damaged is a fault', async () => {
    const [table] = await store.read<{ path: string; month: number }>(
      `SELECT data_paths[1] AS path, (SELECT toYYYYMM(max(day)) FROM facts) AS month
       FROM system.tables WHERE database = currentDatabase() AND name = 'facts'`,
    );
    await store.run('ALTER TABLE facts DETACH PARTITION {month:UInt32}', { month: table!.month });
    const detached = join(table!.path, 'detached');
    const [part] = readdirSync(detached);
    renameSync(join(detached, part!), join(detached, `broken-on-start_${part}`));
    assert.match((await examine()).of('store').join('\n'), /fault: The engine found 1 damaged part of tables/);
    renameSync(join(detached, `broken-on-start_${part}`), join(detached, part!));
    await store.run('ALTER TABLE facts ATTACH PART {part:String}', { part: part! });
    assert.doesNotMatch((await examine()).of('store').join('\n'), /fault/);
  });

  test('has tables of ingests that were broken off, unless one is under way', async () => {
    await store.run('CREATE TABLE ingest_left (x UInt8) ENGINE = MergeTree ORDER BY x');
    const told = await examine();
    assert.match(told.of('store').join('\n'), /warning: 1 table of ingests or imports that were broken off/);
    assert.match(told.text, /→ They go when the store is opened the next time,/);
    await store.exclusively(async () => assert.doesNotMatch((await examine()).text, /broken off/));
    await store.run('DROP TABLE ingest_left SYNC');
  });

  test('that everybody may enter is a warning', async () => {
    chmodSync(dataDir, 0o755);
    assert.match((await examine()).of('configuration')[0]!, /^warning: .* can be entered by every user/);
    chmodSync(dataDir, 0o700);
    assert.doesNotMatch((await examine()).of('configuration')[0]!, /warning/);
  });
});

const age = async (table: string, column: string, minutes: number) =>
  store.run(
    `INSERT INTO ${table} SELECT * REPLACE (now64(6) + INTERVAL 1 SECOND - INTERVAL {minutes:Int32} MINUTE AS ${column}) FROM ${table} LIMIT 1`,
    { minutes },
  );

describe('freshness', () => {
  test('a course that changed and is not published is a fault when it waits for long', async () => {
    await age('touched_courses', 'touched_at', 0);
    assert.match((await examine()).of('freshness')[1]!, /^ok: .*1 waits for it, changed just now/);
    await store.run('TRUNCATE TABLE touched_courses');
    await store.insert('touched_courses', [
      { course_id: 'course-v1:Not+Published+1', touched_at: formatTime(new Date(Date.now() - 16 * 60_000)) },
    ]);
    assert.match((await examine()).of('freshness')[1]!, /^fault: .*1 waits for it since 16 minutes ago/);
    await store.run('TRUNCATE TABLE touched_courses');
    assert.match((await examine()).of('freshness')[1]!, /^ok: .*nothing waits/);
  });

  test('courses that only events tell of are a warning when enough such are published, and do not wait', async () => {
    const old = '2026-11-01 00:00:00.000000';
    await store.insert('touched_courses', [{ course_id: 'course-v1:Not+Published+1', touched_at: old }]);
    await publishEmpty(store, UNLISTED_AT_MOST, endOfWindow(undefined));
    const found = (await examine()).of('freshness');
    assert.match(found[1]!, /^ok: .*nothing waits/);
    assert.match(
      found[2]!,
      /^warning: 1 course is not published: only events tell of it, and 5000 of that kind are already\./,
    );
    await store.run('DELETE FROM snapshots WHERE startsWith(course_id, {empty:String})', { empty: EMPTY });
    await store.run('TRUNCATE TABLE touched_courses');
  });

  test('numbers of another window are a fault, unless that is the one that is wanted', async () => {
    await store.run('TRUNCATE TABLE touched_learners');
    const [course] = await store.read<{ id: string }>('SELECT course_id AS id FROM snapshots LIMIT 1');
    await store.insert('touched_courses', [{ course_id: course!.id, touched_at: '2026-11-01 00:00:00.000000' }]);
    await refresh(store, { asOf: '2026-11-21' });
    assert.match(
      (await examine()).of('freshness')[1]!,
      /^fault: .*the numbers of 1 of them are not of the current window/,
    );
    await publish();
  });

  test('windows that are published by turns are a fault, one that is chosen and given up again is none', async () => {
    const publishFor = async (asOf: string) => refresh(store, { asOf });
    await store.run('TRUNCATE TABLE snapshots');
    for (const asOf of ['2026-11-21', '2026-11-22', '2026-11-21']) await publishFor(asOf);
    assert.doesNotMatch((await examine()).of('freshness')[1]!, /by turns/);
    await publishFor('2026-11-22');
    assert.match(
      (await examine()).of('freshness')[1]!,
      /^fault: .*1 of them by turns for windows that end on other days/,
    );
    await store.run('TRUNCATE TABLE snapshots');
    await publish();
    assert.match((await examine()).of('freshness')[1]!, /^ok: /);
  });

  test('facts that stopped to come are a warning', async () => {
    await store.run('TRUNCATE TABLE facts');
    assert.match((await examine()).of('freshness')[0]!, /^warning: There are no facts yet/);
    const time = new Date(Date.now() - 37 * 3_600_000).toISOString();
    await ingest(store, [write('old.log', `${formatAttempt({ time })}\n`)]);
    const told = new RegExp(`^warning: The last fact is of ${time.slice(0, 19)}.*, 37 hours ago`);
    assert.match((await examine()).of('freshness')[0]!, told);
    await publish();
  });
});

const fail = async (source: 'csv' | 'package' | 'mysql', cause?: unknown) =>
  assert.rejects(
    recordImport(store, source, async () => {
      throw new AppError('source_unreadable', 'The file is cut off.', { cause });
    }),
  );
const tellLms = async () => (await examine()).of('lms').join('\n');

describe('sources', () => {
  test('a followed log that cannot be read is a fault, with what to do', async () => {
    const problems = [
      { path: '/logs/tracking.log', reason: 'ENOENT' },
      { path: '/logs/secret.log', reason: 'EACCES' },
      { path: '/logs/a.bz2', reason: '/logs/a.bz2 is packed with bzip2.' },
    ];
    const report = await examine({}, { logs: { ...HEALTHY_LOGS, problems, lag_bytes: 3e9 }, lms: null });
    assert.deepEqual(report.of('logs').slice(0, 3), [
      'fault: /logs/tracking.log: nothing is there yet; waiting for it to appear.',
      'fault: /logs/secret.log: permission denied: let the user of this process read it (and enter its folders); it is tried again every second.',
      'fault: /logs/a.bz2 is packed with bzip2.',
    ]);
    assert.match(report.of('logs')[3]!, /^warning: 2 files are followed; 3.0 GB behind; lines last came in 2026-/);
  });

  test('a followed log that nothing was written to says so', async () => {
    const report = await examine({}, { logs: { ...HEALTHY_LOGS, read_at: null }, lms: null });
    assert.deepEqual(report.of('logs'), ['ok: 2 files are followed; 0 bytes behind; no lines came since the start.']);
  });

  test('a database of the LMS that does not answer is a fault; its password is told to nobody', async () => {
    const report = await examine({ LMS_MYSQL_URL: 'mysql://analytics:geheim@127.0.0.1:1/edxapp' });
    assert.match(
      report.of('lms')[0]!,
      /^fault: The LMS database at 127.0.0.1:1\/edxapp cannot be read: nobody listens there/,
    );
    assert.doesNotMatch(report.text, /geheim/);
  });

  test('a database of the LMS that still does not answer is one fault, not one of now and one of the last import', async () => {
    await fail('mysql');
    assert.match(await tellLms(), /fault: The last import \(mysql\) failed/);
    const report = await examine({ LMS_MYSQL_URL: 'mysql://analytics@127.0.0.1:1/edxapp' });
    const faults = report.of('lms').filter((line) => line.startsWith('fault'));
    assert.match(faults.join('\n'), /^fault: The LMS database at [^\n]*$/);
    await store.run('TRUNCATE TABLE lms_imports');
  });

  test('names of courses alone are told, and do not hide who came in before', async () => {
    await recordImport(store, 'csv', async () => IMPORTED);
    await wait(5);
    await recordImport(store, 'csv', async () => ({ ...IMPORTED, users: 0, enrollments: 0, roles: 0, courses: 2 }));
    assert.match(
      await tellLms(),
      /^ok: Imported \(csv\) .*: 0 people, 0 enrolments, 0 roles, 2 names of courses\.\nok: Imported \(csv\) .*: 3 people, 4 enrolments, 5 roles\.$/,
    );
    await wait(5);
    await recordImport(store, 'csv', async () => ({ ...IMPORTED, courses: 1 }));
    assert.match(await tellLms(), /^ok: Imported \(csv\) .*: 3 people, 4 enrolments, 5 roles, 1 name of a course\.$/);
    await store.run('TRUNCATE TABLE lms_imports');
  });

  test('an import that failed is a fault until one goes well; its warnings are told', async () => {
    await fail('package');
    await wait(5);
    assert.match(await tellLms(), /fault: The last import \(package\) failed .*: The file is cut off\./);
    await recordImport(store, 'package', async () => ({ ...IMPORTED, warnings: ['The table x is not there.'] }));
    const lines = await tellLms();
    assert.doesNotMatch(lines, /fault/);
    assert.match(lines, /warning: The table x is not there\./);
  });

  test('of files any that goes well since is enough, of the database its own; what is not there was mistyped', async () => {
    await fail('package');
    await fail('mysql');
    await wait(5);
    await recordImport(store, 'csv', async () => IMPORTED);
    await fail('csv', Object.assign(new Error(), { code: 'ENOENT' }));
    const told = (await tellLms()).split('\n').filter((line) => line.startsWith('fault'));
    assert.match(told.join('\n'), /^fault: The last import \(mysql\) failed [^\n]*$/);
  });

  test('people whom the LMS retired are counted, and named to nobody', async () => {
    await store.insert('lms_users', [{ username: 'gone', user_id: 7, name: '', retired: true }, { username: 'ann' }]);
    await store.insert('identities', [{ user_id: 7, username: 'gone', from_lms: true }]);
    const report = await examine();
    assert.match(
      report.of('lms').join('\n'),
      /warning: The LMS has retired 1 person whose username and activity are still here\./,
    );
    assert.match(report.text, /→ To remove that, too: learner-analytics learner forget --retired/);
    assert.doesNotMatch(report.text, /gone/);
    await store.run('TRUNCATE TABLE lms_users');
    await store.run('TRUNCATE TABLE identities');
  });

  test('an import of a time that is still to come is older than others, and told as what it is', async () => {
    await store.run('TRUNCATE TABLE lms_imports');
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 19).replace('T', ' ');
    await store.insert('lms_imports', [{ source: 'package', ended_at: tomorrow, failure: 'It is cut off.' }]);
    assert.match(await tellLms(), /fault: The last import \(package\) failed in the future \(see the clock\)/);
    await recordImport(store, 'csv', async () => IMPORTED);
    assert.doesNotMatch(await tellLms(), /fault/);
  });

  test('a roster of which is not noted when it came is not taken for none', async () => {
    await store.run('TRUNCATE TABLE lms_imports');
    assert.match(await tellLms(), /^warning: Nothing was imported/);
    await store.insert('lms_users', [{ username: 'ann' }]);
    assert.match(await tellLms(), /^warning: What was imported from the LMS is there/);
    await store.run('TRUNCATE TABLE lms_users');
  });
});

const role = (source: string, username: string) => ({ source, username, role: 'staff', course_id: 'course-v1:A+B+C' });
const imported = (source: string, on: string, replaces = true) => ({
  source,
  ended_at: `${on} 10:00:00`,
  roles_replaced: replaces,
});
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe('who may ask', () => {
  test('keys that end soon or have ended are warnings; without any that counts nobody can ask', async () => {
    await createKey(store, 'soon', { expires: day(14) });
    await createKey(store, 'later', { expires: day(16) });
    const report = await examine();
    assert.match(
      report.of('access').join('\n'),
      /^ok: 3 API keys are in force, 3 never used; people cannot[^]*warning: The key "soon" ends/,
    );
    assert.doesNotMatch(report.text, /"later"/);
    await revokeKey(store, 'soon');
    await store.run(
      `INSERT INTO api_keys SELECT * REPLACE (now() - 1 AS expires_at, version + toIntervalMicrosecond(1) AS version)
       FROM api_keys FINAL WHERE name = 'later'`,
    );
    assert.match(
      (await examine()).of('access').join('\n'),
      /^ok: 1 API key is in force, 1 never used; [^\n]*\nwarning: The key "later" ended [^\n]*$/,
    );
    await store.run('TRUNCATE TABLE api_keys');
    assert.match((await examine()).of('access')[0]!, /^fault: No API key is in force/);
    await createKey(store, 'dashboard');
  });

  test('keys of the LMS that cannot be read, and people whom no role lets see anything, are faults', async () => {
    const report = await examine({ JWT_JWK_SET: join(folder, 'jwks.json'), JWT_ISSUER: 'lms' });
    assert.match(report.of('configuration').join('\n'), /fault: The keys of the LMS cannot be read/);
    assert.match(report.of('access').join('\n'), /fault: No roles are imported/);
    writeFileSync(join(folder, 'jwks.json'), '{"keys": []}');
    const mended = await examine({ JWT_JWK_SET: join(folder, 'jwks.json'), JWT_ISSUER: 'lms' });
    assert.match(mended.of('configuration').join('\n'), /ok: The keys of the LMS can be read/);
  });

  test('roles that nothing replaces any more are told, whatever else is imported', async () => {
    const env = { JWT_JWK_SET: join(folder, 'jwks.json'), JWT_ISSUER: 'lms' };
    await store.run('TRUNCATE TABLE lms_imports');
    await store.insert('course_roles', [role('csv', 'ann'), role('csv', 'bob')]);
    assert.match((await examine(env)).of('access').join('\n'), /ok: 2 roles imported from csv, last long ago/);
    await store.insert('course_roles', [role('mysql', 'ann')]);
    await store.insert('lms_imports', [imported('csv', '2026-11-01'), imported('mysql', '2026-11-07')]);
    assert.doesNotMatch((await examine(env)).of('access').join('\n'), /warning/);
    await store.insert('lms_imports', [imported('mysql', '2026-11-08')]);
    const told = (await examine(env)).of('access').join('\n');
    assert.match(told, /warning: 2 roles imported from csv, last 2026-11-01/);
    assert.match(told, /ok: 1 role imported from mysql, last 2026-11-08/);
    // as before that was noted: with roles, and without
    await store.insert('lms_imports', [
      { ...imported('csv', '2026-11-09'), roles_replaced: null, roles: 2 },
      { ...imported('csv', '2026-11-10'), roles_replaced: null },
    ]);
    assert.match((await examine(env)).of('access').join('\n'), /ok: 2 roles imported from csv, last 2026-11-09/);
    // enrolments alone, night after night
    await store.insert('lms_imports', [imported('csv', '2026-11-16', false), imported('mysql', '2026-11-16', false)]);
    assert.match(
      (await examine(env)).of('access').join('\n'),
      /warning: 2 roles imported from csv, last 2026-11-09[^]*warning: 1 role imported from mysql, last 2026-11-08/,
    );
    for (const table of ['course_roles', 'lms_imports']) await store.run(`TRUNCATE TABLE ${table}`);
  });

  test('a web app that is not built is a fault where people log in', async () => {
    const check = async (env: Record<string, string>) =>
      (await checkConfiguration(loadConfig({ DATA_DIR: folder, ...env }), folder))
        .map(({ message }) => message)
        .join('\n');
    assert.doesNotMatch(await check({}), /not built/);
    const login = { LMS_URL: 'http://127.0.0.1:9', LMS_CLIENT_ID: 'x' };
    assert.match(await check(login), /The web app is not built/);
    writeFileSync(join(folder, 'index.html'), '');
    assert.doesNotMatch(await check(login), /not built/);
  });

  test('a folder that others may enter, an address that others reach, and keys of the LMS by a secret address', async () => {
    const check = async (env: Record<string, string>) =>
      (await checkConfiguration(loadConfig({ DATA_DIR: folder, ...env }), folder))
        .filter(({ state }) => state !== 'ok')
        .map(({ message }) => message)
        .join('\n');
    for (const [mode, told] of [
      [0o750, ''],
      [0o701, 'can be entered'],
    ] as const) {
      chmodSync(folder, mode);
      assert.match(await check({}), new RegExp(told === '' ? '^$' : told));
    }
    chmodSync(folder, 0o700);
    assert.match(await check({ HOST: '0.0.0.0' }), /^The server listens on 0\.0\.0\.0/);
    assert.equal(await check({ HOST: '0.0.0.0', PUBLIC_URL: 'https://analytics.example' }), '');
    const keys = await check({ JWT_JWK_SET: 'http://127.0.0.1:9/jwks?key=geheim', JWT_ISSUER: 'lms' });
    assert.match(keys, /^The keys of the LMS cannot be read from http:\/\/127\.0\.0\.1:9\/jwks,/);
    const lms = { LMS_URL: 'http://127.0.0.1:9', COURSE_ACCESS: 'lms' };
    assert.match(await check(lms), /does not answer .*so that people cannot log in or be let see courses/);
  });

  test('an LMS that does not answer is a fault where people log in there', async () => {
    const port = await findPort();
    const env = { LMS_URL: `http://127.0.0.1:${port}` };
    assert.match((await examine(env)).of('configuration').join('\n'), /warning: The LMS does not answer/);
    assert.match(
      (await examine({ ...env, LMS_CLIENT_ID: 'x' })).of('configuration').join('\n'),
      /fault: The LMS does not answer/,
    );
    const proxy = createServer((_, response) => response.writeHead(502).end()).listen(port, '127.0.0.1');
    await once(proxy, 'listening');
    assert.match(
      (await examine(env)).of('configuration').join('\n'),
      /warning: At .* an error is answered \(HTTP 502\)/,
    );
    proxy.close();
  });

  test('who looked at whose learners is told in short', async () => {
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
    const entry = { time, kind: 'person', course_id: 'course-v1:A+B+C', resource: 'learners', filter: '', requests: 3 };
    await store.insert('audit_log', [
      { ...entry, name: 'prof' },
      { ...entry, name: 'prof', course_id: 'course-v1:D+E+F', requests: 4 },
      { ...entry, kind: 'service', name: 'dashboard', requests: 1 },
      { ...entry, name: 'long_ago', time: '2026-01-01 00:00:00.000' },
    ]);
    const report = await examine();
    assert.match(
      report.text,
      /8 requests about 2 courses by 2 callers in the last 7 days; the oldest entry is of 2026-01-01T[^]*\n +person prof: 7 about 2 courses, last \S+\n +service dashboard: 1 about 1 course,/,
    );
    assert.equal(report.audit?.callers.length, 2);
    assert.match((await examine({ AUDIT_DAYS: '0' })).of('audit')[0]!, /^warning: Who looks at learners is not noted/);
  });

  test('where that cannot be told, the rest is', async (t) => {
    await store.run('RENAME TABLE audit_log TO away');
    t.after(async () => store.run('RENAME TABLE away TO audit_log'));
    const report = await examine();
    assert.match(report.of('audit').join('\n'), /^fault: This could not be looked at\. The store refused a statement/);
    assert.equal(report.audit, null);
    assert.ok(report.of('access').length > 0);
  });
});

test(
  'while a server has the data directory, it answers, about the logs that it follows',
  { timeout: 180_000 },
  async () => {
    const data = join(folder, 'served');
    const missing = join(folder, 'no-folder', 'missing.log');
    const { server } = await startServer(['--data', data, '--watch', missing]);
    after(() => server.kill('SIGKILL'));
    let out = '';
    // the first look at the logs may still be under way
    for (let tries = 0; tries < 50 && !out.includes(missing); tries += 1) {
      const ran = await runCommand(['doctor', '--data', data]);
      assert.equal(ran.code, 1, ran.err);
      out = ran.out;
    }
    assert.match(out, /FAULT {4}logs .*missing\.log: nothing is there yet/);
    assert.match(out, /→ See whether the path given to --watch is right/);
    assert.equal(out.match(/FAULT {4}logs/g)?.length, 1, out);
  },
);
