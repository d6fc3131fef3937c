import { type Context, Hono } from 'hono';
import { requireSession } from '../auth/authenticate-session.ts';
import type { Asker } from '../auth/caller.ts';
import { DEMO_USER, isLoopback } from '../auth/demo-login.ts';
import { isSameOrigin } from '../auth/same-origin.ts';
import { AppError } from '../errors.ts';
import type { ApiEnv, AppDeps } from './api-env.ts';
import { readPublicUrl } from './public-url.ts';

/** `/auth/…`: how the browser gets and ends the session that the Insights mount asks for. */
export function createLoginRoutes({ config, insights }: AppDeps) {
  const { sessions, login } = insights;

  const askerOf = (c: Context<ApiEnv>): Asker => ({
    headers: c.req.raw.headers,
    publicUrl: readPublicUrl(c.req.raw, config),
  });
  const home = `${config.publicUrl === null ? '' : new URL(config.publicUrl).pathname.replace(/\/$/, '')}/`;

  return new Hono<ApiEnv>()
    .use(async function keepNothing(c, next) {
      c.header('Cache-Control', 'no-store');
      c.set('allow', c.req.path.startsWith('/auth/logout') ? 'POST' : 'GET, HEAD');
      await next();
    })
    .get('/login', async (c) => {
      const { publicUrl } = askerOf(c);
      if (login === null) throw new AppError('not_found', 'Logging in is not configured; see docs/authentication.md.');
      // another name for this machine would be somebody's page that had its name resolve to here
      if (!isLoopback(publicUrl.hostname)) {
        throw new AppError(
          'not_found',
          'The demonstration lets in browsers of this machine only, at http://127.0.0.1.',
        );
      }
      c.header('Set-Cookie', await sessions.start(publicUrl, DEMO_USER));
      return c.redirect(chooseNext(c.req.query('next'), home), 303);
    })
    .get('/session', async (c) => {
      const { session, cookie } = await requireSession(sessions, askerOf(c));
      if (cookie !== null) c.header('Set-Cookie', cookie);
      const { username, name, isDemo } = session;
      return c.json({
        username,
        ...(name !== null && { name }),
        is_demo: isDemo,
        is_global_staff: await insights.access.maySeeAll(session),
      });
    })
    .post('/logout', (c) => {
      const asker = askerOf(c);
      // other sites can have a browser send us a form, though not the session with it
      if (!isSameOrigin(asker)) {
        throw new AppError('invalid_credentials', 'The request was sent by a page of another site.');
      }
      c.header('Set-Cookie', sessions.clear(asker.publicUrl));
      return c.body(null, 204);
    })
    .all('/:page{login|session|logout}', (c) => {
      throw new AppError('method_not_allowed', `${c.req.method} is not possible here; ${c.get('allow')} is.`);
    });
}

/** `//host` and `/\host` name another host, and browsers drop what is not printable before they look. */
const LOCAL_PATH = /^\/(?![/\\])[!-~]*$/;

/** Where to go after the login: a path of this host, never another site, and not back to the login. */
function chooseNext(next: string | undefined, home: string): string {
  if (next === undefined || !LOCAL_PATH.test(next)) return home;
  const url = URL.parse(next, 'http://here');
  if (url?.origin !== 'http://here' || url.pathname.startsWith(`${home}auth/`)) return home;
  // resolving `/.//host` gives `//host`
  const path = `${url.pathname}${url.search}${url.hash}`;
  return LOCAL_PATH.test(path) ? path : home;
}
