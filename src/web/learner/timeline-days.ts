import type { DateRange } from '../../client/answers.ts';
import { addDays, parseDay } from '../days.ts';

const USUAL_DAYS = 21;
/** Of what came before the last active day. */
const DAYS_BEFORE = 14;
/** Somewhat less than the five years that can be asked for at once. */
export const MOST_DAYS = 1800;

/** So many days up to an end, or more of them where others begin before. */
function reachBack(end: string, from: string): DateRange {
  const start = addDays(end, -USUAL_DAYS);
  return { start: from < start ? from : start, end };
}

/**
 * The days of a chart for which none were chosen. All days of the numbers are among them: it is three weeks up to the
 * current end, or where that leaves some out, up to the last of those. Of who was last active before them it is all since
 * two weeks before that, for there would be nothing else to see.
 */
export function chooseUsualDays(numbers: DateRange, window: DateRange, lastActive: string | null): DateRange {
  const isNear = numbers.start >= addDays(window.end, -USUAL_DAYS) && numbers.end <= window.end;
  const usual = reachBack(isNear ? window.end : numbers.end, numbers.start);
  if (lastActive === null || lastActive >= usual.start) return usual;
  const start = addDays(lastActive, -DAYS_BEFORE);
  return start < addDays(usual.end, -MOST_DAYS) ? usual : { start, end: usual.end };
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
