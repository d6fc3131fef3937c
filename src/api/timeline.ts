import { Hono } from 'hono';
import { addDays } from '../engagement/days.ts';
import type { DateRange } from '../engagement/learner.ts';
import { getTimeline, type TimelineDay } from '../engagement/timeline.ts';
import { AppError } from '../errors.ts';
import { requireCourse } from './access.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { chooseRange, daysBetween } from './date-range.ts';
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
    const range = chooseRange(params, course.window);
    const username = c.req.param('username');
    const days = isUsername(username) ? await getTimeline(deps.store, course.courseId, username) : null;
    if (days === null) {
      const message = `The course "${course.courseId}" has no learner ${JSON.stringify(username)}.`;
      throw new AppError('no_learner_engagement_timeline', message);
    }
    return c.json({ days: range === null ? days : cutDays(days, range) });
  });
}

/** Exactly the days of the range, with zeros where the timeline is silent. */
function cutDays(days: readonly TimelineDay[], range: DateRange): readonly TimelineDay[] {
  const known = new Map(days.map((day) => [day.date, day]));
  return Array.from({ length: daysBetween(range.start, range.end) }, (_, index) => {
    const date = addDays(range.start, index);
    return known.get(date) ?? idleDay(date);
  });
}

function idleDay(date: string): TimelineDay {
  return {
    date,
    discussion_contributions: 0,
    problems_attempted: 0,
    problems_completed: 0,
    problem_attempts: 0,
    problem_attempts_per_completed: null,
    videos_viewed: 0,
  };
}
