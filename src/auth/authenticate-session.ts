import { AppError } from '../errors.ts';
import type { Asker, Authenticate } from './caller.ts';
import type { CourseAccess } from './course-access.ts';
import type { Session, Sessions } from './sessions.ts';

/** Lets in people who logged in with their browser. */
export function createSessionAuthentication(sessions: Sessions, access: CourseAccess): Authenticate {
  return async function authenticateSession(asker) {
    const { session, cookie } = await requireSession(sessions, asker);
    return {
      kind: 'person',
      name: session.username,
      ...(cookie !== null && { cookie: () => (sessions.hasEnded(session) ? null : cookie) }),
      ...(session.lmsToken !== null && { lmsToken: session.lmsToken }),
      maySee: async (courseId) => access.maySee(session, courseId),
    };
  };
}

/** @throws AppError `authentication_required` without a session that is in force */
export async function requireSession(
  sessions: Sessions,
  asker: Asker,
): Promise<{ session: Session; cookie: string | null }> {
  const found = await sessions.read(asker);
  if (found === null) {
    throw new AppError('authentication_required', 'There is no session, or it is over; log in at /auth/login.');
  }
  return found;
}
