/** Profile fields, called the same in the LMS's auth_userprofile, in a CSV file and in the answers. */
export const PROFILE_COLUMNS = [
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

interface LmsTable {
  /** Columns without which the table says nothing. Those that end in `id` are numbers. */
  readonly needs: readonly string[];
  /** Columns that are read where they are there. */
  readonly takes: readonly string[];
  /** What is not known where the table cannot be read; null: without it there is no roster. */
  readonly without: string | null;
}

/**
 * All that is read of the LMS's database, under the names of edx-platform. A table or column that is not here is never
 * asked for, auth_user.password least of all. docs/lms.md gives the grants for exactly these.
 */
export const LMS_TABLES = {
  auth_user: { needs: ['id', 'username'], takes: ['email', 'is_staff', 'is_superuser'], without: null },
  auth_userprofile: {
    needs: ['user_id'],
    takes: PROFILE_COLUMNS.filter((name) => name !== 'email'),
    without: 'names and profiles stay as they were',
  },
  course_groups_courseusergroup: {
    needs: ['id', 'name', 'course_id'],
    takes: ['group_type'],
    without: 'cohorts stay as they were',
  },
  student_courseenrollment: {
    needs: ['user_id', 'course_id'],
    takes: ['created', 'is_active', 'mode'],
    without: null,
  },
  course_groups_courseusergroup_users: {
    needs: ['courseusergroup_id', 'user_id'],
    takes: [],
    without: 'cohorts come from course_groups_cohortmembership alone',
  },
  course_groups_cohortmembership: {
    needs: ['course_user_group_id', 'user_id'],
    takes: [],
    without: 'cohorts come from course_groups_courseusergroup_users alone',
  },
  student_courseaccessrole: {
    needs: ['user_id', 'role'],
    takes: ['course_id', 'org'],
    without: 'the staff of courses stay as they were',
  },
} as const satisfies Record<string, LmsTable>;

export type LmsTableName = keyof typeof LMS_TABLES;

/** In the order in which they are staged: groups before their members, enrolments before cohorts. */
export const LMS_TABLE_NAMES = Object.keys(LMS_TABLES) as LmsTableName[];

/** The columns of a table that are read, of those it has. */
export function selectColumns(table: LmsTableName, columns: readonly string[]): string[] {
  const { needs, takes }: LmsTable = LMS_TABLES[table];
  return [...needs, ...takes].filter((name) => columns.includes(name));
}

/** What the tables that were found lack: sentences for the operator, and the tables that are no use for that. */
export function findGaps(columnsOf: ReadonlyMap<LmsTableName, readonly string[]>): {
  /** Tables without which there is no roster. */
  fatal: string[];
  warnings: string[];
  usable: LmsTableName[];
} {
  const fatal: string[] = [];
  const warnings: string[] = [];
  const usable: LmsTableName[] = [];
  for (const name of LMS_TABLE_NAMES) {
    const { needs, takes, without }: LmsTable = LMS_TABLES[name];
    const columns = columnsOf.get(name) ?? [];
    const lacking = needs.filter((column) => !columns.includes(column));
    if (lacking.length > 0) {
      const fault =
        columns.length === 0
          ? `The table ${name} is not there, or may not be read`
          : `The table ${name} has no ${lacking.join(', ')}`;
      if (without === null) fatal.push(`${fault}.`);
      else warnings.push(`${fault}: ${without}.`);
      continue;
    }
    usable.push(name);
    const absent = takes.filter((column) => !columns.includes(column));
    if (absent.length > 0)
      warnings.push(`The table ${name} has no ${absent.join(', ')}, or it may not be read: that stays as it was.`);
  }
  return { fatal, warnings, usable };
}
