import { createReadStream } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { unreadable } from '../unreadable.ts';
import type { FileRows } from './store.ts';

/** So much is read of a file at once. */
export const READ_BYTES = 1024 * 1024;

/**
 * Stands between packed files: which of them ends without an end of line, only unpacking would tell. Behind such a line it is white space;
 * else it is a line of its own, to be left out; so would be the same line of a file, which no log has.
 */
const BETWEEN = ' \t'.repeat(50);
const BETWEEN_SQL = "repeat(' \\t',50)";

/** The same packed as the files are; those for which it cannot be packed here (xz) are not joined. */
const PACKED: { readonly [compression in FileRows['compression']]?: Buffer } = {
  gz: gzipSync(`${BETWEEN}\n`),
  zstd: zstdCompressSync(`${BETWEEN}\n`),
};

/** What a statement is sent of files. */
interface Body {
  readonly body: AsyncGenerator<Buffer>;
  /** SQL of a line that is none of the files'; null: there is none. */
  readonly between: string | null;
}

/** Files in as few bodies as can be: lines of several are one, other formats are not. */
export function listBodies({ paths, format, compression }: FileRows): Body[] {
  if (format === 'LineAsString') {
    if (compression === 'none') return [{ body: joinPlain(paths), between: null }];
    const packed = PACKED[compression];
    if (packed !== undefined && paths.length > 1) return [{ body: joinPacked(paths, packed), between: BETWEEN_SQL }];
  }
  return paths.map((path) => ({ body: readBytes(path), between: null }));
}

/** The files' bytes one after the other; the end of a file is the end of a line where another follows. */
async function* joinPlain(paths: readonly string[]): AsyncGenerator<Buffer> {
  let ended = true;
  for (const path of paths) {
    if (!ended) yield Buffer.from('\n');
    for await (const part of readBytes(path)) {
      ended = part.at(-1) === 0x0a;
      yield part;
    }
  }
}

/** The files' bytes one after the other: gzip's members and zstd's frames are unpacked as if they were of one file. */
async function* joinPacked(paths: readonly string[], between: Buffer): AsyncGenerator<Buffer> {
  for (const [index, path] of paths.entries()) {
    if (index > 0) yield between;
    yield* readBytes(path);
  }
}

/** @throws AppError `source_unreadable` */
async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  try {
    for await (const part of file as AsyncIterable<Buffer>) yield part;
  } catch (error) {
    // else of whoever takes the parts
    if (file.errored !== error) throw error;
    throw unreadable(path, error);
  }
}
