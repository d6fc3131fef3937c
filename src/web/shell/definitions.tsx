import { Fragment, memo } from 'react';
import type { CourseMetadata, Metric, Segment } from '../../client/answers.ts';
import { countsDifferent, describeNormal, METRICS } from '../metrics.ts';
import { tellNormal } from '../tell-normal.ts';
import { useText } from '../text.ts';
import { Info } from './info.tsx';

interface MetricProps {
  readonly metric: Metric;
  readonly course: CourseMetadata | undefined;
  /** Whether it is beside a bar for each day. */
  readonly perDay?: boolean;
}

/** What a metric counts, and what is usual for it in this course. Kept: a table has many, and changes often. */
export const MetricInfo = memo(function MetricInfo({ metric, course, perDay = false }: MetricProps) {
  const { say, range } = useText();
  return (
    <Info term={say(`metric.${metric}`)}>
      <p>{say(`meaning.${metric}`)}</p>
      {perDay && countsDifferent(metric) && <p>{say('meaning.perDay')}</p>}
      <p>{say(metric === 'problem_attempts_per_completed' ? 'meaning.rangesRatio' : 'meaning.ranges')}</p>
      {course !== undefined && (
        <>
          <p>{say('meaning.days', { range: range(course.engagement_ranges.date_range) })}</p>
          <InCourse metric={metric} course={course} />
        </>
      )}
    </Info>
  );
});

/** The same of all columns of a list, where they have no heads. */
export const ColumnsInfo = memo(function ColumnsInfo({ course }: Pick<MetricProps, 'course'>) {
  const { say, range } = useText();
  return (
    <Info term={say('roster.filters.bounds')}>
      {course !== undefined && <p>{say('meaning.days', { range: range(course.engagement_ranges.date_range) })}</p>}
      <p>{say('meaning.ranges')}</p>
      <h3>{say('column.last_active')}</h3>
      <p>{say('meaning.last_active')}</p>
      {METRICS.map((metric) => (
        <Fragment key={metric}>
          <h3>{say(`metric.${metric}`)}</h3>
          <p>{say(`meaning.${metric}`)}</p>
          {metric === 'problem_attempts_per_completed' && <p>{say('meaning.rangesRatio')}</p>}
          {course !== undefined && <InCourse metric={metric} course={course} />}
        </Fragment>
      ))}
    </Info>
  );
});

function InCourse({ metric, course }: { readonly metric: Metric; readonly course: CourseMetadata }) {
  const { say, number } = useText();
  const { mean, median } = course.engagement_averages[metric];
  const [from, to] = course.engagement_ranges[metric].average;
  if (metric === 'problem_attempts_per_completed' && (mean !== null || from === null)) {
    return <RatioInCourse course={course} />;
  }
  if (mean === null || median === null || from === null) return <p>{say('meaning.inCourseNothing')}</p>;
  const values = { from: number(from), mean: number(mean), median: number(median) };
  return (
    <p>{to === null ? say('meaning.inCourseOpen', values) : say('meaning.inCourse', { ...values, to: number(to) })}</p>
  );
}

/** Its range is of those who tried something, its average of those of them who solved something. */
function RatioInCourse({ course }: { readonly course: CourseMetadata }) {
  const text = useText();
  const { say, number } = text;
  const metric = 'problem_attempts_per_completed';
  const { mean, median, learners } = course.engagement_averages[metric];
  const normal = tellNormal(describeNormal(metric, course.engagement_ranges[metric]), text);
  return (
    <p>
      {say('meaning.normal', { normal })}{' '}
      {mean !== null &&
        median !== null &&
        say('meaning.averageSolved', { count: learners, mean: number(mean), median: number(median) })}
    </p>
  );
}

export const SegmentInfo = memo(function SegmentInfo({ segment }: { readonly segment: Segment }) {
  const { say } = useText();
  return (
    <Info term={say(`segment.${segment}`)}>
      <p>{say(`segmentMeaning.${segment}`)}</p>
      {segment === 'struggling' && <p>{say('meaning.rangesRatio')}</p>}
      {segment === 'highly_engaged' && <p>{say('meaning.ranges')}</p>}
      <p>{say('segmentMeaning.describes')}</p>
    </Info>
  );
});
