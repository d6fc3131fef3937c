import { createSessionAuthentication } from '../auth/authenticate-session.ts';
import { createFixedAccess } from '../auth/course-access.ts';
import { createCourseAccess } from '../auth/create-course-access.ts';
import { isLoopback } from '../auth/demo-login.ts';
import { EndedSessions } from '../auth/ended-sessions.ts';
import { LmsLogin } from '../auth/lms-login.ts';
import { loadSealKey, Seal } from '../auth/seal.ts';
import { Sessions } from '../auth/sessions.ts';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { AppDeps } from './api-env.ts';

/**
 * How people log in with a browser, and what they may see then.
 * @param demoCourses everybody may see these without any login; null: not a demonstration
 * @throws AppError `usage` for a demonstration on an address that other machines reach
 */
export function createInsights(
  config: Config,
  store: Store,
  demoCourses: readonly string[] | null,
): AppDeps['insights'] {
  if (demoCourses !== null && !isLoopback(config.host)) {
    throw new AppError(
      'usage',
      `The demonstration lets everybody in, so it is served on a loopback address only, not on ${config.host}. Leave HOST unset.`,
    );
  }
  const seal = new Seal(loadSealKey(config));
  const lmsLogin = demoCourses === null ? openLmsLogin(config, seal) : null;
  const sessions = new Sessions(
    seal,
    {
      idleSeconds: config.sessionIdle,
      absoluteSeconds: config.sessionMax,
      demo: demoCourses !== null,
    },
    lmsLogin === null ? null : async (refreshToken) => lmsLogin.renew(refreshToken),
    new EndedSessions(store),
  );
  const access = demoCourses === null ? createCourseAccess(config, store) : createFixedAccess(demoCourses);
  return {
    sessions,
    access,
    authenticate: createSessionAuthentication(sessions, access),
    login: demoCourses === null ? lmsLogin : 'demo',
  };
}

function openLmsLogin({ lmsUrl, lmsClient }: Config, seal: Seal): LmsLogin | null {
  return lmsUrl === null || lmsClient === null ? null : new LmsLogin({ lmsUrl, client: lmsClient }, seal);
}
