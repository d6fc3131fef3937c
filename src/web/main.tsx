import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { IntlProvider } from 'react-intl';
import { App } from './app.tsx';
import { askAhead } from './ask-ahead.ts';
import {
  chooseLocale,
  directionOf,
  formatLocaleOf,
  languageOf,
  LOCALE_NAMES,
  loadTexts,
  type Texts,
} from './messages/locale.ts';
import { createQueries, followLogins } from './queries.ts';
import { followDoubleClicks } from './shell/double-click.ts';
import { keepPlace } from './shell/keep-place.ts';
import { followLogouts } from './shell/kept.ts';
import { readTheme, usePreference } from './shell/preferences.ts';
import { leave } from './shell/session-end.ts';
import { Retry } from './shell/states.tsx';
import { useText } from './text.ts';
import './styles/base.css';
import './styles/controls.css';
import './styles/roster.css';
import './styles/learner.css';
import './styles/print.css';

const queries = createQueries();
askAhead(queries);
followLogouts(leave);
followLogins(queries);
keepPlace();
followDoubleClicks();

function Root() {
  const wish = usePreference('language');
  const theme = readTheme(usePreference('theme'));
  const [shown, setShown] = useState<Texts | null>(null);

  useEffect(() => {
    let current = true;
    void (async () => {
      const texts = await loadTexts(chooseLocale([wish, ...navigator.languages]));
      if (current) setShown(texts);
    })();
    return () => {
      current = false;
    };
  }, [wish]);

  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }, [theme]);

  useEffect(() => {
    if (shown === null) return;
    document.documentElement.lang = languageOf(shown.locale);
    document.documentElement.dir = directionOf(shown.locale);
  }, [shown]);

  if (shown === null) return null;
  const locale = formatLocaleOf(shown.locale, navigator.languages);
  return (
    <I18nProvider locale={locale}>
      <IntlProvider locale={locale} messages={shown.messages}>
        <QueryClientProvider client={queries}>
          {shown.missing === 'es' && <Missing language={LOCALE_NAMES[shown.missing]} />}
          <App />
        </QueryClientProvider>
      </IntlProvider>
    </I18nProvider>
  );
}

/** Trying again loads the app anew, as the one that is there may be of another version than the server's. */
function Missing({ language }: { readonly language: string }) {
  const { say } = useText();
  return (
    <p className="banner">
      <span role="status">{say('app.languageFailed', { language })}</span>{' '}
      <Retry className="plain" retry={() => location.reload()} />
    </p>
  );
}

const root = document.querySelector('#root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Root />
    </StrictMode>,
  );
}
