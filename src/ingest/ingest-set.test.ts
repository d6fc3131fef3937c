import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { formatAttempt, formatAttempts, formatRosterChange } from '../../test/log-lines.ts';
import { SEED, openRandom } from '../../test/seed.ts';
import { SERVER, makeTempFolder, openTempStore, readFacts } from '../../test/temp-store.ts';
import { ingestStream } from './ingest-stream.ts';
import { ingest } from './ingest.ts';

// Facts are a set: what was ingested before, in whatever order and pieces, does not show.

const { folder, write } = makeTempFolder();
const store = await openTempStore();
const random = openRandom();
const NOW = new Date('2026-11-23T12:00:00Z');

const LINES = [
  ...formatAttempts(400).trimEnd().split('\n'),
  ...Array.from({ length: 40 }, (_, n) => formatAttempt({ problem: `done${n}`, success: 'correct' })),
  ...Array.from({ length: 40 }, (_, n) =>
    formatRosterChange('enrollment.activated', { username: `learner_${n}`, user_id: n + 1 }),
  ),
  ...Array.from({ length: 20 }, (_, n) => formatRosterChange('user_added', { user_id: n + 1, cohort: 'A' })),
  ...Array.from({ length: 50 }, (_, n) => `nothing of interest ${n}`),
  ...Array.from({ length: 10 }, (_, n) => `problem_check cut off ${n}`),
];
const FACTS = 400 + 2 * 40;

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function shuffle(lines: readonly string[]): string[] {
  return lines
    .map((line) => ({ line, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ line }) => line);
}

async function readAll(): Promise<object> {
  const roster_changes = await store.read(
    'SELECT * REPLACE (toString(hash) AS hash) FROM roster_changes FINAL ORDER BY course_id, user_id, username, hash',
  );
  const identities = await store.read('SELECT * FROM identities FINAL ORDER BY user_id, username');
  return { facts: await readFacts(store), roster_changes, identities };
}

const first = await ingest(store, [write('all.log', joinLines(LINES))], { now: NOW });
const known = await readAll();

test('the first time, everything is new', () => {
  const { lines, accepted, irrelevant, rejected, facts, new_facts, roster_changes } = first;
  assert.deepEqual(
    { lines, accepted, irrelevant, rejected, facts, new_facts, roster_changes },
    {
      lines: 560,
      accepted: 500,
      irrelevant: 50,
      rejected: { not_json: 10 },
      facts: FACTS,
      new_facts: FACTS,
      roster_changes: 60,
    },
  );
});

const third = Math.ceil(LINES.length / 3);
const AGAIN = {
  'the same file': [joinLines(LINES)],
  [`the same lines shuffled (TEST_SEED=${SEED})`]: [joinLines(shuffle(LINES))],
  [`each line twice in one file (TEST_SEED=${SEED})`]: [joinLines(shuffle([...LINES, ...LINES]))],
  'overlapping files': [joinLines(LINES.slice(0, 2 * third)), joinLines(LINES.slice(third))],
  'split files': [0, 1, 2].map((part) => joinLines(LINES.slice(part * third, (part + 1) * third))),
  'a file of many, packed': [gzipSync(joinLines(LINES)), joinLines(LINES.slice(0, 7))],
  'with other prefixes and line ends': [LINES.map((line) => `Nov 20 tracking [x] - ${line}\r\n`).join('')],
};

for (const [name, texts] of Object.entries(AGAIN)) {
  test(`${name}: nothing is new, and nothing changes`, async () => {
    const paths = texts.map((text, index) => write(`again-${index}.log`, text));
    const result = await ingest(store, paths, { now: NOW });
    assert.equal(result.new_facts, 0);
    assert.ok(result.facts >= FACTS);
    assert.deepEqual(await readAll(), known);
  });
}

test('the same from standard input: nothing is new', async () => {
  const result = await ingestStream(store, Readable.from([Buffer.from(joinLines(LINES))]), {
    now: NOW,
    chunkBytes: 1000,
  });
  assert.deepEqual([result.lines, result.new_facts], [560, 0]);
  assert.deepEqual(await readAll(), known);
});

test('two ingests at once of what overlaps give each fact once', async () => {
  const more = formatAttempts(2000, 10_000).split('\n');
  const [a, b] = [write('a.log', more.slice(0, 1500).join('\n')), write('b.log', more.slice(500).join('\n'))];
  const before = await readFacts(store);
  const results = await Promise.all([
    ingest(store, [a], { now: NOW }),
    ingest(store, [b], { now: NOW }),
    ingestStream(store, Readable.from([Buffer.from(more.join('\n'))]), { now: NOW }),
  ]);
  assert.equal(
    results.reduce((sum, { new_facts }) => sum + new_facts, 0),
    2000,
  );
  assert.equal((await readFacts(store)).length, before.length + 2000);
});

// test/server.test.ts kills the server
const embeddedAlone = { skip: SERVER !== undefined && 'it is about the embedded engine' };

test(
  `killed at any moment, the same command again gives exactly the right facts (TEST_SEED=${SEED})`,
  embeddedAlone,
  async () => {
    const data = join(folder, 'killed');
    const text = formatAttempts(60_000, 100_000);
    const half = text.lastIndexOf('\n', text.length / 2) + 1;
    const paths = [
      write('k1.gz', gzipSync(text.slice(0, half))),
      write('k2.log', text.slice(half)),
      write('k3.log', text.slice(-9000)),
    ];
    const main = join(import.meta.dirname, '../cli/main.ts');
    const start = () => {
      const child = spawn(process.execPath, [main, 'ingest', ...paths, '--data', data, '--json', '--no-refresh']);
      const out: string[] = [];
      child.stdout.on('data', (part) => out.push(String(part)));
      child.stderr.on('data', (part) => out.push(String(part)));
      return { child, ended: once(child, 'close'), out };
    };
    let killed = 0;
    for (let round = 0; round < 7; round += 1) {
      const { child, ended, out } = start();
      await wait(350 + random.int(900));
      child.kill('SIGKILL');
      const [code, signal] = (await ended) as [number | null, string | null];
      assert.ok(signal === 'SIGKILL' || code === 0, out.join('').slice(0, 1000));
      if (signal === 'SIGKILL') killed += 1;
    }
    const { ended, out } = start();
    assert.deepEqual(await ended, [0, null], out.join('').slice(0, 1000));
    const again = start();
    await again.ended;
    assert.equal((JSON.parse(again.out.join('')) as { new_facts: number }).new_facts, 0);
    const check = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `const { openStore } = await import(${JSON.stringify(import.meta.resolve('../store/open-store.ts'))});
     const store = await openStore({ dataDir: process.argv[1] });
     const [row] = await store.read('SELECT count() AS facts, uniqExact(hash) AS hashes, uniqExact(entity) AS problems FROM facts FINAL');
     const tables = await store.read("SELECT name FROM system.tables WHERE name LIKE 'ingest%'");
     process.stdout.write(JSON.stringify({ ...row, tables }));
     await store.close();`,
      data,
    ]);
    const answer: string[] = [];
    check.stdout.on('data', (part) => answer.push(String(part)));
    await once(check, 'close');
    assert.deepEqual(JSON.parse(answer.join('')), { facts: 60_000, hashes: 60_000, problems: 60_000, tables: [] });
    assert.ok(killed >= 3, `only ${killed} were killed in time`);
  },
);
