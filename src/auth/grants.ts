/** What somebody may see. */
export interface Grants {
  readonly everything: boolean;
  readonly courseIds: ReadonlySet<string>;
  /** Organisations all of whose courses may be seen. */
  readonly orgs: ReadonlySet<string>;
}

export const NO_GRANTS: Grants = { everything: false, courseIds: new Set(), orgs: new Set() };

export function allows({ everything, courseIds, orgs }: Grants, courseId: string): boolean {
  return everything || courseIds.has(courseId) || orgs.has(orgOf(courseId));
}

/** The organisation in any of the three shapes of a course key. */
function orgOf(courseId: string): string {
  return /^(?:course-v1:|ccx-v1:)?([^+/]*)/.exec(courseId)?.[1] ?? '';
}

/** A row of the LMS's `student_courseaccessrole`: a role in a course, or without one in an organisation. */
export interface RoleRow {
  readonly role: string;
  readonly course_id: string;
  readonly org: string;
}

/**
 * The roles that let somebody see a course. Those that do not, unless configured, are part of the course team in name
 * only (`beta_testers`), or are kept from learners' data by the LMS itself (`limited_staff`), or see it as reports (`data_researcher`).
 */
const STAFF_ROLES = ['staff', 'instructor'] as const;

/** Somebody of the site's own staff, in imported roles (`is_staff` in the LMS). */
const SITE_ROLE = 'global_staff';

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
