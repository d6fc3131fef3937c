import {
  type BigIntStats,
  type Stats,
  closeSync,
  globSync,
  openSync,
  readSync,
  readdirSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import { unreadable } from '../unreadable.ts';

/** A file of log lines: where it is, how large, and how it is packed (as the engine names it). */
export interface Source {
  readonly path: string;
  /** Which file it is: another one may get its name. */
  readonly id: string;
  readonly bytes: number;
  readonly compression: Compression;
}

export type Compression = 'none' | 'gz' | 'zstd' | 'xz';

/** What a log is called in a folder: `tracking.log`, `tracking.log.1`, `tracking.log-20261101.gz`, `events.jsonl.zst`. */
export const LOG_NAME = /\.(log|jsonl|ndjson)([-._].*)?$/i;

/** As edX hands out archives of events; what is in them nobody here can read. */
export const ENCRYPTED = /\.(gpg|pgp|asc)$/i;

/** Packed forms by their first bytes, not by name: rotated logs are renamed. pzstd starts with a frame to be skipped. */
const MAGIC: ReadonlyArray<readonly [RegExp, Compression | 'bzip2' | 'zip']> = [
  [/^1f8b/, 'gz'],
  [/^28b52ffd/, 'zstd'],
  [/^5.2a4d18/, 'zstd'],
  [/^fd377a585a00/, 'xz'],
  [/^425a683[1-9]/, 'bzip2'],
  [/^504b0304/, 'zip'],
];

/** How many bytes of a file say how it is packed. */
export const HEAD_BYTES = 6;

/** What cannot be read, and why. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

/**
 * The files that `paths` name: files as they are, folders for the logs in them and below, glob patterns. Sorted, each once. What a
 * folder or pattern leads to and cannot be read is in `failed`: among the logs of years, it is no reason to take in none.
 * @throws AppError `source_unreadable` for a path with nothing behind it, a folder without logs, or a file called by its name that cannot be read.
 */
export function findSources(paths: readonly string[]): { sources: readonly Source[]; failed: readonly Unreadable[] } {
  const sources = new Map<string, Source>();
  const failed = new Map<string, Unreadable>();
  for (const path of paths) {
    const stats = tryStat(path);
    if (stats?.isDirectory() === false) {
      sources.set(resolve(path), openSource(resolve(path)));
      continue;
    }
    for (const found of stats === undefined ? expandPattern(path) : expandFolder(path)) {
      const opened =
        typeof found === 'string' ? (sources.get(found) ?? attempt(found, () => openSource(found))) : found;
      if ('reason' in opened) failed.set(opened.path, opened);
      else sources.set(opened.path, opened);
    }
  }
  return {
    sources: [...sources.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    failed: [...failed.values()],
  };
}

/**
 * How something is packed, by its first bytes.
 * @throws AppError `source_unreadable` for a form that the engine cannot unpack
 */
export function recognizeCompression(path: string, head: Buffer): Compression {
  const hex = head.toString('hex');
  const compression = MAGIC.find(([magic]) => magic.test(hex))?.[1] ?? 'none';
  if (compression !== 'bzip2' && compression !== 'zip') return compression;
  const unpack = { bzip2: 'bzcat', zip: 'unzip -p' }[compression];
  throw new AppError(
    'source_unreadable',
    `${showPath(path)} is packed with ${compression}, which cannot be read here; unpack it on the way in: ${unpack} FILE | learner-analytics ingest -`,
  );
}

/** The logs of a folder, and what cannot be looked into. */
function expandFolder(path: string): Array<string | Unreadable> {
  const logs = listLogs(path);
  if (logs.length > 0) return logs;
  throw new AppError(
    'source_unreadable',
    `The folder ${showPath(path)} holds no logs: no file named like tracking.log, tracking.log-20261101.gz or events.jsonl.`,
  );
}

function expandPattern(path: string): Array<string | Unreadable> {
  const matches = describeFailure(path, () => globSync(path)).flatMap((match) => {
    return attempt(match, () => {
      const matched = tryStat(match);
      if (matched?.isDirectory() === true) return listLogs(match);
      return matched?.isFile() === true ? [resolve(match)] : [];
    });
  });
  if (matches.length > 0) return matches;
  throw new AppError('source_unreadable', `There is no file, folder or match for ${showPath(path)}.`);
}

/** The logs in a folder and below, each folder once: a link may lead back up. */
function listLogs(folder: string, visited = new Set<string>()): Array<string | Unreadable> {
  const real = describeFailure(folder, () => realpathSync(folder));
  if (visited.has(real)) return [];
  visited.add(real);
  return describeFailure(folder, () => readdirSync(folder, { withFileTypes: true })).flatMap((entry) => {
    const path = resolve(folder, entry.name);
    const kind = entry.isSymbolicLink() ? followLink(path) : entry;
    if (kind?.isDirectory() === true) return attempt(path, () => listLogs(path, visited));
    return kind?.isFile() === true && LOG_NAME.test(entry.name) ? [path] : [];
  });
}

/** Reads what others do not depend on. */
function attempt<Result>(path: string, read: () => Result): Result | Unreadable {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError && error.code === 'source_unreadable') return { path, reason: error.message };
    throw error;
  }
}

/** What a link in a folder leads to; undefined where it leads nowhere or round in a circle. */
function followLink(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function openSource(path: string): Source {
  return describeFailure(path, () => {
    const stats = statSync(path, { bigint: true });
    if (!stats.isFile()) {
      throw new AppError(
        'source_unreadable',
        `${showPath(path)} is no regular file; pipe it in instead: cat FILE | learner-analytics ingest -`,
      );
    }
    if (ENCRYPTED.test(path))
      throw new AppError(
        'source_unreadable',
        `${showPath(path)} is encrypted: decrypt it first (gpg --decrypt-files).`,
      );
    const head = Buffer.alloc(HEAD_BYTES);
    const file = openSync(path, 'r');
    try {
      const length = readSync(file, head);
      const compression = recognizeCompression(path, head.subarray(0, length));
      return { path, id: identify(stats), bytes: Number(stats.size), compression };
    } finally {
      closeSync(file);
    }
  });
}

/** Whether the file still has its name. */
export function isInPlace({ path, id }: Source): boolean {
  try {
    return identify(statSync(path, { bigint: true })) === id;
  } catch {
    return false;
  }
}

/** The same for every name of a file, until it is deleted: device and inode. */
export function identify({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function tryStat(path: string): Stats | undefined {
  return describeFailure(path, () => statSync(path, { throwIfNoEntry: false }));
}

function describeFailure<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unreadable(path, error);
  }
}
