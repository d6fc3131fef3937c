import { hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';
import { formatTime } from '../store/format-time.ts';
import type { Store } from '../store/store.ts';

/** How far a log was read: what begins with `head` and has `last` before its byte `bytes` is ingested up to there. */
export interface LogPlace {
  readonly head_bytes: number;
  readonly head: string;
  readonly bytes: number;
  readonly last: string;
  /** CRC-32 of all these bytes; 0 for a packed file. */
  readonly crc: number;
}

/** So many bytes tell one log from another: a line and more, with its time to the microsecond. */
export const MARK_BYTES = 1024;

/** As long as the table has them, by its TTL: `migrations/0005-log-places.sql`. */
const KEPT_MS = 120 * 86_400_000;

/** Reads `[from, to)`, less where the file ends. */
export async function readBytes(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.alloc(to - from);
  let length = 0;
  // a network file system may give less at once
  for (let read = -1; read !== 0 && length < buffer.length; length += read)
    read = (await file.read(buffer, length, buffer.length - length, from + length)).bytesRead;
  return buffer.subarray(0, length);
}

/** The first 22 characters of the SHA-256 in base64url: 132 bits, by which bytes are known again. */
export function hashMark(bytes: Buffer): string {
  return hash('sha256', bytes, 'base64url').slice(0, 22);
}

const NOTHING = hashMark(Buffer.alloc(0));

/** The beginning of whatever nothing is known of. */
export const START: LogPlace = { head_bytes: 0, head: NOTHING, bytes: 0, last: NOTHING, crc: 0 };

/** Whether the file still is the one of which the place tells. */
export async function fits(file: FileHandle, place: LogPlace): Promise<boolean> {
  const head = hashMark(await readBytes(file, 0, place.head_bytes));
  return head === place.head && (await hashBefore(file, place.bytes)) === place.last;
}

/** The mark of what stands before a byte. */
export async function hashBefore(file: FileHandle, position: number): Promise<string> {
  return hashMark(await readBytes(file, Math.max(0, position - MARK_BYTES), position));
}

/**
 * All places that are known, kept in the store. Files are recognised by content: one that was renamed, copied, moved to
 * another disk or given the inode of a deleted one is continued where its content was left, or is read from its start.
 */
export class LogPlaces {
  /** By what they begin with; the one noted last is the last. */
  readonly #places = new Map<string, { readonly place: LogPlace; readonly readAt: number }>();
  /** How many bytes places begin with: `MARK_BYTES`, but for those of short files. */
  readonly #headBytes = new Set<number>();
  readonly #now: () => number;
  #unsaved = new Map<string, LogPlace>();

  private constructor(now: () => number) {
    this.#now = now;
  }

  /** @param now gives ms since 1970 */
  static async load(store: Store, now: () => number = () => Date.now()): Promise<LogPlaces> {
    const places = new LogPlaces(now);
    const rows = await store.read<LogPlace & { readonly read_at: number }>(
      `SELECT head_bytes, head, bytes, last, crc, toUnixTimestamp64Milli(log_places.read_at) AS read_at
       FROM log_places FINAL
       ORDER BY read_at`,
    );
    for (const { read_at, ...place } of rows) places.#put(place, read_at);
    return places;
  }

  /** Whether just this place is known: that what begins and ends so was read, all of it. */
  knows(place: LogPlace): boolean {
    const known = this.#places.get(nameOf(place))?.place;
    return known?.bytes === place.bytes && known.last === place.last;
  }

  /** The furthest place that fits a file of `size` bytes; one that fits not is as good as none. */
  async find(file: FileHandle, size: number): Promise<LogPlace> {
    const head = await readBytes(file, 0, Math.min(size, MARK_BYTES));
    const candidates = [...this.#headBytes].flatMap((head_bytes) => {
      const name = nameOf({ head_bytes, head: hashMark(head.subarray(0, head_bytes)) });
      const known = this.#places.get(name);
      return known !== undefined && known.place.bytes <= size ? [known.place] : [];
    });
    for (const place of candidates.toSorted((a, b) => b.bytes - a.bytes)) {
      if (await fits(file, place)) return place;
    }
    return START;
  }

  /** Whether a gzip file holds exactly what was read before it was packed: by the checksum and length at its end. */
  async knowsGzip(file: FileHandle, size: number): Promise<boolean> {
    const end = await readBytes(file, Math.max(0, size - 8), size);
    if (end.length < 8) return false;
    const crc = end.readUInt32LE(0);
    const length = end.readUInt32LE(4);
    const alike = [...this.#places.values()].filter(
      ({ place }) => place.crc === crc && place.bytes % 2 ** 32 === length,
    );
    if (crc === 0 || alike.length === 0) return false;
    const head = gunzipStart(await readBytes(file, 0, Math.min(size, 64 * MARK_BYTES)));
    return alike.some(({ place }) => hashMark(head.subarray(0, place.head_bytes)) === place.head);
  }

  /** Remembers a place, instead of the one from which it was reached. */
  note(place: LogPlace, before: LogPlace): void {
    if (place.bytes === 0) return;
    if (before.head_bytes < place.head_bytes) this.#places.delete(nameOf(before));
    this.#put(place, this.#now());
    this.#unsaved.set(nameOf(place), place);
  }

  /** Lets go of those that are too old, as the store does. */
  #put(place: LogPlace, readAt: number): void {
    const name = nameOf(place);
    this.#places.delete(name);
    this.#places.set(name, { place, readAt });
    this.#headBytes.add(place.head_bytes);
    for (const [oldest, known] of this.#places) {
      if (known.readAt > this.#now() - KEPT_MS) return;
      this.#places.delete(oldest);
    }
  }

  async save(store: Store): Promise<void> {
    const unsaved = this.#unsaved;
    if (unsaved.size === 0) return;
    this.#unsaved = new Map();
    const read_at = formatTime(new Date(this.#now()));
    try {
      await store.insert(
        'log_places',
        [...unsaved.values()].map((place) => ({ ...place, read_at })),
      );
    } catch (error) {
      this.#unsaved = new Map([...unsaved, ...this.#unsaved]);
      throw error;
    }
  }
}

function nameOf({ head_bytes, head }: Pick<LogPlace, 'head_bytes' | 'head'>): string {
  return `${head_bytes}:${head}`;
}

function gunzipStart(packed: Buffer): Buffer {
  try {
    return gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}
