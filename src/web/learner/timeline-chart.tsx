import { useEffect, useRef, useState } from 'react';
import type { CourseMetadata, TimelineDay } from '../../client/answers.ts';
import type { TimelineMetric } from '../answers.ts';
import { addDays, daysBetween } from '../days.ts';
import { countsDifferent, TIMELINE_METRICS } from '../metrics.ts';
import { MetricInfo } from '../shell/definitions.tsx';
import { useIsPrinted } from '../shell/use-is-printed.ts';
import { useText } from '../text.ts';
import { drawPanel } from './draw-panel.ts';
import { sumDays } from './timeline-csv.ts';
import { compareWithChart } from './timeline-legend.tsx';

/** Of a chart on an upright sheet of A4, beside what is known of the person. On others it is made larger or smaller. */
const PAPER_WIDTH = 540;

/** A row of bars per metric, a bar per day, on one axis of days. */
export function TimelineChart(props: { readonly days: readonly TimelineDay[]; readonly course: CourseMetadata }) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  return (
    <div ref={frame} className="chart">
      {TIMELINE_METRICS.map((metric) => (
        <Panel key={metric} metric={metric} width={width} {...props} />
      ))}
    </div>
  );
}

function Panel(props: {
  readonly days: readonly TimelineDay[];
  readonly course: CourseMetadata;
  readonly metric: TimelineMetric;
  readonly width: number;
}) {
  const { say, range, locale } = useText();
  const { days, course, metric, width } = props;
  const place = useRef<HTMLDivElement>(null);
  const averages = course.engagement_averages;
  useEffect(() => {
    if (width === 0) return;
    const { date_range: window } = averages;
    // of days that are not in the chart it would mislead
    const total = compareWithChart(days, course) === 'none' ? 0 : (averages[metric].mean ?? 0);
    const mean = total / Math.max(1, daysBetween(window.start, window.end));
    const withDays = metric === TIMELINE_METRICS.at(-1);
    place.current?.replaceChildren(drawPanel({ days, metric, mean, window, width, withDays, locale }));
  }, [days, course, averages, metric, width, locale]);

  const [first, last] = [days[0]?.date, days.at(-1)?.date];
  const label =
    first === undefined || last === undefined
      ? say(`metric.${metric}`)
      : say(countsDifferent(metric) ? 'timeline.altDifferent' : 'timeline.alt', {
          metric: say(`metric.${metric}`),
          range: range({ start: first, end: addDays(last, 1) }),
          value: sumDays(days, metric),
        });
  return (
    <div className="chart-panel">
      <div className="with-info">
        <h3>{say(`metric.${metric}`)}</h3>
        <MetricInfo metric={metric} course={course} perDay />
      </div>
      <div ref={place} role="img" aria-label={label} dir="ltr" />
    </div>
  );
}

/** That of the frame; while it is printed, that of paper, which nothing tells of before it is laid out. */
function useWidth(frame: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  const isPrinted = useIsPrinted();
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (frame.current !== null) observer.observe(frame.current);
    return () => observer.disconnect();
  }, [frame]);
  return isPrinted ? PAPER_WIDTH : width;
}
