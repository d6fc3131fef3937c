import { axisX, axisY, barY, plot, ruleY } from '@observablehq/plot';
import { useEffect, useRef, useState } from 'react';
import type { Course, TimelineDay } from '../answers.ts';
import { daysBetween } from '../days.ts';
import { TIMELINE_METRICS } from '../metrics.ts';
import { useText } from '../text.ts';

const PANEL_HEIGHT = 92;

/** A row of bars per metric, a bar per day, on one axis of days. */
export function TimelineChart(props: {
  readonly days: readonly TimelineDay[];
  readonly averages: Course['engagement_averages'];
  readonly label: string;
}) {
  const { days, averages, label } = props;
  const { say, locale } = useText();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);

  useEffect(() => {
    const element = frame.current;
    if (element === null || width === 0) return;
    const panels = TIMELINE_METRICS.map((metric, index) => {
      const { start, end } = averages.date_range;
      const mean = (averages[metric].mean ?? 0) / Math.max(1, daysBetween(start, end));
      const isLast = index === TIMELINE_METRICS.length - 1;
      const every = Math.max(1, Math.ceil(days.length / Math.max(2, Math.floor(width / 70))));
      const ticks = days.filter((_, at) => (days.length - 1 - at) % every === 0).map(({ date }) => date);
      const most = Math.max(mean, ...days.map((day) => day[metric]), 1);
      const svg = plot({
        width,
        height: PANEL_HEIGHT + (isLast ? 26 : 0),
        marginLeft: 34,
        marginRight: 4,
        marginTop: 28,
        marginBottom: isLast ? 28 : 2,
        x: { axis: null, type: 'band', domain: days.map(({ date }) => date), padding: days.length > 60 ? 0.05 : 0.25 },
        y: { axis: null, domain: [0, most], nice: true },
        marks: [
          axisY({
            label: null,
            ticks: 2,
            tickFormat: (value: number) => (Number.isInteger(value) && value > 0 ? value.toLocaleString(locale) : ''),
            tickSize: 0,
          }),
          ruleY([0], { className: 'base' }),
          barY(days, { x: 'date', y: metric, className: 'bars' }),
          ...(mean > 0 ? [ruleY([mean], { className: 'average', strokeDasharray: '3,3' })] : []),
          ...(isLast
            ? [
                axisX({
                  ticks,
                  tickSize: 0,
                  label: null,
                  tickFormat: (date: string) =>
                    new Date(date).toLocaleDateString(locale, { timeZone: 'UTC', day: 'numeric', month: 'short' }),
                }),
              ]
            : []),
        ],
      });
      // the page's policy allows no styles but its own, which has these
      for (const style of svg.querySelectorAll('style')) style.remove();
      svg.setAttribute('aria-hidden', 'true');
      const panel = document.createElement('div');
      panel.className = 'chart-panel';
      const title = document.createElement('p');
      title.textContent = say(`metric.${metric}`);
      panel.append(title, svg);
      return panel;
    });
    element.replaceChildren(...panels);
  }, [days, averages, width, say, locale]);

  return <div ref={frame} className="chart" role="img" aria-label={label} dir="ltr" />;
}

function useWidth(frame: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    if (frame.current !== null) observer.observe(frame.current);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}
