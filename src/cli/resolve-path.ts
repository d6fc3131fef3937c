import { resolve } from 'node:path';
import { requireGiven } from '../config.ts';

/**
 * A path of the command line, absolute.
 * @param name what the command line calls it
 * @throws AppError `usage` for an empty one
 */
export function resolvePath(cwd: string, path: string, name: string): string {
  return resolve(cwd, requireGiven(path, name, 'a file or a folder'));
}
