import { randomBytes } from 'node:crypto';
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { type CsvHeader, readCsvHeader } from './csv-header.ts';
import { ENROLLMENT_CHECKS, ENROLLMENT_COLUMNS, importEnrollments } from './import-enrollments.ts';
import { ROLE_CHECKS, ROLE_COLUMNS, importRoles } from './import-roles.ts';

export interface LmsResult {
  readonly files: number;
  /** Rows taken. */
  readonly enrollments: number;
  readonly roles: number;
  /** Rows left out, by what was wrong with them. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** What kind of table a CSV file is, by its header, with what a row of it must satisfy. */
const KINDS = {
  enrollments: { columns: ENROLLMENT_COLUMNS, required: ['course_id', 'username'], checks: ENROLLMENT_CHECKS },
  roles: { columns: ROLE_COLUMNS, required: ['username', 'role'], checks: ROLE_CHECKS },
} as const;

type Kind = keyof typeof KINDS;

/** A CSV file as a table of texts, ready to be taken over. */
export interface StagedCsv {
  readonly table: string;
  /** The known columns that the file has. */
  readonly columns: readonly string[];
}

/**
 * Takes in CSV files of enrolments and of roles, told apart by their headers. A file is taken when all of it can be read;
 * rows that cannot be understood are counted with the reason. Columns that a file does not have keep what was known.
 * The roles of all files together replace those of earlier imports.
 * @throws AppError `source_unreadable` for a file that is no such CSV, with the row; nothing of any file is taken then
 */
export async function importCsv(store: Store, files: readonly string[]): Promise<LmsResult> {
  const headers = files.map((path) => ({ path, ...recognize(path) }));
  return store.exclusively(async () => {
    const started = performance.now();
    const staged: Array<StagedCsv & { kind: Kind }> = [];
    try {
      for (const { path, kind, header } of headers)
        staged.push({ kind, ...(await stageCsv(store, path, kind, header)) });
      const rejected: Record<string, number> = {};
      for (const { table } of staged) {
        for (const { reason, rows } of await countRejects(store, table))
          rejected[reason] = (rejected[reason] ?? 0) + rows;
      }
      let enrollments = 0;
      for (const each of staged.filter(({ kind }) => kind === 'enrollments'))
        enrollments += await importEnrollments(store, each);
      const roles = await importRoles(
        store,
        staged.filter(({ kind }) => kind === 'roles'),
      );
      return { files: files.length, enrollments, roles, rejected, seconds: (performance.now() - started) / 1000 };
    } finally {
      for (const { table } of staged) await store.run(`DROP TABLE IF EXISTS ${table} SYNC`);
    }
  });
}

function recognize(path: string): { kind: Kind; header: CsvHeader } {
  const header = readCsvHeader(path);
  const has = (names: readonly string[]) => names.every((name) => header.columns.includes(name));
  if (has(KINDS.roles.required)) return { kind: 'roles', header };
  if (has(KINDS.enrollments.required)) return { kind: 'enrollments', header };
  throw new AppError(
    'source_unreadable',
    `${path} is neither enrolments (columns course_id and username) nor roles (username and role): its header has ${header.columns
      .map((name) => JSON.stringify(name))
      .join(', ')
      .slice(0, 300)}.`,
  );
}

/** Reads a CSV file into a table of its own: the known columns as text, and `reject`, empty where nothing is wrong. */
async function stageCsv(store: Store, path: string, kind: Kind, header: CsvHeader): Promise<StagedCsv> {
  const known = KINDS[kind].columns as readonly string[];
  const columns = header.columns.filter((name) => known.includes(name));
  const structure = header.columns.map((name, index) => `${columns.includes(name) ? name : `unknown_${index}`} String`);
  const checks = Object.entries(KINDS[kind].checks as Record<string, { needs: readonly string[]; fails: string }>)
    .filter(([, check]) => check.needs.every((name) => columns.includes(name)))
    .map(([reason, { fails }]) => `${fails}, '${reason}'`);
  const table = `lms_import_${randomBytes(8).toString('hex')}`;
  const link = join(store.spool, table);
  symlinkSync(path, link);
  try {
    await store.run(
      `CREATE TABLE ${table} (${columns.map((name) => `${name} String`).join(', ')}, reject LowCardinality(String))
       ENGINE = MergeTree ORDER BY tuple()`,
    );
    await store.run(
      `INSERT INTO ${table}
       WITH rows AS (
         SELECT ${columns.map((name) => (TEXTS.has(name) ? name : `trimBoth(${name}) AS ${name}`)).join(', ')}
         FROM file({path:String}, 'CSV', {structure:String}, {compression:String})
       )
       SELECT *, multiIf(${checks.join(', ')}, '') FROM rows
       SETTINGS input_format_csv_skip_first_lines = 1, format_csv_delimiter = '${header.delimiter}', storage_file_read_method = 'pread'`,
      { path: link, structure: structure.join(', '), compression: 'none' },
    );
  } catch (error) {
    await store.run(`DROP TABLE IF EXISTS ${table} SYNC`);
    throw explain(error, path);
  } finally {
    rmSync(link, { force: true });
  }
  return { table, columns };
}

/** Columns whose blanks are the learner's own. */
const TEXTS = new Set(['bio', 'goals', 'mailing_address']);

/** The engine says which row it was, and repeats it: only the number may be told. */
function explain(error: unknown, path: string): unknown {
  const cause = error instanceof AppError && error.cause instanceof Error ? error.cause.message : '';
  const row = /\(at row (\d+)\)/.exec(cause)?.[1];
  if (row === undefined && !/CANNOT_PARSE|INCORRECT_DATA/.test(cause)) return error;
  const where = row === undefined ? 'a row' : `row ${Number(row) + 1}`;
  return new AppError(
    'source_unreadable',
    `${path}: ${where} does not fit the header (another number of cells, or a quote that is not closed); nothing was taken.`,
    { cause: error },
  );
}

async function countRejects(store: Store, table: string): Promise<Array<{ reason: string; rows: number }>> {
  return store.read(`SELECT reject AS reason, count() AS rows FROM ${table} WHERE reject != '' GROUP BY reject`);
}
