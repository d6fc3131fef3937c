import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type Context, Hono } from 'hono';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { ApiEnv } from './api-env.ts';
import { type PackedAnswer, packAnswer, sendPacked } from './packed-answer.ts';
import { readBasePath } from './public-url.ts';

/** Where the build leaves the web app. */
export const BUILT = join(import.meta.dirname, '../../dist/web');

export const NOT_BUILT = 'The web app is not built';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Nothing but what this server sends, and no script in a page; pictures of people from the LMS besides. Libraries may add
 * styles that carry the nonce.
 */
function describePolicy(nonce: string, lmsUrl: string | null): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    `img-src 'self' data:${lmsUrl === null ? '' : ` ${new URL(lmsUrl).origin}`}`,
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** What answers with a page of the web app. */
export function createPage({ publicUrl, lmsUrl }: Pick<Config, 'publicUrl' | 'lmsUrl'>, built = BUILT) {
  const base = `${readBasePath({ publicUrl })}/`;
  return async function answerPage(c: Context<ApiEnv>, page = 'index.html', status: 200 | 404 = 200) {
    const html = await readFile(join(built, page), 'utf8').catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
      throw new AppError('not_found', `${NOT_BUILT}; npm run build does it.`, { cause: error });
    });
    const nonce = randomBytes(16).toString('base64');
    c.header('Content-Security-Policy', describePolicy(nonce, lmsUrl));
    c.header('Referrer-Policy', 'same-origin');
    c.header('Cross-Origin-Opener-Policy', 'same-origin');
    c.header('Permissions-Policy', 'camera=(), geolocation=(), microphone=()');
    c.header('Cache-Control', 'no-store');
    return c.html(html.replace('<base href="/" />', `<base href="${base}" />`).replaceAll('NONCE', nonce), status);
  };
}

/** The web app: the page, whatever of its addresses is asked for, the reference of the API, and the files that the build made. */
export function createWeb(config: Pick<Config, 'publicUrl' | 'dataDir' | 'lmsUrl'>, built = BUILT) {
  const answerPage = createPage(config, built);
  const kept = new Map<string, Promise<PackedAnswer>>();

  return new Hono<ApiEnv>()
    .get('/', (c) => answerPage(c))
    .get('/courses/*', (c) => answerPage(c))
    .get('/api-reference', (c) => answerPage(c, 'api-reference.html'))
    .get('/brand.css', async (c) => {
      const css = await readFile(join(config.dataDir, 'brand.css'), 'utf8').catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
        return '';
      });
      return c.body(css, 200, { 'Content-Type': 'text/css; charset=utf-8' });
    })
    .get('/icon.svg', async (c) => sendFile(c, join(built, 'icon.svg'), kept))
    .get('/assets/:name{[\\w.-]+}', async (c) => {
      const response = await sendFile(c, join(built, 'assets', c.req.param('name')), kept);
      // the name changes with the content
      response.headers.set('Cache-Control', 'public, max-age=31536000, immutable');
      return response;
    });
}

/** @throws AppError `not_found` where there is no such file, as where the web app is not built */
async function sendFile(c: Context<ApiEnv>, path: string, kept: Map<string, Promise<PackedAnswer>>) {
  let file = kept.get(path);
  if (file === undefined) {
    file = packFile(path, c.req.path);
    kept.set(path, file);
    file.catch(() => kept.delete(path));
  }
  c.header('Vary', 'Accept-Encoding');
  return sendPacked(c, await file);
}

/** Of what is there and cannot be read now it is not said that it is absent: whoever asks has it again soon. */
function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  // no file has a name that is too long
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
}

async function packFile(path: string, address: string): Promise<PackedAnswer> {
  const body = await readFile(path).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
    throw new AppError('not_found', `There is nothing at ${address}.`, { cause: error });
  });
  return packAnswer(body, TYPES[extname(path)] ?? 'application/octet-stream');
}
