import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { routePath } from 'hono/route';
import { getCourse, type Course } from '../engagement/course.ts';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { describeFilter } from './describe-filter.ts';
import { readPublicUrl } from './public-url.ts';
import { describeMissing } from './username.ts';

/** Everything behind this is answered to somebody known only, whom handlers find as `caller`. */
export function identifyCaller({ authenticate, audit, config }: ApiDeps) {
  return createMiddleware<ApiEnv>(async function setCaller(c, next) {
    const caller = await authenticate({
      headers: c.req.raw.headers,
      // services do without
      get publicUrl() {
        return readPublicUrl(c.req.raw, config);
      },
    });
    c.set('caller', caller);
    await next();
    // only now: somebody may have logged out meanwhile
    const cookie = caller.cookie?.() ?? null;
    if (cookie !== null) c.header('Set-Cookie', cookie);
    const courseId = c.get('courseId');
    if (courseId === undefined || (c.res.status >= 400 && c.get('refusalTells') !== true)) return;
    const { kind, name } = caller;
    // without the pattern that a parameter of the route may have
    const resource = routePath(c, -1)
      .replace(/^\/api\/(?:learner_analytics\/)?v0\//, '')
      .replaceAll(/\{.*\}/g, '');
    audit?.note({ kind, name, course_id: courseId, resource, filter: describeFilter(c.req.url, resource) });
  });
}

/** The refusal of a learner whom the course does not have: like an answer it tells of the course, and is noted in the audit. */
export function noLearner(c: Context<ApiEnv>, courseId: string, username: string): AppError {
  c.set('refusalTells', true);
  return new AppError('no_learner_for_course', describeMissing(courseId, username));
}

/** The course that is asked about, in a snapshot that is asked for. */
interface Asked {
  readonly course_id: string;
  readonly snapshot?: number | undefined;
}

/**
 * Asks about a course, for a caller who may see it; in a snapshot that is asked for, unless that is gone. Whether the course
 * exists is told to nobody else. All of `ask` is of one ClickHouse, as each has snapshots of its own, and of another one where that
 * fails: what is asked of anybody else does not belong in it.
 * @throws AppError `course_access_denied`, `no_course`, and what `ask` throws
 */
export async function aboutCourse<Answer>(
  c: Context<ApiEnv>,
  { store }: ApiDeps,
  { course_id: courseId, snapshot }: Asked,
  ask: (course: Course, own: Store) => Promise<Answer>,
): Promise<Answer> {
  if (!(await c.get('caller').maySee(courseId))) {
    throw new AppError('course_access_denied', `The credential does not give access to the course "${courseId}".`);
  }
  c.set('courseId', courseId);
  return store.about(courseId, async (own) => {
    const course = await getCourse(own, courseId, snapshot);
    if (course === null) throw new AppError('no_course', `There is no data about the course "${courseId}".`);
    return ask(course, own);
  });
}
