import { type Stats, statSync } from 'node:fs';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import { unreadable } from '../unreadable.ts';

/**
 * Looks before a path is opened: to open a named pipe waits until somebody writes into it, and all else that this process does with it.
 * @throws AppError `source_unreadable` for what is no regular file
 */
export function requireFile(path: string): void {
  const stats = readStats(path);
  if (stats.isFile()) return;
  const what = stats.isDirectory()
    ? 'is a folder; a file is expected'
    : 'is no regular file; save what it gives in one';
  throw new AppError('source_unreadable', `${showPath(path)} ${what}.`);
}

function readStats(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}
