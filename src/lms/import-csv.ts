import { AppError } from '../errors.ts';
import { RETIRED_AS, type RetiredAs } from '../retired-as.ts';
import { showPath } from '../show-path.ts';
import type { Store } from '../store/store.ts';
import { COURSE_CHECKS, ENROLLMENT_CHECKS, ROLE_CHECKS, rejectSql } from './checks.ts';
import { type CsvHeader, readCsvHeader } from './csv-header.ts';
import { requireClosedQuotes } from './csv-quotes.ts';
import { COURSE_COLUMNS, findCourseChanges, nameSql, takeOverCourses } from './import-courses.ts';
import { ENROLLMENT_COLUMNS, findEnrollmentChanges } from './import-enrollments.ts';
import { ROLE_COLUMNS, gatherRoles, replaceRoles } from './import-roles.ts';
import { findUserChanges, readInstant } from './import-users.ts';
import { type LmsResult, addShards, countRejects } from './lms-result.ts';
import { PROFILE_COLUMNS } from './lms-tables.ts';
import { insertFile } from './insert-file.ts';
import { rejectForgotten } from './reject-forgotten.ts';
import { emptyNamed, renameRetired } from './retired.ts';
import { Scratch, type StagedTable } from './scratch.ts';
import { takeOver } from './take-over.ts';

/** What kind of table a CSV file is, by its header, with what a row of it must satisfy. */
const KINDS = {
  enrollments: {
    columns: [...ENROLLMENT_COLUMNS, ...PROFILE_COLUMNS],
    required: ['course_id', 'username'],
    checks: ENROLLMENT_CHECKS,
  },
  roles: { columns: ROLE_COLUMNS, required: ['username', 'role'], checks: ROLE_CHECKS },
  courses: { columns: COURSE_COLUMNS, required: COURSE_COLUMNS, checks: COURSE_CHECKS },
} as const;

type Kind = keyof typeof KINDS;

const COLUMN_NAMES = new Set<string>(Object.values(KINDS).flatMap(({ columns }) => columns));

/**
 * Takes in CSV files of enrolments, of roles and of the names of courses, told apart by their headers. A file is taken when all of it can be read;
 * rows that cannot be understood are counted with the reason. Columns that a file does not have keep what was known.
 * The roles of all files together replace those of earlier CSV files.
 * @throws AppError `source_unreadable` for a file that is no such CSV, with the row; nothing of any file is taken then
 */
export async function importCsv(
  store: Store,
  files: readonly string[],
  retiredAs: RetiredAs = RETIRED_AS,
): Promise<LmsResult> {
  const headers = files.map((path) => ({ path, ...recognize(path) }));
  for (const { path, header } of headers) await requireClosedQuotes(path, header.delimiter);
  return store.exclusively(async () => {
    const given: GivenFile[] = [];
    for (const header of headers) given.push({ ...header, seenAt: await readInstant(store) });
    return addShards(await store.everywhere(async (node) => importInto(node, given, retiredAs)));
  });
}

async function importInto(store: Store, files: readonly GivenFile[], as: RetiredAs): Promise<LmsResult> {
  const started = performance.now();
  const scratch = await Scratch.open(store);
  try {
    const staged: Record<Kind, StagedFile[]> = { enrollments: [], roles: [], courses: [] };
    for (const { path, kind, header, seenAt } of files) {
      const given = await stageCsv(store, scratch, path, kind, header);
      const renamed = kind === 'enrollments' ? await renameRetired(store, scratch, given, as) : given;
      if (renamed.columns.includes('username')) await rejectForgotten(store, renamed);
      staged[kind].push({ ...renamed, path, seenAt });
    }
    const all = [...staged.enrollments, ...staged.roles, ...staged.courses];
    const rejected = await countRejects(store, all);
    const warnings = await warnOfBytes(store, all);
    const sum = { users: 0, enrollments: 0, courses: 0, changed: 0 };
    for (const each of staged.courses) {
      const courses = await findCourseChanges(store, scratch, each);
      sum.changed += await takeOverCourses(store, courses);
      sum.courses += courses.courses;
    }
    for (const each of staged.enrollments) {
      // a file before it may have told who is retired
      await emptyNamed(store, each);
      const users = await findUserChanges(store, scratch, each, each.seenAt);
      const enrollments = await findEnrollmentChanges(store, scratch, each);
      sum.changed += await takeOver(store, users, enrollments);
      sum.users += users.users;
      sum.enrollments += enrollments.enrollments;
    }
    const roles = staged.roles.length === 0 ? null : await gatherRoles(store, scratch, 'csv', staged.roles);
    if (roles !== null) sum.changed += await replaceRoles(store, roles);
    const seconds = (performance.now() - started) / 1000;
    const replaced = { roles: roles?.roles ?? 0, roles_replaced: roles !== null };
    return { files: files.length, ...sum, ...replaced, rejected, warnings, seconds };
  } finally {
    await scratch.drop();
  }
}

