import { Hono } from 'hono';
import { RATIO_METRIC } from '../engagement/metrics.ts';
import { getTimeline, TIMELINE_METRICS } from '../engagement/timeline.ts';
import { AppError } from '../errors.ts';
import { aboutCourse } from './access.ts';
import { answerJson } from './answer-json.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { chooseRange } from './date-range.ts';
import { formatRow, formatRows } from './csv.ts';
import { chooseColumns } from './fields.ts';
import { requireFormat } from './negotiate.ts';
import { timelineParams } from './params.ts';
import { parseQuery } from './query.ts';
import { setCsvHeaders } from './roster-csv.ts';
import { describeMissing, isUsername } from './username.ts';

const TIMELINE_COLUMNS = ['date', RATIO_METRIC, ...TIMELINE_METRICS].toSorted();

/** `engagement_timelines/<username>/`: what one learner did in one course, day by day. */
export function createTimelineRoute(deps: ApiDeps) {
  return new Hono<ApiEnv>().get('/:username', async (c) => {
    const params = parseQuery(timelineParams, c.req.url);
    const format = requireFormat(c.req.raw.headers.get('accept'));
    const username = c.req.param('username');
    return aboutCourse(c, deps, params, async (course, own) => {
      const range = chooseRange(params, course.window);
      const query = { ...(range !== null && { range }), snapshot: course.snapshot };
      const readDays = async () => {
        const days = isUsername(username) ? await getTimeline(own, course.courseId, username, query) : null;
        if (days !== null) return days;
        c.set('refusalTells', true);
        throw new AppError('no_learner_engagement_timeline', describeMissing(course.courseId, username));
      };
      if (format === 'application/json')
        return answerJson(c, own, course, async () => JSON.stringify({ days: await readDays() }));
      const columns = chooseColumns(params.fields, TIMELINE_COLUMNS);
      setCsvHeaders(c, course.courseId, 'engagement-timeline');
      return c.body(formatRow(columns) + formatRows(columns, await readDays()));
    });
  });
}
