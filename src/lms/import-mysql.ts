import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { RETIRED_AS, type RetiredAs } from '../retired-as.ts';
import type { Store } from '../store/store.ts';
import { importTables } from './import-tables.ts';
import type { LmsResult } from './lms-result.ts';
import { LMS_TABLE_NAMES, type LmsTableName, findGaps, selectColumns } from './lms-tables.ts';
import { MysqlSnapshot } from './mysql-connection.ts';
import { parseMysqlUrl } from './mysql-url.ts';
import type { TableFile } from './table-file.ts';
import { makeFolder, writeTable } from './write-table.ts';

export interface MysqlOptions {
  /** Breaks off the reading; what is read by then is thrown away. */
  readonly signal?: AbortSignal;
  /** What a path in the address is relative to; absent: where the process was started. */
  readonly folder?: string;
  readonly retiredAs?: RetiredAs;
}

/**
 * Takes in the LMS's database as it is now: one transaction that only reads streams its tables into files, as an edX data
 * package has them, and the engine takes those. Whatever fails, the roster stays as it was.
 * @throws AppError `usage` for an address that is none, `source_unreadable` for a database that cannot be read to its end
 */
export async function importMysql(store: Store, url: string, options: MysqlOptions = {}): Promise<LmsResult> {
  const started = performance.now();
  const address = parseMysqlUrl(url, options.folder);
  const folder = makeFolder(store.spool);
  try {
    const { files, warnings } = await copyTables(address, folder, options);
    const tables = { files, parts: [''], nulls: 'escaped', complete: true } as const;
    const counts = await importTables(store, 'mysql', tables, options.retiredAs ?? RETIRED_AS);
    return { ...counts, warnings, seconds: (performance.now() - started) / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What an import would find of the tables it reads, without reading them: what makes it impossible, and what would stay as it was.
 * @throws AppError as `importMysql`
 */
export async function inspectMysql(
  url: string,
  signal: AbortSignal,
): Promise<{ place: string; fatal: string[]; warnings: string[] }> {
  const address = parseMysqlUrl(url);
  await using lms = await MysqlSnapshot.open(address, signal);
  const { fatal, warnings } = findGaps(await readSchema(lms));
  return { place: address.place, fatal, warnings };
}

async function copyTables(
  address: ReturnType<typeof parseMysqlUrl>,
  folder: string,
  { signal }: MysqlOptions,
): Promise<{ files: TableFile[]; warnings: string[] }> {
  await using lms = await MysqlSnapshot.open(address, signal);
  const columnsOf = await readSchema(lms);
  const { fatal, warnings, usable } = findGaps(columnsOf);
  if (fatal.length > 0) {
    throw new AppError(
      'source_unreadable',
      `${address.place} cannot be taken for the database of an LMS: ${fatal.join(' ')} docs/lms.md says what must be readable.`,
    );
  }
  const files: TableFile[] = [];
  for (const table of usable) {
    const columns = selectColumns(table, columnsOf.get(table) ?? []);
    const path = join(folder, `${table}.sql`);
    const list = columns.map((name) => `\`${name}\``).join(', ');
    await writeTable(path, columns, lms.rows(`SELECT ${list} FROM \`${table}\``));
    files.push({ table, path, part: '', columns, compression: 'none', joined: false, crlf: false });
  }
  return { files, warnings };
}

/** The columns of the tables that concern us, those alone that this user may read. */
async function readSchema(lms: MysqlSnapshot): Promise<Map<LmsTableName, string[]>> {
  const columnsOf = new Map<LmsTableName, string[]>(LMS_TABLE_NAMES.map((name) => [name, []]));
  const rows = lms.rows(
    'SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN (?)',
    [LMS_TABLE_NAMES],
  );
  for await (const [table, column] of rows) columnsOf.get(table as LmsTableName)?.push(column ?? '');
  return columnsOf;
}
