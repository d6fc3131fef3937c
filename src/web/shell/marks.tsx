import type { Level, Metric, Segment } from '../../client/answers.ts';
import { type Mark, markOf } from '../metrics.ts';
import { useText } from '../text.ts';

/** A triangle upwards for high, downwards for low. */
export function MarkShape({ mark }: { readonly mark: Mark }) {
  return (
    <svg className={`mark ${mark.tone}`} viewBox="0 0 10 10" aria-hidden="true">
      <path d={mark.shape === 'high' ? 'M5 1 9.3 8.6H.7Z' : 'M5 9 .7 1.4h8.6Z'} />
    </svg>
  );
}

/** A number, marked where it is high or low in its course. */
export function MetricValue(props: {
  readonly metric: Metric;
  readonly value: number | null;
  readonly level: Level | null;
}) {
  const { say, number } = useText();
  const { metric, value, level } = props;
  const mark = markOf(metric, level);
  // the API says null both of no attempts and of attempts that led nowhere; the range tells them apart
  const infinite = value === null && level !== null;
  return (
    <span className={mark === null ? `value${value === 0 ? ' zero' : ''}` : `value marked ${mark.tone}`}>
      {mark !== null && (
        <>
          <MarkShape mark={mark} />
          <span className="only-heard">
            {say(`roster.legend.${mark.shape}`)}
            {mark.tone !== 'neutral' && `, ${say(`roster.legend.${mark.tone}`)}`}:{' '}
          </span>
        </>
      )}
      {infinite ? (
        <span className="words">{say('meaning.infinite')}</span>
      ) : value === null ? (
        <NoNumber why={say('meaning.none')} />
      ) : (
        number(value)
      )}
    </span>
  );
}

/** In the place of a number that there is not. */
export function NoNumber({ why }: { readonly why: string }) {
  return (
    <>
      <span aria-hidden="true" title={why}>
        –
      </span>
      <span className="only-heard">{why}</span>
    </>
  );
}

const SEGMENT_SHAPES: Readonly<Record<Segment, string>> = {
  struggling: 'M5 .8 9.5 9H.5Z',
  disengaging: 'M5 9.2.5 1h9Z',
  inactive: 'M1.2 4h7.6v2H1.2Z',
  highly_engaged: 'M5 .6 6.4 3.6 9.7 4 7.3 6.2 7.9 9.4 5 7.8 2.1 9.4 2.7 6.2.3 4 3.6 3.6Z',
  unenrolled: 'M2 .8 5 3.8 8 .8 9.2 2 6.2 5l3 3L8 9.2l-3-3-3 3L.8 8l3-3-3-3Z',
};

export function SegmentShape({ segment }: { readonly segment: Segment }) {
  return (
    <svg className={`mark segment-${segment}`} viewBox="0 0 10 10" aria-hidden="true">
      <path d={SEGMENT_SHAPES[segment]} />
    </svg>
  );
}

export function SegmentBadge({ segment }: { readonly segment: Segment }) {
  const { say } = useText();
  return (
    <span className={`badge segment-${segment}`}>
      <SegmentShape segment={segment} />
      {say(`segment.${segment}`)}
    </span>
  );
}
