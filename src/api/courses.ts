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
        .map((course) => ({
          course_id: course.courseId,
          name: course.name,
          learner_count: course.learnerCount,
          active_learners: course.activeLearners,
          segments: course.segments,
          last_updated: course.lastUpdated,
          data_until: course.dataUntil,
        })),
    );
  });
}
