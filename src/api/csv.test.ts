import assert from 'node:assert/strict';
import { cp, glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { after } from 'node:test';
import { createCheckedApp } from '../../test/check-response.ts';
import { COURSE, LEARNERS, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE } from '../../test/sample-site.ts';
import { formatCell, formatRow, nameDownload } from './csv.ts';
import { LEARNER_COLUMNS } from './fields.ts';
import { openHttpServer } from './http-server.ts';

const { deps, key, get } = await openSampleApi();
const CSV = { accept: 'text/csv' };

const CELLS: ReadonlyArray<readonly [value: unknown, cell: string]> = [
  [null, ''],
  [undefined, ''],
  [0, '0'],
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ['two\nlines', '"two\nlines"'],
  ['two\rlines', '"two\rlines"'],
  [['a', 'b'], '"a, b"'],
  [[], ''],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['\tx', '"\'\tx"'],
  ['\rx', '"\'\rx"'],
  ['\t=1+1', '"\'\t\'=1+1"'],
  ['\r-1', '"\'\r\'-1"'],
  ['=HYPERLINK("x","y")', '"\'=HYPERLINK(""x"",""y"")"'],
  ['＝1', "'＝1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠x', "'＠x"],
  [' =1', ' =1'],
  ['a;b', '"a;b"'],
  ["x;=cmd|' /C calc'!A0;y", `"x;'=cmd|' /C calc'!A0;y"`],
  ['x\t=1+1', `"x\t'=1+1"`],
  ['x\n@1;-2', `"x\n'@1;'-2"`],
  ['x;"=1+1', `"x;""'=1+1"`],
  ['x\t""@1\n"-2', `"x\t""""'@1\n""'-2"`],
  ['a=1', 'a=1'],
  ['a;b"=1', '"a;b""=1"'],
  [['=1', 'b'], '"\'=1, b"'],
  ["Ω'", "Ω'"],
];

for (const [value, cell] of CELLS) {
  test(`the cell of ${JSON.stringify(value)} is ${JSON.stringify(cell)}`, () => assert.equal(formatCell(value), cell));
}

test('a file begins with a byte order mark where it is wanted, for Excel', async () => {
  const plain = await get(`/learners.csv?${COURSE}`);
  const marked = await get(`/learners.csv?${COURSE}&bom=true`);
  assert.notEqual(marked.headers.get('etag'), plain.headers.get('etag'));
  const bare = Buffer.from(await plain.arrayBuffer());
  const unmarked = await get(`/learners.csv?${COURSE}&bom=false`);
  assert.ok(Buffer.from(await unmarked.arrayBuffer()).equals(bare));
  const wanted = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bare]);
  assert.ok(Buffer.from(await marked.arrayBuffer()).equals(wanted));
});

test('a row ends in CRLF', () => assert.equal(formatRow(['a', null, 1]), 'a,,1\r\n'));

test('a row of one empty cell is no blank line, which readers pass over', async () => {
  assert.equal(formatRow([null]), '""\r\n');
  assert.equal(formatRow([null, null]), ',\r\n');
  const lines = await readLines(`/learners.csv?${COURSE}&fields=cohort`);
  assert.equal(lines.length, 25);
  assert.ok(lines.includes('""') && !lines.includes(''), lines.join());
});

const NAMES = [
  ['course-v1:edX+DemoX+2026', 'filename="edX-DemoX-2026--2026-11-23T22:27:54Z--learners.csv"'],
  ['edX/DemoX/2026', 'filename="edX-DemoX-2026--2026-11-23T22:27:54Z--learners.csv"'],
  ['ccx-v1:a+b+c+ccx@1', 'filename="a-b-c-ccx@1--2026-11-23T22:27:54Z--learners.csv"'],
  [
    'course-v1:Ünï+x+1',
    `filename="_n_-x-1--2026-11-23T22:27:54Z--learners.csv"; filename*=UTF-8''%C3%9Cn%C3%AF-x-1--2026-11-23T22%3A27%3A54Z--learners.csv`,
  ],
] as const;

for (const [course, name] of NAMES) {
  test(`a download of ${course} is called ${name}`, () => {
    const header = nameDownload(course, 'learners', new Date('2026-11-23T22:27:54.123Z'));
    assert.equal(header, `attachment; ${name}`);
  });
}

async function readLines(path: string, headers: Record<string, string> = CSV): Promise<string[]> {
  const response = await get(path, headers);
  assert.equal(response.status, 200, await response.clone().text());
  assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-8');
  const body = await response.text();
  assert.ok(body.endsWith('\r\n'));
  return body.slice(0, -2).split('\r\n');
}

