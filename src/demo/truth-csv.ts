import { readFile } from 'node:fs/promises';

/** A row of a CSV by its column names; a column that is missing is an empty text. */
export type CsvRow = ReadonlyMap<string, string>;

/** Reads RFC 4180 text with a header row, character by character. */
export function readCsv(text: string): CsvRow[] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i]!;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else quoted = false;
    } else if (char === '"') {
      quoted = true;
    } else if (char === ',') {
      record.push(cell);
      cell = '';
    } else if (char === '\n') {
      records.push([...record, cell]);
      record = [];
      cell = '';
    } else if (char !== '\r') {
      cell += char;
    }
  }
  if (cell !== '' || record.length > 0) records.push([...record, cell]);
  const [header = [], ...rows] = records;
  return rows.filter((row) => row.length > 1).map((row) => new Map(header.map((name, n) => [name, row[n] ?? ''])));
}

/** Reads a CSV file; one that does not exist has no rows. */
export async function readCsvFile(path: string): Promise<CsvRow[]> {
  try {
    return readCsv((await readFile(path, 'utf8')).replace(/^\ufeff/, ''));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
