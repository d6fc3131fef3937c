import type { TimelineDay } from '../../client/answers.ts';
import type { TimelineMetric } from '../answers.ts';

/** The days as RFC 4180 has it, for a file. */
export function formatTimelineCsv(days: readonly TimelineDay[], metrics: readonly TimelineMetric[]): string {
  const rows = days.map((day) => [day.date, ...metrics.map((metric) => day[metric])].join(','));
  return [['date', ...metrics].join(','), ...rows].map((row) => `${row}\r\n`).join('');
}

/** Of all days together; a problem or video that was used on several counts on each. */
export function sumDays(days: readonly TimelineDay[], metric: TimelineMetric): number {
  return days.reduce((total, day) => total + day[metric], 0);
}