test('the roster as CSV has every learner and every column, by either address', async () => {
  const lines = await readLines(LEARNERS);
  assert.equal(lines.length, 25);
  assert.equal(lines[0], LEARNER_COLUMNS.join(','));
  assert.deepEqual([...LEARNER_COLUMNS], LEARNER_COLUMNS.toSorted());
  const learner = (await (await get(`/learners/maria/?${COURSE}`)).json()) as Record<string, unknown>;
  const engagements = learner['engagements'] as Record<string, unknown>;
  const columns = new Set(LEARNER_COLUMNS.map((column) => column.replace(/^(segment_reasons|engagements)\..*/, '$1')));
  assert.deepEqual(columns, new Set(Object.keys(learner).filter((name) => name !== 'tidbits')));
  for (const name of Object.keys(engagements)) {
    assert.ok(
      LEARNER_COLUMNS.some((column) => column === `engagements.${name}` || column.startsWith(`engagements.${name}.`)),
    );
  }
  assert.deepEqual(await readLines(`/learners.csv?${COURSE}`), lines);
  assert.deepEqual(
    await readLines(`/learners.csv/?${COURSE}&fields=&page=7&page_size=0`, { accept: 'application/json' }),
    lines,
  );
});

test('fields choose and order the columns; nested ones are dotted, a name above others is all of them', async () => {
  const fields =
    'engagements.videos_viewed,username,nonsense,user,segments,segment_reasons.disengaging,segment_reasons,__proto__,username';
  const lines = await readLines(`/learners.csv?${COURSE}&fields=${fields}&cohort=Cohort+A`);
  assert.equal(
    lines[0],
    'engagements.videos_viewed,username,segments,segment_reasons.disengaging,segment_reasons.highly_engaged,' +
      'segment_reasons.inactive,segment_reasons.struggling,segment_reasons.unenrolled',
  );
  assert.ok(lines[1]?.startsWith('1,maria,'));
});

test('filters, orders and their older names count for the whole roster', async () => {
  const query = `${COURSE}&videos_viewed_min=3&fields=username`;
  const byName = await readLines(`/learners.csv?${query}&order_by=username&sort_order=desc`);
  assert.deepEqual(await readLines(`/learners.csv?${query}&sortKey=username&order=desc&page_size=2`), byName);
  assert.deepEqual(byName.slice(1).toSorted(), (await readLines(`/learners.csv?${query}`)).slice(1));
  assert.equal(byName.length, 8);
  const byVideos = await readLines(`/learners.csv?${query}&order_by=videos_viewed`);
  assert.notDeepEqual(byVideos, await readLines(`/learners.csv?${query}`));
  assert.deepEqual(await readLines(`/learners.csv?${query}&sortKey=videos_viewed`), byVideos);
  const refused = await get(`/learners.csv?${COURSE}&sortKey=nonsense`);
  assert.equal(refused.status, 400);
  assert.match(refused.headers.get('content-type') ?? '', /^application\/json/);
});

test('every order has the same sequence as a file and as pages', async () => {
  for (const order of [
    'username',
    'name',
    'cohort',
    'last_active',
    'problem_attempts_per_completed',
    'videos_viewed',
  ]) {
    for (const direction of ['asc', 'desc']) {
      const query = `${LEARNERS}&order_by=${order}&sort_order=${direction}`;
      const page = (await (await get(query)).json()) as { results: Array<{ username: string }> };
      const names = page.results.map(({ username }) => username);
      assert.deepEqual((await readLines(`${query}&fields=username`)).slice(1), names, query);
    }
  }
});

test('a page can be had as CSV too', async () => {
  const response = await get(`${LEARNERS}&page=2&page_size=7&fields=username`, CSV);
  assert.equal((await response.text()).split('\r\n').length, 9);
  assert.match(response.headers.get('link') ?? '', /page=3/);
  assert.equal((await get(`${LEARNERS}&page=9&page_size=7`, CSV)).status, 400);
  assert.equal((await get(`${LEARNERS}&page=2`, CSV)).status, 400);
  assert.equal((await readLines(`${LEARNERS}&page_size=7`)).length, 8);
});

