import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { RETIRED_AS, type RetiredAs } from '../retired-as.ts';
import { showPath } from '../show-path.ts';
import type { Store } from '../store/store.ts';
import { readCourseNames } from './course-structures.ts';
import { importTables } from './import-tables.ts';
import type { LmsResult } from './lms-result.ts';
import { LMS_TABLES, LMS_TABLE_NAMES, type LmsTableName, findGaps } from './lms-tables.ts';
import { findPackageFiles } from './package-files.ts';
import type { TableFile } from './table-file.ts';
import { makeFolder, writeTable } from './write-table.ts';

const COURSES = 'course_overviews_courseoverview';
const MEMBERS = 'course_groups_courseusergroup_users';

/**
 * Takes in an edX data package: the tab-separated table files that edX and others give to institutions, and that
 * https://github.com/openedx-unsupported/edx-analytics-exporter writes.
 * @throws AppError `source_unreadable` for a package without people or enrolments, or with a file that is not what its
 * name says; nothing is taken then
 */
export async function importPackage(
  store: Store,
  folder: string,
  retiredAs: RetiredAs = RETIRED_AS,
): Promise<LmsResult> {
  const started = performance.now();
  const { files: found, parts, structures } = findPackageFiles(folder);
  const { fatal, warnings, usable } = findGaps(listColumns(found));
  if (fatal.length > 0)
    throw new AppError('source_unreadable', `${showPath(folder)} cannot be taken in: ${fatal.join(' ')}`);
  const files = found.filter(({ table }) => usable.includes(table));
  const named = await readCourseNames(folder, structures);
  const scratch = makeFolder(store.spool);
  try {
    const names = await writeNames(scratch, named.names);
    const tables = { files: [...files, names], parts, nulls: 'word', complete: false } as const;
    const counts = await importTables(store, 'package', tables, retiredAs);
    return {
      ...counts,
      files: counts.files - 1 + named.files,
      warnings: [...warnings, ...warnOfParts(found, parts, warnings), ...named.warnings],
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What the courses are called, as the LMS has it in a table. */
async function writeNames(folder: string, names: ReadonlyMap<string, string>): Promise<TableFile> {
  const path = join(folder, COURSES);
  const columns = LMS_TABLES[COURSES].needs;
  await writeTable(path, columns, names);
  return { table: COURSES, path, part: '', columns, compression: 'none', joined: false, crlf: false };
}

function listColumns(files: readonly TableFile[]): Map<LmsTableName, string[]> {
  // packages have names of courses elsewhere, and groups with their members need no other list of these
  const elsewhere: LmsTableName[] = files.some(({ joined }) => joined) ? [COURSES, MEMBERS] : [COURSES];
  return new Map(
    LMS_TABLE_NAMES.filter((name) => !elsewhere.includes(name) || files.some(({ table }) => table === name)).map(
      (name) => [
        name,
        // what is joined already lacks nothing
        files
          .filter(({ table }) => table === name)
          .flatMap(({ columns, joined }) =>
            joined ? [...LMS_TABLES[name].needs, ...LMS_TABLES[name].takes] : columns,
          ),
      ],
    ),
  );
}

/** Sentences about what some parts of the site lack, the same of several parts in one. */
function warnOfParts(files: readonly TableFile[], parts: readonly string[], ofAll: readonly string[]): string[] {
  const gapsOf = (part: string) => {
    const { fatal, warnings } = findGaps(listColumns(files.filter((file) => file.part === part)));
    return [...fatal, ...warnings.filter((warning) => !ofAll.includes(warning))].join(' ');
  };
  return [...Map.groupBy(parts, gapsOf)].flatMap(([gaps, [first = '', ...others]]) => {
    const where = others.length === 0 ? first : `${first} and ${others.length} more`;
    return gaps === '' ? [] : [`Of ${where}: ${gaps}`];
  });
}
