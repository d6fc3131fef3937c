import { Hono } from 'hono';
import { listCourses } from '../engagement/course.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';

/** `courses/`: the courses that the caller may see. */
export function createCoursesRoute({ store }: ApiDeps) {
  return new Hono<ApiEnv>().get('/', async (c) => {
    const courses = await listCourses(store);
    const visible = await Promise.all(courses.map(async ({ courseId }) => c.get('caller').maySee(courseId)));
    return c.json(
      courses
        .filter((_, index) => visible[index])
        .map(({ courseId, learnerCount, lastUpdated }) => ({
          course_id: courseId,
          learner_count: learnerCount,
          last_updated: lastUpdated,
        })),
    );
  });
}
