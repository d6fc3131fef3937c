import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from './api-env.ts';

/** Tells who asks by `HEAD` how long the answer to `GET` is, as a body that is left out cannot be measured any more. Of a file that is streamed nobody knows. */
export const tellLength = createMiddleware<ApiEnv>(async function tellLength(c, next) {
  await next();
  const { res } = c;
  if (c.req.method !== 'HEAD' || res.body === null) return;
  const { byteLength } = await res.arrayBuffer();
  c.res = new Response(null, res);
  c.res.headers.set('Content-Length', String(byteLength));
});
