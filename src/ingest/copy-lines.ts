import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { onDisk } from '../store/engine-errors.ts';
import { type LogPlace, readBytes } from './log-places.ts';

/** What was copied: up to which byte, with the checksum of all before it; how many bytes of lines that gave; whether the budget ended it. */
export interface Copied {
  readonly bytes: number;
  readonly crc: number;
  readonly copied: number;
  readonly more: boolean;
}

const BUFFER_BYTES = 1024 * 1024;
/** For what is written while it is read. */
const SLACK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Copies the complete lines from a place on, about `budget` bytes of them at most, of a file of about `size` bytes; a line that has no end yet stays.
 * Left out are zeros before a line, which a truncated file has where its writer goes on at the old position, and the rest of
 * a line longer than the budget, whose beginning alone is copied: the decoder counts it as too long.
 */
export async function copyLines(
  from: FileHandle,
  place: LogPlace,
  to: string,
  { size, budget }: { size: number; budget: number },
): Promise<Copied> {
  const copy = new LineCopy(place, await isInLine(from, place.bytes));
  const out = await onDisk(to, async () => open(to, 'w'));
  try {
    const buffer = Buffer.allocUnsafe(Math.min(BUFFER_BYTES, Math.max(size - place.bytes, 0) + SLACK_BYTES));
    while (copy.position - place.bytes < budget) {
      const { bytesRead } = await from.read(buffer, 0, buffer.length, copy.position);
      if (bytesRead === 0) break;
      await onDisk(to, async () => out.writeFile(copy.take(buffer.subarray(0, bytesRead))));
    }
    const more = copy.position - place.bytes >= budget;
    if (more && copy.bytes === place.bytes) copy.takeAll();
    await onDisk(to, async () => out.truncate(copy.complete));
    return { bytes: copy.bytes, crc: copy.crc, copied: copy.complete, more };
  } finally {
    await out.close();
  }
}

/** Whether the byte before is one after which no line begins. */
async function isInLine(file: FileHandle, position: number): Promise<boolean> {
  if (position === 0) return false;
  const [before] = await readBytes(file, position - 1, position);
  return before !== NEWLINE && before !== 0;
}

class LineCopy {
  /** Where to read on; up to where it is complete, with the checksum; the same in the copy. */
  position: number;
  bytes: number;
  crc: number;
  complete = 0;
  #crcHere: number;
  #written = 0;
  #inLine: boolean;

  constructor(place: LogPlace, inLine: boolean) {
    this.position = place.bytes;
    this.bytes = place.bytes;
    this.crc = place.crc;
    this.#crcHere = place.crc;
    this.#inLine = inLine;
  }

  /** Gives what of the bytes read is to be copied. */
  take(data: Buffer): Buffer {
    const dropped = this.#written === 0 ? this.#countDropped(data) : 0;
    this.#advance(data.subarray(0, dropped));
    if (dropped > 0) this.takeAll();
    const lines = data.subarray(dropped);
    const end = lines.lastIndexOf(NEWLINE) + 1;
    this.#advance(lines.subarray(0, end));
    this.#written += end;
    if (end > 0) this.takeAll();
    this.#advance(lines.subarray(end));
    this.#written += lines.length - end;
    return lines;
  }

  /** Counts all that was read as complete. */
  takeAll(): void {
    this.bytes = this.position;
    this.crc = this.#crcHere;
    this.complete = this.#written;
  }

  #advance(data: Buffer): void {
    this.position += data.length;
    this.#crcHere = crc32(data, this.#crcHere);
  }

  /** How much stands before the first line. */
  #countDropped(data: Buffer): number {
    if (this.#inLine) {
      const end = data.indexOf(NEWLINE);
      this.#inLine = end === -1;
      return this.#inLine ? data.length : end + 1;
    }
    const start = data.findIndex((byte) => byte !== 0);
    return start === -1 ? data.length : start;
  }
}
