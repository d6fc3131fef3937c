import type { BigIntStats } from 'node:fs';
import { glob, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { readFaultName } from '../fault-name.ts';
import { ENCRYPTED, LOG_NAME, identify } from './sources.ts';

/** A file that is there now, under one of its names. */
export interface WatchedFile {
  readonly path: string;
  readonly id: string;
  readonly size: number;
  /** When it was last written to, milliseconds since 1970 by the clock of whoever holds it. */
  readonly written: number;
  /** Changes with its content; also without a change of size. */
  readonly signature: string;
  /** Whether its name says that nobody should be writing to it any more. */
  readonly rotated: boolean;
}

/** What cannot be read now, and is tried again. */
export interface WatchProblem {
  readonly path: string;
  /** Code of the operating system, `ENOENT` for what is not there yet; a sentence where there is none. */
  readonly reason: string;
}

export interface Watched {
  readonly files: readonly WatchedFile[];
  readonly problems: readonly WatchProblem[];
}

/** `.1`, `-20261101`, `.2026-11-01_12`, `-20261101-1793491200`, packed or not; `.gz` alone. */
const ROTATION = String.raw`(?:[-._]\d[\dT:_-]*)*(?:\.(?:gz|zst|xz|bz2))?`;
const ROTATED_END = new RegExp(`^(?!$)${ROTATION}$`, 'i');
const DATE = /^[-._]\d[\dT:_-]*/;
const ROTATED_NAME = new RegExp(String.raw`\.(?:log|jsonl|ndjson)(?!$)${ROTATION}$`, 'i');

/**
 * The files that `paths` name now: a file together with what it was rotated to, in the same folder; a folder for the logs in
 * it and below; a glob pattern, together with what its matches were rotated to. Each file once, whatever names it has.
 * Never fails: what is missing or may not be read is a problem, to be looked at again.
 */
export async function listWatched(paths: readonly string[]): Promise<Watched> {
  const listing = new Listing();
  for (const path of paths) await listing.add(path);
  return { files: [...listing.files.values()], problems: listing.problems };
}

class Listing {
  readonly files = new Map<string, WatchedFile>();
  readonly problems: WatchProblem[] = [];
  readonly #folders = new Set<string>();

  async add(path: string): Promise<void> {
    const stats = await this.#try(path, async () => stat(path, { bigint: true }), isGlob(path));
    if (stats?.isDirectory() === true) return this.#addFolder(path);
    if (stats === undefined && isGlob(path)) return this.#addMatches(path);
    if (stats !== undefined) this.#addFile(path, stats, false);
    await this.#addRotated(path, stats === undefined);
  }

  async #addFolder(folder: string): Promise<void> {
    const real = await this.#try(folder, async () => realpath(folder));
    if (real === undefined || this.#folders.has(real)) return;
    this.#folders.add(real);
    const entries = await this.#try(folder, async () => readdir(folder, { withFileTypes: true }));
    for (const entry of entries ?? []) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await this.#addFolder(path);
      else if (LOG_NAME.test(entry.name) || entry.isSymbolicLink()) await this.#addEntry(path);
    }
  }

  async #addMatches(pattern: string): Promise<void> {
    const covered = new Set(await this.#match(pattern));
    if (covered.size === 0) this.problems.push({ path: pattern, reason: 'ENOENT' });
    const matches = new Set([...covered, ...(await this.#match(`${pattern}[-._]*`))]);
    for (const match of matches) {
      if (covered.has(match) || ROTATED_NAME.test(basename(match)))
        await this.#addEntry(resolve(match), covered.has(match));
    }
  }

  async #match(pattern: string): Promise<string[]> {
    const matches: string[] = [];
    await this.#try(pattern, async () => {
      for await (const match of glob(pattern)) matches.push(match);
    });
    return matches;
  }

  /** What `tracking.log` is called once it is rotated: `tracking.log.1`, `tracking.log-20261101.gz`, `tracking-20261101.log`. */
  async #addRotated(path: string, told: boolean): Promise<void> {
    const folder = dirname(path);
    // of a file that is not there, it is told that it is not
    const names = await this.#try(folder, async () => readdir(folder), told);
    for (const other of names?.filter((each) => isRotationOf(each, path)) ?? []) {
      const stats = await this.#try(join(folder, other), async () => stat(join(folder, other), { bigint: true }), true);
      if (stats?.isFile() === true) this.#addFile(join(folder, other), stats, true);
    }
  }

  /** Something found in a folder or by a pattern; `named` if whatever it is called. */
  async #addEntry(path: string, named = false): Promise<void> {
    const stats = await this.#try(path, async () => stat(path, { bigint: true }), true);
    if (stats?.isDirectory() === true) return this.#addFolder(path);
    if (stats?.isFile() !== true || !(named || LOG_NAME.test(basename(path))) || ENCRYPTED.test(path)) return;
    this.#addFile(path, stats, ROTATED_NAME.test(basename(path)));
  }

  #addFile(path: string, stats: BigIntStats, rotated: boolean): void {
    if (!stats.isFile()) {
      this.problems.push({ path, reason: 'is no regular file and cannot be followed' });
      return;
    }
    const id = identify(stats);
    const known = this.files.get(id);
    if (known !== undefined && !known.rotated) return;
    this.files.set(id, { ...describeFile(stats), path: resolve(path), id, rotated });
  }

  /** `quiet` for what may come and go: a file between two names. */
  async #try<Result>(path: string, look: () => Promise<Result>, quiet = false): Promise<Result | undefined> {
    try {
      return await look();
    } catch (error) {
      const code = readFaultName(error as NodeJS.ErrnoException);
      if (code === undefined) throw error;
      if (!(quiet && code === 'ENOENT')) this.problems.push({ path, reason: code });
      return undefined;
    }
  }
}

function isRotationOf(other: string, path: string): boolean {
  const { name, ext, base } = parse(path);
  if (other.startsWith(base)) return ROTATED_END.test(other.slice(base.length));
  const date = DATE.exec(other.startsWith(name) ? other.slice(name.length) : '')?.[0];
  if (date === undefined || !other.startsWith(name + date + ext)) return false;
  const end = other.slice(name.length + date.length + ext.length);
  return end === '' || ROTATED_END.test(end);
}

function isGlob(path: string): boolean {
  return /[*?[\]{}]/.test(path);
}

/** What of a file changes while it is written. */
export function describeFile({ size, mtimeMs, mtimeNs, ctimeNs }: BigIntStats) {
  return { size: Number(size), written: Number(mtimeMs), signature: `${size}:${mtimeNs}:${ctimeNs}` };
}
