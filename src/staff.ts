/** Roles that make somebody staff of a course, or of the courses of an organisation: they see its learners, and are none of them. */
export const STAFF_ROLES = ['staff', 'instructor'] as const;

/** The role of the site's own staff: in the LMS it is `is_staff` or `is_superuser`, and no role. */
export const SITE_ROLE = 'global_staff';

/** The organisation in any of the three shapes of a course key. */
export function orgOf(courseId: string): string {
  return /^(?:course-v1:|ccx-v1:)?([^+/]*)/.exec(courseId)?.[1] ?? '';
}
