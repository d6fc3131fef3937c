import { z } from 'zod';
import { askLms, complain, readJson } from './ask-lms.ts';
import type { GrantSource } from './course-access.ts';
import { type Grants, readGrants } from './grants.ts';

/** Roles in a whole organisation have no course, which the LMS writes in several ways. */
const roleText = z
  .string()
  .nullish()
  .transform((text) => (text === undefined || text === null || text === 'None' ? '' : text));

const rolesAnswer = z.object({
  is_staff: z.boolean(),
  roles: z.array(z.object({ role: z.string(), course_id: roleText, org: roleText })),
});

/**
 * The LMS itself, asked with the person's own token (`/api/enrollment/v1/roles/`). Not asked about one course: it would
 * leave out the roles in the course's organisation.
 */
export function createLmsRoles(lmsUrl: string, extraRoles: readonly string[]): GrantSource {
  return {
    async read(person): Promise<Grants | null> {
      if (person.lmsToken === null) return null;
      const response = await askLms(`${lmsUrl}/api/enrollment/v1/roles/`, person.lmsToken);
      const answer = response.status === 200 ? rolesAnswer.safeParse(await readJson(response)) : null;
      if (answer?.success !== true) throw complain(`answered ${response.status} to a question for roles`);
      const { roles, is_staff } = answer.data;
      const grants = readGrants(roles, extraRoles);
      return { ...grants, everything: is_staff };
    },
  };
}
