import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { requireSession } from '../auth/authenticate-session.ts';
import type { Asker } from '../auth/caller.ts';
import { DEMO_USER, isLoopback } from '../auth/demo-login.ts';
import { isSameOrigin } from '../auth/same-origin.ts';
import { AppError } from '../errors.ts';
import type { ApiEnv, AppDeps } from './api-env.ts';
import { answerError } from './errors-to-http.ts';
import { chooseNext } from './next-path.ts';
import { readBasePath, readPublicUrl } from './public-url.ts';

/** `/auth/…`: how the browser gets and ends the session that the Insights mount asks for. */
export function createLoginRoutes({ config, insights }: AppDeps) {
  const { sessions, login, access } = insights;
  const home = `${readBasePath(config)}/`;

  const askerOf = (c: Context<ApiEnv>): Asker => ({
    headers: c.req.raw.headers,
    publicUrl: readPublicUrl(c.req.raw, config),
  });
  const callbackOf = ({ origin }: URL): string => `${origin}${home}auth/callback`;

  return new Hono<ApiEnv>()
    .onError((error, c) => answerFailure(error, c, home))
    .use(async function keepNothing(c, next) {
      c.header('Cache-Control', 'no-store');
      c.header('Referrer-Policy', 'no-referrer');
      c.set('allow', c.req.path.startsWith('/auth/logout') ? 'POST' : 'GET, HEAD');
      await next();
    })
    .get('/login', async (c) => {
      const asker = askerOf(c);
      const { publicUrl } = asker;
      const next = chooseNext(c.req.query('next'), home);
      if (login === null) throw new AppError('not_found', 'Logging in is not configured; see docs/authentication.md.');
      // another name for this machine would be somebody's page that had its name resolve to here
      if (login === 'demo' && !isLoopback(publicUrl.hostname)) {
        throw new AppError(
          'not_found',
          'The demonstration lets in browsers of this machine only, at http://127.0.0.1.',
        );
      }
      const { location, cookie } =
        login === 'demo'
          ? { location: next, cookie: await sessions.start(publicUrl, DEMO_USER) }
          : await login.begin(asker, callbackOf(publicUrl), next);
      // HEAD tells where it would lead, and begins nothing
      if (c.req.method !== 'HEAD') c.header('Set-Cookie', cookie);
      return c.redirect(location, 303);
    })
    .get('/callback', async (c) => {
      const asker = askerOf(c);
      const { publicUrl } = asker;
      if (login === null || login === 'demo') throw new AppError('not_found', 'Nobody logs in at an LMS here.');
      try {
        const { voucher, next } = await login.finish(asker, callbackOf(publicUrl));
        c.header('Set-Cookie', await sessions.start(publicUrl, sessions.describe(voucher)));
        c.header('Set-Cookie', login.forget(asker), { append: true });
        return c.redirect(next, 303);
      } catch (error) {
        // who is logged in by now, in another tab, need not be told of a login that was given up
        const known = await sessions.read(asker).catch(() => null);
        if (known === null || !(error instanceof AppError && error.code === 'invalid_credentials')) throw error;
        if (known.cookie !== null) c.header('Set-Cookie', known.cookie);
        return c.redirect(home, 303);
      }
    })
    .get('/session', async (c) => {
      const { session, cookie } = await requireSession(sessions, askerOf(c));
      const { username, name, isDemo } = session;
      const answer = {
        username,
        ...(name !== null && { name }),
        is_demo: isDemo,
        lms_url: config.lmsUrl,
        // the LMS being away is no reason to send somebody out
        is_global_staff: await access.maySeeAll(session).catch(() => session.isGlobalStaff),
      };
      // unless somebody logged out meanwhile
      if (cookie !== null && !sessions.hasEnded(session)) c.header('Set-Cookie', cookie);
      return c.json(answer);
    })
    .post('/logout', async (c) => {
      const asker = askerOf(c);
      // other sites can have a browser send us a form, though not the session with it
      if (!isSameOrigin(asker)) {
        throw new AppError('invalid_credentials', 'The request was sent by a page of another site.');
      }
      const refreshToken = await sessions.end(asker, (error) =>
        c
          .get('log')
          .warn(
            { err: error },
            'other processes may not learn that a session ended, nor this one when it starts again',
          ),
      );
      if (login !== null && login !== 'demo' && refreshToken !== null) {
        const warn = (error: unknown) =>
          c.get('log').warn({ err: error }, 'the LMS did not take back a login that was logged out of');
        login.revoke(refreshToken).catch(warn);
      }
      c.header('Set-Cookie', sessions.clear(asker.publicUrl));
      // answers about learners are kept by browsers, to ask whether they still hold; whoever is next at this one should not find them
      c.header('Clear-Site-Data', '"cache"');
      return c.body(null, 204);
    })
    .on(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], ['/login', '/callback', '/session'], refuseMethod)
    .all('/logout', refuseMethod);
}

function refuseMethod(c: Context<ApiEnv>): never {
  throw new AppError('method_not_allowed', `${c.req.method} is not possible here; ${c.get('allow')} is.`);
}

/** A login that failed is seen by somebody in a browser; everything else is answered as by the API. */
async function answerFailure(error: unknown, c: Context<ApiEnv>, home: string): Promise<Response> {
  const response = answerError(error, c);
  // what the LMS refuses is for whoever runs the site to mend
  if (error instanceof AppError && error.cause !== undefined) c.get('log').warn({ err: error }, 'login failed');
  const isPage = /^\/auth\/(?:login|callback)\/?$/.test(c.req.path);
  if (!isPage || c.req.header('accept')?.includes('text/html') !== true) return response;
  const { user_message: message } = (await response.json()) as { user_message: string };
  c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <meta charset="utf-8" />
        <title>Signing in did not work</title>
        <h1>Signing in did not work</h1>
        <p>${message}</p>
        <p><a href="${home}auth/login">Try again</a></p>
      </html>`,
    response.status as 401,
  );
}
