import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { showPath } from '../show-path.ts';
import { unreadable } from '../unreadable.ts';
import { recognizeStructures } from './course-structures.ts';
import { readFirstLine, requireDistinct } from './csv-header.ts';
import { JOINED_COHORTS, LMS_TABLES, LMS_TABLE_NAMES, type LmsTableName } from './lms-tables.ts';
import { requireFile } from './require-file.ts';
import type { TableFile, TableFiles } from './table-file.ts';

/** What of a data package is read. */
export interface PackageFiles extends Pick<TableFiles, 'files' | 'parts'> {
  /** Names in the folder of files that tell the structure of a course. */
  readonly structures: readonly string[];
}

/**
 * The table files of an edX data package in `folder` and below, all courses of it: `org-course-run-auth_user-prod-analytics.sql`
 * and its like, also packed as `.gz`. Of packages of several days, in folders that are sorted by their names, the latest file of
 * each name counts.
 * @throws AppError `source_unreadable`
 */
export function findPackageFiles(folder: string): PackageFiles {
  const names = listFiles(folder);
  const recognized = names.flatMap((name) => recognizeFile(name) ?? []);
  const readable = recognized.filter((file) => file.readable);
  const latest = new Map(readable.map((file) => [file.table + file.part, file]));
  const files: TableFile[] = [];
  // day after day: of somebody whom files of several days tell of, the later one counts
  for (const file of readable)
    if (latest.get(file.table + file.part) === file)
      files.push(...openTableFile(join(folder, file.name), file.table, file.part));
  if (files.length > 0) {
    const parts = [...new Set(recognized.map(({ part }) => part))];
    return { files, parts, structures: recognizeStructures(names) };
  }
  const encrypted = names.some((name) => /\.sql(\.gz)?\.gpg$/.test(name));
  throw new AppError(
    'source_unreadable',
    encrypted
      ? `The files in ${showPath(folder)} are encrypted: decrypt them first (gpg --decrypt-files).`
      : `The folder ${showPath(folder)} holds no file of an edX data package, which are called like ORG-COURSE-RUN-auth_user-prod-analytics.sql.`,
  );
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/**
 * A table's name stands between hyphens; those of courses may have hyphens too, those of tables have none. What could not be
 * exported (`.failed`), or was not decrypted, tells of its part of the site at least that it is there.
 */
function recognizeFile(path: string): { name: string; table: LmsTableName; part: string; readable: boolean } | null {
  const [, base = '', fault] = /([^/\\]*)\.sql(?:\.gz)?(\.failed|\.gpg)?$/.exec(path) ?? [];
  const words = base.split('-');
  const table = LMS_TABLE_NAMES.findLast((name) => words.includes(name));
  if (table === undefined) return null;
  const part = words.with(words.lastIndexOf(table), '*').join('-');
  return { name: path, table, part, readable: fault === undefined };
}

/** The file as the table that it is, or as both that it is. */
function openTableFile(path: string, table: LmsTableName, part: string): TableFile[] {
  requireFile(path);
  const compression = path.endsWith('.gz') ? 'gz' : 'none';
  const line = readFirstLine(path, compression);
  const columns = line
    .replace(/^\uFEFF/, '')
    .trim()
    .split('\t')
    .map((name) => name.trim().toLowerCase());
  requireDistinct(path, columns);
  const file = { path, part, columns, compression, crlf: line.endsWith('\r') } as const;
  const { tables, columns: joined } = JOINED_COHORTS;
  if (
    table === tables[1] &&
    joined.every((name) => columns.includes(name)) &&
    !columns.includes('course_user_group_id')
  )
    return tables.map((each) => ({ ...file, table: each, joined: true }));
  const lacking = LMS_TABLES[table].needs.filter((name) => !columns.includes(name));
  if (lacking.length > 0) {
    throw new AppError(
      'source_unreadable',
      `${showPath(path)} does not begin with a line of column names, separated by tabs, that has ${lacking.join(', ')}.`,
    );
  }
  return [{ ...file, table, joined: false }];
}
