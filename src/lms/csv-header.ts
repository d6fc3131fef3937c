import { closeSync, openSync, readSync } from 'node:fs';
import { AppError } from '../errors.ts';

/** What the first line of a CSV file says: the columns in order, and what separates them. */
export interface CsvHeader {
  readonly columns: readonly string[];
  readonly delimiter: ',' | ';' | '\t';
}

const LONGEST_HEADER = 64 * 1024;

/**
 * Reads the header of a CSV file: names without regard to case, spaces and quotes around them, a byte order mark dropped.
 * @throws AppError `source_unreadable`
 */
export function readCsvHeader(path: string): CsvHeader {
  const line = readFirstLine(path)
    .replace(/^\uFEFF/, '')
    .trim();
  if (line === '') throw new AppError('source_unreadable', `${path} is empty; a header row is expected first.`);
  const delimiter = ([',', ';', '\t'] as const).find((candidate) => line.includes(candidate)) ?? ',';
  const columns = line.split(delimiter).map((name) =>
    name
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim()
      .toLowerCase(),
  );
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  if (twice !== undefined)
    throw new AppError('source_unreadable', `${path} has the column ${JSON.stringify(twice)} twice.`);
  return { columns, delimiter };
}

function readFirstLine(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(LONGEST_HEADER);
      return head.toString('utf8', 0, readSync(file, head)).split(/\r?\n/, 1)[0] ?? '';
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new AppError('source_unreadable', `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`, {
      cause: error,
    });
  }
}
