import { COURSE_CHECKS, rejectSql } from './checks.ts';
import { COURSE_COLUMNS, nameSql } from './import-courses.ts';
import type { LmsTableName } from './lms-tables.ts';
import type { TableFiles } from './table-file.ts';

/** Where the rows of the LMS's tables are put together, by the keys that they have in common. */
export type RawTables = Readonly<Record<'people' | 'groups' | 'enrollments' | 'roles' | 'courses', string>>;

interface Insert extends Pick<TableFiles, 'nulls' | 'complete'> {
  readonly into: RawTables;
  /** The columns to take; the source has them all. */
  readonly columns: readonly string[];
  /** SQL of what is read: ids as numbers, everything else as texts that may be null. */
  readonly source: string;
  /** Whether the cohorts of learners are read too, so that one without has none. */
  readonly cohortsKnown: boolean;
  /** Whether the staff of its courses are read too, so that whoever is not among them is none. */
  readonly staffKnown: boolean;
}

/** Columns that may be null in the LMS, by all releases of its schema. */
const NULLABLE = new Set(
  'created gender mailing_address year_of_birth level_of_education goals country city bio'.split(' '),
);

/**
 * The statement that puts the rows of a table of the LMS where they belong. An empty text says that the LMS has nothing
 * there; a null, that it was not asked.
 */
export function insertSql(table: LmsTableName, insert: Insert): string {
  return STATEMENTS[table](insert, (name) =>
    insert.nulls === 'word' && NULLABLE.has(name) ? `ifNull(nullIf(${name}, 'NULL'), '')` : `ifNull(${name}, '')`,
  );
}

type Statement = (insert: Insert, text: (name: string) => string) => string;

const STATEMENTS: Readonly<Record<LmsTableName, Statement>> = {
  auth_user: insertPeople('id'),
  auth_userprofile: insertPeople('user_id'),
  course_groups_courseusergroup: ({ into, columns, source }, text) =>
    `INSERT INTO ${into.groups} (id, course_id, name)
     SELECT ${columns.includes('id') ? 'id' : identify(text)}, ${text('course_id')}, ${text('name')}
     FROM ${source}
     ${columns.includes('group_type') ? "WHERE group_type = 'cohort'" : ''}`,
  student_courseenrollment: ({ into, columns, source, complete, cohortsKnown, staffKnown }, text) => {
    const others = columns.filter((name) => name !== 'user_id' && name !== 'course_id');
    const noCohort = complete ? "''" : `if(${text('course_id')} IN (SELECT course_id FROM ${into.groups}), '', NULL)`;
    return `INSERT INTO ${into.enrollments} (${['user_id', 'course_id', 'enrolled', 'staff_known', 'cohort', ...others].join(', ')})
      SELECT ${['user_id', text('course_id'), 'true', staffKnown ? 'true' : 'NULL', cohortsKnown ? noCohort : 'NULL', ...others.map(text)].join(', ')}
      FROM ${source}`;
  },
  course_groups_courseusergroup_users: insertMembers('courseusergroup_id'),
  course_groups_cohortmembership: insertMembers('course_user_group_id'),
  student_courseaccessrole: ({ into, source, staffKnown }, text) =>
    `INSERT INTO ${into.roles} (user_id, course_id, org, role, staff_known)
     SELECT user_id, ${text('course_id')}, ${text('org')}, ${text('role')}, ${staffKnown}
     FROM ${source}`,
  course_overviews_courseoverview: ({ into, source }, text) =>
    `INSERT INTO ${into.courses} (${COURSE_COLUMNS.join(', ')}, reject)
     WITH rows AS (SELECT ${text('id')} AS course_id, ${nameSql(text('display_name'))} AS display_name FROM ${source})
     SELECT *, ${rejectSql(COURSE_CHECKS, COURSE_COLUMNS)} FROM rows`,
};

function insertPeople(id: string): Statement {
  return ({ into, columns, source }, text) => {
    const others = columns.filter((name) => name !== id);
    const values = others.map((name) =>
      name === 'year_of_birth' ? `if(${text(name)} = '', '0', ${text(name)})` : text(name),
    );
    return `INSERT INTO ${into.people} (${['id', ...others].join(', ')})
      SELECT ${[id, ...values].join(', ')}
      FROM ${source}`;
  };
}

function insertMembers(group: string): Statement {
  return ({ into, columns, source }, text) =>
    `INSERT INTO ${into.enrollments} (user_id, course_id, cohort)
     SELECT members.user_id, cohorts.course_id, cohorts.name
     FROM (SELECT user_id, ${columns.includes(group) ? group : identify(text)} AS group_id FROM ${source}) AS members
     INNER JOIN (SELECT id, course_id, name FROM ${into.groups} FINAL) AS cohorts ON cohorts.id = members.group_id`;
}

/** SQL of a number for a group that is known by its name alone. */
function identify(text: (name: string) => string): string {
  return `cityHash64(${text('course_id')}, ${text('name')})`;
}
