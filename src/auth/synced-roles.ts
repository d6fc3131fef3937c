import type { Store } from '../store/store.ts';
import type { GrantSource } from './course-access.ts';
import { readGrants, type RoleRow } from './grants.ts';

/** The roles that were last imported from the LMS, in whichever way. */
export function createSyncedRoles(store: Store, extraRoles: readonly string[]): GrantSource {
  return {
    async read({ username }) {
      const rows = await store.query<RoleRow>(
        `
        SELECT role, course_id, org
        FROM course_roles
        WHERE username = {username: String}
        `,
        { username },
      );
      return readGrants(rows, extraRoles);
    },
  };
}
