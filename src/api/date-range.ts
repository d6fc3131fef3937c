import { daysBetween, windowOf } from '../engagement/days.ts';
import type { DateRange } from '../engagement/learner.ts';
import { refuseFields } from './query.ts';

export const MAX_YEARS = 5;

/** Reads `YYYY-MM-DD`, months and days of one digit too, into that form; null for what is not a date. */
export function parseDay(text: string): string | null {
  const [, year, month, day] = /^([1-9]\d{3})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const time = Date.parse(`${iso}T00:00:00Z`);
  // Date.parse takes 30 February for 2 March
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(iso) ? iso : null;
}

/** Whether `[start, end)` is longer than that many years. */
export function isLongerThanYears(start: string, end: string, years: number): boolean {
  const limit = new Date(start);
  limit.setUTCFullYear(limit.getUTCFullYear() + years);
  return Date.parse(end) > limit.getTime();
}

/**
 * The range that a request asks for, which has been checked as far as it goes without a course: `end_date` alone means
 * the seven days before it, `start_date` alone up to the end of the course's window, neither null.
 */
export function chooseRange(
  asked: { readonly start_date?: string | undefined; readonly end_date?: string | undefined },
  window: DateRange,
): DateRange | null {
  if (asked.start_date === undefined && asked.end_date === undefined) return null;
  const end = asked.end_date ?? window.end;
  const start = asked.start_date ?? windowOf(end).start;
  if (daysBetween(start, end) <= 0) {
    throw refuseFields({ start_date: `"${start}" is not before the end of the current window, ${window.end}.` });
  }
  if (isLongerThanYears(start, end, MAX_YEARS)) {
    const fault = `"${start}" is more than ${MAX_YEARS} years before the end of the current window, ${window.end}.`;
    throw refuseFields({ start_date: fault });
  }
  return { start, end };
}
