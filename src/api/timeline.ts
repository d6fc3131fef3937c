import { Hono } from 'hono';
import { getTimeline } from '../engagement/timeline.ts';
import { AppError } from '../errors.ts';
import { requireCourse } from './access.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { chooseRange } from './date-range.ts';
import { requireFormat } from './negotiate.ts';
import { courseParams } from './params.ts';
import { parseQuery } from './query.ts';
import { isUsername } from './username.ts';

/** `engagement_timelines/<username>/`: what one learner did in one course, day by day. */
export function createTimelineRoute(deps: ApiDeps) {
  return new Hono<ApiEnv>().get('/:username', async (c) => {
    const params = parseQuery(courseParams, c.req.url);
    requireFormat(c.req.raw.headers.get('accept'));
    const course = await requireCourse(c, deps, params.course_id);
    const range = chooseRange(params, course.window) ?? undefined;
    const username = c.req.param('username');
    const days = isUsername(username) ? await getTimeline(deps.store, course.courseId, username, range) : null;
    if (days === null) {
      const message = `The course "${course.courseId}" has no learner ${JSON.stringify(username)}.`;
      throw new AppError('no_learner_engagement_timeline', message);
    }
    return c.json({ days });
  });
}
