import type { DateRange } from './learner.ts';

const DAY = 86_400_000;

/** The UTC day that is `count` days after `day` (`YYYY-MM-DD`). */
export function addDays(day: string, count: number): string {
  return nameDay(numberDay(day) + count);
}

/** What is said of a learner is said of so many days. */
export const WINDOW_DAYS = 7;

/** Who did nothing for so many days before the end of a window is inactive, in that window and in every later one. */
export const INACTIVE_DAYS = 14;

/** The window that ends before the day. */
export function windowOf(end: string): DateRange {
  return { start: addDays(end, -WINDOW_DAYS), end };
}

/** The exclusive end of the window: the day that is given, or the one after the current UTC day by this machine's clock, which is that of an embedded engine. */
export function endOfWindow(asOf: string | undefined): string {
  return asOf ?? addDays(new Date().toISOString().slice(0, 10), 1);
}

/** How many days the UTC day `end` is after `start`. */
export function daysBetween(start: string, end: string): number {
  return numberDay(end) - numberDay(start);
}

/** Days since 1970 of a UTC day. */
export function numberDay(day: string): number {
  return Date.parse(day) / DAY;
}

/** Names of days, as far as any was asked for: a timeline has a hundred, and formatting takes as long as all else about one. */
const names = new Map<number, string>();
/** Some 270 years. */
const MOST_NAMES = 100_000;

/** The UTC day of a number of days since 1970. */
export function nameDay(day: number): string {
  const known = names.get(day);
  if (known !== undefined) return known;
  const name = new Date(day * DAY).toISOString().slice(0, 10);
  if (names.size < MOST_NAMES) names.set(day, name);
  return name;
}
