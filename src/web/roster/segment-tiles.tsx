import type { CourseMetadata, Segment } from '../../client/answers.ts';
import { SEGMENTS } from '../metrics.ts';
import { SegmentInfo } from '../shell/definitions.tsx';
import { SegmentShape } from '../shell/marks.tsx';
import { useText } from '../text.ts';
import type { RosterState } from './roster-state.ts';

/** How many are in each group; choosing one shows them. */
export function SegmentTiles(props: {
  readonly course: CourseMetadata | undefined;
  readonly state: RosterState;
  readonly choose: (segment: Segment) => void;
}) {
  const { say, number, percent } = useText();
  const { course, state } = props;
  return (
    <section className="tiles" aria-label={`${say('roster.segments')} ${say('roster.segments.note')}`}>
      {SEGMENTS.map((segment) => {
        const count = course?.segments[segment];
        const share = course && course.learner_count > 0 ? (count ?? 0) / course.learner_count : 0;
        return (
          <div key={segment} className={`tile segment-${segment}`}>
            <button
              type="button"
              aria-pressed={!state.without && state.segments.includes(segment)}
              onClick={() => props.choose(segment)}
            >
              <span className="label">
                <SegmentShape segment={segment} />
                {say(`segment.${segment}`)}
              </span>{' '}
              <span className="size">
                <span className="count">{count === undefined ? '\u2007' : number(count)}</span>{' '}
                <span className="share">
                  {count === undefined ? '\u2007' : say('roster.share', { share: percent(share) })}
                </span>
              </span>
            </button>
            <SegmentInfo segment={segment} />
          </div>
        );
      })}
    </section>
  );
}
