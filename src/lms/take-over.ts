import type { Store } from '../store/store.ts';
import { touchCourses } from '../store/touch.ts';
import { emptyRetired } from './empty-retired.ts';
import type { EnrollmentChanges } from './import-enrollments.ts';
import type { UserChanges } from './import-users.ts';

/**
 * Stores what changed. All of it is read and compared by now, so that a source that breaks off leaves the roster as it was;
 * a kill in between leaves rows that the next import finds different again. Gives the number of rows stored.
 */
export async function takeOver(store: Store, users: UserChanges, enrollments: EnrollmentChanges): Promise<number> {
  const touch = async () => touchCourses(store, await findChanged(store, users, enrollments));
  // Before, for a kill in between; after, for a refresh under way elsewhere, which may have brought people into further courses.
  await touch();
  if (users.retired !== null) await emptyRetired(store, users.retired);
  await store.run(`INSERT INTO lms_users SELECT * FROM ${users.changed}`);
  await store.run(`INSERT INTO lms_enrollments SELECT * FROM ${enrollments.changed}`);
  await store.run(`INSERT INTO identities SELECT * FROM ${users.identities}`);
  if (!store.embedded) await touch();
  const [counted] = await store.read<{ rows: number }>(
    `SELECT (SELECT count() FROM ${users.changed}) + (SELECT count() FROM ${enrollments.changed}) AS rows`,
  );
  return counted?.rows ?? 0;
}

/** Of more people than this, it costs more to find their courses than to refresh all. */
const MANY = 100_000;

/** Courses in which something changes: an enrolment, or somebody who is or was in them by whatever source. */
async function findChanged(store: Store, users: UserChanges, enrollments: EnrollmentChanges): Promise<string[]> {
  const [counted] = await store.read<{ people: number }>(
    `SELECT (SELECT count() FROM ${users.changed}) + (SELECT count() FROM ${users.identities}) AS people`,
  );
  // under whichever name or id they are known there
  const names = `SELECT username FROM ${users.changed} UNION ALL SELECT username FROM ${users.identities}`;
  const ids = `SELECT user_id FROM identities WHERE username IN (${names}) AND user_id != 0
    UNION ALL SELECT user_id FROM ${users.identities}`;
  const somebody =
    (counted?.people ?? 0) > MANY
      ? 'true'
      : `username IN (${names} UNION ALL SELECT username FROM identities WHERE user_id IN (${ids}))
         OR user_id IN (${ids})`;
  const rows = await store.read<{ course_id: string }>(
    `SELECT DISTINCT course_id
     FROM (
       SELECT course_id FROM ${enrollments.changed}
       UNION ALL
       SELECT course_id FROM lms_enrollments WHERE ${somebody}
       UNION ALL
       SELECT course_id FROM roster_changes WHERE ${somebody}
       UNION ALL
       SELECT course_id FROM learner_activity WHERE ${somebody}
     )`,
  );
  return rows.map((row) => row.course_id);
}
