import type { Config } from '../config.ts';
import type { Store } from '../store/store.ts';
import { type CourseAccess, GrantedAccess } from './course-access.ts';
import { createLmsRoles } from './lms-roles.ts';
import { createSyncedRoles } from './synced-roles.ts';

/** Who may see which course, as configured. */
export function createCourseAccess(
  config: Pick<Config, 'courseAccess' | 'courseAccessRoles' | 'courseAccessKeep' | 'lmsUrl'>,
  store: Store,
): CourseAccess {
  const { courseAccess, courseAccessRoles: extraRoles, courseAccessKeep, lmsUrl } = config;
  const sources = courseAccess.flatMap((source) => {
    if (source === 'synced') return [createSyncedRoles(store, extraRoles)];
    return lmsUrl === null ? [] : [createLmsRoles(lmsUrl, extraRoles)];
  });
  return new GrantedAccess(sources, courseAccessKeep);
}
