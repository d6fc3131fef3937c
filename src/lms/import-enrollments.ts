import type { Store } from '../store/store.ts';
import { compareRows } from './compare-rows.ts';
import type { Scratch, StagedTable } from './scratch.ts';

const KEYS = ['course_id', 'username'] as const;
const COLUMNS = ['user_id', 'enrollment_mode', 'enrollment_date', 'is_active', 'cohort'] as const;

/** What rows of enrolments may have; the first two they must have. */
export const ENROLLMENT_COLUMNS = [...KEYS, ...COLUMNS] as const;

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
  staged: StagedTable,
): Promise<EnrollmentChanges> {
  const { changed } = await compareRows(store, scratch, staged, {
    stored: 'lms_enrollments',
    keys: KEYS,
    columns: COLUMNS,
  });
  const [counted] = await store.read<{ rows: number }>(`SELECT count() AS rows FROM ${staged.table} WHERE reject = ''`);
  return { enrollments: counted?.rows ?? 0, changed };
}
