import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { relative } from 'node:path';
import test, { describe } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { formatAttempt, formatAttempts } from '../../test/log-lines.ts';
import { makeTempFolder, openTempStore, readFacts } from '../../test/temp-store.ts';
import type { Store } from '../store/store.ts';
import { type IngestOptions, type IngestResult, ingest } from './ingest.ts';
import { findSources } from './sources.ts';
import { Stagings, stageFiles } from './staging.ts';

const { folder, write } = makeTempFolder();
const store = await openTempStore();
const NOW = new Date('2026-11-23T12:00:00Z');
const LINE = `${formatAttempt()}\n`;

/** Whatever is ingested, every line is in exactly one place. */
async function take(paths: readonly string[], options: IngestOptions = {}): Promise<IngestResult> {
  const result = await ingest(store, paths, { now: NOW, ...options });
  const rejected = Object.values(result.rejected).reduce((sum, count) => sum + count, 0);
  assert.equal(result.accepted + result.irrelevant + rejected, result.lines);
  return result;
}

async function takeText(text: string | Uint8Array, name = 'text.log'): Promise<IngestResult> {
  return take([write(name, text)]);
}

function assertTaken(result: IngestResult, expected: Partial<IngestResult>): void {
  const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, result[key as keyof IngestResult]]));
  assert.deepEqual(picked, expected);
}

const hasXz = spawnSync('xz', ['--version']).status === 0;
const withXz = { skip: !hasXz && 'xz is not installed' };

function packXz(text: string): Buffer {
  return execFileSync('xz', ['-c'], { input: text });
}

function replaceByLinkToItself(path: string): void {
  rmSync(path);
  symlinkSync(path, path);
}

function replaceByAnother(path: string): void {
  renameSync(path, `${path}.1`);
  write(relative(folder, path), formatAttempt({ problem: 'another' }));
}

function assertLeftOut(result: IngestResult, path: string, reason: RegExp): void {
  assert.deepEqual(
    result.failed.map((failure) => failure.path),
    [path],
  );
  assert.match(result.failed[0]?.reason ?? '', reason);
  assert.ok(result.failed[0]?.reason.startsWith(path));
}

describe('bytes that are no proper log', () => {
  test('an empty file, also packed', async () => {
    assertTaken(await takeText(''), { files: 1, lines: 0, failed: [] });
    assertTaken(await takeText(gzipSync('')), { files: 1, lines: 0, failed: [] });
    assertTaken(await takeText(zstdCompressSync('')), { files: 1, lines: 0, failed: [] });
  });

  test('a binary file', async () => {
    const noise = randomBytes(1_000_000);
    noise[0] = 0;
    const { lines, irrelevant, failed } = await takeText(noise);
    assert.equal(lines, noise.toString('latin1').replace(/\n$/, '').split('\n').length);
    assert.equal(irrelevant, lines);
    assert.deepEqual(failed, []);
  });

  test('lines with NUL, invalid UTF-8, CRLF, a byte order mark, nothing after the last', async () => {
    const bad = Buffer.concat([
      Buffer.from('{"username":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(' problem_check\n'),
    ]);
    const text = Buffer.concat([
      Buffer.from(`\uFEFF${formatAttempt({ problem: 'bom' })}\r\n`),
      Buffer.from(`\0\0${formatAttempt({ problem: 'nul' })}\r\n\0\n`),
      bad,
      Buffer.from(formatAttempt({ problem: 'last' })),
    ]);
    assertTaken(await takeText(text), {
      lines: 5,
      accepted: 3,
      irrelevant: 1,
      rejected: { not_json: 1 },
      new_facts: 3,
    });
  });

  for (const [kind, start, counts] of [
    ['of no interest', '{"x":"', { accepted: 2, irrelevant: 1, rejected: {} }],
    [
      'that names an event',
      '{"event_type":"problem_check","x":"',
      { accepted: 2, irrelevant: 0, rejected: { too_long: 1 } },
    ],
  ] as const) {
    test(`a line of 100 MB ${kind} costs no other line`, async () => {
      const path = write(
        'long.log',
        Buffer.concat([Buffer.from(LINE + start), Buffer.alloc(1e8, 120), Buffer.from(`"}\n${LINE}`)]),
      );
      assertTaken(await take([path]), { lines: 3, failed: [], ...counts });
      rmSync(path);
    });
  }
});

test('a line for which a statement has not the memory is the fault of its file', async () => {
  const frugal: Store = Object.create(store, {
    insertFiles: {
      value: async (...[insert, files, params]: Parameters<Store['insertFiles']>) =>
        store.insertFiles(insert, files, params, { memoryBytes: 1e8 }),
    },
    run: { value: store.run.bind(store) },
  });
  const path = write('endless.log', LINE);
  truncateSync(path, 1.5e8);
  await using stagings = new Stagings();
  const staging = await stagings.open(store);
  const staged = stageFiles(frugal, staging, findSources([path]).sources, NOW);
  await assert.rejects(staged, { code: 'source_unreadable', message: /has a line too long to be read/ });
  rmSync(path);
});

describe('packed files', () => {
  test('are known by their content, whatever their name', async () => {
    for (const [name, data] of [
      ['gz.log', gzipSync(LINE)],
      ['zst.log', zstdCompressSync(LINE)],
      ['plain.gz', LINE],
      ['plain.zst', LINE],
      ['plain.zip', LINE],
      ['archive.zip::inner.log', LINE],
    ] as const)
      assertTaken(await takeText(data, name), { lines: 1, accepted: 1, failed: [] });
  });

  test('may be of several members or frames', async () => {
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]);
    assertTaken(await takeText(Buffer.concat([1, 2, 3].map(() => gzipSync(LINE)))), { lines: 3, accepted: 3 });
    assertTaken(await takeText(Buffer.concat([1, 2, 3].map(() => zstdCompressSync(LINE)))), { lines: 3, accepted: 3 });
    assertTaken(await takeText(Buffer.concat([skipped, zstdCompressSync(LINE), skipped, zstdCompressSync(LINE)])), {
      lines: 2,
      accepted: 2,
    });
  });

  test('xz is read too', withXz, async () => {
    assertTaken(await takeText(packXz(LINE)), { lines: 1, accepted: 1 });
    const cut = write('cut.xz', packXz(formatAttempts(2000)).subarray(0, -20));
    assertLeftOut(await take([cut]), cut, /cut off or damaged \(xz\)/);
  });

  const many = formatAttempts(3000, 1_000_000);
  for (const [kind, data] of [
    ['gz', gzipSync(many)],
    ['zstd', zstdCompressSync(many)],
  ] as const) {
    test(`nothing is taken of a ${kind} file that is cut off or damaged`, async () => {
      const before = await readFacts(store);
      const damaged = Buffer.from(data);
      const middle = Math.floor(data.length / 2);
      damaged.fill(7, middle, middle + 64);
      for (const bytes of [data.subarray(0, middle), data.subarray(0, -3), data.subarray(0, 7), damaged]) {
        const path = write(`bad.${kind}`, bytes);
        const result = await take([path]);
        assertLeftOut(result, path, new RegExp(`is cut off or damaged \\(${kind}\\); nothing of it was taken\\.$`));
        assertTaken(result, { files: 0, lines: 0, facts: 0, new_facts: 0 });
      }
      assert.deepEqual(await readFacts(store), before);
    });
  }
});

