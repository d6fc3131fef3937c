import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { writeDemo } from '../src/demo/write-demo.ts';
import type { BenchContext } from './question.ts';

/** What a learner of the demo leaves behind in its three weeks of logs, about, where 85 % of the lines are irrelevant; a piece is made of so many learners. */
const BYTES_PER_LEARNER = 70_000;
const USUAL_NOISE = 0.85;
const LEARNERS_PER_PIECE = 3000;

/** How large the log is that is made, in bytes. */
export function logBytes({ quick }: Pick<BenchContext, 'quick'>): number {
  return quick ? 40e6 : 2100e6;
}

/** The log of one's own, or one that the demo makes. */
export async function findLog(context: BenchContext): Promise<string> {
  return context.log ?? makeLog(context.dir, { bytes: logBytes(context) }, context.say);
}

/**
 * A tracking log of at least `bytes` bytes: sites of the demo one after the other, a share of `noise` of the lines irrelevant.
 * Made once; the same size gives the same bytes.
 */
export async function makeLog(
  folder: string,
  { bytes, noise = USUAL_NOISE }: { readonly bytes: number; readonly noise?: number },
  onProgress: (text: string) => void,
): Promise<string> {
  const kind = noise === USUAL_NOISE ? '' : `-${noise * 100}`;
  const path = join(folder, `tracking-${Math.round(bytes / 1e6)}mb${kind}.log`);
  if ((await tryStat(path)) !== null) return path;
  await mkdir(folder, { recursive: true });
  await rm(`${path}.part`, { force: true });
  for (let piece = 0, size = 0; size < bytes; piece += 1, size = (await stat(`${path}.part`)).size) {
    onProgress(`Making ${path}: ${(size / 1e6).toFixed(0)} of ${(bytes / 1e6).toFixed(0)} MB`);
    const learners = Math.ceil(((bytes - size) / BYTES_PER_LEARNER) * ((1 - noise) / (1 - USUAL_NOISE)));
    await appendPiece(`${path}.part`, { piece, learners, noise });
  }
  await rename(`${path}.part`, path);
  return path;
}

async function appendPiece(
  path: string,
  { piece, learners, noise }: { readonly piece: number; readonly learners: number; readonly noise: number },
): Promise<void> {
  const out = await mkdtemp(join(tmpdir(), 'bench-site-'));
  try {
    await writeDemo({
      out,
      learners: Math.max(50, Math.min(learners, LEARNERS_PER_PIECE)),
      noise,
      courses: 6,
      days: 21,
      seed: piece + 1,
      until: new Date('2026-03-18T17:45:00.250Z'),
      truth: false,
      gzipRotated: false,
    });
    const logs = join(out, 'logs');
    for (const name of (await readdir(logs)).toSorted()) {
      await pipeline(endLines(createReadStream(join(logs, name))), createWriteStream(path, { flags: 'a' }));
    }
  } finally {
    await rm(out, { recursive: true });
  }
}

/** The same bytes; a last line without an end gets one, or it would run into the next file's first. */
function endLines(file: Readable): Readable {
  return Readable.from(
    (async function* (): AsyncGenerator<Buffer> {
      let last = 0x0a;
      for await (const chunk of file as AsyncIterable<Buffer>) {
        last = chunk.at(-1) ?? last;
        yield chunk;
      }
      if (last !== 0x0a) yield Buffer.from('\n');
    })(),
    { objectMode: false },
  );
}

/** The file packed with gzip, once. */
export async function packLog(folder: string, path: string, onProgress: (text: string) => void): Promise<string> {
  const packed = join(folder, `${path.replaceAll('/', '_')}.gz`);
  const [from, to] = [await stat(path), await tryStat(packed)];
  if (to !== null && to.mtimeMs >= from.mtimeMs) return packed;
  onProgress(`Packing ${packed}`);
  await mkdir(folder, { recursive: true });
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${packed}.part`));
  await rename(`${packed}.part`, packed);
  return packed;
}

async function tryStat(path: string) {
  return stat(path).catch(() => null);
}
