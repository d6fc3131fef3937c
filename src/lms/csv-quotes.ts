import { createReadStream } from 'node:fs';
import { AppError } from '../errors.ts';
import type { CsvHeader } from './csv-header.ts';

const [QUOTE, NEWLINE, SPACE, TAB] = [0x22, 0x0a, 0x20, 0x09];

/** Where a byte is: in the header, at the beginning of a cell, in a cell without quotes or what follows them, in quotes, just after them. */
type Place = 'header' | 'beginning' | 'bare' | 'quoted' | 'closed';

/**
 * Refuses a CSV file in which a quote is not closed. Where that is in the last column, the engine takes all the rest of the file for
 * one cell, without a word.
 * @throws AppError `source_unreadable`, with the line
 */
export async function requireClosedQuotes(path: string, delimiter: CsvHeader['delimiter']): Promise<void> {
  const separator = delimiter.charCodeAt(0);
  let place: Place = 'header';
  let line = 1;
  let opened = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      if (byte === NEWLINE) line += 1;
      if (place === 'quoted') {
        if (byte === QUOTE) place = 'closed';
      } else if (byte === QUOTE && (place === 'beginning' || place === 'closed')) {
        // after a closing one it is a quote that is in the text, doubled
        if (place === 'beginning') opened = line;
        place = 'quoted';
      } else if (byte === NEWLINE || (byte === separator && place !== 'header')) place = 'beginning';
      else if (place !== 'header' && !(place === 'beginning' && (byte === SPACE || byte === TAB))) place = 'bare';
    }
  }
  if (place === 'quoted') {
    throw new AppError(
      'source_unreadable',
      `${path}: a quote is opened in line ${opened} and not closed; nothing was taken.`,
    );
  }
}
