const DAY = 86_400_000;

/** The UTC day that is `count` days after `day` (`YYYY-MM-DD`). */
export function addDays(day: string, count: number): string {
  return nameDay(numberDay(day) + count);
}

export function nextDay(day: string): string {
  return addDays(day, 1);
}

/** How many days the UTC day `end` is after `start`. */
export function daysBetween(start: string, end: string): number {
  return numberDay(end) - numberDay(start);
}

/** Days since 1970 of a UTC day. */
export function numberDay(day: string): number {
  return Date.parse(day) / DAY;
}

/** The UTC day of a number of days since 1970. */
export function nameDay(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}
