import type { DateRange, Segment } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import { METRICS, SEGMENTS } from '../metrics.ts';
import { SegmentInfo } from '../shell/definitions.tsx';
import { SegmentBadge } from '../shell/marks.tsx';
import { type Text, useText } from '../text.ts';

/** The groups that the learner is in, each with why. */
export function LearnerSegments(props: {
  readonly learner: KnownLearner;
  /** The window that groups are of. */
  readonly current: DateRange | undefined;
}) {
  const { learner, current } = props;
  const text = useText();
  const shown = learner.engagements.date_range;
  const segments = SEGMENTS.filter((segment) => learner.segments.includes(segment));
  return (
    <section className="panel">
      <h2>
        {text.say('learner.segments')} {current && <small>{text.range(current)}</small>}
      </h2>
      {segments.length === 0 && <p className="quiet">{text.say('learner.segments.none')}</p>}
      <ul className="reasons">
        {segments.map((segment) => (
          <li key={segment}>
            <span className="with-info">
              <SegmentBadge segment={segment} />
              <SegmentInfo segment={segment} />
            </span>
            <p>{explain(segment, learner, shown.start === current?.start && shown.end === current?.end, text)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Reasons are of the current window; the numbers beside them may be of other days, and are then left out. */
function explain(segment: Segment, learner: KnownLearner, isCurrent: boolean, text: Text): string {
  const { say, list, day } = text;
  const reasons = learner.segment_reasons[segment] ?? [];
  const [reason] = reasons;
  const since = reason !== undefined && /^\d{4}-\d{2}-\d{2}/.test(reason) ? day(reason) : null;
  if (segment === 'highly_engaged') {
    const metrics = METRICS.filter((metric) => reasons.includes(metric));
    return say('reason.highly_engaged', { metrics: list(metrics.map((metric) => say(`metric.${metric}`))) });
  }
  if (segment === 'struggling') return isCurrent ? explainStruggling(learner, text) : say('reason.strugglingBare');
  if (since !== null) return say(`reason.${segment}`, { day: since });
  if (segment === 'inactive') return say('reason.never');
  return say(segment === 'unenrolled' ? 'reason.unenrolledBare' : 'segmentMeaning.disengaging');
}

function explainStruggling({ engagements }: KnownLearner, { say, number }: Text): string {
  const { problem_attempts: attempts, problem_attempts_per_completed: ratio } = engagements;
  return ratio === null
    ? say('reason.strugglingNone', { attempts })
    : say('reason.struggling', { value: number(ratio) });
}
