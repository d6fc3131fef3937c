import { constants } from 'node:fs';
import { type FileHandle, open, stat, writeFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { onDisk } from '../store/engine-errors.ts';
import { copyLines } from './copy-lines.ts';
import {
  type LogPlace,
  type LogPlaces,
  MARK_BYTES,
  START,
  fits,
  hashBefore,
  hashMark,
  readBytes,
} from './log-places.ts';
import { HEAD_BYTES, identify, recognizeCompression } from './sources.ts';
import { type WatchedFile, describeFile } from './watched-files.ts';

/** Something to ingest, and what is reached when it was. */
export interface Take {
  readonly file: FollowedFile;
  /** A file of `bytes` bytes of lines; nothing if there are none and only the place moves on. */
  readonly path: string;
  readonly bytes: number;
  readonly packed: boolean;
  /** When the file was last written to, milliseconds since 1970. */
  readonly written: number;
  readonly place: LogPlace;
  /** Whether the file has more, is read as far as it goes, or is done with until it changes. */
  readonly leaves: 'more' | 'read' | 'settled';
}

/** How long a file must have rested before its last line counts although nothing ends it; a rotated one, and any other. */
const REST_MS = { rotated: 10_000, live: 300_000 } as const;
/** How long a packed file must have rested: gzip writes under the final name. */
const PACKED_REST_MS = 3000;

/**
 * One file, whatever its names, as long as it is there or open: it stays open until it rests, so that what was written
 * before it was deleted is still read.
 */
export class FollowedFile {
  path: string;
  readonly #id: string;
  /** Why it cannot be read as it is. */
  fault: string | undefined;
  #rotated: boolean;
  #size: number;
  #signature: string;
  #written: number;
  #changedAt: number;
  readonly #clock: () => number;
  #place: LogPlace = START;
  #handle: FileHandle | undefined;
  #packed = false;
  #state: Take['leaves'] = 'more';

  /** `clock` gives milliseconds that nobody sets back. */
  constructor(seen: WatchedFile, clock: () => number) {
    this.#clock = clock;
    this.#changedAt = clock();
    this.#id = seen.id;
    this.path = seen.path;
    this.#rotated = seen.rotated;
    this.#size = seen.size;
    this.#signature = seen.signature;
    this.#written = seen.written;
  }

  /** Bytes that are there and not in the facts, an unfinished last line included until the file has rested. */
  get pending(): number {
    return this.#state === 'settled' ? 0 : Math.max(0, this.#size - this.#place.bytes);
  }

  get settled(): boolean {
    return this.#state === 'settled';
  }

  /** Takes note of how the file is now. */
  meet(seen: Omit<WatchedFile, 'id'>): void {
    this.path = seen.path;
    this.#rotated = seen.rotated;
    this.#size = seen.size;
    this.#written = seen.written;
    if (seen.signature === this.#signature) return;
    this.#signature = seen.signature;
    this.#changedAt = this.#clock();
    this.#state = 'more';
    this.fault = undefined;
  }

  /** The same for one that is open, under the name that it had. */
  async meetAgain(): Promise<void> {
    const stats = await this.#handle?.stat({ bigint: true });
    if (stats !== undefined) this.meet({ ...describeFile(stats), path: this.path, rotated: this.#rotated });
  }

  /** The same for a file that has no watched name any more: deleted, or moved away. */
  async meetUnnamed(): Promise<void> {
    const stats = await this.#handle?.stat({ bigint: true });
    if (stats === undefined) this.#state = 'settled';
    else this.meet({ ...describeFile(stats), path: this.path, rotated: true });
  }

  /**
   * The next lines, about `budget` bytes of them, as a file at `chunk`; a packed file whole. Undefined when there is nothing now.
   * @throws AppError `source_unreadable`, or an error of the operating system
   */
  async take(places: LogPlaces, chunk: string, budget: number): Promise<Take | undefined> {
    if (this.#state === 'settled') return undefined;
    if (this.#state === 'read' && this.#handle !== undefined) return this.#takeUnfinished(this.#handle, chunk, budget);
    this.#handle ??= await this.#openFile();
    if (this.#handle === undefined) return undefined;
    if (this.#packed) return this.#takePacked(this.#handle, places);
    return this.#takeLines(this.#handle, places, chunk, budget);
  }

  /** Whether a name is that of this file, as it was when it was opened. */
  async isAt(path: string): Promise<boolean> {
    try {
      const [there, here] = await Promise.all([stat(path, { bigint: true }), this.#handle?.stat({ bigint: true })]);
      return here !== undefined && identify(there) === identify(here) && there.mtimeNs === here.mtimeNs;
    } catch {
      return false;
    }
  }

  /** What was taken is ingested. */
  async accept(take: Take, places: LogPlaces): Promise<void> {
    if (take.place !== this.#place) places.note(take.place, this.#place);
    this.#place = take.place;
    this.fault = undefined;
    this.#state = take.leaves;
    if (this.#state === 'settled') await this.close();
  }

  /** Gives up on the file as it is; it is looked at again when it changes. */
  async refuse(reason: string): Promise<void> {
    this.fault = reason;
    this.#state = 'settled';
    await this.close();
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    // of one that went bad that fails as well, and there is no more to do
    await handle?.close().catch(() => undefined);
  }

  /** Undefined where the name has gone to another file since it was looked: by its new name this one is opened the next time. */
  async #openFile(): Promise<FileHandle | undefined> {
    // to open a named pipe otherwise waits until somebody writes into it
    const handle = await open(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await this.#isOpenAs(handle))) {
        await handle.close();
        return undefined;
      }
      this.#place = START;
      this.#packed = recognizeCompression(this.path, await readBytes(handle, 0, HEAD_BYTES)) !== 'none';
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** By its name as well, as it was met: there may be a file system that numbers open files otherwise. */
  async #isOpenAs(handle: FileHandle): Promise<boolean> {
    const opened = await handle.stat({ bigint: true });
    if (!opened.isFile()) return false;
    return identify(opened) === this.#id || identify(await stat(this.path, { bigint: true })) === this.#id;
  }

  async #takeLines(file: FileHandle, places: LogPlaces, chunk: string, budget: number): Promise<Take | undefined> {
    const { size } = await file.stat();
    const place = await this.#findPlace(file, places, size);
    const head = await readBytes(file, 0, Math.min(size, MARK_BYTES));
    const { bytes, crc, copied, more } = await copyLines(file, place, chunk, { size, budget });
    const last = await hashBefore(file, bytes);
    // truncated while it was read: what was copied, and its marks, may be of two logs
    if (!(await fits(file, { ...place, head_bytes: head.length, head: hashMark(head) }))) return undefined;
    if (bytes === place.bytes && place === this.#place) {
      this.#state = 'read';
      return undefined;
    }
    const head_bytes = Math.min(head.length, bytes);
    const reached = { head_bytes, head: hashMark(head.subarray(0, head_bytes)), bytes, last, crc };
    const leaves = more ? 'more' : 'read';
    return this.#describe({ path: chunk, bytes: copied, packed: false, place: reached, leaves });
  }

  /** How far this content was read, here or in a file that was copied from. */
  async #findPlace(file: FileHandle, places: LogPlaces, size: number): Promise<LogPlace> {
    const found = await places.find(file, size);
    const own = this.#place;
    return own.bytes >= found.bytes && own.bytes <= size && (await fits(file, own)) ? own : found;
  }

  async #takePacked(file: FileHandle, places: LogPlaces): Promise<Take | undefined> {
    if (this.#rested < PACKED_REST_MS) {
      // it is read by its name, and there may be thousands that rest at once
      await this.close();
      return undefined;
    }
    const { size } = await file.stat();
    const head = await readBytes(file, 0, Math.min(size, MARK_BYTES));
    const place = {
      head_bytes: head.length,
      head: hashMark(head),
      bytes: size,
      last: await hashBefore(file, size),
      crc: 0,
    };
    const isKnown =
      places.knows(place) || (await places.find(file, size)).bytes === size || (await places.knowsGzip(file, size));
    return this.#describe({ path: this.path, bytes: isKnown ? 0 : size, packed: true, place, leaves: 'settled' });
  }

  /** The last line without an end, once it has been so for long; it is taken again if an end comes. */
  async #takeUnfinished(file: FileHandle, chunk: string, budget: number): Promise<Take | undefined> {
    if (this.#rested < (this.#rotated ? REST_MS.rotated : REST_MS.live)) return undefined;
    const from = this.#place.bytes;
    const line = await readBytes(file, from, Math.min(this.#size, from + budget));
    await onDisk(chunk, async () => writeFile(chunk, line));
    return this.#describe({ path: chunk, bytes: line.length, packed: false, place: this.#place, leaves: 'settled' });
  }

  #describe(take: Omit<Take, 'file' | 'written'>): Take {
    return { file: this, written: this.#written, ...take };
  }

  get #rested(): number {
    return this.#clock() - this.#changedAt;
  }
}

/** Whether an error says that a file is between two names, and will be found under the other one. */
export function isGone(error: unknown): boolean {
  return !(error instanceof AppError) && (error as NodeJS.ErrnoException).code === 'ENOENT';
}
