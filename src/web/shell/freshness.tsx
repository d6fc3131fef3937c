import { useSyncExternalStore } from 'react';
import type { CourseMetadata } from '../../client/answers.ts';
import { useText } from '../text.ts';
import { Info } from './info.tsx';
import { useIsPrinted } from './use-is-printed.ts';

const MINUTE_MS = 60_000;

function followDays(listener: () => void): () => void {
  const timer = setInterval(listener, MINUTE_MS);
  addEventListener('visibilitychange', listener);
  return () => {
    clearInterval(timer);
    removeEventListener('visibilitychange', listener);
  };
}

/** Has a component drawn again when another day has begun: the page was left open over night, or the device was asleep. */
function useToday(): void {
  useSyncExternalStore(followDays, () => new Date().toDateString());
}

/** Until when there is data, as `Freshness` says it; on paper with the day, which is today no more when it is read. */
export function useFreshness(): (course: Pick<CourseMetadata, 'data_until'>) => string {
  const { say, moment } = useText();
  const isPrinted = useIsPrinted();
  useToday();
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
