import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough, Readable, type Transform, pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { type IngestOptions, type IngestResult, addResults, ingest } from './ingest.ts';

/** So much of a stream is ingested at once, or what came in so many milliseconds: an endless stream is seen as it grows. */
const CHUNK_BYTES = 256 * 1024 * 1024;
const CHUNK_MS = 5000;

/**
 * Ingests a stream of lines, plain, gzip or zstd, of any length in constant memory: it is cut at line ends into files of
 * the spool folder, which are ingested one after the other.
 * @throws AppError `source_unreadable` when the stream breaks off; what came before is ingested.
 */
export async function ingestStream(
  store: Store,
  input: NodeJS.ReadableStream,
  options: IngestOptions = {},
): Promise<IngestResult> {
  mkdirSync(store.spool, { recursive: true });
  const results: IngestResult[] = [];
  for await (const chunk of spoolChunks(await unpack(input), store.spool)) {
    try {
      results.push(await ingest(store, [chunk], options));
    } finally {
      rmSync(chunk, { force: true });
    }
  }
  return { ...addResults(results), files: 1 };
}

/** The stream unpacked, by its first bytes. */
async function unpack(input: NodeJS.ReadableStream): Promise<Readable> {
  const source = Readable.from(input as AsyncIterable<Buffer>, { objectMode: false });
  const head = await readHead(source);
  const unpacked = chooseTransform(head);
  source.unshift(head);
  // a failure reaches the reader through `unpacked`
  pipeline(source, unpacked, () => {});
  return unpacked;
}

async function readHead(source: Readable): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < 4) {
    const part = source.read() as Buffer | null;
    if (part !== null) head = Buffer.concat([head, part]);
    else if (source.readableEnded) break;
    else await Promise.race([once(source, 'readable'), once(source, 'end')]);
  }
  return head;
}

function chooseTransform(head: Buffer): Transform {
  if (head.subarray(0, 2).toString('hex') === '1f8b') return createGunzip();
  if (head.subarray(0, 4).toString('hex') === '28b52ffd') return createZstdDecompress();
  return new PassThrough();
}

/** Writes the stream to files that end with a line's end, and gives each when it is full or old enough. */
async function* spoolChunks(stream: Readable, folder: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  let number = 0;
  let chunk = openChunk(folder, number);
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      const end = part.lastIndexOf(0x0a) + 1;
      if (end === 0) {
        rest = Buffer.concat([rest, part]);
        continue;
      }
      await chunk.write(rest);
      await chunk.write(part.subarray(0, end));
      rest = Buffer.from(part.subarray(end));
      if (chunk.bytes >= CHUNK_BYTES || performance.now() - chunk.opened > CHUNK_MS) {
        yield await chunk.close();
        number += 1;
        chunk = openChunk(folder, number);
      }
    }
    await chunk.write(rest);
    if (chunk.bytes > 0) yield await chunk.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_') !== true) throw error;
    if (chunk.bytes > 0) yield await chunk.close();
    throw new AppError('source_unreadable', 'Standard input is cut off or damaged; what came before that was taken.', {
      cause: error,
    });
  }
}

function openChunk(folder: string, number: number) {
  const path = join(folder, `input-${process.pid}-${number}.log`);
  const file = createWriteStream(path);
  const chunk = {
    bytes: 0,
    opened: performance.now(),
    write: async (data: Buffer) => {
      chunk.bytes += data.length;
      if (data.length > 0 && !file.write(data)) await once(file, 'drain');
    },
    close: async () => {
      file.end();
      await once(file, 'close');
      return path;
    },
  };
  return chunk;
}
