import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import type { FileRows, Store } from '../store/store.ts';

/** `store.insertFiles` of one file, with what is wrong with it said as the product says it. */
export async function insertFile(
  store: Store,
  insert: (source: string) => string,
  file: Omit<FileRows, 'paths'> & { readonly path: string },
): Promise<void> {
  try {
    await store.insertFiles(insert, { ...file, paths: [file.path] });
  } catch (error) {
    throw explain(error, file.path);
  }
}

/** The engine says which row it was, and repeats it: only the number may be told. */
function explain(error: unknown, path: string): unknown {
  const cause = error instanceof AppError && error.cause instanceof Error ? error.cause.message : '';
  const row = /\(at row (\d+)\)/.exec(cause)?.[1];
  if (row === undefined && !/CANNOT_PARSE|INCORRECT_DATA/.test(cause)) {
    if (!(error instanceof AppError && error.code === 'source_unreadable')) return error;
    return new AppError('source_unreadable', `${showPath(path)} cannot be read to its end; nothing was taken.`, {
      cause: error,
    });
  }
  const where = row === undefined ? 'a row' : `row ${Number(row) + 1}`;
  return new AppError(
    'source_unreadable',
    `${showPath(path)}: ${where} does not fit the header (another number of cells, a number that is none, or text after a closing quote); nothing was taken.`,
    { cause: error },
  );
}
