import type { CourseMetadata } from '../../client/answers.ts';
import { ColumnsInfo } from '../shell/definitions.tsx';
import { MarkShape } from '../shell/marks.tsx';
import { useText } from '../text.ts';

/** What the marks in the list say. */
export function Legend({ course }: { readonly course: CourseMetadata | undefined }) {
  const { say } = useText();
  return (
    <p className="legend">
      <span className="wide-only">{say('roster.legend')}</span>
      {(['high', 'low'] as const).map((shape) => (
        <span key={shape}>
          <MarkShape mark={{ shape, tone: 'neutral' }} /> {say(`roster.legend.${shape}`)}
          <span className="wide-only">{say(`roster.legend.from.${shape}`)}</span>
        </span>
      ))}
      {(['good', 'watch'] as const).map((tone) => (
        <span key={tone}>
          <span className={`swatch ${tone}`} aria-hidden="true">
            <MarkShape mark={{ shape: 'high', tone }} />
            <MarkShape mark={{ shape: 'low', tone }} />
          </span>{' '}
          {say(`roster.legend.${tone}`)}
        </span>
      ))}
      <span className="narrow-only">
        <ColumnsInfo course={course} />
      </span>
    </p>
  );
}
