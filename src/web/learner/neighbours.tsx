import { useQuery } from '@tanstack/react-query';
import type { DateRange } from '../../client/answers.ts';
import { Link } from '../link.tsx';
import { rosterQuery } from '../queries.ts';
import { formatRosterState, type RosterState } from '../roster/roster-state.ts';
import { learnerPath } from '../routes.ts';
import { Icon } from '../shell/icons.tsx';
import { nameLoss } from '../shell/states.tsx';
import { useText } from '../text.ts';
import { withTimelineDays } from './timeline-days.ts';

/** Who comes before and after in the list, over the ends of its pages. */
export function Neighbours(props: {
  readonly courseId: string;
  readonly username: string;
  readonly state: RosterState;
  /** Days that were chosen for the timeline; null: none. */
  readonly days: DateRange | null;
}) {
  const { say } = useText();
  const { courseId, username, state, days } = props;
  const roster = useQuery(rosterQuery(courseId, state));
  // of a list that is refused, nothing is told
  const page = roster.isPlaceholderData || nameLoss(roster) === 'all' ? undefined : roster.data;
  const learners = page?.results ?? [];
  const at = learners.findIndex((learner) => learner.username === username);
  const isFirst = at === 0 && state.page > 1;
  const isLast = at === learners.length - 1 && state.page < (page?.num_pages ?? 1);
  const before = { ...state, page: Math.max(1, state.page - 1) };
  const after = { ...state, page: state.page + 1 };
  const pageBefore = useQuery({ ...rosterQuery(courseId, before), enabled: at >= 0 && isFirst });
  const pageAfter = useQuery({ ...rosterQuery(courseId, after), enabled: at >= 0 && isLast });
  if (page === undefined || at < 0) return <span className="neighbours" />;

  const link = (label: 'previous' | 'next', other: string | undefined, on: RosterState) => {
    const icon = <Icon name={label === 'previous' ? 'left' : 'right'} />;
    const name = say(`learner.${label}`);
    if (other === undefined) {
      return (
        <span className="button icon-only disabled" aria-hidden="true">
          {icon}
        </span>
      );
    }
    return (
      <Link
        className="button icon-only"
        title={name}
        to={learnerPath(courseId, other, withTimelineDays(formatRosterState(on), days))}
      >
        {icon}
      </Link>
    );
  };
  const previous = isFirst ? pageBefore.data?.results.at(-1) : learners[at - 1];
  const next = isLast ? pageAfter.data?.results[0] : learners[at + 1];
  return (
    <span className="neighbours">
      {link('previous', previous?.username, isFirst ? before : state)}
      <span className="quiet">
        {say('learner.position', { position: (state.page - 1) * state.size + at + 1, count: page.count })}
      </span>
      {link('next', next?.username, isLast ? after : state)}
    </span>
  );
}
