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
  type Locale,
  loadMessages,
  type Messages,
} from './messages/locale.ts';
import { createQueries } from './queries.ts';
import { followLogouts } from './shell/kept.ts';
import { readTheme, usePreference } from './shell/preferences.ts';
import './styles/base.css';
import './styles/controls.css';
import './styles/roster.css';
import './styles/learner.css';
import './styles/print.css';

const queries = createQueries();
askAhead(queries);
followLogouts();

function Root() {
  const wish = usePreference('language');
  const theme = readTheme(usePreference('theme'));
  const [shown, setShown] = useState<{ readonly locale: Locale; readonly messages: Messages } | null>(null);

  useEffect(() => {
    let current = true;
    void (async () => {
      const locale = chooseLocale([wish, ...navigator.languages]);
      const messages = await loadMessages(locale);
      if (current) setShown({ locale, messages });
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
          <App />
        </QueryClientProvider>
      </IntlProvider>
    </I18nProvider>
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
