import { randomBytes } from 'node:crypto';
import type { Store } from '../store/store.ts';
import type { StagedCsv } from './import-csv.ts';

/** What a roles file may have. A role is of a course, of an organisation's courses, or of the site (`global_staff`). */
export const ROLE_COLUMNS = ['username', 'role', 'course_id', 'org'] as const;

export const ROLE_CHECKS = {
  no_username: { needs: ['username'], fails: "username = ''" },
  no_role: { needs: ['role'], fails: "role = ''" },
} as const;

/**
 * Makes the good rows of staged roles files the roles from CSV, in place of all earlier ones at once: whoever lost a role
 * must not keep what it allowed. Without files, the roles stay. Gives the number of rows.
 */
export async function importRoles(store: Store, files: readonly StagedCsv[]): Promise<number> {
  if (files.length === 0) return 0;
  const next = `lms_import_${randomBytes(8).toString('hex')}`;
  await store.run(`CREATE TABLE ${next} AS course_roles`);
  try {
    for (const { table, columns } of files) {
      const pick = (name: string) => (columns.includes(name) ? name : "''");
      await store.run(
        `INSERT INTO ${next} (source, username, role, course_id, org)
         SELECT DISTINCT 'csv', username, role, ${pick('course_id')}, ${pick('org')} FROM ${table}
         WHERE reject = '' AND (role = 'global_staff' OR ${pick('course_id')} != '' OR ${pick('org')} != '')`,
      );
    }
    const [counted] = await store.read<{ rows: number }>(`SELECT count() AS rows FROM ${next}`);
    await store.run(`ALTER TABLE course_roles REPLACE PARTITION 'csv' FROM ${next}`);
    await store.run(
      'INSERT INTO touched_courses (course_id, touched_at) SELECT DISTINCT course_id, now64(6) FROM touched_courses',
    );
    return counted?.rows ?? 0;
  } finally {
    await store.run(`DROP TABLE IF EXISTS ${next} SYNC`);
  }
}
