import { Hono } from 'hono';
import { NOTHING_TOLD, readLmsAccount } from '../auth/lms-account.ts';
import { hasLearner } from '../engagement/roster.ts';
import { aboutCourse, noLearner } from './access.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { courseOnlyParams } from './params.ts';
import { parseQuery } from './query.ts';
import { isUsername } from './username.ts';

/** `accounts/<username>/`: what the LMS tells the caller about a learner of a course; nothing to callers without its token. */
export function createAccountRoute(deps: ApiDeps) {
  return new Hono<ApiEnv>().get('/:username', async (c) => {
    const params = parseQuery(courseOnlyParams, c.req.url);
    const username = c.req.param('username');
    await aboutCourse(c, deps, params, async ({ courseId }, own) => {
      if (!isUsername(username) || !(await hasLearner(own, courseId, username))) throw noLearner(c, courseId, username);
    });
    const { lmsUrl } = deps.config;
    const { lmsToken } = c.get('caller');
    if (lmsUrl === null || lmsToken === undefined) return c.json(NOTHING_TOLD);
    // that it is asked at all tells that the course has such a learner
    c.set('refusalTells', true);
    return c.json(await readLmsAccount(lmsUrl, lmsToken, username));
  });
}
