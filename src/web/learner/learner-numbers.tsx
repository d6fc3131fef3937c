import { useId } from 'react';
import type { CourseMetadata, Metric } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import { describeNormal, markOf, METRICS, type Tone } from '../metrics.ts';
import { MetricInfo } from '../shell/definitions.tsx';
import { MetricValue, NoNumber } from '../shell/marks.tsx';
import { tellNormal } from '../tell-normal.ts';
import { useText } from '../text.ts';
import { layOutBar } from './lay-out-bar.ts';

/** The learner's numbers beside what is usual in the course. */
export function LearnerNumbers({
  learner,
  course,
}: {
  readonly learner: KnownLearner;
  readonly course: CourseMetadata;
}) {
  const { say, range } = useText();
  const id = useId();
  const active = course.engagement_averages.days_active.learners;
  const solvers = course.engagement_averages.problem_attempts_per_completed.learners;
  return (
    <section className="panel numbers">
      <h2 id={id}>
        {say('learner.numbers')} <small>{range(learner.engagements.date_range)}</small>
      </h2>
      <table aria-labelledby={id}>
        <thead>
          <tr>
            <th scope="col">{say('learner.numbers.metric')}</th>
            <th scope="col" className="number">
              {say('column.name')}
            </th>
            <td className="bar-cell" />
            <th scope="col" className="number">
              {say('learner.numbers.mean')}
            </th>
            <th scope="col" className="number">
              {say('learner.numbers.range')}
            </th>
          </tr>
        </thead>
        <tbody>
          {METRICS.map((metric) => (
            <MetricRow key={metric} metric={metric} learner={learner} course={course} />
          ))}
        </tbody>
      </table>
      <p className="quiet small">
        {active === 0 ? (
          say('learner.numbers.nobody')
        ) : (
          <>
            {say('learner.numbers.of', { count: active, range: range(course.engagement_averages.date_range) })}{' '}
            {solvers > 0 && `${say('learner.numbers.ofRatio', { count: solvers })} `}
            <span className="bar-text">{say('learner.numbers.bar')}</span>
          </>
        )}
      </p>
    </section>
  );
}

function MetricRow(props: {
  readonly metric: Metric;
  readonly learner: KnownLearner;
  readonly course: CourseMetadata;
}) {
  const text = useText();
  const { say, number } = text;
  const { metric, learner, course } = props;
  const value = learner.engagements[metric];
  const level = learner.engagements.levels[metric];
  const { mean } = course.engagement_averages[metric];
  const isQuiet = course.engagement_averages.days_active.learners === 0;
  const ranges = course.engagement_ranges[metric];
  const normal = describeNormal(metric, ranges);
  const name = say(`metric.${metric}`);
  const nobody = <NoNumber why={say('meaning.inCourseNothing')} />;
  return (
    <tr>
      <th scope="row" aria-label={name}>
        <span className="with-info">
          {name}
          <MetricInfo metric={metric} course={course} />
        </span>
      </th>
      <td className="number strong">
        <MetricValue metric={metric} value={value} level={level} />
      </td>
      <td className="bar-cell">
        {!isQuiet && (
          <Bar
            {...layOutBar(metric, ranges, mean, value === null && level !== null ? Infinity : value)}
            tone={markOf(metric, level)?.tone}
          />
        )}
      </td>
      <td className="number">{mean === null ? nobody : number(mean)}</td>
      <td className="number">
        {isQuiet ? nobody : normal === null ? <NoNumber why={say('learner.rangeNone')} /> : tellNormal(normal, text)}
      </td>
    </tr>
  );
}

function Bar(props: ReturnType<typeof layOutBar> & { readonly tone: Tone | undefined }) {
  const { normal, mean, value, tone } = props;
  return (
    // in pixels and percent, as Safari stretches what a viewBox scales, round ends of lines too
    <svg className="range-bar" aria-hidden="true">
      <rect className="track" y="4" width="100%" height="4" />
      {normal !== null && (
        <rect
          className="normal"
          x={`${normal[0]}%`}
          y="2"
          width={`${Math.max(1, normal[1] - normal[0])}%`}
          height="8"
        />
      )}
      {mean !== null && <line className="mean" x1={`${mean}%`} x2={`${mean}%`} y1="0" y2="12" />}
      {value !== null && <circle className={`here ${tone ?? ''}`} cx={`${value}%`} cy="6" r="5.5" />}
    </svg>
  );
}
