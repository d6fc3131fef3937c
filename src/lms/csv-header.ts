import { closeSync, openSync, readSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import { unreadable } from '../unreadable.ts';
import { requireFile } from './require-file.ts';
import type { TableFile } from './table-file.ts';

/** What the first line of a CSV file says: the columns in order, and what separates them. */
export interface CsvHeader {
  readonly columns: readonly string[];
  readonly delimiter: ',' | ';' | '\t';
}

const LONGEST_HEADER = 64 * 1024;
const DELIMITERS = [',', ';', '\t'] as const;
const QUOTED = /"(?:[^"]|"")*"/g;

/**
 * Reads the header of a CSV file: names without regard to case, spaces and quotes around them, a byte order mark dropped.
 * @throws AppError `source_unreadable`
 */
export function readCsvHeader(path: string): CsvHeader {
  requireFile(path);
  const line = readFirstLine(path)
    .replace(/^\uFEFF/, '')
    .trim();
  if (line === '')
    throw new AppError('source_unreadable', `${showPath(path)} is empty; a header row is expected first.`);
  if (line.includes('\r'))
    throw new AppError('source_unreadable', `${showPath(path)} has lines that end in CR alone; LF or CR LF are read.`);
  if (/(?:^|[,;\t])\s*"/.test(line.replaceAll(QUOTED, '')))
    throw new AppError(
      'source_unreadable',
      `${showPath(path)} has a quote in its first line that is not closed there; the header must be one line.`,
    );
  // Not counting what stands in quotes: a column may be called "Name, first".
  const delimiter = DELIMITERS.find((candidate) => line.replaceAll(QUOTED, '').includes(candidate)) ?? ',';
  const columns = splitCells(line, delimiter).map((name) => name.trim().toLowerCase());
  requireDistinct(path, columns);
  return { columns, delimiter };
}

/** @throws AppError `source_unreadable` for a name that is there twice, by its places: without a header, names of people stand there */
export function requireDistinct(path: string, columns: readonly string[]): void {
  const places = new Map<string, number>();
  for (const [place, name] of columns.entries()) {
    const first = places.get(name);
    if (first === undefined) places.set(name, place);
    else
      throw new AppError(
        'source_unreadable',
        `The first line of ${showPath(path)}, the header, has the same name for the columns ${first + 1} and ${place + 1}.`,
      );
  }
}

/** The cells of a line, without the quotes around them. */
function splitCells(line: string, delimiter: CsvHeader['delimiter']): string[] {
  const cell = new RegExp(` *(?:"((?:[^"]|"")*)" *|([^${delimiter}]*))(${delimiter}|$)`, 'gy');
  const cells: string[] = [];
  for (const [, quoted, plain = '', end] of line.matchAll(cell)) {
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '') break;
  }
  return cells;
}

/** The first line of a file, of at most its first 64 KiB. @throws AppError `source_unreadable` */
export function readFirstLine(path: string, compression: TableFile['compression'] = 'none'): string {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(LONGEST_HEADER);
      const head = buffer.subarray(0, readSync(file, buffer));
      // of what goes on behind it the end is not there; else it is cut short where that is not
      const finishFlush = head.length < LONGEST_HEADER ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
      const text = compression === 'gz' ? gunzipSync(head, { finishFlush }) : head;
      return text.toString().split('\n', 1)[0] ?? '';
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}
