/** Somebody who is known, and what is known about them. */
export interface Person {
  readonly username: string;
  readonly isGlobalStaff: boolean;
}

/** Which courses a person may see. */
export interface CourseAccess {
  maySee(person: Person, courseId: string): Promise<boolean>;
}

/** Everybody sees the same courses: those of the demonstration. */
export function createFixedAccess(courseIds: readonly string[]): CourseAccess {
  const visible = new Set(courseIds);
  return { maySee: async (_person, courseId) => visible.has(courseId) };
}
