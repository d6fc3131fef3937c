import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { DialogTrigger } from 'react-aria-components/Dialog';
import { appUrl } from '../api.ts';
import { Link } from '../link.tsx';
import { chooseLocale, LOCALE_NAMES, LOCALES } from '../messages/locale.ts';
import { sessionQuery } from '../queries.ts';
import { useLocation } from '../router.ts';
import { useText } from '../text.ts';
import { Icon } from './icons.tsx';
import { forgetKept } from './kept.ts';
import { choose, readTheme, THEMES, usePreference } from './preferences.ts';
import { Sheet } from './sheet.tsx';
import { leave, loginUrl, useSessionEnded } from './session-end.ts';
import { SkipLink } from './skip-link.tsx';
import { useOnline } from './use-online.ts';

/** What is around every page. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { say } = useText();
  const { data: session } = useQuery(sessionQuery);
  return (
    <>
      <SkipLink to="#content" label={say('app.skip')} />
      <header className="top">
        <Link className="brand" to="">
          <img src={appUrl('icon.svg')} alt="" width="26" height="26" />
          <span className="brand-name">{say('app.name')}</span>
        </Link>
        {session?.is_demo === true && <span className="demo">{say('app.demo')}</span>}
        <Menu name={session?.name ?? session?.username} />
      </header>
      <Banners />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function Banners() {
  const { say } = useText();
  const ended = useSessionEnded();
  // the link leads to where one is by now
  useLocation();
  const online = useOnline();
  return (
    <div role="status">
      {!online && <p className="banner">{say('state.disconnected')}</p>}
      {ended && (
        <p className="banner">
          {say('state.expired')} <a href={loginUrl()}>{say('state.expiredAction')}</a>
        </p>
      )}
    </div>
  );
}

function Menu({ name }: { readonly name: string | undefined }) {
  const { say, locale } = useText();
  const theme = readTheme(usePreference('theme'));
  const slash = usePreference('slash');
  return (
    <DialogTrigger>
      <Button
        className="button quiet menu"
        aria-label={name === undefined ? say('app.menu') : `${say('app.menu')}: ${name}`}
      >
        <Icon name="person" />
        <span className="menu-name">{name ?? ''}</span>
      </Button>
      <Sheet
        className="overlay narrow"
        placement="bottom end"
        title={name === undefined ? say('app.menu') : say('app.user', { name })}
      >
        {() => (
          <>
            <label className="field">
              {say('app.language')}
              <select value={chooseLocale([locale])} onChange={(event) => choose('language', event.target.value)}>
                {LOCALES.map((known) => (
                  <option key={known} value={known} lang={known}>
                    {LOCALE_NAMES[known]}
                  </option>
                ))}
              </select>
            </label>
            <fieldset className="segmented">
              <legend>{say('app.theme')}</legend>
              {THEMES.map((known) => (
                <label key={known}>
                  <input type="radio" name="theme" checked={theme === known} onChange={() => choose('theme', known)} />
                  <span>{say(`app.theme.${known}`)}</span>
                </label>
              ))}
            </fieldset>
            <div className="checks stacked">
              <label>
                <input
                  type="checkbox"
                  checked={slash !== 'off'}
                  onChange={(event) => choose('slash', event.target.checked ? 'on' : 'off')}
                />
                {say('app.slash')}
              </label>
            </div>
            {name !== undefined && <LogOut />}
          </>
        )}
      </Sheet>
    </DialogTrigger>
  );
}

/** Nobody who leaves waits longer to hear that it did not work. */
const LOGOUT_MS = 8000;

function LogOut() {
  const { say } = useText();
  const [failures, setFailures] = useState(0);
  const logOut = async () => {
    const signal = AbortSignal.timeout(LOGOUT_MS);
    const { ok } = await fetch(appUrl('auth/logout'), { method: 'POST', signal }).catch(() => Response.error());
    if (!ok) {
      setFailures((before) => before + 1);
      return;
    }
    forgetKept();
    leave();
  };
  return (
    <>
      {failures > 0 && (
        // another one each time, which is heard anew
        <p key={failures} className="part-failure" role="alert">
          {say('app.logoutFailed')}
        </p>
      )}
      <button type="button" className="button" onClick={() => void logOut()}>
        {say('app.logout')}
      </button>
    </>
  );
}
