import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { getCourse, type Course } from '../engagement/course.ts';
import { AppError } from '../errors.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { readPublicUrl } from './public-url.ts';

/** Everything behind this is answered to somebody known only, whom handlers find as `caller`. */
export function identifyCaller({ authenticate, config }: ApiDeps) {
  return createMiddleware<ApiEnv>(async function setCaller(c, next) {
    const publicUrl = readPublicUrl(c.req.raw, config);
    const caller = await authenticate({ headers: c.req.raw.headers, publicUrl });
    if (caller.cookie !== undefined) c.header('Set-Cookie', caller.cookie);
    c.set('caller', caller);
    await next();
  });
}

/**
 * The course, for a caller who may see it; in a snapshot that is asked for, unless that is gone. Whether the course
 * exists is told to nobody else.
 * @throws AppError `course_access_denied`, `no_course`
 */
export async function requireCourse(
  c: Context<ApiEnv>,
  { store }: ApiDeps,
  courseId: string,
  snapshot?: number,
): Promise<Course> {
  if (!(await c.get('caller').maySee(courseId))) {
    throw new AppError('course_access_denied', `The credential does not give access to the course "${courseId}".`);
  }
  const course = await getCourse(store, courseId, snapshot);
  if (course === null) throw new AppError('no_course', `There is no data about the course "${courseId}".`);
  return course;
}
