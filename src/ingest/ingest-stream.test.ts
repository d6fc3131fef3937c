import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { formatAttempt, formatAttempts } from '../../test/log-lines.ts';
import { openTempStore, readFacts } from '../../test/temp-store.ts';
import { AppError } from '../errors.ts';
import type { IngestResult } from './ingest.ts';
import { type StreamOptions, ingestStream } from './ingest-stream.ts';

const store = await openTempStore();
const NOW = new Date('2026-11-23T12:00:00Z');
const LINE = `${formatAttempt()}\n`;

function cut(data: string | Buffer, size: number): Buffer[] {
  const bytes = Buffer.from(data);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

async function take(
  parts: Iterable<Buffer> | AsyncIterable<Buffer>,
  options: StreamOptions = {},
): Promise<IngestResult> {
  const result = await ingestStream(store, Readable.from(parts, { objectMode: false }), { now: NOW, ...options });
  const rejected = Object.values(result.rejected).reduce((sum, count) => sum + count, 0);
  assert.equal(result.accepted + result.irrelevant + rejected, result.lines);
  assert.deepEqual(readdirSync(store.spool), []);
  return result;
}

function assertTaken(result: IngestResult, expected: Partial<IngestResult>): void {
  const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, result[key as keyof IngestResult]]));
  assert.deepEqual(picked, expected);
}

async function* longLine(start: string): AsyncGenerator<Buffer> {
  yield Buffer.from(start);
  for (let at = 0; at < 1e8; at += 65_536) yield Buffer.alloc(65_536, 120);
  yield Buffer.from(`"}\n${LINE}`);
}

async function* breakOff(): AsyncGenerator<Buffer> {
  yield Buffer.from(
    `${formatAttempt({ problem: 'broken 1' })}\n${formatAttempt({ problem: 'broken 2' }).slice(0, -9)}`,
  );
  throw Object.assign(new Error('read'), { code: 'EIO' });
}

async function readProblems(pattern: string): Promise<object[]> {
  return store.query('SELECT entity FROM facts WHERE entity LIKE {pattern:String} ORDER BY entity', { pattern });
}

for (const [name, text, lines] of [
  ['nothing', '', 0],
  ['a line end', '\n', 1],
  ['a byte', 'x', 1],
  ['three bytes', 'abc', 1],
  ['seven bytes', 'ab\ncd\ne', 3],
] as const) {
  test(`${name} counts as it would in a file`, async () => {
    for (const size of [1, 2, 100]) assertTaken(await take(cut(text, size)), { files: 1, lines, irrelevant: lines });
  });
}

test('lines are whole however the stream is cut, into whatever chunks', async () => {
  const text = formatAttempts(200);
  for (const [size, chunkBytes] of [
    [7, 1e9],
    [1000, 30_000],
    [65_536, 1],
    [1e9, 1],
  ] as const)
    assertTaken(await take(cut(text, size), { chunkBytes }), { lines: 200, accepted: 200 });
  assertTaken(await take(cut(text.trimEnd(), 333)), { lines: 200, accepted: 200, new_facts: 0 });
});

for (const [kind, pack] of [
  ['gz', gzipSync],
  ['zstd', zstdCompressSync],
] as const) {
  test(`${kind} is unpacked, also of several members or frames, and refused when it is cut off`, async () => {
    const packed = Buffer.concat([pack(LINE), pack(`${LINE}${LINE}`)]);
    for (const size of [1, 3, 50, 1e6])
      assertTaken(await take(cut(packed, size)), { lines: 3, accepted: 3, failed: [] });
    const before = await readFacts(store);
    const broken = pack(formatAttempts(3000, 10_000)).subarray(0, -20);
    const result = await take(cut(broken, 1000));
    assertTaken(result, {
      files: 0,
      lines: 0,
      failed: [{ path: '-', reason: `Standard input is cut off or damaged (${kind}); nothing of it was taken.` }],
    });
    assert.deepEqual(await readFacts(store), before);
  });
}

test('a packed form that cannot be read is refused, and the rest of it is not waited for', async () => {
  const input = Readable.from([Buffer.from('425a683931415926', 'hex'), 'the rest'], { objectMode: false });
  await assert.rejects(ingestStream(store, input), /Standard input is packed with bzip2/);
  assert.ok(input.destroyed);
});

for (const [kind, start, counts] of [
  ['of no interest', '{"x":"', { accepted: 1, irrelevant: 1, rejected: {} }],
  [
    'that names an event',
    '{"event_type":"problem_check","x":"',
    { accepted: 1, irrelevant: 0, rejected: { too_long: 1 } },
  ],
] as const) {
  test(`a line of 100 MB ${kind} takes seconds and does not fill the memory`, async () => {
    const before = process.memoryUsage().arrayBuffers;
    const started = performance.now();
    assertTaken(await take(longLine(start), { chunkMs: 50 }), { lines: 2, failed: [], ...counts });
    assert.ok(performance.now() - started < 30_000);
    assert.ok(process.memoryUsage().arrayBuffers - before < 80e6);
  });
}

test('a slow stream is seen while it goes on', async () => {
  const { promise: gate, resolve: more } = Promise.withResolvers<void>();
  async function* parts(): AsyncGenerator<Buffer> {
    yield Buffer.from(`${formatAttempt({ problem: 'slow 1' })}\n${formatAttempt({ problem: 'slow 2' }).slice(0, 30)}`);
    await gate;
    yield Buffer.from(`${formatAttempt({ problem: 'slow 2' }).slice(30)}\n`);
  }
  const taking = take(parts(), { chunkMs: 20 });
  while ((await readProblems('slow%')).length === 0) await wait(20);
  assert.deepEqual(await readProblems('slow%'), [{ entity: 'slow 1' }]);
  more();
  assertTaken(await taking, { lines: 2, accepted: 2 });
  assert.deepEqual(await readProblems('slow%'), [{ entity: 'slow 1' }, { entity: 'slow 2' }]);
});

test('of a stream that breaks off, the whole lines are taken', async () => {
  await assert.rejects(
    take(breakOff()),
    (error) =>
      error instanceof AppError && error.code === 'source_unreadable' && error.message.includes('broke off (EIO)'),
  );
  assert.deepEqual(await readProblems('broken%'), [{ entity: 'broken 1' }]);
  assert.deepEqual(readdirSync(store.spool), []);
});
