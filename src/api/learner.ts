import { Hono } from 'hono';
import { tellLearner } from '../engagement/roster.ts';
import { aboutCourse, noLearner } from './access.ts';
import { answerJson } from './answer-json.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { chooseRange } from './date-range.ts';
import { courseParams } from './params.ts';
import { parseQuery } from './query.ts';
import { isUsername } from './username.ts';

/** `learners/<username>/`: one learner in one course. */
export function createLearnerRoute(deps: ApiDeps) {
  return new Hono<ApiEnv>().get('/:username', async (c) => {
    const params = parseQuery(courseParams, c.req.url);
    const username = c.req.param('username');
    return aboutCourse(c, deps, params, async (course, own) => {
      const range = chooseRange(params, course.window);
      return answerJson(c, own, course, async () => {
        const learner = isUsername(username)
          ? await tellLearner(own, course.courseId, username, {
              ...(range !== null && { range }),
              snapshot: course.snapshot,
              lmsUrl: deps.config.lmsUrl,
            })
          : null;
        if (learner === null) throw noLearner(c, course.courseId, username);
        return learner;
      });
    });
  });
}
