/** Microseconds in a day, an hour, a minute and a second: instants of the demo are integers of microseconds since 1970. */
export const DAY = 86_400_000_000;
export const HOUR = 3_600_000_000;
export const MINUTE = 60_000_000;
export const SECOND = 1_000_000;

const TWO_DIGITS = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
const NOT_ASCII = /[\u007f-\uffff]/;
const dayTexts = new Map<number, string>();

/** The UTC day of an instant, `YYYY-MM-DD`. */
export function formatDay(instant: number): string {
  const day = Math.floor(instant / DAY);
  let text = dayTexts.get(day);
  if (text === undefined) {
    text = new Date(day * 86_400_000).toISOString().slice(0, 10);
    if (dayTexts.size > 4000) dayTexts.clear();
    dayTexts.set(day, text);
  }
  return text;
}

/** `YYYY-MM-DDTHH:MM:SS`, UTC, without a zone. */
export function formatSecond(instant: number): string {
  const seconds = Math.floor((instant % DAY) / SECOND);
  const hour = TWO_DIGITS[Math.floor(seconds / 3600)]!;
  return `${formatDay(instant)}T${hour}:${TWO_DIGITS[Math.floor(seconds / 60) % 60]!}:${TWO_DIGITS[seconds % 60]!}`;
}

/** `YYYY-MM-DDTHH:MM:SS.ffffff`, UTC, without a zone. */
export function formatMicrosecond(instant: number): string {
  return `${formatSecond(instant)}.${String(instant % SECOND).padStart(6, '0')}`;
}

/** A JSON string as Python writes it: ASCII only. */
export function quote(text: string): string {
  const json = JSON.stringify(text);
  if (!NOT_ASCII.test(json)) return json;
  return json.replaceAll(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
