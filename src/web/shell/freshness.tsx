import type { CourseMetadata } from '../../client/answers.ts';
import { useText } from '../text.ts';
import { Info } from './info.tsx';
import { useIsPrinted } from './use-is-printed.ts';

/** Until when there is data, as `Freshness` says it; on paper with the day, which is today no more when it is read. */
export function useFreshness(): (course: Pick<CourseMetadata, 'data_until'>) => string {
  const { say, moment } = useText();
  const isPrinted = useIsPrinted();
  return ({ data_until: until }) =>
    until === null ? say('fresh.none') : say('fresh.until', { moment: moment(until, isPrinted) });
}

export function Freshness({ course }: { readonly course: Pick<CourseMetadata, 'data_until' | 'last_updated'> }) {
  const { say, day } = useText();
  const tell = useFreshness();
  return (
    <span className="with-info quiet">
      {tell(course)}
      <Info term={say('fresh.term')}>
        <p>{say('meaning.data_until')}</p>
        <p>{say('meaning.last_updated', { day: day(course.last_updated) })}</p>
      </Info>
    </span>
  );
}
