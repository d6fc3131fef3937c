import { SITE_ROLE } from '../staff.ts';
import { isCourseKeySql } from '../store/course-key-sql.ts';
import { unusableNameSql } from '../store/unusable-name-sql.ts';

interface Check {
  /** Columns that a file must have for the check to count. */
  readonly needs: readonly string[];
  /** SQL that is true of a row with this fault; may depend on the columns that the rows have. */
  readonly fails: string | ((columns: readonly string[]) => string);
}

export const TRUE = "'1', 'true', 't', 'yes', 'y'";
const FALSE = "'0', 'false', 'f', 'no', 'n'";

/** Nothing, or what MySQL writes for a date that is none: of the year 0, or without a month or a day. */
export const NO_DATE = String.raw`enrollment_date = '' OR match(enrollment_date, '^(0000-\\d\\d-\\d\\d|\\d{4}-00-\\d\\d|\\d{4}-\\d\\d-00)')`;
/** A day, or an instant; without a zone it is UTC. Of other forms the engine guesses: 01/02/2026 in one way, 02/13/2026 in another. */
const DATE = String.raw`^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])([T ]([01]?\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d+)?)?( ?(Z|UTC|GMT|[+-][01]\\d(:?[0-5]\\d)?))?)?$`;

/** What may be wrong with a row of people or enrolments, in the order in which it is checked. */
export const ENROLLMENT_CHECKS = {
  no_username: { needs: ['username'], fails: "username = ''" },
  bad_username: {
    needs: ['username'],
    // a line of a log is JSON, and so UTF-8
    fails: `${unusableNameSql('username')} OR NOT isValidUTF8(username)`,
  },
  no_course: { needs: ['course_id'], fails: "course_id = ''" },
  bad_course: { needs: ['course_id'], fails: `NOT (${isCourseKeySql('course_id')})` },
  bad_user_id: { needs: ['user_id'], fails: "user_id != '' AND toUInt64OrZero(user_id) = 0" },
  bad_enrollment_date: {
    needs: ['enrollment_date'],
    fails: `NOT (${NO_DATE}) AND (NOT match(enrollment_date, '${DATE}') OR parseDateTime64BestEffortOrNull(enrollment_date, 6, 'UTC') IS NULL)`,
  },
  bad_is_active: { needs: ['is_active'], fails: `is_active != '' AND lower(is_active) NOT IN (${TRUE}, ${FALSE})` },
  bad_year_of_birth: {
    needs: ['year_of_birth'],
    fails: "year_of_birth != '' AND toInt32OrNull(year_of_birth) IS NULL",
  },
} as const satisfies Record<string, Check>;

export const COURSE_CHECKS = {
  no_course: ENROLLMENT_CHECKS.no_course,
  bad_course: ENROLLMENT_CHECKS.bad_course,
} as const satisfies Record<string, Check>;

export const ROLE_CHECKS = {
  no_username: { needs: ['username'], fails: "username = ''" },
  no_role: { needs: ['role'], fails: "role = ''" },
  /** Only that of the whole site stands alone. */
  no_course: {
    needs: ['role'],
    fails: (columns) =>
      [
        `role != '${SITE_ROLE}'`,
        ...['course_id', 'org'].filter((name) => columns.includes(name)).map((name) => `${name} = ''`),
      ].join(' AND '),
  },
} as const satisfies Record<string, Check>;

/** SQL for the name of the first fault of a row, `''` for none; `columns` are those that the rows have. */
export function rejectSql(checks: Readonly<Record<string, Check>>, columns: readonly string[]): string {
  const cases = Object.entries(checks)
    .filter(([, { needs }]) => needs.every((name) => columns.includes(name)))
    .map(([reason, { fails }]) => `${typeof fails === 'string' ? fails : fails(columns)}, '${reason}'`);
  return `multiIf(${cases.join(', ')}, '')`;
}
