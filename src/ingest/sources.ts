import { type Stats, closeSync, globSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AppError } from '../errors.ts';

/** A file of log lines: where it is, how large, and how it is packed (as the engine names it). */
export interface Source {
  readonly path: string;
  readonly bytes: number;
  readonly compression: 'none' | 'gz' | 'zstd' | 'bz2' | 'xz';
}

/** What a log is called in a folder: `tracking.log`, `tracking.log.1`, `tracking.log-20261101.gz`, `events.jsonl.zst`. */
const LOG_NAME = /\.(log|jsonl|ndjson)([-._].*)?$/i;

/**
 * The files that `paths` name: files as they are, folders for the logs in them and below, glob patterns. Sorted, each once.
 * @throws AppError `source_unreadable` for a path with nothing behind it, a folder without logs, or an unreadable file.
 */
export function findSources(paths: readonly string[]): Source[] {
  const files = new Set(paths.flatMap(expandPath));
  return [...files].toSorted().map(openSource);
}

function expandPath(path: string): string[] {
  const stats = tryStat(path);
  if (stats?.isDirectory() === true) {
    const logs = listLogs(path);
    if (logs.length > 0) return logs;
    throw new AppError(
      'source_unreadable',
      `The folder ${path} holds no logs: no file named like tracking.log, tracking.log-20261101.gz or events.jsonl.`,
    );
  }
  if (stats !== undefined) return [resolve(path)];
  const matches = globSync(path).filter((match) => tryStat(match)?.isFile() === true);
  if (matches.length > 0) return matches.map((match) => resolve(match));
  throw new AppError('source_unreadable', `There is no file, folder or match for ${path}.`);
}

function listLogs(folder: string): string[] {
  return describeFailure(folder, () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          LOG_NAME.test(basename(entry.name)) && tryStat(join(entry.parentPath, entry.name))?.isFile() === true,
      )
      .map((entry) => resolve(entry.parentPath, entry.name)),
  );
}

function openSource(path: string): Source {
  return describeFailure(path, () => {
    const head = Buffer.alloc(6);
    const file = openSync(path, 'r');
    try {
      readSync(file, head);
    } finally {
      closeSync(file);
    }
    return { path, bytes: statSync(path).size, compression: recognizeCompression(head) };
  });
}

/** By the first bytes, not the name: rotated logs are renamed. */
function recognizeCompression(head: Buffer): Source['compression'] {
  const hex = head.toString('hex');
  if (hex.startsWith('1f8b')) return 'gz';
  if (hex.startsWith('28b52ffd')) return 'zstd';
  if (hex.startsWith('425a68')) return 'bz2';
  if (hex === 'fd377a585a00') return 'xz';
  return 'none';
}

function tryStat(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function describeFailure<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AppError('source_unreadable', `${path} cannot be read (${code}).`, { cause: error });
  }
}
