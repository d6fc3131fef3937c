import { randomBytes } from 'node:crypto';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** Has the engine read `path` under a name without the signs that it would take for a pattern, an archive or a URL. */
export async function readThroughLink(
  store: Store,
  path: string,
  read: (link: string) => Promise<void>,
): Promise<void> {
  const link = join(store.spool, `lms-${randomBytes(8).toString('hex')}`);
  symlinkSync(path, link);
  try {
    await read(link);
  } catch (error) {
    throw explain(error, path);
  } finally {
    rmSync(link, { force: true });
  }
}

/** The engine says which row it was, and repeats it: only the number may be told. */
function explain(error: unknown, path: string): unknown {
  const cause = error instanceof AppError && error.cause instanceof Error ? error.cause.message : '';
  const row = /\(at row (\d+)\)/.exec(cause)?.[1];
  if (row === undefined && !/CANNOT_PARSE|INCORRECT_DATA/.test(cause)) {
    if (!(error instanceof AppError && error.code === 'source_unreadable')) return error;
    return new AppError('source_unreadable', `${path} cannot be read to its end; nothing was taken.`, { cause: error });
  }
  const where = row === undefined ? 'a row' : `row ${Number(row) + 1}`;
  return new AppError(
    'source_unreadable',
    `${path}: ${where} does not fit the header (another number of cells, a number that is none, or a quote that is not closed); nothing was taken.`,
    { cause: error },
  );
}
