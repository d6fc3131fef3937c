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

const COHORTS_STAY = 'cohorts stay as they were';

interface LmsTable {
  /** Columns without which the table says nothing. Those that end in `id` are numbers, but for those that name a course. */
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
    without: COHORTS_STAY,
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
  // a role whose course is not read would look like one in all courses of the organisation
  student_courseaccessrole: {
    needs: ['user_id', 'role', 'course_id', 'org'],
    takes: [],
    without: 'the staff of courses stay as they were',
  },
  course_overviews_courseoverview: {
    needs: ['id', 'display_name'],
    takes: [],
    without: 'the names of courses stay as they were',
  },
} as const satisfies Record<string, LmsTable>;

/** Groups and their members in one file, as edx-analytics-exporter writes them under the name of the members' table. */
export const JOINED_COHORTS = {
  tables: ['course_groups_courseusergroup', 'course_groups_cohortmembership'],
  columns: ['user_id', 'course_id', 'group_type', 'name'],
} as const satisfies { tables: readonly LmsTableName[]; columns: readonly string[] };

export type LmsTableName = keyof typeof LMS_TABLES;

/** In the order in which they are staged: groups before their members, enrolments before cohorts. */
export const LMS_TABLE_NAMES = Object.keys(LMS_TABLES) as LmsTableName[];

/** Whether a column that is read holds numbers. */
export function isNumber(table: LmsTableName, column: string): boolean {
  return /(^|_)id$/.test(column) && column !== 'course_id' && table !== 'course_overviews_courseoverview';
}

/** The columns of a table that are read, of those it has. */
export function selectColumns(table: LmsTableName, columns: readonly string[]): string[] {
  const { needs, takes }: LmsTable = LMS_TABLES[table];
  return [...needs, ...takes].filter((name) => columns.includes(name));
}

const STAFF_OF_SITE: readonly string[] = ['is_staff', 'is_superuser'];

/** What follows where a column is absent, as `absent` all are. */
function followsWithout(column: string, absent: readonly string[]): string {
  if (column === 'group_type') return 'groups of every kind count as cohorts';
  const others = STAFF_OF_SITE.filter((name) => !absent.includes(name));
  // staff of the site is whom either of them tells of
  return STAFF_OF_SITE.includes(column) && others.length > 0
    ? `the staff of the site come from ${others.join()} alone`
    : 'that stays as it was';
}

/** Whether the cohorts of learners can be read: the groups, and who is in them. */
export function knowsCohorts(usable: readonly LmsTableName[]): boolean {
  return (
    usable.includes('course_groups_courseusergroup') &&
    (usable.includes('course_groups_courseusergroup_users') || usable.includes('course_groups_cohortmembership'))
  );
}

/**
 * What the tables that were found lack: sentences for the operator, and the tables that are no use for that. One that is not
 * among them at all is none of the source's.
 */
export function findGaps(columnsOf: ReadonlyMap<LmsTableName, readonly string[]>): {
  /** Tables without which there is no roster. */
  fatal: string[];
  warnings: string[];
  usable: LmsTableName[];
} {
  const has = (name: LmsTableName, column: string) => columnsOf.get(name)?.includes(column) === true;
  const lackingOf = (name: LmsTableName) => LMS_TABLES[name].needs.filter((column) => !has(name, column));
  const usable = LMS_TABLE_NAMES.filter((name) => lackingOf(name).length === 0);
  const fatal: string[] = [];
  const warnings: string[] = [];
  for (const name of LMS_TABLE_NAMES) {
    const { takes, without }: LmsTable = LMS_TABLES[name];
    const lack = (columns: readonly string[]) =>
      `The table ${name} has no ${columns.join(', ')}, or it may not be read`;
    if (!columnsOf.has(name)) continue;
    if (!usable.includes(name)) {
      const isThere = (columnsOf.get(name) ?? []).length > 0;
      const fault = isThere ? lack(lackingOf(name)) : `The table ${name} is not there, or may not be read`;
      const follows = name.startsWith('course_groups_') && !knowsCohorts(usable) ? COHORTS_STAY : without;
      if (follows === null) fatal.push(`${fault}.`);
      else warnings.push(`${fault}: ${follows}.`);
      continue;
    }
    const absent = takes.filter((column) => !has(name, column));
    for (const [follows, columns] of Map.groupBy(absent, (column) => followsWithout(column, absent)))
      warnings.push(`${lack(columns)}: ${follows}.`);
  }
  return { fatal, warnings, usable };
}
