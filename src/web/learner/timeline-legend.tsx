import type { CourseMetadata, TimelineDay } from '../../client/answers.ts';
import { addDays } from '../days.ts';
import { TIMELINE_METRICS } from '../metrics.ts';
import { useText } from '../text.ts';
import { compareDays } from './timeline-days.ts';

/** How many of the days that the course's averages are of are in a chart of these days. */
export function compareWithChart(days: readonly TimelineDay[], course: CourseMetadata): 'all' | 'some' | 'none' {
  const [first, last] = [days[0]?.date, days.at(-1)?.date];
  if (first === undefined || last === undefined) return 'none';
  return compareDays({ start: first, end: addDays(last, 1) }, course.engagement_averages.date_range);
}

/** What else than the bars is in the chart; nothing is told that is not. */
export function TimelineLegend(props: { readonly days: readonly TimelineDay[]; readonly course: CourseMetadata }) {
  const { say, range } = useText();
  const averages = props.course.engagement_averages;
  const shaded = compareWithChart(props.days, props.course);
  const isDashed = shaded !== 'none' && TIMELINE_METRICS.some((metric) => (averages[metric].mean ?? 0) > 0);
  return (
    <p className="quiet small">
      {say(`timeline.shaded.${shaded}`, { range: range(averages.date_range) })}
      {isDashed && ` · ${say('timeline.dashed')}`}
    </p>
  );
}
