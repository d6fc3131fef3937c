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
    const form = values['json'] === true ? JSON_FORM : CSV_FORM;
    let part = form.start;
    let separator = form.first;
    for await (const entry of readAudit(await context.openStore(), question)) {
      part += separator + form.format(entry);
      separator = form.separator;
      if (part.length < PART) continue;
      await context.write(part);
      part = '';
    }
    await context.write(part + form.end);
    return { json: {}, text: '', isWritten: true };
  },
};

/** So many letters are written at once. */
const PART = 65_536;

/** How entries are written, one after the other. */
interface Form {
  readonly start: string;
  readonly first: string;
  readonly separator: string;
  readonly format: (entry: AuditRow) => string;
  readonly end: string;
}

const JSON_FORM: Form = {
  start: '{"entries":[',
  first: '',
  separator: ',',
  format: (entry) => JSON.stringify(entry),
  end: ']}\n',
};

const CSV_FORM: Form = {
  start: formatRow(COLUMNS).trimEnd(),
  first: '\r\n',
  separator: '\r\n',
  format: (entry) => formatRow(COLUMNS.map((column) => entry[column])).trimEnd(),
  end: '\n',
};