test('a timeline as CSV', async () => {
  const path = `/engagement_timelines/maria/?${COURSE}`;
  const { headers } = await get(path, CSV);
  assert.match(headers.get('content-disposition') ?? '', /--engagement-timeline\.csv"$/);
  const lines = await readLines(path);
  assert.equal(
    lines[0],
    'date,discussion_contributions,problem_attempts,problem_attempts_per_completed,problems_attempted,problems_completed,videos_viewed',
  );
  assert.equal(lines[1], '2026-10-20,0,5,5,2,1,1');
  assert.equal(lines.length, 4);
  assert.deepEqual((await readLines(`${path}&fields=videos_viewed,date`)).slice(0, 2), [
    'videos_viewed,date',
    '1,2026-10-20',
  ]);
  assert.deepEqual(await readLines(`/engagement_timelines/idle/?${COURSE}&fields=date`), ['date']);
});

test('HEAD has the headers of the file, and the tag holds while nothing is published', async () => {
  const path = `/learners.csv?${COURSE}`;
  const [full, head] = await Promise.all([get(path), get(path, {}, { method: 'HEAD' })]);
  assert.equal(await head.text(), '');
  assert.match(
    full.headers.get('content-disposition') ?? '',
    /^attachment; filename="edX-DemoX-2026--.*--learners\.csv"$/,
  );
  const tag = full.headers.get('etag') ?? '';
  assert.equal(head.headers.get('etag'), tag);
  assert.equal((await get(path, { 'if-none-match': tag })).status, 304);
  assert.notEqual((await get(`${path}&fields=username`)).headers.get('etag'), tag);
  await full.body?.cancel();
});

test('what is refused is JSON, whatever the format', async () => {
  for (const path of ['/learners.csv', `/learners.csv?${COURSE}&cohort=none`, `/learners.csv?${COURSE}&segments=x`]) {
    const response = await get(path, CSV);
    assert.ok(response.status === 400 || response.status === 404);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  }
});

/** What is put for what in the profile of one learner, in as many bytes, and the LMS, for whose links usernames are read. */
const DAMAGES: ReadonlyArray<readonly [found: string | RegExp, put: string, lmsUrl: string | null]> = [
  ['["maria"', '"maria"]', 'https://lms.example'],
  ['["maria"', '"maria"]', null],
  ['["maria"', '[\0\0\0\0\0\0\0', null],
  ['["maria"', '\0"maria"', null],
  [', "maria@', ',  maria@', null],
  [/", (?=[^@]*$)/, '\\, ', null],
  [/null\]$/, 'nul]]', null],
  [/, null\]$/, ']      ', null],
];

for (const [found, put, lmsUrl] of DAMAGES) {
  test(`a list and a download break off at a profile with ${JSON.stringify(put)} for ${String(found)}`, async () => {
    const { store } = deps;
    const copies = await mkdtemp(join(tmpdir(), 'damaged-'));
    after(async () => rm(copies, { recursive: true }));
    await cp(store.copies, copies, { recursive: true });
    for await (const docs of glob(join(copies, 'people-*/docs.jsonl'))) {
      const lines = (await readFile(docs, 'utf8')).split('\n');
      const damaged = lines.map((line) => (line.startsWith('["maria"') ? line.replace(found, put) : line));
      assert.notDeepEqual(damaged, lines);
      assert.equal(Buffer.byteLength(damaged.join('\n')), Buffer.byteLength(lines.join('\n')));
      await writeFile(docs, damaged.join('\n'));
    }
    const failing = createCheckedApp({
      ...deps,
      config: { ...deps.config, lmsUrl },
      store: Object.assign(Object.create(store) as typeof store, { copies, query: store.query.bind(store) }),
    });
    const headers = { authorization: `Token ${key}` };
    for (const path of [`${LEARNERS}&page_size=100`, `/learners/maria/?${COURSE}`])
      assert.equal((await failing.request(`/api/v0${path}`, { headers })).status, 500);
    const response = await failing.request(`/api/v0/learners.csv?${COURSE}`, { headers });
    assert.equal(response.status, 200);
    await assert.rejects(response.text(), { message: 'The download broke off.' });

    const server = await openHttpServer(failing, { host: '127.0.0.1', port: 0 });
    after(async () => server.close());
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `GET /api/v0/learners.csv?course_id=${encodeURIComponent(DEMO_COURSE)} HTTP/1.1\r\nHost: h\r\nAuthorization: Token ${key}\r\n\r\n`,
    );
    const answer = await text(socket).catch(() => '');
    // the server may not have sent anything before
    assert.ok(answer.startsWith('HTTP/1.1 500') || !answer.endsWith('\r\n0\r\n\r\n'), answer);
    assert.ok(!answer.includes('JSON'), answer);
  });
}

test('a page as CSV has the addresses of accounts as the list has them', async () => {
  const page = await (await get(`${LEARNERS}&page_size=1&fields=account_url`, CSV)).text();
  assert.match(page, /^account_url\r\nhttps:\/\/lms\.example\/api\/user\/v1\/accounts\/[^\r]+\r\n$/);
});

test('a cell of quotes alone is written at once', () => {
  const quotes = '"'.repeat(100_000);
  const start = performance.now();
  assert.equal(formatCell(quotes), `"${quotes}${quotes}"`);
  // some milliseconds, and fifteen seconds where it is looked back from each; a timeout of the test would not interrupt that
  assert.ok(performance.now() - start < 5000);
});
