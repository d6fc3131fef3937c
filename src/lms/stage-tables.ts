import type { RetiredAs } from '../retired-as.ts';
import { SITE_ROLE } from '../staff.ts';
import type { Store } from '../store/store.ts';
import { ENROLLMENT_CHECKS, NO_DATE, ROLE_CHECKS, rejectSql } from './checks.ts';
import { COURSE_COLUMNS } from './import-courses.ts';
import { ENROLLMENT_COLUMNS } from './import-enrollments.ts';
import { ROLE_COLUMNS } from './import-roles.ts';
import { type RawTables, insertSql } from './insert-sql.ts';
import {
  JOINED_COHORTS,
  LMS_TABLE_NAMES,
  type LmsTableName,
  PROFILE_COLUMNS,
  isNumber,
  knowsCohorts,
  selectColumns,
} from './lms-tables.ts';
import { insertFile } from './insert-file.ts';
import { rejectForgotten } from './reject-forgotten.ts';
import { formerSql, isRetiredSql, namelessSql, retiredParams } from './retired.ts';
import { BOUNDED_MEMORY, type Scratch, type StagedTable } from './scratch.ts';
import { type TableFile, type TableFiles, tellsStaff, tellsStaffOfSite } from './table-file.ts';

/** The LMS's tables put together as people, their enrolments, their roles and courses, ready to be compared with the store. */
export interface StagedLms {
  readonly users: StagedTable;
  readonly enrollments: StagedTable;
  readonly roles: StagedTable;
  readonly courses: StagedTable;
  /** SQL of which roles of earlier imports stay: those of courses, or of people on the whole site, of whom not everything could be read. */
  readonly keptRoles: string;
  /** Whether any may. */
  readonly keepsRoles: boolean;
}

const SETTINGS =
  "input_format_tsv_skip_first_lines = 1, storage_file_read_method = 'pread', max_insert_block_size = 65536, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 67108864";

/** SQL of which `members` are enrolled by what an earlier import or the logs told. */
const ENROLLED_ELSEWHERE = `(course_id, username) IN (
    SELECT course_id, username FROM lms_enrollments WHERE (course_id, username) IN (SELECT course_id, username FROM members)
    UNION ALL
    SELECT course_id, username FROM roster_changes
    WHERE action IN ('activated', 'deactivated', 'mode_changed') AND (course_id, username) IN (SELECT course_id, username FROM members))
  OR (course_id, user_id) IN (
    SELECT course_id, user_id FROM roster_changes
    WHERE action IN ('activated', 'deactivated', 'mode_changed') AND (course_id, user_id) IN (SELECT course_id, user_id FROM members))`;

/**
 * Reads the tables into the engine and joins them there. Rows of one person or one enrolment from several tables and
 * files are written under one key, which the engine's merging puts together: no table has to fit into memory.
 */
export async function stageTables(
  store: Store,
  scratch: Scratch,
  tables: TableFiles,
  as: RetiredAs,
): Promise<StagedLms> {
  const raw = {
    people: await scratch.create(
      `(id UInt64, ${['username', 'is_staff', 'is_superuser', ...PROFILE_COLUMNS].map((name) => `${name} Nullable(String)`).join(', ')})
       ENGINE = CoalescingMergeTree ORDER BY id`,
    ),
    groups: await scratch.create('(id UInt64, course_id String, name String) ENGINE = ReplacingMergeTree ORDER BY id'),
    enrollments: await scratch.create(
      `(user_id UInt64, course_id String, enrolled Nullable(Bool), staff_known Nullable(Bool), mode Nullable(String), created Nullable(String), is_active Nullable(String), cohort Nullable(String))
       ENGINE = CoalescingMergeTree ORDER BY (user_id, course_id)`,
    ),
    roles: await scratch.create(
      '(user_id UInt64, course_id String, org String, role String, staff_known Bool) ENGINE = MergeTree ORDER BY user_id',
    ),
    courses: await scratch.createStaged(COURSE_COLUMNS, 'Nullable(String)'),
  };
  for (const table of LMS_TABLE_NAMES) {
    for (const file of tables.files) {
      if (file.table === table) await stageFile(store, raw, file, tables);
    }
  }
  return joinTables(store, scratch, raw, tables, as);
}

async function stageFile(store: Store, raw: RawTables, file: TableFile, tables: TableFiles): Promise<void> {
  const columns = file.joined ? JOINED_COHORTS.columns : selectColumns(file.table, file.columns);
  const hasColumn = (name: string) => columns.some((column) => column === name);
  const structure = file.columns.map((name, index) => {
    if (!hasColumn(name)) return `unknown_${index} String`;
    return `${name} ${isNumber(file.table, name) ? 'UInt64' : 'Nullable(String)'}`;
  });
  const ofPart = tables.files.filter(({ part }) => part === file.part).map(({ table }) => table);
  const known = { cohortsKnown: knowsCohorts(ofPart), staffKnown: tellsStaff(tables, file.part) };
  await insertFile(
    store,
    (source) =>
      `${insertSql(file.table, { into: raw, columns, source, ...tables, ...known })}
       SETTINGS ${SETTINGS}, input_format_tsv_crlf_end_of_line = ${file.crlf ? 1 : 0}`,
    { path: file.path, format: 'TSV', structure: structure.join(', '), compression: file.compression },
  );
}

