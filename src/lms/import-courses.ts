import type { Store } from '../store/store.ts';
import { touchCourses } from '../store/touch.ts';
import { compareRows } from './compare-rows.ts';
import type { Scratch, StagedTable } from './scratch.ts';

/** What a file of courses has; the name is called as in the LMS's own table. */
export const COURSE_COLUMNS = ['course_id', 'display_name'] as const;

/** Letters of a name that are kept: the LMS sets no limit. */
const LONGEST_NAME = 255;

/** SQL of what is taken of a name. */
export function nameSql(name: string): string {
  return `leftUTF8(trimBoth(${name}), ${LONGEST_NAME})`;
}

/** What an import changes of the names of courses. */
export interface CourseChanges {
  /** Good rows of the source, changed or not. */
  readonly courses: number;
  /** Like `lms_courses`, with the new and the different rows alone. */
  readonly changed: string;
}

/** Compares the good rows of `staged` with what is stored. Several of one course count as one, the last. */
export async function findCourseChanges(store: Store, scratch: Scratch, staged: StagedTable): Promise<CourseChanges> {
  const { distinct, changed } = await compareRows(store, scratch, staged, {
    stored: 'lms_courses',
    keys: ['course_id'],
    columns: ['display_name'],
  });
  return { courses: distinct, changed };
}

/**
 * Stores what changed, and marks those of the courses that anything else is known of: to have a name does not make a course one that
 * is listed. Gives the number of rows stored.
 */
export async function takeOverCourses(store: Store, { changed }: CourseChanges): Promise<number> {
  const touch = async () => {
    const known = await store.read<{ course_id: string }>(
      `SELECT course_id FROM ${changed} WHERE course_id IN (SELECT course_id FROM touched_courses)`,
    );
    await touchCourses(
      store,
      known.map((row) => row.course_id),
    );
  };
  // before, for a kill in between; after, for a refresh under way elsewhere
  await touch();
  await store.run(`INSERT INTO lms_courses SELECT * FROM ${changed}`);
  if (!store.embedded) await touch();
  const [counted] = await store.read<{ rows: number }>(`SELECT count() AS rows FROM ${changed}`);
  return counted?.rows ?? 0;
}
