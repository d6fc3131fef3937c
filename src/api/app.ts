import { type Context, Hono } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import { createMiddleware } from 'hono/factory';
import { requestId } from 'hono/request-id';
import { getPathNoStrict } from 'hono/utils/url';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ApiEnv, AppDeps } from './api-env.ts';
import { createApi } from './api.ts';
import { compress } from './compress.ts';
import { allowOrigins } from './cross-origin.ts';
import { answerError, isReading, noMethod } from './errors-to-http.ts';
import { tellLength } from './head-length.ts';
import { logRequests } from './log-requests.ts';
import { createLoginRoutes } from './login.ts';
import { limitRate } from './rate-limit.ts';
import { createPage, createWeb } from './web.ts';

/** Longest address that is read, in characters. */
const MAX_URL_LENGTH = 8192;

/** What an answer without a body keeps besides; without leave, a page of another origin would not get to see it. */
const OWN_304_HEADERS = [
  'x-request-id',
  'x-snapshot',
  'set-cookie',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
];

/** The whole HTTP service, without a port. Every path is the same with and without its trailing slash. */
export function createApp(deps: AppDeps) {
  const limit = limitRate(deps.config);
  const answerPage = createPage(deps.config);
  return new Hono<ApiEnv>({ getPath: findPath })
    .use(requestId())
    .use(provideLog(deps.log))
    .use(logRequests)
    .use(setHeaders)
    .use('/api/*', allowOrigins(deps.config.corsOrigins))
    .use(tellLength)
    .use(compress)
    .use(refuseLongUrls)
    .use(etag({ retainedHeaders: [...RETAINED_304_HEADERS, ...OWN_304_HEADERS] }))
    .route('/api/v0', createApi(deps, limit))
    .route('/api/learner_analytics/v0', createApi({ ...deps, authenticate: deps.insights.authenticate }, limit))
    .route('/auth', createLoginRoutes(deps))
    .route('/', createWeb(deps.config))
    .notFound(async (c) => (isOfPerson(c) ? answerPage(c, 'index.html', 404) : answerError(refuseUnmatched(c), c)))
    .onError(answerError);
}

/** Two resources under the addresses that they had, and what these are called now. */
const OLDER = /^(\/api\/(?:learner_analytics\/)?v0)\/learners\/(engagement_timelines|courses)(?=\/[^])/;
const NAMES: Readonly<Record<string, string>> = {
  engagement_timelines: 'engagement_timelines',
  courses: 'course_learner_metadata',
};

/** The path by which a request is answered. Were the older addresses routes of their own, the framework's fast router could not tell them from learners. */
function findPath(request: Request): string {
  const path = getPathNoStrict(request);
  return path.replace(OLDER, (_, mount: string, older: string) => `${mount}/${NAMES[older]}`);
}

/** What is not there cannot be read; and all that is there can be read only, unless a route of its own says otherwise. */
function refuseUnmatched({ req }: Context<ApiEnv>): AppError {
  return isReading(req.method) ? new AppError('not_found', `There is nothing at ${req.path}.`) : noMethod(req.method);
}

/** Whether somebody may have mistyped an address of the app, which tells them so; programs are answered what they can read. */
function isOfPerson(c: Context<ApiEnv>): boolean {
  const isPage = c.req.header('Accept')?.includes('text/html') === true;
  return isPage && isReading(c.req.method) && !/^\/(api|auth|assets)(\/|$)/.test(c.req.path);
}

function provideLog(log: Log) {
  return createMiddleware<ApiEnv>(async function setLog(c, next) {
    c.set('log', log);
    await next();
  });
}

/** Answers are about people: nobody on the way may keep them, and a browser asks again whether they still hold. */
const setHeaders = createMiddleware<ApiEnv>(async function setHeaders(c, next) {
  c.header('Cache-Control', 'private, no-cache');
  c.header('Vary', 'Accept, Accept-Encoding, Authorization, Cookie, Origin');
  c.header('X-Content-Type-Options', 'nosniff');
  await next();
});

const refuseLongUrls = createMiddleware<ApiEnv>(async function refuseLongUrls(c, next) {
  const { length } = c.req.url;
  if (length > MAX_URL_LENGTH) {
    throw new AppError('uri_too_long', `The address has ${length} characters; at most ${MAX_URL_LENGTH} are read.`);
  }
  await next();
});
