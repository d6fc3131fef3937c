import { useEffect, useRef, useState } from 'react';
import { useOnline } from '../shell/use-online.ts';
import { useText } from '../text.ts';
import { formatFilters, type RosterState } from './roster-state.ts';
import { tellOrder } from './roster-table.tsx';

const SLOW_MS = 1000;

/**
 * Tells by ear what else is only seen of the list: that another page or order of it is there, and how many are chosen. What
 * filters find is told where it is counted. That another list is waited for can also be seen, wherever on the page one is.
 */
export function ListStatus(props: {
  readonly state: RosterState;
  /** How many pages there are; undefined: the list that is asked for is not there. */
  readonly pages: number | undefined;
  /** Whether another list is shown until it is. */
  readonly isOld: boolean;
  readonly chosen: number;
  readonly elsewhere: number;
}) {
  const { say, number } = useText();
  const { state, pages, isOld, chosen, elsewhere } = props;
  const [told, setTold] = useState('');
  const waiting = say(useOnline() ? 'app.loading' : 'app.waiting');
  const before = useRef<Readonly<Record<'filters' | 'order' | 'page' | 'choice', string>> | null>(null);
  const filters = formatFilters(state).toString();
  const order = `${state.order} ${state.descending}`;
  const page = `${state.page} ${pages}`;
  const choice = `${chosen} ${elsewhere}`;
  const isThere = pages !== undefined;
  const tell = {
    order: () => tellOrder(state, say),
    page: () => `${say('roster.page')} ${number(state.page)} ${say('roster.pageOf', { pages: pages ?? 0 })}`,
    choice: () =>
      [
        say('roster.selected', { count: chosen }),
        ...(elsewhere > 0 ? [say('roster.selectedElsewhere', { count: elsewhere })] : []),
      ].join(', '),
  };
  const telling = useRef(tell);
  telling.current = tell;
  useEffect(() => {
    const timer = isOld ? setTimeout(() => setTold(waiting), SLOW_MS) : undefined;
    return () => clearTimeout(timer);
  }, [isOld, filters, order, page, waiting]);
  useEffect(() => {
    if (isOld) return;
    if (!isThere) {
      setTold('');
      return;
    }
    const now = { filters, order, page, choice };
    const then = before.current ?? now;
    before.current = now;
    // another order or filter is begun at its first page
    const part = filters === then.filters && (['order', 'page'] as const).find((each) => now[each] !== then[each]);
    const news = [part ? telling.current[part]() : '', choice === then.choice ? '' : telling.current.choice()];
    setTold(news.filter((text) => text !== '').join('. '));
  }, [isOld, isThere, filters, order, page, choice]);
  return (
    <>
      <p className="only-heard" role="status">
        {told}
      </p>
      {isOld && told === waiting && (
        <div className="waiting" aria-hidden="true">
          <p>{told}</p>
        </div>
      )}
    </>
  );
}
