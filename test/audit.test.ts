import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createCheckedApp } from './check-response.ts';
import { COURSE, LEARNERS, openSampleApi } from './sample-api.ts';
import { listAudit } from './list-audit.ts';
import { DEMO_COURSE, OLD_COURSE } from './sample-site.ts';
import { describeFilter } from '../src/api/describe-filter.ts';
import { AuditLog, summarizeAudit } from '../src/auth/audit-log.ts';
import { audit as command } from '../src/cli/audit.ts';
import { forgetPerson } from '../src/cli/learner/forget-person.ts';

const { deps, key, logged } = await openSampleApi();
const { store, log, config } = deps;

/** Asks, and gives what was noted about it. */
async function noteOf(
  paths: readonly string[],
  days = 180,
  headers: Record<string, string> = { authorization: `Token ${key}` },
) {
  await store.run('TRUNCATE TABLE audit_log');
  const audit = new AuditLog(store, log, days);
  const app = createCheckedApp({ ...deps, audit });
  for (const path of paths) await app.request(`http://127.0.0.1:8100${path}`, { headers });
  await audit.close();
  return listAudit(store);
}

test('an answer about a course is noted: who, when, which course, by which filter', async () => {
  const [row, ...more] = await noteOf([
    `/api/v0${LEARNERS}&segments=inactive&videos_viewed_max=0&cohort=Cohort%20A&page=1`,
  ]);
  assert.match(row?.time ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(
    { ...row, time: '' },
    {
      time: '',
      kind: 'service',
      name: 'tests',
      course_id: DEMO_COURSE,
      resource: 'learners',
      filter: 'cohort=Cohort+A&segments=inactive&videos_viewed_max=0',
      requests: 1,
    },
  );
  assert.equal(more.length, 0);
});

test('a person is noted by name, a learner and a search never', async () => {
  const login = await createCheckedApp(deps).request('http://127.0.0.1:8100/auth/login');
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  const mount = '/api/learner_analytics/v0';
  const rows = await noteOf(
    [
      `${mount}/learners/maria/?${COURSE}`,
      `${mount}/engagement_timelines/maria/?${COURSE}&start_date=2026-10-01&end_date=2026-10-20`,
      `${mount}${LEARNERS}&text_search=mari`,
      `${mount}/learners.csv?${COURSE}`,
    ],
    180,
    { cookie },
  );
  assert.deepEqual(
    rows.map(({ kind, name, resource, filter }) => [kind, name, resource, filter].join(' ')).toSorted(),
    [
      'person demo_instructor engagement_timelines/:username end_date=2026-10-20&start_date=2026-10-01',
      'person demo_instructor learners text_search=*',
      'person demo_instructor learners.csv ',
      'person demo_instructor learners/:username ',
    ],
  );
  assert.doesNotMatch(JSON.stringify(rows), /mari/);
});

test('what a resource does not look at can say anything, and is not noted', async () => {
  const free = 'cohort=some+free+text&segments=more&videos_viewed_min=text&text_search=maria&enrollment_mode=x';
  const rows = await noteOf([
    `/api/v0/learners/maria/?${COURSE}&${free}`,
    `/api/v0/engagement_timelines/maria/?${COURSE}&${free}&start_date=2026-10-1`,
    `/api/v0/course_learner_metadata/${DEMO_COURSE}/?${free}`,
    `/api/v0/learners/courses/${DEMO_COURSE}?${free}`,
  ]);
  // the older address of a resource is noted as the resource
  assert.deepEqual(rows.map(({ resource, filter, requests }) => `${resource} ${filter} ${requests}`).toSorted(), [
    'course_learner_metadata/:course_id  2',
    'engagement_timelines/:username start_date=2026-10-1 1',
    'learners/:username  1',
  ]);
});

test('what an account is asked with is not looked at, and not noted', () => {
  const url = `http://here/api/v0/accounts/maria/?${COURSE}&start_date=maria%40example.com&segments=x`;
  assert.equal(describeFilter(url, 'accounts/:username'), '');
});

test('asking for an account is noted, also where there is no such learner, or the LMS does not answer', async () => {
  const own = await noteOf([`/api/v0/accounts/maria/?${COURSE}`, `/api/v0/accounts/nobody/?${COURSE}`]);
  assert.deepEqual(
    own.map(({ kind, resource, requests }) => `${kind} ${resource} ${requests}`),
    ['service accounts/:username 2'],
  );
  await store.run('TRUNCATE TABLE audit_log');
  const audit = new AuditLog(store, log, 30);
  const app = createCheckedApp({
    ...deps,
    audit,
    // nobody listens there
    config: { ...config, lmsUrl: 'http://127.0.0.1:1' },
    authenticate: async () => ({ kind: 'person', name: 'prof', lmsToken: 'a.b.c', maySee: async () => true }),
  });
  assert.equal((await app.request(`/api/v0/accounts/maria/?${COURSE}`)).status, 503);
  await audit.close();
  assert.deepEqual(
    (await listAudit(store)).map(({ name, resource, requests }) => `${name} ${resource} ${requests}`),
    ['prof accounts/:username 1'],
  );
});

test('a filter is noted as short as it can be said', () => {
  const groups = ` inactive,${'inactive,struggling,'.repeat(90)}`;
  const url = `http://here/api/v0/learners/?${COURSE}&segments=${groups}&segments=${groups}&videos_viewed_min=0.${'1'.repeat(3000)}`;
  assert.equal(
    decodeURIComponent(describeFilter(url, 'learners')),
    'segments=inactive,struggling&videos_viewed_min=0.1111111111111111',
  );
  const file = `http://here/api/v0/learners.csv?${COURSE}&cohort=&text_search=maria&enrollment_mode=audit`;
  assert.equal(decodeURIComponent(describeFilter(file, 'learners.csv')), 'enrollment_mode=audit&text_search=*');
});

test('what was refused, or is about no course, is not noted', async () => {
  const rows = await noteOf([
    '/api/v0/courses/',
    '/api/v0/status/',
    '/api/v0/learners/?course_id=a/b/c',
    `/api/v0${LEARNERS}&cohort=free text`,
  ]);
  assert.deepEqual(rows, []);
});

test('a refusal that tells of learners is noted: that there is none of a name, or how many match', async () => {
  const rows = await noteOf([
    `/api/v0/learners/nobody/?${COURSE}`,
    `/api/v0/engagement_timelines/nobody/?${COURSE}`,
    `/api/v0${LEARNERS}&text_search=somebody&problem_attempts_min=1&page=999`,
    `/api/v0/course_learner_metadata/${DEMO_COURSE}/`,
  ]);
  assert.deepEqual(
    new Set(rows.map(({ resource, filter }) => `${resource} ${filter}`)),
    new Set([
      'learners/:username ',
      'engagement_timelines/:username ',
      'learners problem_attempts_min=1&text_search=*',
      'course_learner_metadata/:course_id ',
    ]),
  );
});

test('the same request again is counted', async () => {
  const rows = await noteOf(Array.from({ length: 5 }, () => `/api/v0${LEARNERS}`));
  assert.deepEqual(
    rows.map(({ requests }) => requests),
    [5],
  );
});

test('nothing is noted for no days, and what is too old is deleted', async () => {
  assert.deepEqual(await noteOf([`/api/v0${LEARNERS}`], 0), []);
  const entry = { ...ENTRY, requests: 1 };
  const old = new Date(Date.now() - 31 * 86_400_000).toISOString().replace('T', ' ').replace('Z', '');
  const recent = new Date(Date.now() - 29 * 86_400_000).toISOString().replace('T', ' ').replace('Z', '');
  await store.insert('audit_log', [
    { ...entry, time: old },
    { ...entry, time: recent },
  ]);
  const audit = new AuditLog(store, log, 30);
  await audit.close();
  const rows = await listAudit(store);
  assert.deepEqual(
    rows.map(({ time }) => time.slice(0, 10)),
    [recent.slice(0, 10)],
  );
  // not only hidden
  const [kept] = await store.read<{ rows: number }>(
    "SELECT sum(rows) AS rows FROM system.parts WHERE database = currentDatabase() AND table = 'audit_log' AND active",
  );
  assert.equal(kept?.rows, 1);
});

/** An audit log whose first attempt to write fails, after `meanwhile`. */
function openFlaky(meanwhile: (audit: AuditLog) => void): AuditLog {
  let fail = true;
  const flaky = {
    ...store,
    read: store.read.bind(store),
    query: store.query.bind(store),
    run: async () => {},
    insert: async (table: string, rows: readonly object[]) => {
      if (!fail) return store.insert(table, rows);
      fail = false;
      meanwhile(audit);
      throw new Error('away');
    },
  };
  const audit = new AuditLog(flaky, log, 30);
  return audit;
}

const ENTRY = { kind: 'service', name: 'x', course_id: 'a/b/c', resource: 'learners', filter: '' } as const;

test('what cannot be written is written later, with what came meanwhile and since, and the time of the first', async () => {
  await store.run('TRUNCATE TABLE audit_log');
  let failed = '';
  const audit = openFlaky(() => {
    audit.note(ENTRY);
    audit.note({ ...ENTRY, name: 'y' });
    failed = new Date().toISOString();
  });
  audit.note(ENTRY);
  audit.note(ENTRY);
  await wait(2);
  await audit.close();
  await wait(2);
  audit.note(ENTRY);
  audit.note({ ...ENTRY, name: 'y' });
  audit.note({ ...ENTRY, name: 'z' });
  await audit.close();
  const rows = await listAudit(store, { courseId: 'a/b/c' });
  assert.deepEqual(
    rows.map(({ name, requests, time }) => [name, requests, time <= failed]),
    [
      ['x', 4, true],
      ['y', 2, true],
      ['z', 1, false],
    ],
  );
});

test('however long the store cannot be written, no more than 50,000 entries wait, the earliest', async () => {
  await store.run('TRUNCATE TABLE audit_log');
  logged.length = 0;
  const audit = openFlaky(() => {
    for (let count = 0; count < 10; count += 1) audit.note({ ...ENTRY, name: `meanwhile ${count}` });
  });
  for (let count = 0; count < 49_998; count += 1) audit.note({ ...ENTRY, name: `before ${count}` });
  await audit.close();
  audit.note({ ...ENTRY, name: 'since' });
  audit.note({ ...ENTRY, name: 'before 0' });
  await audit.close();
  const [kept] = await store.read(
    `SELECT count() AS entries, sum(requests) AS requests, countIf(name LIKE 'before %') AS before,
       arraySort(groupArrayIf(name, name NOT LIKE 'before %')) AS others
     FROM audit_log`,
  );
  assert.deepEqual(kept, { entries: 50_000, requests: 50_001, before: 49_998, others: ['meanwhile 0', 'meanwhile 1'] });
  assert.match(logged.join(''), /entries are lost/);
});

test('what is written again, as nothing was heard of it the first time, counts once', async () => {
  const [row] = await noteOf([`/api/v0${LEARNERS}`]);
  assert.ok(row !== undefined);
  const time = row.time.replace('T', ' ').replace('Z', '');
  await store.insert('audit_log', [{ ...row, time, requests: 3 }]);
  assert.deepEqual(await listAudit(store), [{ ...row, requests: 3 }]);
  assert.equal((await summarizeAudit(store, 1)).requests, 3);
});

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

test('the summary has who asked most first, then by name, with what each asked last, and the oldest entry there is', async () => {
  await store.run('TRUNCATE TABLE audit_log');
  const week = 7 * 24 * 60;
  const [oldest, first, second, third, last] = [ago(week + 5), ago(week - 5), ago(30), ago(20), ago(10)];
  const entries = [
    { name: 'b', kind: 'person', time: second, requests: 3 },
    { name: 'c', kind: 'service', time: third, requests: 4 },
    { name: 'c', kind: 'service', time: first, requests: 2, course_id: 'd/e/f' },
    { name: 'a', kind: 'person', time: last, requests: 1 },
    { name: 'a', kind: 'person', time: first, requests: 2 },
    { name: 'gone', kind: 'person', time: oldest, requests: 9, course_id: 'g/h/i' },
  ];
  await store.insert(
    'audit_log',
    entries.map((entry) => ({ ...ENTRY, ...entry, time: entry.time.replace('T', ' ').replace('Z', '') })),
  );
  assert.deepEqual(await summarizeAudit(store, 7), {
    days: 7,
    requests: 12,
    courses: 2,
    oldest,
    callers: [
      { kind: 'service', name: 'c', requests: 6, courses: 2, last: third },
      { kind: 'person', name: 'a', requests: 3, courses: 1, last },
      { kind: 'person', name: 'b', requests: 3, courses: 1, last: second },
    ],
  });
  await store.run('TRUNCATE TABLE audit_log');
  assert.deepEqual(await summarizeAudit(store, 7), { days: 7, requests: 0, courses: 0, callers: [], oldest: null });
});

test('who is forgotten before the entry is written stays so', async () => {
  await store.run('TRUNCATE TABLE audit_log');
  const notes = new AuditLog(store, log, 30);
  const entry = { course_id: 'a/b/c', resource: 'learners', filter: '' } as const;
  notes.note({ ...entry, kind: 'person', name: 'prof_gone' });
  notes.note({ ...entry, kind: 'service', name: 'prof_gone' });
  notes.note({ ...entry, kind: 'person', name: 'prof_here' });
  await forgetPerson(store, 'prof_gone');
  await notes.close();
  const readNames = async () => (await listAudit(store)).map(({ kind, name }) => `${kind} ${name}`).toSorted();
  assert.deepEqual(await readNames(), ['person (forgotten)', 'person prof_here', 'service prof_gone']);
  // what somebody looks at afterwards is for others to know
  await wait(2);
  notes.note({ ...entry, kind: 'person', name: 'prof_gone' });
  await notes.close();
  assert.deepEqual(await readNames(), [
    'person (forgotten)',
    'person prof_gone',
    'person prof_here',
    'service prof_gone',
  ]);
});

const context = {
  config,
  openStore: async () => store,
  cwd: '/',
  input: process.stdin,
  server: null,
  progress: () => {},
  signal: new AbortController().signal,
};

/** What the command writes. */
async function run(values: Record<string, string | boolean>): Promise<string> {
  let written = '';
  const write = async (text: string) => void (written += text);
  assert.equal((await command.run({ ...context, write }, values, [])).isWritten, true);
  return written;
}

test('the command gives CSV that no spreadsheet runs', async () => {
  await store.run('TRUNCATE TABLE audit_log');
  const row = { kind: 'person', resource: 'learners', filter: '', requests: 1 };
  await store.insert('audit_log', [
    { ...row, time: '2026-11-01 10:00:00.000', name: '=cmd', course_id: DEMO_COURSE },
    { ...row, time: '2026-11-02 00:00:00.000', name: 'prof', course_id: OLD_COURSE },
  ]);
  assert.equal(
    await run({}),
    'time,kind,name,course_id,resource,filter,requests\r\n' +
      `2026-11-01T10:00:00.000Z,person,'=cmd,${DEMO_COURSE},learners,,1\r\n` +
      `2026-11-02T00:00:00.000Z,person,prof,${OLD_COURSE},learners,,1\n`,
  );
  const entries = await listAudit(store);
  assert.equal(await run({ json: true }), `${JSON.stringify({ entries })}\n`);
  assert.equal(await run({ since: '2026-11-03' }), 'time,kind,name,course_id,resource,filter,requests\n');
  assert.equal(await run({ since: '2026-11-03', json: true }), '{"entries":[]}\n');
  assert.doesNotMatch(await run({ until: '2026-11-02' }), /prof/);
  assert.doesNotMatch(await run({ since: '2026-11-02' }), /cmd/);
  assert.doesNotMatch(await run({ course: OLD_COURSE }), /cmd/);
  await assert.rejects(run({ course: 'edX' }), { code: 'usage' });
});

test('however many entries there are, few are in memory at once, and nothing of them stays on disk', async () => {
  await store.run('TRUNCATE TABLE audit_log');
  const names = 'a line\u2028in a "name"\n=x';
  await store.run(
    `INSERT INTO audit_log
     SELECT toDateTime64('2026-11-01 00:00:00', 3, 'UTC') + number AS time, 'person' AS kind, {names:String} AS name,
       'a/b/c' AS course_id, 'learners' AS resource, '' AS filter, 1 AS requests
     FROM numbers(20000)`,
    { names },
  );
  const parts: string[] = [];
  const write = async (text: string) => void parts.push(text);
  await command.run({ ...context, write }, { json: true }, []);
  const { entries } = JSON.parse(parts.join('')) as { entries: ReadonlyArray<{ name: string }> };
  assert.equal(entries.length, 20_000);
  assert.ok(entries.every(({ name }) => name === names));
  assert.ok(parts.length > 20 && parts.every(({ length }) => length < 100_000));
  assert.deepEqual(
    readdirSync(store.spool).filter((name) => name.startsWith('audit-')),
    [],
  );
});
