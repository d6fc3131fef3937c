import { AppError } from '../errors.ts';
import { importCsv } from '../lms/import-csv.ts';
import { recordImport } from '../lms/import-history.ts';
import { importPackage } from '../lms/import-package.ts';
import type { LmsResult } from '../lms/lms-result.ts';
import type { Store } from '../store/store.ts';
import { bringUpToDate } from './bring-up-to-date.ts';
import { parseDay } from './parse-day.ts';
import type { Command, CommandContext, CommandValues } from './command.ts';
import { resolvePath } from './resolve-path.ts';
import { tellCount } from './tell-count.ts';

export const lms: Command = {
  summary:
    'take in what the LMS knows: enrolments, profiles, cohorts, roles, names of courses, from its MySQL, an edX data package or CSV',
  usage: `learner-analytics lms --mysql URL | --package DIR | --csv FILE…

  --mysql URL         mysql://USER:PASSWORD@HOST:3306/DATABASE of the LMS, which is only read; or set LMS_MYSQL_URL and
                      give no source, so that the password is in no list of processes. docs/lms.md has the grants and TLS
  --package DIR       an edX data package, unpacked: …-auth_user-…-analytics.sql and its like, plain or .gz
  --csv FILE          enrolments (course_id, username and any of user_id, name, email, enrollment_mode, enrollment_date,
                      is_active, cohort, profile fields), roles (username, role and course_id or org) or courses (course_id,
                      display_name); may be repeated
  --no-refresh        leave the read model as it is
  --as-of DATE        the window ends before this day (default: with the current day, UTC)`,
  options: {
    mysql: { type: 'string' },
    package: { type: 'string' },
    csv: { type: 'string', multiple: true },
    'no-refresh': { type: 'boolean' },
    'as-of': { type: 'string' },
  },
  async run(context, values, positionals) {
    const asOf = parseDay(values['as-of'], '--as-of');
    const importLms = chooseSource(context, values, positionals);
    if (importLms === null) throw new AppError('usage', `From where?\n\n${this.usage}`);
    const store = await context.openStore({ make: true });
    const result = await importLms(store);
    if (values['no-refresh'] !== true) await bringUpToDate(context, store, { asOf });
    return { json: result, text: describe(result) };
  },
};

/** The import that the command line asks for, exactly one; null where it names none. */
function chooseSource(
  context: CommandContext,
  { mysql, package: folder, csv }: CommandValues,
  positionals: readonly string[],
): ((store: Store) => Promise<LmsResult>) | null {
  const { lmsRetiredAs: retiredAs } = context.config;
  const named = [mysql, folder, csv].filter((value) => value !== undefined).length;
  if (named > 1) throw new AppError('usage', 'One source at a time: --mysql, --package or --csv.');
  if (Array.isArray(csv)) {
    const files = [...csv.map(String), ...positionals].map((file) => resolvePath(context.cwd, file, 'A file of --csv'));
    return async (store) => recordImport(store, 'csv', async () => importCsv(store, files, retiredAs));
  }
  if (positionals.length > 0) return null;
  if (typeof folder === 'string') {
    const path = resolvePath(context.cwd, folder, '--package');
    return async (store) => recordImport(store, 'package', async () => importPackage(store, path, retiredAs));
  }
  const url = typeof mysql === 'string' ? mysql : context.config.lmsMysqlUrl;
  if (url === null) return null;
  // the address in the arguments would stay in the list of processes
  if (context.server === null) process.title = 'learner-analytics lms';
  return async (store) => {
    const { importMysql } = await import('../lms/import-mysql.ts');
    const { cwd, signal } = context;
    const work = async () => importMysql(store, url, { folder: cwd, signal, retiredAs });
    return recordImport(store, 'mysql', work, signal);
  };
}

function describe(result: LmsResult): string {
  return [
    `${tellCount(result.users, 'person', 'people')}, ${tellCount(result.enrollments, 'enrolment')}, ${tellCount(result.roles, 'role')} and ${tellCount(result.courses, 'name of a course', 'names of courses')} of ${tellCount(result.files, 'file or table', 'files or tables')} in ${result.seconds.toFixed(1)} s; ${tellCount(result.changed, 'row is', 'rows are')} new, different or taken back.`,
    ...Object.entries(result.rejected).map(([reason, count]) => `${tellCount(count, 'row')} rejected: ${reason}.`),
    ...result.warnings.map((warning) => `Note: ${warning}`),
  ].join('\n');
}
