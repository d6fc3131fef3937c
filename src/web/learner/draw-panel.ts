import { axisX, axisY, barY, plot, ruleY, text } from '@observablehq/plot';
import type { DateRange, TimelineDay } from '../../client/answers.ts';
import type { TimelineMetric } from '../answers.ts';
import { everyNth, leaveRoom } from './chart-layout.ts';

export interface Panel {
  readonly days: readonly TimelineDay[];
  readonly metric: TimelineMetric;
  /** Of the course, per day. */
  readonly mean: number;
  /** The days that the other numbers of the page are of. */
  readonly window: DateRange;
  readonly width: number;
  /** Whether the days are written below it. */
  readonly withDays: boolean;
  readonly locale: string;
}

/** On the right half of the last day's name, which is below the last bar. */
const MARGINS = { marginLeft: 34, marginRight: 20, marginTop: 14 };
const HEIGHT = 66;
const AXIS = 26;
/** Of more days than this the year is told, and not the day. */
const YEAR = 366;

/** A bar per day, with its number where there is room for it. */
export function drawPanel({ days, metric, mean, window, width, withDays, locale }: Panel): Element {
  const inner = width - MARGINS.marginLeft - MARGINS.marginRight;
  const padding = days.length > 60 ? 0.05 : 0.25;
  const step = inner / (days.length + padding);
  const isRoomy = step >= 17;
  const most = leaveRoom([mean, ...days.map((day) => day[metric])]);
  const shaded = days.filter(({ date }) => date >= window.start && date < window.end);
  const half = -(step * padding) / 2 - 0.25;
  const format = (value: number): string => value.toLocaleString(locale, { maximumFractionDigits: 1 });
  const svg = plot({
    ...MARGINS,
    width,
    height: HEIGHT + (withDays ? AXIS : 0),
    marginBottom: withDays ? AXIS + 2 : 2,
    x: { axis: null, type: 'band', domain: days.map(({ date }) => date), padding },
    y: { axis: null, domain: [0, most] },
    marks: [
      barY(shaded, { x: 'date', y: most, insetLeft: half, insetRight: half, className: 'window' }),
      axisY({
        label: null,
        ticks: 2,
        tickFormat: (value: number) => (Number.isInteger(value) && value > 0 ? format(value) : ''),
        tickSize: 0,
      }),
      ruleY([0], { className: 'base' }),
      barY(days, { x: 'date', y: metric, className: 'bars' }),
      ...(mean > 0 ? [ruleY([mean], { className: 'average', strokeDasharray: '3,3' })] : []),
      ...(isRoomy
        ? [
            text(
              days.filter((day) => day[metric] > 0),
              { x: 'date', y: metric, text: (day: TimelineDay) => format(day[metric]), dy: -8, className: 'values' },
            ),
          ]
        : []),
      ...(withDays
        ? [
            axisX({
              ticks: everyNth(
                days.map(({ date }) => date),
                Math.floor(width / 70),
              ),
              tickSize: 0,
              label: null,
              tickFormat: (date: string) =>
                new Date(date).toLocaleDateString(locale, {
                  timeZone: 'UTC',
                  month: 'short',
                  ...(days.length > YEAR ? { year: '2-digit' } : { day: 'numeric' }),
                }),
            }),
          ]
        : []),
    ],
  });
  // the page's policy allows no styles but its own, which has these
  for (const style of svg.querySelectorAll('style')) style.remove();
  svg.setAttribute('aria-hidden', 'true');
  return svg;
}
