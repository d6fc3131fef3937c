import { resolve } from 'node:path';
import { AppError } from '../errors.ts';

/**
 * A path of the command line, absolute. Of a variable that is not set, as in `--out "$DIR"`, nobody means the folder that one
 * happens to be in.
 * @param name what the command line calls it
 * @throws AppError `usage` for an empty one
 */
export function resolvePath(cwd: string, path: string, name: string): string {
  if (path === '') throw new AppError('usage', `${name} is empty; it must name a file or a folder.`);
  return resolve(cwd, path);
}
