import { listCourseIds } from '../store/pull-rows.ts';
import { SITE_ROLE } from '../staff.ts';
import type { Store } from '../store/store.ts';
import { touchCourses } from '../store/touch.ts';
import type { Scratch, StagedTable } from './scratch.ts';

/** What a roles file may have. A role is of a course, of an organisation's courses, or of the site (`global_staff`). */
export const ROLE_COLUMNS = ['username', 'role', 'course_id', 'org'] as const;

/** Where roles come from; each source's are replaced as a whole, and leave those of the others alone. */
export type RoleSource = 'csv' | 'package' | 'mysql';

/** All roles of a source as they are to be, in a table like `course_roles`. */
export interface NextRoles {
  readonly roles: number;
  readonly source: RoleSource;
  readonly table: string;
}

/** @param kept SQL of which roles that the source has now stay, as the import cannot know of them */
export async function gatherRoles(
  store: Store,
  scratch: Scratch,
  source: RoleSource,
  staged: readonly StagedTable[],
  kept = 'false',
): Promise<NextRoles> {
  // where tables are replicated, this one is not: it is of this import alone, and the engine takes partitions from it all the same
  const next = await scratch.create(
    'AS course_roles ENGINE = MergeTree PARTITION BY source ORDER BY (username, course_id, org, role)',
  );
  for (const { table, columns } of staged) {
    const pick = (name: string) => (columns.includes(name) ? name : "''");
    await store.run(
      `INSERT INTO ${next} (source, username, role, course_id, org)
       SELECT DISTINCT {source:String}, username, role, ${pick('course_id')}, ${pick('org')}
       FROM ${table}
       WHERE reject = '' AND (role = '${SITE_ROLE}' OR ${pick('course_id')} != '' OR ${pick('org')} != '')`,
      { source },
    );
  }
  const [counted] = await store.read<{ roles: number }>(`SELECT count() AS roles FROM ${next}`);
  await store.run(
    `INSERT INTO ${next}
     SELECT * FROM course_roles
     WHERE source = {source:String} AND ${kept}
     EXCEPT DISTINCT
     SELECT * FROM ${next}`,
    { source },
  );
  return { roles: counted?.roles ?? 0, source, table: next };
}

/**
 * Replaces the roles of the source at once: whoever lost a role must not keep what it allowed. Gives how many are new or taken back.
 */
export async function replaceRoles(store: Store, { table, source }: NextRoles): Promise<number> {
  const changed = `SELECT username, role, course_id, org
    FROM (SELECT DISTINCT source, username, role, course_id, org FROM ${table} UNION ALL SELECT * FROM course_roles WHERE source = {source:String})
    GROUP BY username, role, course_id, org
    HAVING count() = 1`;
  const [first] = await store.read<{ rows: number; everywhere: boolean; courses: string[] }>(
    `SELECT count() AS rows, toBool(countIf(course_id = '') > 0) AS everywhere, groupUniqArray(course_id) AS courses FROM (${changed})`,
    { source },
  );
  if (first === undefined || first.rows === 0) return 0;
  // The engine refuses to replace a partition by nothing.
  const [next] = await store.read<{ roles: number }>(`SELECT count() AS roles FROM ${table}`);
  const change =
    next?.roles === 0 ? 'DROP PARTITION {source:String}' : `REPLACE PARTITION {source:String} FROM ${table}`;
  const courses = new Set(first.courses);
  const touch = async () => {
    const known = await listCourseIds(store);
    await touchCourses(store, first.everywhere ? known : known.filter((course) => courses.has(course)));
  };
  // Before, for a kill in between, as the next import would find nothing different; after, for a refresh under way elsewhere.
  await touch();
  await store.run(`ALTER TABLE course_roles ${change}`, { source });
  if (!store.embedded) await touch();
  return first.rows;
}
