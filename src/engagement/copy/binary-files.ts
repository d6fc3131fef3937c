import {
  closeSync,
  copyFileSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  readSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { workOn } from '../../await-all.ts';

const CHUNK = 8_388_608;

/** A file ends before what is to be read of it. */
export class CutShort extends Error {}

/** The bytes of a file, piece by piece. */
export function* readChunks(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    for (let left = fstatSync(file).size; left > 0;) {
      // no more than there is: what is taken for each of many small files has the collector look at everything each time
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, left));
      const length = readSync(file, chunk, 0, chunk.length, null);
      if (length === 0) return;
      left -= length;
      yield chunk.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

/** All of a file of 32-bit numbers. */
export function readWords(path: string): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = readFileSync(path);
  return new Uint32Array(buffer, byteOffset, length / 4);
}

/** The number at a place of a file of numbers as `Numbers` has them; 0 where it ends before that. */
export function readNumber(path: string, place: number, Numbers: typeof Float64Array | typeof Uint32Array): number {
  const file = openSync(path, 'r');
  try {
    const numbers = new Numbers(1);
    readInto(file, numbers, numbers.byteLength, place * numbers.byteLength);
    return numbers[0]!;
  } finally {
    closeSync(file);
  }
}

/** One of the records that a file is made of, and where it ends. */
interface Located {
  readonly end: number;
}

/**
 * The records of a file that follow each other. `read` gives the one that begins at a place, or null where it is not there
 * as a whole.
 * @throws Error where the file ends within a record, called `what`
 */
export function* readRecords<Item extends Located>(
  path: string,
  what: string,
  read: (bytes: Buffer, at: number) => Item | null,
): Generator<Item, void> {
  let rest = Buffer.alloc(0);
  for (const chunk of readChunks(path)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let item = read(bytes, at); item !== null; item = read(bytes, at)) {
      at = item.end;
      yield item;
    }
    // the end alone, so that the piece it is of need not be kept
    rest = Buffer.from(bytes.subarray(at));
  }
  if (rest.length > 0) throw new Error(`${path} ends within a ${what}`);
}

/** A length in LEB128, as RowBinary has it before texts and arrays; null where it is not there as a whole. */
export function readLength(bytes: Buffer, at: number): (Located & { readonly value: number }) | null {
  let [value, scale] = [0, 1];
  for (let place = at; place < bytes.length; place += 1) {
    const byte = bytes[place]!;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return { value, end: place + 1 };
  }
  return null;
}

/**
 * Reads all of an open file, wherever it was read before.
 * @throws Error where it became shorter meanwhile
 */
export function readAll(file: number): Buffer {
  const bytes = Buffer.allocUnsafe(fstatSync(file).size);
  for (let at = 0; at < bytes.length;) {
    const length = readSync(file, bytes, at, Math.min(bytes.length - at, CHUNK), at);
    if (length === 0) throw new Error(`a file ends after ${at} of ${bytes.length} bytes`);
    at += length;
  }
  return bytes;
}

/**
 * Reads bytes of an open file into the beginning of some memory.
 * @throws CutShort where it ends before that: else what was in the memory before would be told
 */
export function readFully(file: number, memory: NodeJS.ArrayBufferView, length: number, at: number): void {
  if (readInto(file, memory, length, at) !== length) throw new CutShort('a file of a local copy is cut short');
}

/** Gives how many bytes were read, less where the file ends; a network file system may give less at once. */
function readInto(file: number, memory: NodeJS.ArrayBufferView, length: number, at: number): number {
  for (let done = 0; ;) {
    const read = readSync(file, memory, done, length - done, at + done);
    done += read;
    if (read === 0 || done === length) return done;
  }
}

/** Memory of its own for so many bytes at least: what there is, where it is enough. Memory that nobody used before takes longer to read into. */
export function takeBytes(memory: Buffer<ArrayBuffer>, length: number): Buffer<ArrayBuffer> {
  return memory.length < length ? Buffer.allocUnsafeSlow(length) : memory;
}

/**
 * Opens a file to be read.
 * @throws Error where it is absent, or has not so many bytes
 */
export function openWhole(path: string, length: number): number {
  const file = openSync(path, 'r');
  const { size } = fstatSync(file);
  if (size === length) return file;
  closeSync(file);
  throw new Error(`${path} has ${size} bytes, not ${length}`);
}

/** Writes on in an open file. */
export function writeAll(file: number, data: Uint32Array | Uint8Array): void {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < bytes.length; at += writeSync(file, bytes, at, Math.min(bytes.length - at, CHUNK)));
}

/** The same file under another name, or a copy where there are no links. */
export function linkFile(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

/** So many files are brought to disk at once: the engine's statements want threads of the process, too. */
const SYNCED_AT_ONCE = 4;

/** Brings all files of a folder to disk, some at once, which a disk does in little more than the time of one; requests are answered meanwhile. */
export async function syncFolder(folder: string): Promise<void> {
  await workOn(readdirSync(folder), SYNCED_AT_ONCE, async (name) => {
    const file = await open(join(folder, name), 'r');
    try {
      // one that other folders have as well is there already: only that it has another name would be brought to disk
      if ((await file.stat()).nlink === 1) await file.sync();
    } finally {
      await file.close();
    }
  });
}