interface StagedFile extends StagedTable {
  readonly path: string;
  readonly seenAt: string;
}

/** Sentences about files whose texts are not what they should be. */
async function warnOfBytes(store: Store, files: readonly StagedFile[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const { path, table, columns } of files) {
    const [counted] = await store.read<{ rows: number }>(
      `SELECT count() AS rows FROM ${table} WHERE NOT isValidUTF8(concat('', ${columns.join(', ')}))`,
    );
    const rows = counted?.rows ?? 0;
    if (rows > 0)
      warnings.push(
        `${showPath(path)} is not UTF-8 in ${rows} of its rows: what could not be read stands as \uFFFD. Save it as UTF-8, and import it again.`,
      );
  }
  return warnings;
}

interface GivenFile extends Recognized {
  readonly path: string;
  readonly seenAt: string;
}

interface Recognized {
  readonly kind: Kind;
  readonly header: CsvHeader;
}

function recognize(path: string): Recognized {
  const header = readCsvHeader(path);
  const has = (names: readonly string[]) => names.every((name) => header.columns.includes(name));
  if (has(KINDS.roles.required)) return { kind: 'roles', header };
  if (has(KINDS.enrollments.required)) return { kind: 'enrollments', header };
  // a list of people may have what they are called in a column of that name, too
  if (has(KINDS.courses.required) && header.columns.length === COURSE_COLUMNS.length)
    return { kind: 'courses', header };
  // in a file without a header, names of people stand there
  const known = header.columns.filter((name) => COLUMN_NAMES.has(name));
  const others = header.columns.length - known.length;
  throw new AppError(
    'source_unreadable',
    `${showPath(path)} is neither enrolments (columns course_id and username) nor roles (username and role) nor courses (course_id and display_name, and nothing else): its first line, the header, has ${[
      ...known,
      ...(others > 0 ? [`${others} of other names`] : []),
    ].join(', ')}.`,
  );
}

async function stageCsv(
  store: Store,
  scratch: Scratch,
  path: string,
  kind: Kind,
  header: CsvHeader,
): Promise<StagedTable> {
  const known = KINDS[kind].columns as readonly string[];
  const columns = header.columns.filter((name) => known.includes(name));
  const structure = header.columns.map((name, index) => `${columns.includes(name) ? name : `unknown_${index}`} String`);
  const table = await scratch.createStaged(columns, 'String');
  await insertFile(
    store,
    (source) =>
      `INSERT INTO ${table}
       WITH rows AS (
         SELECT ${columns.map(takeCell).join(', ')}
         FROM ${source}
       )
       SELECT *, ${rejectSql(KINDS[kind].checks, columns)} FROM rows
       SETTINGS input_format_csv_skip_first_lines = 1, input_format_csv_skip_trailing_empty_lines = 1, input_format_csv_detect_header = 0,
         format_csv_delimiter = '${header.delimiter}', input_format_csv_allow_whitespace_or_tab_as_delimiter = ${header.delimiter === '\t' ? 1 : 0},
         storage_file_read_method = 'pread', parallelize_output_from_storages = 0`,
    { path, format: 'CSV', structure: structure.join(', '), compression: 'none' },
  );
  return { table, columns };
}

/** SQL of a cell as it is taken. */
function takeCell(column: string): string {
  if (TEXTS.has(column)) return column;
  return `${column === 'display_name' ? nameSql(column) : `trimBoth(${column})`} AS ${column}`;
}

/** Columns whose blanks are the learner's own. */
const TEXTS = new Set(['bio', 'goals', 'mailing_address']);
