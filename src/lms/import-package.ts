import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { importTables } from './import-tables.ts';
import type { LmsResult } from './lms-result.ts';
import { LMS_TABLES, LMS_TABLE_NAMES, type LmsTableName, findGaps } from './lms-tables.ts';
import { findPackageFiles } from './package-files.ts';

/**
 * Takes in an edX data package: the tab-separated table files that edX and others give to institutions, and that
 * https://github.com/openedx-unsupported/edx-analytics-exporter writes.
 * @throws AppError `source_unreadable` for a package without people or enrolments, or with a file that is not what its
 * name says; nothing is taken then
 */
export async function importPackage(store: Store, folder: string): Promise<LmsResult> {
  const started = performance.now();
  const found = await findPackageFiles(folder);
  const columnsOf = new Map<LmsTableName, string[]>(
    LMS_TABLE_NAMES.map((name) => [
      name,
      // what is joined already lacks nothing
      found
        .filter(({ table }) => table === name)
        .flatMap(({ columns, joined }) => (joined ? [...LMS_TABLES[name].needs, ...LMS_TABLES[name].takes] : columns)),
    ]),
  );
  const { fatal, warnings, usable } = findGaps(columnsOf);
  if (fatal.length > 0) throw new AppError('source_unreadable', `${folder} cannot be taken in: ${fatal.join(' ')}`);
  const files = found.filter(({ table }) => usable.includes(table));
  const counts = await importTables(store, 'package', { files, nulls: 'word', complete: false });
  return { ...counts, warnings, seconds: (performance.now() - started) / 1000 };
}
