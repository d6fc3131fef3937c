import { resolve } from 'node:path';
import { refresh } from '../engagement/refresh.ts';
import { AppError } from '../errors.ts';
import { importCsv } from '../lms/import-csv.ts';
import { parseDay } from './parse-day.ts';
import type { Command } from './command.ts';

export const lms: Command = {
  summary: 'take in what the LMS knows: enrolments, profiles, cohorts, roles, from CSV',
  usage: `learner-analytics lms --csv FILE…

  --csv FILE          enrolments (course_id, username and any of user_id, name, email, enrollment_mode, enrollment_date,
                      is_active, cohort, profile fields) or roles (username, role and course_id or org); may be repeated
  --no-refresh        leave the read model as it is
  --as-of DATE        the window ends before this day (default: with the current day, UTC)`,
  options: { csv: { type: 'string', multiple: true }, 'no-refresh': { type: 'boolean' }, 'as-of': { type: 'string' } },
  async run(context, values, positionals) {
    const files = [...(Array.isArray(values['csv']) ? values['csv'].map(String) : []), ...positionals];
    if (files.length === 0 || values['csv'] === undefined) throw new AppError('usage', `Which files?\n\n${this.usage}`);
    const asOf = parseDay(values['as-of'], '--as-of');
    const store = await context.openStore();
    const result = await importCsv(
      store,
      files.map((file) => resolve(context.cwd, file)),
    );
    if (values['no-refresh'] !== true) await refresh(store, { asOf, includeStaff: context.config.includeStaff });
    const rejected = Object.entries(result.rejected).map(([reason, count]) => `${count} rows rejected: ${reason}.`);
    const text = [
      `${result.enrollments} enrolments and ${result.roles} roles of ${result.files} files in ${result.seconds.toFixed(1)} s.`,
      ...rejected,
    ];
    return { json: result, text: text.join('\n') };
  },
};
