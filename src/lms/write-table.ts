import { createWriteStream, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import { describeEngineError } from '../store/engine-errors.ts';
import type { Cell } from './mysql-connection.ts';

/**
 * A folder of its own for the tables of one import; whoever makes it removes it.
 * @throws AppError where nothing can be written
 */
export function makeFolder(spool: string): string {
  try {
    mkdirSync(spool, { recursive: true });
    return mkdtempSync(join(spool, 'lms-'));
  } catch (error) {
    throw describeEngineError(error, `data directory ${spool}`);
  }
}

/** Writes a table as the engine reads it: a header, tabs between cells, backslashes before what would break a line. */
export async function writeTable(
  path: string,
  columns: readonly string[],
  rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]>,
): Promise<void> {
  const toText = async function* (): AsyncGenerator<string> {
    let text = `${columns.join('\t')}\n`;
    for await (const row of rows) {
      text += `${row.map(formatCell).join('\t')}\n`;
      if (text.length < 65_536) continue;
      yield text;
      text = '';
    }
    yield text;
  };
  try {
    await pipeline(toText(), createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    throw error instanceof AppError ? error : describeEngineError(error, `file ${showPath(path)}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function formatCell(cell: Cell): string {
  if (cell === null) return '\\N';
  return /[\\\t\n\r]/.test(cell) ? cell.replaceAll(/[\\\t\n\r]/g, (sign) => ESCAPES[sign] ?? sign) : cell;
}
