import { createReadStream } from 'node:fs';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import type { CsvHeader } from './csv-header.ts';

const [QUOTE, NEWLINE] = [0x22, 0x0a];

/**
 * Refuses a CSV file in which a quote is not closed. Where that is in the last column, the engine takes all the rest of the file for
 * one cell, without a word.
 * @throws AppError `source_unreadable`, with the line
 */
export async function requireClosedQuotes(path: string, delimiter: CsvHeader['delimiter']): Promise<void> {
  const opened = await findOpened(path, delimiter);
  if (opened === null) return;
  let line = 1;
  for await (const chunk of read(path, opened)) for (const byte of chunk) if (byte === NEWLINE) line += 1;
  throw new AppError(
    'source_unreadable',
    `${showPath(path)}: a quote is opened in line ${line} and not closed; nothing was taken.`,
  );
}

/** Where the quote is that is not closed, in bytes; null without. */
async function findOpened(path: string, delimiter: CsvHeader['delimiter']): Promise<number | null> {
  const ends = new Set([NEWLINE, delimiter.charCodeAt(0)]);
  // as the engine has it: between tabs they belong to the cell
  const blanks = new Set(delimiter === '\t' ? [] : [0x20, 0x09]);
  let [offset, opened, closed] = [0, -1, -2];
  let [isHeader, isQuoted, isBeginning] = [true, false, false];
  for await (const chunk of read(path)) {
    // the header is read by itself
    const start = isHeader ? chunk.indexOf(NEWLINE) + 1 : 0;
    if (isHeader && start === 0) {
      offset += chunk.length;
      continue;
    }
    if (isHeader) [isHeader, isBeginning] = [false, true];
    /** Whether a cell begins there, but for blanks. */
    const begins = (end: number) => {
      let at = end - 1;
      while (at >= start && blanks.has(chunk[at] ?? 0)) at -= 1;
      return at < start ? isBeginning : ends.has(chunk[at] ?? 0);
    };
    for (let at = chunk.indexOf(QUOTE, start); at !== -1; at = chunk.indexOf(QUOTE, at + 1)) {
      if (isQuoted) closed = offset + at;
      // after a closing one it is a quote in the text, which is doubled
      else if (offset + at !== closed + 1) {
        if (!begins(at)) continue;
        opened = offset + at;
      }
      isQuoted = !isQuoted;
    }
    isBeginning = begins(chunk.length);
    offset += chunk.length;
  }
  return isQuoted ? opened : null;
}

/** The bytes of a file up to `end`, all of them without. */
function read(path: string, end = Infinity): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: 1 << 20, end }) as AsyncIterable<Buffer>;
}
