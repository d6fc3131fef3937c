import type { Store } from '../store/store.ts';
import { convertCell } from './convert-cell.ts';
import { BOUNDED_MEMORY, type Scratch, type StagedTable } from './scratch.ts';

const COLUMNS = ['user_id', 'enrollment_mode', 'enrollment_date', 'is_active', 'cohort'] as const;

/** What rows of enrolments may have; the first two they must have. */
export const ENROLLMENT_COLUMNS = ['course_id', 'username', ...COLUMNS] as const;

/** What an import changes of the enrolments. */
export interface EnrollmentChanges {
  /** Good rows of the source, changed or not. */
  readonly enrollments: number;
  /** Like `lms_enrollments`, with the new and the different rows alone. */
  readonly changed: string;
}

/** Compares the good rows of `staged` with what is stored. An enrolment that the source no longer has stays: it is somebody's past. */
export async function findEnrollmentChanges(
  store: Store,
  scratch: Scratch,
  { table, columns }: StagedTable,
): Promise<EnrollmentChanges> {
  const changed = await scratch.create('AS lms_enrollments ENGINE = MergeTree ORDER BY tuple()');
  const given = COLUMNS.filter((name) => columns.includes(name));
  const hash = `cityHash64(tuple(${["''", ...given].join(', ')}))`;
  await store.run(
    `INSERT INTO ${changed} (${['course_id', 'username', ...given].join(', ')})
     WITH given AS (
       SELECT ${['course_id', 'username', ...given.map((name) => `${convertCell(name)} AS ${name}`)].join(', ')}
       FROM ${table}
       WHERE reject = '' AND ${store.keeps}
     )
     SELECT ${['course_id', 'username', ...given].join(', ')}
     FROM given
     LEFT JOIN (SELECT course_id, username, ${hash} AS hash FROM lms_enrollments FINAL) AS known
       ON known.course_id = given.course_id AND known.username = given.username
     WHERE known.hash IS NULL OR known.hash != ${hash}
     SETTINGS ${BOUNDED_MEMORY}`,
  );
  const [counted] = await store.read<{ rows: number }>(`SELECT count() AS rows FROM ${table} WHERE reject = ''`);
  return { enrollments: counted?.rows ?? 0, changed };
}
