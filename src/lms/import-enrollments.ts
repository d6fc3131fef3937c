import type { Store } from '../store/store.ts';
import type { StagedCsv } from './import-csv.ts';

const PROFILE_COLUMNS = [
  'name',
  'email',
  'language',
  'location',
  'year_of_birth',
  'level_of_education',
  'gender',
  'mailing_address',
  'city',
  'country',
  'goals',
  'bio',
] as const;

/** What an enrolment file may have; the first two it must have. */
export const ENROLLMENT_COLUMNS = [
  'course_id',
  'username',
  'user_id',
  'enrollment_mode',
  'enrollment_date',
  'is_active',
  'cohort',
  ...PROFILE_COLUMNS,
] as const;

const TRUE = "'1', 'true', 't', 'yes', 'y'";
const FALSE = "'0', 'false', 'f', 'no', 'n'";

/** What is wrong with a row, in the order in which it is checked; a check counts where the file has the columns it needs. */
export const ENROLLMENT_CHECKS = {
  no_username: { needs: ['username'], fails: "username = ''" },
  bad_username: {
    needs: ['username'],
    fails: "username IN ('anonymous', 'unknown') OR lengthUTF8(toValidUTF8(username)) > 30",
  },
  no_course: { needs: ['course_id'], fails: "course_id = ''" },
  bad_course: {
    needs: ['course_id'],
    fails: String.raw`NOT match(course_id, '^(course-v1:[^/+\\s]+\\+[^/+\\s]+\\+[^/+\\s]+|ccx-v1:[^/\\s]+\\+ccx@\\d+|[^/+:\\s]+/[^/+\\s]+/[^/+\\s]+)$') OR length(course_id) > 255`,
  },
  bad_user_id: { needs: ['user_id'], fails: "user_id != '' AND toUInt64OrZero(user_id) = 0" },
  bad_enrollment_date: {
    needs: ['enrollment_date'],
    fails: "enrollment_date != '' AND parseDateTime64BestEffortOrNull(enrollment_date, 6, 'UTC') IS NULL",
  },
  bad_is_active: { needs: ['is_active'], fails: `is_active != '' AND lower(is_active) NOT IN (${TRUE}, ${FALSE})` },
  bad_year_of_birth: { needs: ['year_of_birth'], fails: "year_of_birth != '' AND toInt32OrZero(year_of_birth) = 0" },
} as const;

/** Takes over the good rows of a staged enrolment file; gives their number. */
export async function importEnrollments(store: Store, { table, columns }: StagedCsv): Promise<number> {
  const [counted] = await store.read<{ rows: number }>(`SELECT count() AS rows FROM ${table} WHERE reject = ''`);
  const touch = `INSERT INTO touched_courses (course_id, touched_at) SELECT DISTINCT course_id, now64(6) FROM ${table} WHERE reject = ''`;
  await store.run(touch);
  const pick = (name: string, sql: string) => (columns.includes(name) ? sql : 'NULL');
  await store.run(
    `INSERT INTO lms_users (username, user_id, ${PROFILE_COLUMNS.join(', ')})
     SELECT username, ${['user_id', ...PROFILE_COLUMNS].map((name) => pick(name, `anyLast(${convert(name)})`)).join(', ')}
     FROM ${table} WHERE reject = '' GROUP BY username`,
  );
  await store.run(
    `INSERT INTO lms_enrollments (course_id, username, user_id, enrollment_mode, enrollment_date, is_active, cohort)
     SELECT course_id, username, ${['user_id', 'enrollment_mode', 'enrollment_date', 'is_active', 'cohort'].map((name) => pick(name, convert(name))).join(', ')}
     FROM ${table} WHERE reject = ''`,
  );
  if (columns.includes('user_id')) {
    await store.run(
      `INSERT INTO identities (user_id, username, from_lms, last_seen)
       SELECT DISTINCT toUInt64(user_id), username, true, now64(6) FROM ${table} WHERE reject = '' AND user_id != ''`,
    );
  }
  await store.run(touch);
  return counted?.rows ?? 0;
}

/** The text of a cell as its column's value; an empty cell of a number, a date or a switch is none. */
function convert(name: string): string {
  switch (name) {
    case 'user_id':
      return "if(user_id = '', NULL, toUInt64OrZero(user_id))";
    case 'year_of_birth':
      return "if(year_of_birth = '', NULL, toInt32OrZero(year_of_birth))";
    case 'enrollment_date':
      return "parseDateTime64BestEffortOrNull(enrollment_date, 6, 'UTC')";
    case 'is_active':
      return `if(is_active = '', NULL, lower(is_active) IN (${TRUE}))`;
    default:
      return name;
  }
}
