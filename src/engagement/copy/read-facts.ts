import { closeSync, openSync, readSync } from 'node:fs';

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

const CHUNK = 8_388_608;

/** The changes of a file: RowBinary of a UInt32, a UInt8 and an Array(UInt64). */
export function* readFacts(path: string): Generator<Change, undefined> {
  const file = openSync(path, 'r');
  try {
    let rest = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(rest.length + CHUNK);
      rest.copy(chunk);
      const length = readSync(file, chunk, rest.length, CHUNK, null);
      if (length === 0) break;
      const bytes = chunk.subarray(0, rest.length + length);
      let at = 0;
      for (let change = readChange(bytes, at); change !== null; change = readChange(bytes, at)) {
        at = change.end;
        yield change;
      }
      rest = bytes.subarray(at);
    }
    if (rest.length > 0) throw new Error(`${path} ends within a learner`);
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** The record that begins at `at`; null where it is not there as a whole. */
function readChange(bytes: Buffer, at: number): (Change & { readonly end: number }) | null {
  const count = readLength(bytes, at + 5);
  if (count === null) return null;
  const end = count.end + count.value * 8;
  if (end > bytes.length) return null;
  return { number: bytes.readUInt32LE(at), whole: bytes[at + 4] === 1, facts: bytes.subarray(count.end, end), end };
}

/** A length in LEB128. */
function readLength(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | null {
  let [value, scale] = [0, 1];
  for (let place = at; place < bytes.length; place += 1) {
    const byte = bytes[place]!;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return { value, end: place + 1 };
  }
  return null;
}
