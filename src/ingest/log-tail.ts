import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { readFaultName } from '../fault-name.ts';
import { onDisk } from '../store/engine-errors.ts';
import type { Store } from '../store/store.ts';
import { FollowedFile, type Take, isGone } from './followed-file.ts';
import { type IngestResult, LATEST_MS, addResults, ingest } from './ingest.ts';
import { LogPlaces } from './log-places.ts';
import { type WatchProblem, type WatchedFile, listWatched } from './watched-files.ts';

/** How the following of logs stands, for those who watch over it. */
export interface TailStatus {
  readonly files: number;
  /** Bytes that are there and not in the facts yet. */
  readonly lag_bytes: number;
  /** What is missing or cannot be read; it is tried again every second. */
  readonly problems: readonly WatchProblem[];
  /** When lines were last taken in, ISO 8601; null before the first. */
  readonly read_at: string | null;
}

/** About so many bytes are copied, ingested and counted as read at once. The rest waits where it is, in the logs. */
const ROUND_BYTES = 128 * 1024 * 1024;
/** And so many files: a folder may have thousands of rotated ones, and the log that is written now has its turn between them. */
const ROUND_FILES = 500;
/** So many packed files are ingested at once: each by itself takes a third of a second, however small it is. */
const GROUP_FILES = 100;

/** To look which files there are is to take a tenth of the time at most: of thousands of rotated logs it takes a second. */
const LISTING_SHARE = 0.1;

/** Files that were written so many milliseconds from now tell that the clock of this machine is behind: their lines are held against that. */
const AHEAD_MS = 12 * 3_600_000;

/**
 * Follows logs that grow and are rotated: by rename, by copy and truncation, packed or not. Each round takes what is new and
 * ingests it, then remembers how far it came; killed in between, it reads a little again, which changes nothing.
 */
export class LogTail {
  readonly #store: Store;
  readonly #paths: readonly string[];
  readonly #places: LogPlaces;
  readonly #clock: () => number;
  readonly #files = new Map<string, FollowedFile>();
  #problems: readonly WatchProblem[] = [];
  /** What could not be looked at, and from when on it is looked again which files there are. */
  #listed: { readonly problems: readonly WatchProblem[]; readonly until: number } = { problems: [], until: -Infinity };
  #readAt: string | null = null;

  /** `clock` is for tests. `paths` are files, folders and glob patterns, absolute; they need not be there yet. */
  static async open(store: Store, paths: readonly string[], clock = () => performance.now()): Promise<LogTail> {
    return new LogTail(store, paths, await LogPlaces.load(store), clock);
  }

  private constructor(store: Store, paths: readonly string[], places: LogPlaces, clock: () => number) {
    this.#clock = clock;
    this.#store = store;
    this.#paths = paths;
    this.#places = places;
  }

