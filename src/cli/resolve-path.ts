import { resolve } from 'node:path';
import { requireGiven } from '../config.ts';
import { AppError } from '../errors.ts';

/** What a process has open, under names that mean something else to any other; a shell writes them for `<(…)`. */
const OF_ONE_PROCESS = /^\/(?:dev\/(?:fd\/|std(?:in|out|err)$)|proc\/(?:self|thread-self)\/)/;

/**
 * A path of the command line, absolute.
 * @param name what the command line calls it
 * @throws AppError `usage` for an empty one, and for one that a running server, to which the command may be handed, would take for another
 */
export function resolvePath(cwd: string, path: string, name: string): string {
  const resolved = resolve(cwd, requireGiven(path, name, 'a file or a folder'));
  if (!OF_ONE_PROCESS.test(resolved)) return resolved;
  throw new AppError(
    'usage',
    `${resolved} is what one process has open, not a file: save it first, or pipe logs into "ingest -".`,
  );
}
