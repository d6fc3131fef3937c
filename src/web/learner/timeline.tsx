import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import type { CourseMetadata, DateRange, TimelineDay } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import { addDays } from '../days.ts';
import { TIMELINE_METRICS } from '../metrics.ts';
import { timelineQuery } from '../queries.ts';
import { navigate } from '../router.ts';
import { learnerPath } from '../routes.ts';
import { Boundary } from '../shell/boundary.tsx';
import { Icon } from '../shell/icons.tsx';
import { Overlay } from '../shell/overlay.tsx';
import { RangeForm, type RangePreset } from '../shell/range-form.tsx';
import { PartFailure, Skeleton } from '../shell/states.tsx';
import { loadOnline } from '../shell/use-online.ts';
import { useText } from '../text.ts';
import { formatTimelineCsv } from './timeline-csv.ts';
import { chooseUsualDays, MOST_DAYS, readTimelineDays, withTimelineDays } from './timeline-days.ts';
import { TimelineLegend } from './timeline-legend.tsx';

const TimelineChart = lazy(async () => ({
  default: (await loadOnline(async () => import('./timeline-chart.tsx'))).TimelineChart,
}));

const COLUMNS = ['problem_attempts', ...TIMELINE_METRICS] as const;

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
  const usual = chooseUsualDays(learner.engagements.date_range, window, learner.last_active);
  const shown = readTimelineDays(query) ?? usual;
  const days = useQuery(timelineQuery(courseId, learner.username, shown.start, shown.end));
  const choose = (chosen: DateRange) =>
    navigate(learnerPath(courseId, learner.username, withTimelineDays(query, chosen)));
  const silent = days.data?.every((day) => COLUMNS.every((metric) => day[metric] === 0)) === true;
  return (
    <section className="panel timeline">
      <div className="panel-head">
        <h2>{say('timeline.title')}</h2>
        <Overlay icon="calendar" label={range(shown)} title={say('roster.range')}>
          {(close) => (
            <RangeForm
              shown={shown}
              presets={offerDays(usual, window, learner.enrollment_date)}
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
        {days.isPending && <Skeleton lines={0} />}
        {days.isError && <PartFailure error={days.error} retry={() => void days.refetch()} />}
        {silent && <p className="chart-note">{say('timeline.none')}</p>}
        {days.data && (
          <Boundary>
            <Suspense fallback={null}>
              <TimelineChart days={days.data} course={props.course} />
            </Suspense>
          </Boundary>
        )}
      </div>
      {days.data && <TimelineLegend days={days.data} course={props.course} />}
      {days.data && <DaysTable days={days.data} />}
      {days.data && !days.isPlaceholderData && <CsvButton days={days.data} name={learner.username} />}
    </section>
  );
}

/** So many weeks end where the chart ends by itself. */
function offerDays(usual: DateRange, window: DateRange, enrolment: string | null): readonly RangePreset[] {
  const back = (days: number): DateRange => ({ start: addDays(usual.end, -days), end: usual.end });
  const enrolled = enrolment?.slice(0, 10);
  const isLong = usual.start < back(21).start;
  return [
    ...(isLong ? [{ label: 'timeline.usual', range: usual } as const] : []),
    { label: 'timeline.weeks3', range: back(21) },
    { label: 'timeline.weeks6', range: back(42) },
    ...(enrolled !== undefined && enrolled < window.end && enrolled > addDays(window.end, -MOST_DAYS)
      ? [{ label: 'timeline.whole', range: { start: enrolled, end: window.end } } as const]
      : []),
  ];
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
      <span>{say('roster.csv')}</span>
    </button>
  );
}