  get status(): TailStatus {
    const files = [...this.#files.values()];
    const faults = files.flatMap(({ path, fault }) => (fault === undefined ? [] : [{ path, reason: fault }]));
    return {
      files: files.length,
      lag_bytes: files.reduce((sum, file) => sum + file.pending, 0),
      problems: [...this.#problems, ...faults],
      read_at: this.#readAt,
    };
  }

  /**
   * Takes in what is new, up to a limit; null when nothing is. One round at a time.
   * @throws AppError `store_unavailable`; nothing is lost, the next round takes the same again
   */
  async round(): Promise<IngestResult | null> {
    const faults: WatchProblem[] = [];
    if (this.#clock() >= this.#listed.until) await this.#list(faults);
    else for (const file of this.#files.values()) await look(file, async () => file.meetAgain(), faults);
    const takes = await this.#take(faults);
    this.#problems = [...this.#listed.problems, ...faults];
    try {
      const results = await this.#ingest(takes);
      await this.#places.save(this.#store);
      if (results.length === 0) return null;
      this.#readAt = new Date().toISOString();
      return addResults(results);
    } finally {
      for (const path of chunksOf(takes)) rmSync(path, { force: true });
    }
  }

  /** Closes the files; call it when no round is under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map(async (file) => file.close()));
  }

  async #list(faults: WatchProblem[]): Promise<void> {
    const began = this.#clock();
    const { files, problems } = await listWatched(this.#paths);
    const ended = this.#clock();
    this.#listed = { problems, until: ended + (ended - began) * (1 / LISTING_SHARE - 1) };
    await this.#meet(files, faults);
  }

  async #meet(seen: readonly WatchedFile[], faults: WatchProblem[]): Promise<void> {
    const unnamed = new Map(this.#files);
    for (const file of seen) {
      const known = this.#files.get(file.id);
      if (known === undefined) this.#files.set(file.id, new FollowedFile(file, this.#clock));
      else known.meet(file);
      unnamed.delete(file.id);
    }
    for (const [id, file] of unnamed) {
      await look(file, async () => file.meetUnnamed(), faults);
      if (file.settled) this.#files.delete(id);
    }
  }

  /** Next parts of the files, those first that have the least left: what is written now before what waits since long. */
  async #take(faults: WatchProblem[]): Promise<Take[]> {
    const takes: Take[] = [];
    let bytes = 0;
    await onDisk(this.#store.spool, async () => mkdir(this.#store.spool, { recursive: true }));
    for (const file of [...this.#files.values()].toSorted((a, b) => a.pending - b.pending)) {
      if (bytes >= ROUND_BYTES || takes.length >= ROUND_FILES) break;
      const chunk = join(this.#store.spool, `tail-${takes.length}`);
      try {
        const take = await file.take(this.#places, chunk, ROUND_BYTES);
        if (take !== undefined) takes.push(take);
        bytes += take?.bytes ?? 0;
      } catch (error) {
        if (isGone(error)) continue;
        // of the spool, not of the log
        if (error instanceof AppError && error.code === 'store_unavailable') {
          for (const path of [chunk, ...chunksOf(takes)]) rmSync(path, { force: true });
          throw error;
        }
        await handleFault(file, error, faults);
      }
    }
    return takes;
  }

  async #ingest(takes: readonly Take[]): Promise<IngestResult[]> {
    const results: IngestResult[] = [];
    const now = Date.now();
    const isAhead = ({ written }: Take) => written > now + AHEAD_MS;
    const full = takes.filter(({ bytes }) => bytes > 0);
    const lines = full.filter((take) => !take.packed && !isAhead(take));
    const packed = full.filter((take) => take.packed && !isAhead(take));
    const groups = packed.flatMap((_, at) => (at % GROUP_FILES === 0 ? [packed.slice(at, at + GROUP_FILES)] : []));
    for (const group of [lines, ...groups].filter(({ length }) => length > 0))
      results.push(...(await this.#ingestReadable(group, now)));
    // what one of them says of the time is not said of the others
    for (const take of full.filter(isAhead)) results.push(...(await this.#ingestReadable([take], take.written)));
    for (const take of takes) if (take.bytes === 0) await take.file.accept(take, this.#places);
    return results;
  }

  /** A packed file may be gone by now, and would spoil it for the others: by halves, as long as there is one. */
  async #ingestReadable(takes: readonly Take[], now: number): Promise<IngestResult[]> {
    const result = await this.#ingestGroup(takes, now);
    if (result !== null) return [result];
    if (takes.length < 2) return [];
    const middle = Math.ceil(takes.length / 2);
    const first = await this.#ingestReadable(takes.slice(0, middle), now);
    return [...first, ...(await this.#ingestReadable(takes.slice(middle), now))];
  }

  async #ingestGroup(takes: readonly Take[], now: number): Promise<IngestResult | null> {
    const paths = takes.map(({ path }) => path);
    let result: IngestResult;
    try {
      result = await ingest(this.#store, paths, { now: new Date(Math.min(now, LATEST_MS)) });
    } catch (error) {
      if (takes[0]?.packed === true && error instanceof AppError && error.code === 'source_unreadable') return null;
      throw error;
    }
    const failed = new Map(result.failed.map(({ path, reason }) => [path, reason]));
    for (const take of takes) {
      // the name may have gone to another file before the engine opened it
      if (take.packed && !(await take.file.isAt(take.path))) continue;
      const reason = failed.get(take.path);
      if (reason === undefined) await take.file.accept(take, this.#places);
      else if (take.packed) await take.file.refuse(reason);
      else take.file.fault = reason;
    }
    return result;
  }
}

/** What of the takes is in the spool. */
function chunksOf(takes: readonly Take[]): string[] {
  return takes.filter(({ packed }) => !packed).map(({ path }) => path);
}

/** Takes note of how a file is; without its handle where that went bad. */
async function look(file: FollowedFile, meet: () => Promise<void>, faults: WatchProblem[]): Promise<void> {
  try {
    await meet();
  } catch (error) {
    await handleFault(file, error, faults);
    await meet();
  }
}

async function handleFault(file: FollowedFile, error: unknown, faults: WatchProblem[]): Promise<void> {
  if (error instanceof AppError) return file.refuse(error.message);
  const code = readFaultName(error as NodeJS.ErrnoException);
  if (code === undefined) throw error;
  faults.push({ path: file.path, reason: code });
  // a handle that went bad, of a network file system for example, is not used again
  await file.close();
}
