import en from './en.json' with { type: 'json' };

export type Messages = Readonly<Record<keyof typeof en, string>>;

/** Those that can be chosen; the last two are for tests, of long words and of the direction from right to left. */
export const LOCALES = ['en', 'es'] as const;
const TEST_LOCALES = ['en-XA', 'ar-XB'] as const;
export type Locale = (typeof LOCALES)[number] | (typeof TEST_LOCALES)[number];

export const LOCALE_NAMES: Readonly<Record<(typeof LOCALES)[number], string>> = { en: 'English', es: 'Español' };

/** The first of the wishes that there is. */
export function chooseLocale(wishes: readonly (string | null)[]): Locale {
  for (const wish of wishes) {
    if (wish === null) continue;
    const exact = [...LOCALES, ...TEST_LOCALES].find((locale) => locale === wish);
    const near = LOCALES.find((locale) => locale === wish.split('-')[0]);
    const found = exact ?? near;
    if (found !== undefined) return found;
  }
  return 'en';
}

export interface Texts {
  readonly locale: Locale;
  readonly messages: Messages;
  /** What was wanted instead, and is not to be had now: without a connection, or after another version of the app was installed. */
  readonly missing: Locale | null;
}

/** English comes with the app; anything else is fetched when it is wanted, and where that fails it is English. */
export async function loadTexts(locale: Locale): Promise<Texts> {
  try {
    return { locale, messages: await fetchMessages(locale), missing: null };
  } catch {
    return { locale: 'en', messages: en, missing: locale };
  }
}

async function fetchMessages(locale: Locale): Promise<Messages> {
  if (locale === 'en' || locale === 'ar-XB') return en;
  if (locale === 'es') return (await import('./es.json')).default;
  const { pseudoMessages } = await import('./pseudo.ts');
  return pseudoMessages(en);
}

/** For the attribute `dir`. */
export function directionOf(locale: Locale): 'ltr' | 'rtl' {
  return locale === 'ar-XB' ? 'rtl' : 'ltr';
}

/** The language of a locale without its region, for the attribute `lang` and for `Intl`. */
export function languageOf(locale: Locale): string {
  return locale.slice(0, 2);
}

/**
 * Whose numbers and dates: those of the reader's region, where it is known for this language. Of the test languages, the one from
 * right to left has digits that tests can read.
 */
export function formatLocaleOf(locale: Locale, languages: readonly string[]): string {
  if (locale === 'ar-XB') return 'ar-EG-u-nu-latn';
  const language = languageOf(locale);
  return languages.find((wish) => isLocale(wish) && new Intl.Locale(wish).language === language) ?? language;
}

/** Some systems put strange ones among the languages of their browsers, such as `en-US@posix`. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}
