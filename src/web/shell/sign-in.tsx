import { useEffect, useState } from 'react';
import { appUrl } from '../api.ts';
import { useText } from '../text.ts';
import { Notice, Skeleton } from './states.tsx';
import { hasLoggedOut, loginUrl } from './session-end.ts';
import { readTab, writeTab } from './tab-storage.ts';

const TRIED = 'signed-in-at';
const SOON_MS = 15_000;

/** Sends whoever has no session to the login, but not in circles. */
export function SignIn() {
  const { say } = useText();
  const [possible, setPossible] = useState<boolean | null>(null);
  useEffect(() => {
    const tried = Number(readTab(TRIED) ?? 0);
    const isWanted = Date.now() - tried >= SOON_MS && !hasLoggedOut();
    void (async () => {
      // a login that there is redirects somewhere
      const asked = fetch(appUrl('auth/login'), { method: 'HEAD', redirect: 'manual' });
      const { type } = await asked.catch(() => Response.error());
      const works = type === 'opaqueredirect';
      // where it cannot be noted, it would be tried for ever
      if (works && isWanted && writeTab(TRIED, String(Date.now()))) {
        location.replace(loginUrl());
      } else {
        setPossible(works);
      }
    })();
  }, []);
  if (possible === null) return <Skeleton lines={2} />;
  if (!possible) {
    return (
      <Notice alone title={say('state.loginUnavailable.title')}>
        <p>{say('state.loginUnavailable.text')}</p>
      </Notice>
    );
  }
  return (
    <Notice alone title={say('state.signedOut.title')}>
      <p>{say('state.signedOut.text')}</p>
      <p className="actions">
        <a className="button primary" href={loginUrl()}>
          {say('app.signIn')}
        </a>
      </p>
    </Notice>
  );
}
