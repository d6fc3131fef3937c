import { formatRow } from '../api/csv.ts';
import { type AuditRow, readAudit } from '../auth/audit-log.ts';
import { AppError } from '../errors.ts';
import type { Command } from './command.ts';
import { parseDay } from './parse-day.ts';
import { requireCourseKey } from './require-course-key.ts';

const COLUMNS = [
  'time',
  'kind',
  'name',
  'course_id',
  'resource',
  'filter',
  'requests',
] as const satisfies readonly (keyof AuditRow)[];

export const audit: Command = {
  summary: "tell who looked at which course's learners, as CSV",
  usage: `learner-analytics audit

  --since DATE        from this day on (UTC)
  --until DATE        before this day (UTC)
  --course KEY        of this course only`,
  options: { since: { type: 'string' }, until: { type: 'string' }, course: { type: 'string' } },
  async run(context, values, positionals) {
    if (positionals.length > 0) throw new AppError('usage', `audit takes no arguments.\n\n${this.usage}`);
    const [since, until] = [parseDay(values['since'], '--since'), parseDay(values['until'], '--until')];
    if (since !== undefined && until !== undefined && since >= until)
      throw new AppError('usage', `--since ${since} must be before --until ${until}.`);
    const { course } = values;
    const courseId = typeof course === 'string' ? requireCourseKey(course) : undefined;
    const question = { since, until, courseId };
    const entries = await readAudit(await context.openStore(), question);
    const rows = entries.map((entry) => formatRow(COLUMNS.map((column) => entry[column])));
    return { json: { entries }, text: [formatRow(COLUMNS), ...rows].join('').trimEnd() };
  },
};