async function joinTables(
  store: Store,
  scratch: Scratch,
  raw: RawTables,
  tables: TableFiles,
  as: RetiredAs,
): Promise<StagedLms> {
  const columnsOf = (table: LmsTableName) =>
    tables.files.filter((file) => file.table === table).flatMap((file) => selectColumns(table, file.columns));
  const profile = new Set([...columnsOf('auth_user'), ...columnsOf('auth_userprofile')]);
  const columns = ['username', 'user_id', ...PROFILE_COLUMNS.filter((name) => profile.has(name)), 'retired'];
  const users = await stageUsers(store, scratch, raw, columns, as);
  const people = `(SELECT toUInt64(user_id) AS id, username FROM ${users.table} WHERE reject = '')`;

  const enrollments = await scratch.createStaged(ENROLLMENT_COLUMNS, 'Nullable(String)');
  await store.run(
    `INSERT INTO ${enrollments} (${ENROLLMENT_COLUMNS.join(', ')}, reject)
     WITH
     -- in cohorts of courses of which their enrolment is not told
     members AS (
       SELECT course_id, username, user_id, mode, created, is_active, cohort
       FROM (SELECT * FROM ${raw.enrollments} FINAL WHERE enrolled IS NULL) AS told
       INNER JOIN ${people} AS people ON people.id = told.user_id
     ),
     rows AS (
       SELECT enrolled.course_id AS course_id, people.username AS username, toString(enrolled.user_id) AS user_id,
         mode AS enrollment_mode, created AS enrollment_date, is_active, cohort
       FROM (SELECT * FROM ${raw.enrollments} FINAL WHERE enrolled) AS enrolled
       LEFT JOIN ${people} AS people ON people.id = enrolled.user_id
       ${tables.complete ? '' : `UNION ALL SELECT course_id, username, toString(user_id), mode, created, is_active, cohort FROM members WHERE ${ENROLLED_ELSEWHERE}`}
     )
     -- where the LMS has no date, there is to be none here either: that of 1970 counts as none
     SELECT * REPLACE (if(${NO_DATE}, '1970-01-01', enrollment_date) AS enrollment_date),
       if(username IS NULL, 'no_user', ${rejectSql(ENROLLMENT_CHECKS, ENROLLMENT_COLUMNS)})
     FROM rows
     SETTINGS ${BOUNDED_MEMORY}`,
  );

  const roles = await scratch.createStaged(ROLE_COLUMNS, 'Nullable(String)');
  await store.run(
    `INSERT INTO ${roles} (${ROLE_COLUMNS.join(', ')}, reject)
     WITH
     -- who was retired has no role any more, whatever the LMS left
     active AS (SELECT * FROM ${people} WHERE id NOT IN (SELECT id FROM ${raw.people} FINAL WHERE ${isRetiredSql()})),
     holders AS (SELECT * FROM active WHERE id IN (SELECT user_id FROM ${raw.roles})),
     rows AS (
       SELECT ifNull(holders.username, '') AS username, role, course_id, org
       FROM ${raw.roles} AS given
       LEFT JOIN holders ON holders.id = given.user_id
       -- our own word for what follows: a role of that name in a course does not make anybody staff of the site
       WHERE role != '${SITE_ROLE}'
       UNION ALL
       SELECT username, '${SITE_ROLE}', '', ''
       FROM active
       WHERE id IN (SELECT id FROM ${raw.people} FINAL WHERE is_staff = '1' OR is_superuser = '1')
     )
     SELECT *, if(username = '', 'no_user', ${rejectSql(ROLE_CHECKS, ROLE_COLUMNS)}) FROM rows`,
    retiredParams(as),
  );
  return {
    users,
    enrollments: { table: enrollments, columns: ENROLLMENT_COLUMNS },
    roles: { table: roles, columns: ROLE_COLUMNS },
    courses: { table: raw.courses, columns: COURSE_COLUMNS },
    ...describeKept(raw, people, tables),
  };
}

function describeKept(raw: RawTables, people: string, tables: TableFiles): Pick<StagedLms, 'keptRoles' | 'keepsRoles'> {
  const knowsCourses = tables.parts.every((part) => tellsStaff(tables, part));
  const knowsSite = tables.parts.every((part) => tellsStaffOfSite(tables, part));
  const ofCourses = knowsCourses
    ? 'false'
    : `course_id NOT IN (
         SELECT course_id FROM ${raw.enrollments} WHERE staff_known
         UNION ALL
         SELECT course_id FROM ${raw.roles} WHERE staff_known
       )`;
  const ofSite = knowsSite
    ? 'false'
    : `username NOT IN (
         SELECT username
         FROM ${people}
         WHERE id IN (SELECT id FROM ${raw.people} WHERE is_staff IS NOT NULL OR is_superuser IS NOT NULL)
       )`;
  return { keptRoles: `if(role = '${SITE_ROLE}', ${ofSite}, ${ofCourses})`, keepsRoles: !(knowsCourses && knowsSite) };
}

/**
 * People as the LMS tells of them. Whoever it retired is called here as before, as nobody else is, and nothing more is known of them.
 */
async function stageUsers(
  store: Store,
  scratch: Scratch,
  raw: RawTables,
  columns: readonly string[],
  as: RetiredAs,
): Promise<StagedTable> {
  const table = await scratch.createStaged(columns, 'Nullable(String)');
  await store.run(
    `INSERT INTO ${table} (${[...columns, 'reject'].join(', ')})
     WITH
     people AS (SELECT toString(id) AS user_id, * FROM ${raw.people} FINAL WHERE username IS NOT NULL),
     ${formerSql('people')},
     rows AS (
       SELECT ${columns.map((name) => (name === 'user_id' ? 'people.user_id AS user_id' : namelessSql(name))).join(', ')}
       FROM people
       LEFT JOIN former ON former.id = toUInt64(people.user_id)
     )
     SELECT *, ${rejectSql(ENROLLMENT_CHECKS, columns)} FROM rows`,
    retiredParams(as),
  );
  await rejectForgotten(store, { table, columns });
  return { table, columns };
}
