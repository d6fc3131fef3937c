import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from './api-env.ts';

/** Lets pages of the configured origins ask; for all others nothing changes, and their browsers keep the answer from them. */
export function allowOrigins(origins: readonly string[]) {
  const answer = cors({
    origin: [...origins],
    credentials: true,
    allowMethods: ['GET', 'HEAD'],
    // the last is sent by micro-frontends with each request
    allowHeaders: ['Accept', 'Authorization', 'If-None-Match', 'X-Request-Id', 'USE-JWT-COOKIE'],
    exposeHeaders: ['Content-Disposition', 'ETag', 'Link', 'Retry-After', 'X-Request-Id', 'X-Snapshot'],
    maxAge: 600,
  });
  return createMiddleware<ApiEnv>(async function answerOrigin(c, next) {
    const known = origins.includes(c.req.header('Origin') ?? '');
    // a plain OPTIONS is a method that is not possible, as everywhere
    const preflight = c.req.method === 'OPTIONS' && c.req.header('Access-Control-Request-Method') !== undefined;
    if (!known || (c.req.method === 'OPTIONS' && !preflight)) return next();
    return answer(c, next);
  });
}