describe('several files', () => {
  test('the end of one is the end of a line', async () => {
    const paths = ['a', 'b', 'c'].map((name) => write(`joined/${name}.log`, formatAttempt({ problem: name })));
    assertTaken(await take([...paths, write('joined/d.log', 'x'), write('joined/e.log', '')]), {
      files: 5,
      lines: 4,
      accepted: 3,
      irrelevant: 1,
    });
  });

  for (const [kind, pack] of [
    ['gz', gzipSync],
    ['zst', zstdCompressSync],
    ['xz', packXz],
  ] as const) {
    const options = kind === 'xz' ? withXz : {};
    test(`of packed ones (${kind}), too, and no line is counted that is in none of them`, options, async () => {
      const [a, b, c, d] = [1, 2, 3, 4].map((n) => formatAttempt({ problem: `${kind}-${n}` }));
      // some with an end, one with a line of nothing behind it, one of nothing, one of white space
      const texts = [`${a}`, `${b}\n\n`, '', `${c}\r`, ' \t', `${d}\n`, 'problem_check cut off', '\n', 'x'];
      const paths = texts.map((text, index) => write(`ended/${index}.${kind}`, pack(text)));
      assertTaken(await take(paths), {
        files: 9,
        lines: 9,
        accepted: 4,
        irrelevant: 4,
        rejected: { not_json: 1 },
        new_facts: 4,
        failed: [],
      });
    });
  }

  for (const [kind, pack, first] of [
    ['gz', gzipSync, 2_500_000],
    ['zstd', zstdCompressSync, 2_600_000],
  ] as const) {
    test(`of packed ones (${kind}) those alone are left out that are cut off or damaged, wherever they are`, async () => {
      const texts = Array.from({ length: 12 }, (_, index) => formatAttempts(40, first + index * 40));
      const whole = texts.map((text) => pack(text));
      const names = texts.map((_, index) => `${kind}-broken/${100 + index}.${kind}`);
      const breaks: ReadonlyArray<readonly [index: number, data: Buffer]> = [
        [0, whole[0]!.subarray(0, 7)],
        [4, whole[4]!.subarray(0, whole[4]!.length / 2)],
        [5, Buffer.concat([whole[5]!, Buffer.from('garbage')])],
        [8, Buffer.concat([whole[8]!.subarray(0, 100), Buffer.alloc(64, 7), whole[8]!.subarray(164)])],
        [11, whole[11]!.subarray(0, -1)],
      ];
      const paths = names.map((name, index) => write(name, whole[index]!));
      for (const [index, data] of breaks) write(names[index]!, data);
      const some = await take(paths);
      const fault = `is cut off or damaged (${kind}); nothing of it was taken.`;
      assert.deepEqual(
        some.failed,
        breaks.map(([index]) => ({ path: paths[index], reason: `${paths[index]} ${fault}` })),
      );
      assertTaken(some, { files: 7, lines: 280, new_facts: 280 });
      for (const [index] of breaks) write(names[index]!, whole[index]!);
      assertTaken(await take(paths), { files: 12, lines: 480, new_facts: 200, failed: [] });
    });
  }

  test('one bad among good ones is left out alone, and can be taken when it is whole', async () => {
    const texts = Array.from({ length: 9 }, (_, index) => formatAttempts(50, 2_000_000 + index * 50));
    const paths = texts.map((text, index) => write(`mixed/${index}.gz`, gzipSync(text)));
    const bad = write('mixed/6.gz', gzipSync(texts[6]!).subarray(0, -9));
    const first = await take([...paths, write('mixed/plain.log', LINE)]);
    assertLeftOut(first, bad, /cut off/);
    assertTaken(first, { files: 9, lines: 401, new_facts: 400 });
    write('mixed/6.gz', gzipSync(texts[6]!));
    assertTaken(await take(paths), { files: 9, lines: 450, new_facts: 50, failed: [] });
  });

  for (const [way, leave] of [
    ['moved away', (path: string) => renameSync(path, `${path}.1`)],
    // for which the engine has another error
    ['found no more behind its links', replaceByLinkToItself],
    ['rotated, with another under its name,', replaceByAnother],
  ] as const) {
    test(`one that is ${way} before its turn is told, not counted as read`, async () => {
      const name = way.replaceAll(' ', '-');
      const packed = write(`${name}/a.gz`, gzipSync(LINE));
      const plain = write(`${name}/b.log`, LINE);
      const stays = write(`${name}/c.log`, LINE);
      const gone: string[] = [];
      const result = await take([packed, plain, stays], {
        // one batch is done, the other is to come
        onProgress: (done) => {
          if (gone.length > 0) return;
          gone.push(done === statSync(packed).size ? plain : packed);
          leave(gone[0]!);
        },
      });
      assertLeftOut(result, gone[0]!, /was moved or deleted before it was read; nothing of it was taken/);
      assert.equal(result.files, 2);
    });
  }

  test('hundreds of small ones are read in a few statements', async () => {
    for (let index = 0; index < 600; index += 1) write(`small/${index}.log`, formatAttempts(2, 3_000_000 + index * 2));
    const seen: number[] = [];
    const result = await take([`${folder}/small`], { onProgress: (done) => seen.push(done) });
    assertTaken(result, { files: 600, lines: 1200, new_facts: 1200, failed: [] });
    assert.equal(seen.length, 2);
  });
});

