import { useMemo } from 'react';
import { useIntl } from 'react-intl';
import type { DateRange } from '../client/answers.ts';
import { addDays } from './days.ts';
import type en from './messages/en.json';

export type MessageId = keyof typeof en;
type Values = Readonly<Record<string, string | number>>;

/** Everything that puts words and numbers into the reader's language. */
export function useText() {
  const intl = useIntl();
  return useMemo(() => {
    const say = (id: MessageId, values?: Values): string => intl.formatMessage({ id }, values);
    const number = (value: number, digits = 1): string => intl.formatNumber(value, { maximumFractionDigits: digits });
    const day = (iso: string): string => intl.formatDate(iso, { timeZone: 'UTC', dateStyle: 'medium' });
    /** The year is left out where it is that of `now`. */
    const shortDay = (iso: string, now: string): string =>
      intl.formatDate(iso, {
        timeZone: 'UTC',
        day: 'numeric',
        month: 'short',
        year: iso.slice(0, 4) === now.slice(0, 4) ? undefined : 'numeric',
      });
    /** A `[start, end)` as its first and last day. */
    const range = ({ start, end }: DateRange): string => {
      const [first, last] = [new Date(start), new Date(addDays(end, -1))];
      return intl.formatDateTimeRange(first, last, { timeZone: 'UTC', dateStyle: 'medium' });
    };
    /** An instant in the reader's own time; the day is left out where it is today, unless `withDay`. */
    const moment = (iso: string, withDay = false): string => {
      const isToday = !withDay && new Date(iso).toDateString() === new Date().toDateString();
      return isToday
        ? intl.formatTime(iso, { timeStyle: 'short' })
        : intl.formatDate(iso, { dateStyle: 'medium', timeStyle: 'short' });
    };
    const percent = (value: number): string =>
      intl.formatNumber(value, { style: 'percent', maximumFractionDigits: value < 0.01 && value > 0 ? 1 : 0 });
    const list = (items: readonly string[]): string => intl.formatList(items, { type: 'conjunction' });
    /** The name of a country or language by its code; the code where it is none. */
    const nameOf = (type: 'region' | 'language', code: string): string => {
      try {
        return new Intl.DisplayNames(intl.locale, { type }).of(code) ?? code;
      } catch {
        return code;
      }
    };
    const has = (id: string): id is MessageId => id in intl.messages;
    /** A track by its code; those that a site made up have no other name. */
    const mode = (code: string): string => {
      const id = `mode.${code}`;
      return has(id) ? say(id) : code;
    };
    return { mode, say, number, day, shortDay, moment, range, percent, list, nameOf, has, locale: intl.locale };
  }, [intl]);
}

export type Text = ReturnType<typeof useText>;
