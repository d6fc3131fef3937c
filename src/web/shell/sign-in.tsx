import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { loginQuery } from '../queries.ts';
import { useText } from '../text.ts';
import { Failure, Notice, Skeleton } from './states.tsx';
import { hasLoggedOut, loginUrl } from './session-end.ts';
import { readTab, writeTab } from './tab-storage.ts';

const TRIED = 'signed-in-at';
const SOON_MS = 15_000;

/** Sends whoever has no session to the login, but not in circles. */
export function SignIn() {
  const { say } = useText();
  const login = useQuery(loginQuery);
  const [isWanted, want] = useState(() => Date.now() - Number(readTab(TRIED) ?? 0) >= SOON_MS && !hasLoggedOut());
  const isLeaving = login.data === true && isWanted;
  useEffect(() => {
    if (!isLeaving) return;
    // where it cannot be noted, it would be tried for ever
    if (writeTab(TRIED, String(Date.now()))) location.replace(loginUrl());
    else want(false);
  }, [isLeaving]);
  if (login.isPending || isLeaving) return <Skeleton lines={2} />;
  if (login.isError) return <Failure alone error={login.error} retry={() => void login.refetch()} />;
  if (!login.data) {
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