test('of many lines, which several statements insert, each counts once', async () => {
  const path = write('many.log', formatAttempts(120_000, 5_000_000));
  assertTaken(await take([path]), { lines: 120_000, new_facts: 120_000 });
  const again = write('more.log', formatAttempts(120_000, 5_060_000));
  assertTaken(await take([path, again]), { lines: 240_000, new_facts: 60_000 });
  const [found] = await store.read(
    "SELECT count() AS rows, uniqExact(entity) AS problems FROM facts WHERE entity BETWEEN 'p5000000' AND 'p5179999'",
  );
  assert.deepEqual(found, { rows: 180_000, problems: 180_000 });
});

test('no clock makes a day beyond those that a history has room for', async () => {
  const days = ['2059-09-18T00:00:00Z', '2059-09-18T00:00:01Z', '2060-01-01T00:00:00Z'];
  const lines = days.map((time, index) => formatAttempt({ problem: `late-${index}`, time }));
  const result = await take([write('late.log', `${lines.join('\n')}\n`)], { now: new Date('2100-01-01T00:00:00Z') });
  assertTaken(result, { new_facts: 1, rejected: { future_time: 2 } });
});

test('progress reaches the end', async () => {
  const seen: number[][] = [];
  await take([write('p.log', LINE), write('p.gz', gzipSync(LINE))], { onProgress: (...at) => seen.push(at) });
  assert.equal(seen.length, 2);
  assert.equal(seen.at(-1)?.[0], seen.at(-1)?.[1]);
});

test('the spool is empty afterwards, and no table is left', async () => {
  assert.deepEqual(readdirSync(store.spool), []);
  assert.deepEqual(
    await store.read("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'ingest%'"),
    [],
  );
});
