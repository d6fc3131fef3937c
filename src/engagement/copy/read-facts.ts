import { readLength, readRecords } from './binary-files.ts';

/** What the engine tells of a learner who changed. */
export interface Change {
  readonly number: number;
  /** Whether these are all facts of the learner; otherwise, all of the days of which there are any. */
  readonly whole: boolean;
  /** Eight bytes per fact, sorted: kind (2 bits), hash of the problem or video (46), day (15) and whether it completed the problem (1). */
  readonly facts: Buffer;
}

/** Tells the facts of a change, in order. */
export function eachFact(
  facts: Buffer,
  take: (kind: number, hash: number, day: number, completed: number) => void,
): void {
  for (let at = 0; at < facts.length; at += 8) {
    const [low, high] = [facts.readUInt32LE(at), facts.readUInt32LE(at + 4)];
    take(high >>> 30, (high & 0x3f_ff_ff_ff) * 65_536 + (low >>> 16), (low >>> 1) & 0x7f_ff, low & 1);
  }
}

/** The changes of a file: RowBinary of a UInt32, a UInt8 and an Array(UInt64). */
export function readFacts(path: string): Generator<Change> {
  return readRecords(path, 'learner', readChange);
}

/** The record of such a file that begins at `at`; null where it is not there as a whole. */
export function readChange(bytes: Buffer, at: number): (Change & { readonly end: number }) | null {
  const count = readLength(bytes, at + 5);
  if (count === null) return null;
  const end = count.end + count.value * 8;
  if (end > bytes.length) return null;
  return { number: bytes.readUInt32LE(at), whole: bytes[at + 4] === 1, facts: bytes.subarray(count.end, end), end };
}
