import { SITE_ROLE, STAFF_ROLES, orgOf } from '../staff.ts';

/** What somebody may see. */
export interface Grants {
  readonly everything: boolean;
  readonly courseIds: ReadonlySet<string>;
  /** Organisations all of whose courses may be seen. */
  readonly orgs: ReadonlySet<string>;
}

export const NO_GRANTS: Grants = { everything: false, courseIds: new Set(), orgs: new Set() };

/** Whether the course is among what may be seen, be it by its organisation. */
export function allows({ everything, courseIds, orgs }: Grants, courseId: string): boolean {
  return everything || courseIds.has(courseId) || orgs.has(orgOf(courseId));
}

/** A row of the LMS's `student_courseaccessrole`: a role in a course, or without one in an organisation. */
export interface RoleRow {
  readonly role: string;
  readonly course_id: string;
  readonly org: string;
}

/**
 * What roles let somebody see: those of staff, and others that are configured. Else these do not: of people who are part of the course team in
 * name only (`beta_testers`), whom the LMS itself keeps from learners' data (`limited_staff`), or shows it as reports (`data_researcher`).
 */
export function readGrants(rows: readonly RoleRow[], extraRoles: readonly string[]): Grants {
  const staff = new Set<string>([...STAFF_ROLES, ...extraRoles]);
  const own = rows.filter(({ role }) => staff.has(role));
  return {
    everything: rows.some(({ role }) => role === SITE_ROLE),
    courseIds: new Set(own.map((row) => row.course_id).filter((courseId) => courseId !== '')),
    // a role in a course names the course's organisation too
    orgs: new Set(own.filter((row) => row.course_id === '' && row.org !== '').map((row) => row.org)),
  };
}
