import type { DateRange } from '../../client/answers.ts';
import { addDays } from '../days.ts';

/** So many days before the latest activity that is known may lack some that is still on its way. */
const LATE_DAYS = 2;

/**
 * Whether activity of these days may not have arrived yet: not where that of later days has, nor on days that begin when
 * the current window ends.
 * @param until instant of the latest activity that is known; null: none is
 */
export function mayBeOnItsWay(days: DateRange, until: string | null, window: DateRange): boolean {
  if (days.start >= window.end) return false;
  return until === null || days.end > addDays(until.slice(0, 10), -LATE_DAYS);
}
