import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { acceptsCoding } from './accepts-coding.ts';
import type { ApiEnv } from './api-env.ts';

/** Below this many bytes nothing is won. */
const TINY = 1024;

const COMPRESSIBLE = /^(?:application\/(?:json|openapi\+json)|text\/|image\/svg)/;

const compressBytes = promisify(gzip);

/** Compresses answers for those who take gzip: files as they are streamed, others as a whole unless they are tiny. */
export const compress = createMiddleware<ApiEnv>(async function compress(c, next) {
  await next();
  if (c.res.status === 304) return nameHeld(c);
  // first, as to look at an answer's body makes it a stream
  if (!acceptsCoding(c.req.header('Accept-Encoding'), 'gzip')) return;
  const { res } = c;
  const type = res.headers.get('Content-Type') ?? '';
  if (!COMPRESSIBLE.test(type) || res.headers.has('Content-Encoding')) return;
  // also where only the head of a file is wanted
  if (type.startsWith('text/csv') && res.ok) {
    replaceBody(c, res.body?.pipeThrough(new CompressionStream('gzip')) ?? null);
    return;
  }
  if (res.body === null) return;
  const bytes = new Uint8Array(await res.arrayBuffer());
  if (bytes.length < TINY) c.res = new Response(bytes, res);
  else replaceBody(c, await squeeze(bytes));
});

/** The fastest level: it makes lists a tenth of their size already. */
async function squeeze(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await compressBytes(bytes, { level: constants.Z_BEST_SPEED }));
}

/** What is held has the tag that it came with: a weak one if it came compressed. */
function nameHeld(c: Context<ApiEnv>): void {
  const weak = `W/${c.res.headers.get('ETag')}`;
  if (c.req.header('If-None-Match')?.includes(weak) === true) c.res.headers.set('ETag', weak);
}

/** The same answer in other bytes, so that its tag holds for the meaning only. */
function replaceBody(c: Context<ApiEnv>, body: ReadableStream | Uint8Array<ArrayBuffer> | null): void {
  c.res = new Response(body, c.res);
  // headers are taken over from the answer that is replaced, so they are changed afterwards
  const { headers } = c.res;
  headers.set('Content-Encoding', 'gzip');
  headers.delete('Content-Length');
  const tag = headers.get('ETag');
  if (tag?.startsWith('"') === true) headers.set('ETag', `W/${tag}`);
}
