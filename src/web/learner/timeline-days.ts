import type { DateRange } from '../../client/answers.ts';
import { addDays, parseDay } from '../days.ts';

const USUAL_DAYS = 21;

/** So many days up to an end, or more of them where others begin before. */
function reachBack(end: string, from: string): DateRange {
  const start = addDays(end, -USUAL_DAYS);
  return { start: from < start ? from : start, end };
}

/**
 * The days of a chart for which none were chosen. All days of the numbers are among them: it is three weeks up to the
 * current end, or where that leaves some out, up to the last of those.
 */
export function chooseUsualDays(numbers: DateRange, window: DateRange): DateRange {
  const isNear = numbers.start >= addDays(window.end, -USUAL_DAYS) && numbers.end <= window.end;
  return reachBack(isNear ? window.end : numbers.end, numbers.start);
}

/** How many of the days of the numbers are among those that are shown. */
export function compareDays(shown: DateRange, numbers: DateRange): 'all' | 'some' | 'none' {
  if (numbers.start >= shown.start && numbers.end <= shown.end) return 'all';
  return numbers.start < shown.end && shown.start < numbers.end ? 'some' : 'none';
}

/** The days that an address asks for; null: none that can be. */
export function readTimelineDays(query: URLSearchParams): DateRange | null {
  const start = parseDay(query.get('timeline_start'));
  const end = parseDay(query.get('timeline_end'));
  return start !== null && end !== null && start < end ? { start, end } : null;
}

/** An address with the days to show; null: those that are usual. */
export function withTimelineDays(query: URLSearchParams, days: DateRange | null): URLSearchParams {
  const next = new URLSearchParams(query);
  if (days === null) return next;
  next.set('timeline_start', days.start);
  next.set('timeline_end', days.end);
  return next;
}
