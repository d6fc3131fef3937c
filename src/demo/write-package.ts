import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoursePlan } from './plan-courses.ts';
import { writeTexts } from './write-texts.ts';

/** A row of the exported enrolments, by the names of the CSV file's columns. */
export type ExportRow = Readonly<Record<string, string>>;

type Cells = ReadonlyArray<string | null>;

/**
 * Writes the rows of the LMS's CSV export as an edX data package into `folder`: the same content as tab-separated tables.
 * All courses stand in one file per table, and the structure of each, of which there is but the course itself, in one of its own.
 */
export async function writePackage(
  folder: string,
  site: {
    enrollments: () => Iterable<ExportRow>;
    readonly roles: readonly ExportRow[];
    readonly courses: readonly CoursePlan[];
    /** Numbers of those who may be learners without being in the export, by username. */
    userIds: ReadonlyMap<string, number>;
  },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const write = async (
    table: string,
    columns: string,
    rows: Iterable<ExportRow>,
    tell: (row: ExportRow) => Cells | null,
  ) => writeTexts(join(folder, `demo-site-${table}-prod-analytics.sql`), formatTable(columns.split(' '), rows, tell));
  for (const { courseBlock, id, title } of site.courses) {
    const structure = { [courseBlock]: { category: 'course', children: [], metadata: { display_name: title } } };
    // as edX names files: what a key may have and a name of a file may not becomes a hyphen
    const name = id.replace(/^[^:/]+:/, '').replaceAll(/[^\p{L}\p{N}_.]+/gu, '-');
    await writeFile(join(folder, `${name}-course_structure-prod-analytics.json`), JSON.stringify(structure));
  }
  const { roles } = site;
  const everywhere = new Set(roles.filter((row) => row['role'] === 'global_staff').map((row) => row['username']));
  const users = new Map<string, ExportRow>();
  for (const row of site.enrollments()) users.set(row['username'] ?? '', row);
  // Staff need not be enrolled anywhere; the export of roles does not tell their numbers.
  for (const { username = '' } of roles) {
    const userId = site.userIds.get(username) ?? 90_000_000 + users.size;
    if (!users.has(username)) users.set(username, { username, user_id: String(userId) });
  }
  const idOf = ({ username = '' }: ExportRow): string => users.get(username)?.['user_id'] ?? '';

  await write(
    'auth_user',
    'id username first_name last_name email password is_staff is_active is_superuser',
    users.values(),
    (row) => [
      row['user_id'] ?? '',
      row['username'] ?? '',
      '',
      '',
      row['email'] ?? '',
      '',
      everywhere.has(row['username'] ?? '') ? '1' : '0',
      '1',
      '0',
    ],
  );
  const fields =
    'name language location year_of_birth level_of_education gender mailing_address city country goals bio'.split(' ');
  await write('auth_userprofile', ['user_id', ...fields].join(' '), users.values(), (row) => [
    row['user_id'] ?? '',
    ...fields.map((field) => (field === 'year_of_birth' ? orNull(row[field]) : (row[field] ?? ''))),
  ]);
  await write('student_courseenrollment', 'user_id course_id created is_active mode', site.enrollments(), (row) => [
    idOf(row),
    row['course_id'] ?? '',
    orNull(row['enrollment_date']),
    row['is_active'] ?? '',
    row['enrollment_mode'] ?? '',
  ]);
  await write('course_groups_cohortmembership', 'user_id course_id group_type name', site.enrollments(), (row) =>
    row['cohort'] === '' ? null : [idOf(row), row['course_id'] ?? '', 'cohort', row['cohort'] ?? ''],
  );
  await write(
    'student_courseaccessrole',
    'org course_id user_id role',
    roles.filter((row) => row['role'] !== 'global_staff'),
    (row) => [row['org'] ?? '', row['course_id'] ?? '', idOf(row), row['role'] ?? ''],
  );
}

function orNull(cell: string | undefined): string | null {
  return cell === undefined || cell === '' ? null : cell;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/**
 * As edx-analytics-exporter: a header, tabs between cells, backslashes before what would break a line, NULL for nothing.
 * @param tell gives the cells of a row; null: it is left out
 */
function* formatTable(
  columns: readonly string[],
  rows: Iterable<ExportRow>,
  tell: (row: ExportRow) => Cells | null,
): Generator<string> {
  yield `${columns.join('\t')}\n`;
  for (const row of rows) {
    const cells = tell(row)?.map((cell) => (cell ?? 'NULL').replaceAll(/[\\\t\n\r]/g, (sign) => ESCAPES[sign] ?? sign));
    if (cells !== undefined) yield `${cells.join('\t')}\n`;
  }
}
