import { Hono, type MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { refuseNewer } from '../store/known-version.ts';
import type { Store } from '../store/store.ts';
import { identifyCaller } from './access.ts';
import type { ApiDeps, ApiEnv } from './api-env.ts';
import { createAccountRoute } from './account.ts';
import { createCoursesRoute } from './courses.ts';
import { isReading, noMethod } from './errors-to-http.ts';
import { createHealthRoutes } from './health.ts';
import { createLearnerListRoute, createLearnersCsvRoute } from './learner-list.ts';
import { createLearnerRoute } from './learner.ts';
import { createMetadataRoute } from './metadata.ts';
import { describeApi } from './openapi.ts';
import { type PackedAnswer, packAnswer, sendPacked } from './packed-answer.ts';
import { readBasePath } from './public-url.ts';
import { createTimelineRoute } from './timeline.ts';

/**
 * The resources of the contract, for one mount; mounts differ in `authenticate` alone.
 * @param limit refuses callers who ask too often, by whichever mount
 */
export function createApi(deps: ApiDeps, limit: MiddlewareHandler<ApiEnv>) {
  const description = Buffer.from(JSON.stringify(describeApi(readBasePath(deps.config))));
  // for anybody, so that it must cost nothing to be asked for it
  let packed: Promise<PackedAnswer> | undefined;
  return new Hono<ApiEnv>()
    .use(refuseWriting)
    .route('/', createHealthRoutes(deps))
    .get('/openapi.json', async (c) => sendPacked(c, await (packed ??= packAnswer(description, 'application/json'))))
    .use(requireKnown(deps.store))
    .use(identifyCaller(deps))
    .use(limit)
    .get('/authenticated', (c) => c.json({ authenticated: true }))
    .route('/courses', createCoursesRoute(deps))
    .route('/learners', createLearnerListRoute(deps))
    .route('/learners.csv', createLearnersCsvRoute(deps))
    .route('/learners', createLearnerRoute(deps))
    .route('/accounts', createAccountRoute(deps))
    .route('/engagement_timelines', createTimelineRoute(deps))
    .route('/course_learner_metadata', createMetadataRoute(deps));
}

/** Nothing is asked for it: what refreshes or takes in data here has found out. */
function requireKnown(store: Store) {
  return createMiddleware<ApiEnv>(async function requireKnownVersion(_, next) {
    refuseNewer(store);
    await next();
  });
}

const refuseWriting = createMiddleware<ApiEnv>(async function refuseWriting(c, next) {
  if (!isReading(c.req.method)) throw noMethod(c.req.method);
  await next();
});
