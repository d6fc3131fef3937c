import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { importTables } from './import-tables.ts';
import type { LmsResult } from './lms-result.ts';
import { LMS_TABLES, LMS_TABLE_NAMES, type LmsTableName, findGaps } from './lms-tables.ts';
import { findPackageFiles } from './package-files.ts';
import type { TableFile } from './table-file.ts';

/**
 * Takes in an edX data package: the tab-separated table files that edX and others give to institutions, and that
 * https://github.com/openedx-unsupported/edx-analytics-exporter writes.
 * @throws AppError `source_unreadable` for a package without people or enrolments, or with a file that is not what its
 * name says; nothing is taken then
 */
export async function importPackage(store: Store, folder: string): Promise<LmsResult> {
  const started = performance.now();
  const { files: found, parts } = await findPackageFiles(folder);
  const { fatal, warnings, usable } = findGaps(listColumns(found));
  if (fatal.length > 0) throw new AppError('source_unreadable', `${folder} cannot be taken in: ${fatal.join(' ')}`);
  const files = found.filter(({ table }) => usable.includes(table));
  const counts = await importTables(store, 'package', { files, parts, nulls: 'word', complete: false });
  const all = [...warnings, ...warnOfParts(found, parts, warnings)];
  return { ...counts, warnings: all, seconds: (performance.now() - started) / 1000 };
}

function listColumns(files: readonly TableFile[]): Map<LmsTableName, string[]> {
  return new Map(
    LMS_TABLE_NAMES.map((name) => [
      name,
      // what is joined already lacks nothing
      files
        .filter(({ table }) => table === name)
        .flatMap(({ columns, joined }) => (joined ? [...LMS_TABLES[name].needs, ...LMS_TABLES[name].takes] : columns)),
    ]),
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
