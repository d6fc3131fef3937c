import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import type { CourseMetadata, DateRange, TimelineDay } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import { addDays, parseDay } from '../days.ts';
import { TIMELINE_METRICS } from '../metrics.ts';
import { timelineQuery } from '../queries.ts';
import { navigate } from '../router.ts';
import { learnerPath } from '../routes.ts';
import { Icon } from '../shell/icons.tsx';
import { Overlay } from '../shell/overlay.tsx';
import { RangeForm } from '../shell/range-form.tsx';
import { PartFailure } from '../shell/states.tsx';
import { useText } from '../text.ts';
import { formatTimelineCsv } from './timeline-csv.ts';

const TimelineChart = lazy(async () => ({ default: (await import('./timeline-chart.tsx')).TimelineChart }));

const COLUMNS = ['problem_attempts', ...TIMELINE_METRICS] as const;
const DEFAULT_DAYS = 21;

/** What the learner did day by day, in a chart, a table and a file. The days are part of the address. */
export function Timeline(props: {
  readonly courseId: string;
  readonly learner: KnownLearner;
  /** The current window of the course. */
  readonly window: DateRange;
  /** With the averages of the days that the numbers are of. */
  readonly course: CourseMetadata;
  readonly query: URLSearchParams;
}) {
  const { say, range } = useText();
  const { courseId, learner, window, query } = props;
  const from = parseDay(query.get('timeline_start'));
  const to = parseDay(query.get('timeline_end'));
  const usual = { start: addDays(window.end, -DEFAULT_DAYS), end: window.end };
  const shown = from !== null && to !== null && from < to ? { start: from, end: to } : usual;
  const days = useQuery(timelineQuery(courseId, learner.username, shown.start, shown.end));
  const choose = (chosen: DateRange) => {
    const next = new URLSearchParams(query);
    next.set('timeline_start', chosen.start);
    next.set('timeline_end', chosen.end);
    navigate(learnerPath(courseId, learner.username, next));
  };
  const enrolled = learner.enrollment_date?.slice(0, 10);
  const silent = days.data?.every((day) => COLUMNS.every((metric) => day[metric] === 0)) === true;
  return (
    <section className="panel timeline">
      <div className="panel-head">
        <h2>{say('timeline.title')}</h2>
        <Overlay icon="calendar" label={range(shown)} title={say('timeline.range')}>
          {(close) => (
            <RangeForm
              shown={shown}
              presets={[
                { label: 'timeline.weeks3', range: usual },
                { label: 'timeline.weeks6', range: { start: addDays(window.end, -42), end: window.end } },
                ...(enrolled !== undefined && enrolled < window.end && enrolled > addDays(window.end, -1800)
                  ? [{ label: 'timeline.whole', range: { start: enrolled, end: window.end } } as const]
                  : []),
              ]}
              choose={(chosen) => {
                choose(chosen ?? usual);
                close();
              }}
            />
          )}
        </Overlay>
      </div>
      <div
        className={days.isPlaceholderData ? 'chart-frame updating' : 'chart-frame'}
        aria-busy={days.isPlaceholderData}
      >
        {days.isError && <PartFailure retry={() => void days.refetch()} />}
        {silent && <p className="chart-note">{say('timeline.none')}</p>}
        {days.data && (
          <Suspense fallback={null}>
            <TimelineChart days={days.data} course={props.course} />
          </Suspense>
        )}
      </div>
      <p className="quiet small">{say('timeline.average')}</p>
      {days.data && <DaysTable days={days.data} />}
      {days.data && !days.isPlaceholderData && <CsvButton days={days.data} name={learner.username} />}
    </section>
  );
}

function DaysTable({ days }: { readonly days: readonly TimelineDay[] }) {
  const { say, day, number } = useText();
  return (
    <details>
      <summary>{say('timeline.table')}</summary>
      <div className="table-scroll" role="region" aria-label={say('timeline.title')} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{say('timeline.date')}</th>
              {COLUMNS.map((metric) => (
                <th key={metric} scope="col" className="number">
                  {say(`metric.${metric}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((row) => (
              <tr key={row.date}>
                <th scope="row">{day(row.date)}</th>
                {COLUMNS.map((metric) => (
                  <td key={metric} className={row[metric] === 0 ? 'number zero' : 'number'}>
                    {number(row[metric])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function CsvButton({ days, name }: { readonly days: readonly TimelineDay[]; readonly name: string }) {
  const { say } = useText();
  const save = () => {
    const url = URL.createObjectURL(new Blob([formatTimelineCsv(days, COLUMNS)], { type: 'text/csv' }));
    const link = Object.assign(document.createElement('a'), { href: url, download: `${name}--timeline.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <button type="button" className="button small timeline-csv" onClick={save}>
      <Icon name="download" />
      <span>{say('timeline.csv')}</span>
    </button>
  );
}
