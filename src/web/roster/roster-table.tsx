import type { ReactNode } from 'react';
import type { CourseMetadata, ListedLearner } from '../../client/answers.ts';
import { Link } from '../link.tsx';
import { METRICS, SEGMENTS } from '../metrics.ts';
import { learnerPath } from '../routes.ts';
import { MetricInfo } from '../shell/definitions.tsx';
import { Icon } from '../shell/icons.tsx';
import { Info } from '../shell/info.tsx';
import { MetricValue, SegmentBadge } from '../shell/marks.tsx';
import { type Text, useText } from '../text.ts';
import { FoundBeside, FoundName } from './found-learner.tsx';
import { moveInTable } from './move-in-table.ts';
import { beginPress, openByRow, withoutDrag } from './press-row.ts';
import { type Change, formatRosterState, type Order, ORDERS, type RosterState, toggleOrder } from './roster-state.ts';
import { useOneStep } from './use-one-step.ts';

interface Props {
  readonly courseId: string;
  readonly course: CourseMetadata | undefined;
  readonly learners: readonly ListedLearner[];
  readonly state: RosterState;
  readonly change: Change;
  /** Whether the learners are those of a list that another is coming for. */
  readonly isOld: boolean;
  readonly isChosen: (username: string) => boolean;
  readonly setChosen: (learners: readonly ListedLearner[], chosen: boolean) => void;
}

export function RosterTable(props: Props) {
  const { say } = useText();
  const { learners, state, course } = props;
  const allChosen = learners.length > 0 && learners.every(({ username }) => props.isChosen(username));
  return (
    <div className="table-frame">
      <table className="roster" onKeyDown={moveInTable}>
        <caption className="only-heard">
          {tellOrder(state, say)} {say('roster.keys')}
        </caption>
        <thead>
          <tr>
            <th className="choose">
              <label>
                <input
                  type="checkbox"
                  aria-label={say('roster.selectPage')}
                  checked={allChosen}
                  disabled={props.isOld}
                  onChange={(event) => props.setChosen(learners, event.target.checked)}
                />
                <span className="narrow-only">{say('roster.selectPage')}</span>
              </label>
            </th>
            <Column order="name" {...props} className="name" />
            <th scope="col" className="segments">
              {say('column.segments')}
            </th>
            <Column order="last_active" {...props} className="day">
              <Info term={say('column.last_active')}>
                <p>{say('meaning.last_active')}</p>
              </Info>
            </Column>
            {METRICS.map((metric) => (
              <Column key={metric} order={metric} {...props} className="number">
                <MetricInfo metric={metric} course={course} />
              </Column>
            ))}
          </tr>
        </thead>
        {/* nobody is to be chosen or opened who is not in the list that the page tells of */}
        <tbody
          inert={props.isOld}
          onMouseDown={beginPress}
          onClickCapture={withoutDrag}
          onClick={openByRow}
          onAuxClick={openByRow}
        >
          {learners.map((learner) => (
            <Row key={learner.username} learner={learner} {...props} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function columnName(order: Order) {
  return METRICS.some((metric) => metric === order)
    ? (`metric.${order as (typeof METRICS)[number]}` as const)
    : (`column.${order as Exclude<Order, (typeof METRICS)[number]>}` as const);
}

/** What the list is of, and in which order. */
export function tellOrder({ order, descending }: RosterState, say: Text['say']): string {
  const direction = say(descending ? 'roster.descending' : 'roster.ascending');
  return say('roster.table', { column: say(columnName(order)), direction });
}

function Column(
  props: Pick<Props, 'state' | 'change'> & {
    readonly order: Order;
    readonly className: string;
    readonly children?: ReactNode;
  },
) {
  const { say } = useText();
  const { state, order } = props;
  const sorted = state.order === order;
  const name = say(columnName(order));
  return (
    <th
      scope="col"
      // without what explains it, which would be heard with every number
      aria-label={name}
      className={props.className}
      aria-sort={sorted ? (state.descending ? 'descending' : 'ascending') : undefined}
    >
      <span className="column">
        <button type="button" className="sort" onClick={() => props.change(toggleOrder(state, order))}>
          {name}
          {sorted && <Icon name={state.descending ? 'down' : 'up'} />}
        </button>
        {props.children}
      </span>
    </th>
  );
}

function Row({ learner, ...props }: Props & { readonly learner: ListedLearner }) {
  const { say, shortDay } = useText();
  const { username, name, engagements, last_active, enrollment_date } = learner;
  const chosen = props.isChosen(username);
  return (
    <tr className={chosen ? 'chosen' : undefined}>
      <td className="choose">
        <label>
          <input
            type="checkbox"
            aria-label={say('roster.select', { name: name === null ? username : `${name} (${username})` })}
            checked={chosen}
            onChange={(event) => props.setChosen([learner], event.target.checked)}
          />
        </label>
      </td>
      <th scope="row" className="name">
        <Link
          to={learnerPath(props.courseId, username, formatRosterState(props.state))}
          data-username={username}
          className="open"
          // a drag marks the name, and takes away neither the link nor what is marked
          draggable={false}
          onDragStart={(event) => event.preventDefault()}
        >
          <FoundName learner={learner} />
        </Link>
        <FoundBeside learner={learner} />
      </th>
      <td className="segments">
        {SEGMENTS.filter((segment) => learner.segments.includes(segment)).map((segment) => (
          <SegmentBadge key={segment} segment={segment} />
        ))}
      </td>
      <td className="day" data-label={say('column.last_active')}>
        {last_active !== null ? (
          inOneLine(shortDay(last_active, learner.last_updated))
        ) : (
          <span className="never">
            {say('learner.never')}
            {enrollment_date !== null && (
              <span className="quiet small">
                {say('roster.enrolled', { day: inOneLine(shortDay(enrollment_date, learner.last_updated)) })}
              </span>
            )}
          </span>
        )}
      </td>
      {METRICS.map((metric) => (
        <td key={metric} className="number" data-label={say(`metric.${metric}`)}>
          <MetricValue metric={metric} value={engagements[metric]} level={engagements.levels[metric]} />
        </td>
      ))}
    </tr>
  );
}

/** A day is read as one word. */
function inOneLine(day: string): string {
  return day.replaceAll(' ', '\u00a0');
}

/** All orders, also those that are no column; on narrow screens the table has none. */
export function SortChoice({ state, change }: Pick<Props, 'state' | 'change'>) {
  const { say } = useText();
  const { choose, onBlur } = useOneStep(state, change);
  return (
    <div className="sort-choice">
      <label>
        <span>{say('roster.sortBy')}</span>
        <select
          value={state.order}
          onBlur={onBlur}
          onChange={(event) => {
            const order = ORDERS.find((known) => known === event.target.value);
            if (order !== undefined) choose(toggleOrder(state, order));
          }}
        >
          {ORDERS.map((order) => (
            <option key={order} value={order}>
              {order === 'name' ? say('column.name') : say(columnName(order))}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        className="button icon-only"
        title={say(state.descending ? 'roster.descending' : 'roster.ascending')}
        onClick={() => change(toggleOrder(state, state.order))}
      >
        <Icon name={state.descending ? 'down' : 'up'} />
      </button>
    </div>
  );
}
