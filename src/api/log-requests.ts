import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes, routePath } from 'hono/route';
import type { Caller } from '../auth/caller.ts';
import type { ApiEnv } from './api-env.ts';

/**
 * One line per request: which route, not which address, for that holds the names of learners and what was searched.
 * A request that matched nothing is logged under the pattern of this middleware.
 */
export const logRequests = createMiddleware<ApiEnv>(async function logRequests(c, next) {
  const start = performance.now();
  await next();
  c.get('log').info(
    {
      request_id: c.get('requestId'),
      method: c.req.method,
      route: nameRoute(c),
      status: c.res.status,
      ms: Math.round(performance.now() - start),
      caller: describeCaller(c.get('caller')),
    },
    'request',
  );
});

/** Middleware of what asks for a credential comes after what asks for none, and has a pattern that fits both. */
function nameRoute(c: Context<ApiEnv>): string {
  return matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path ?? routePath(c, -1);
}

/** Services are told apart; people are not named. */
function describeCaller(caller: Caller | undefined): string | undefined {
  return caller?.kind === 'service' ? caller.name : caller?.kind;
}
