import type { CourseMetadata } from '../../client/answers.ts';
import { useText } from '../text.ts';
import { mayBeOnItsWay } from './late-logs.ts';

/** Days on which nobody did anything; where that may be so only because it has not arrived, that is said too. */
export function QuietDays(props: {
  /** Of the days that are shown, and of the current window. */
  readonly course: CourseMetadata | undefined;
  readonly current: CourseMetadata | undefined;
}) {
  const { say } = useText();
  const { course, current } = props;
  if (course === undefined || current === undefined || course.learner_count === 0) return null;
  if (course.engagement_averages.days_active.learners > 0) return null;
  const window = current.engagement_ranges.date_range;
  const isLate = mayBeOnItsWay(course.engagement_ranges.date_range, current.data_until, window);
  return (
    <p className="quiet-course">
      <strong>{say('roster.quiet.title')}.</strong> {say('roster.quiet.text')} {isLate && say('roster.quiet.late')}
    </p>
  );
}
