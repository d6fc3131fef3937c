import type { RetiredAs } from '../retired-as.ts';
import type { Store } from '../store/store.ts';
import { findCourseChanges, takeOverCourses } from './import-courses.ts';
import { findEnrollmentChanges } from './import-enrollments.ts';
import { type RoleSource, gatherRoles, replaceRoles } from './import-roles.ts';
import { findUserChanges, readInstant } from './import-users.ts';
import { type LmsResult, addShards, countRejects } from './lms-result.ts';
import { Scratch } from './scratch.ts';
import { stageTables } from './stage-tables.ts';
import type { TableFiles } from './table-file.ts';
import { takeOver } from './take-over.ts';

type Counts = Omit<LmsResult, 'warnings' | 'seconds'>;

/** Takes in the LMS's tables from files. Nothing is taken before all of it is read, compared and found to be usable. */
export async function importTables(
  store: Store,
  source: RoleSource,
  tables: TableFiles,
  as: RetiredAs,
): Promise<Counts> {
  return store.exclusively(async () => {
    const seenAt = await readInstant(store);
    return addShards(await store.everywhere(async (node) => importInto(node, { source, tables, as, seenAt })));
  });
}

interface Given {
  readonly source: RoleSource;
  readonly tables: TableFiles;
  readonly as: RetiredAs;
  readonly seenAt: string;
}

async function importInto(store: Store, { source, tables, as, seenAt }: Given): Promise<Counts> {
  const scratch = await Scratch.open(store);
  try {
    const staged = await stageTables(store, scratch, tables, as);
    const rejected = await countRejects(store, [staged.users, staged.enrollments, staged.roles, staged.courses]);
    const users = await findUserChanges(store, scratch, staged.users, seenAt);
    const enrollments = await findEnrollmentChanges(store, scratch, staged.enrollments);
    const courses = await findCourseChanges(store, scratch, staged.courses);
    const roles = await gatherRoles(store, scratch, source, [staged.roles], staged.keptRoles);
    const changed =
      (await takeOverCourses(store, courses)) +
      (await takeOver(store, users, enrollments)) +
      (await replaceRoles(store, roles));
    const counts = {
      users: users.users,
      enrollments: enrollments.enrollments,
      roles: roles.roles,
      roles_replaced: !staged.keepsRoles,
      courses: courses.courses,
    };
    return { files: new Set(tables.files.map(({ path }) => path)).size, ...counts, changed, rejected };
  } finally {
    await scratch.drop();
  }
}
