import { useRef } from 'react';
import type { CourseMetadata } from '../../client/answers.ts';
import { addDays } from '../days.ts';
import { useText } from '../text.ts';
import { changeFilters, isOnlySegment, type RosterState } from './roster-state.ts';

/**
 * Groups beside numbers of other days would seem to contradict them; and those who disengage have numbers on other days
 * alone.
 */
export function OtherDays(props: {
  readonly state: RosterState;
  readonly current: CourseMetadata | undefined;
  readonly change: (state: RosterState) => void;
}) {
  const { say, range } = useText();
  const { start, end } = props.state;
  const note = useRef<HTMLDivElement>(null);
  const groups = props.current?.engagement_ranges.date_range;
  const disengaging = isOnlySegment(props.state, 'disengaging');
  const isOther = start !== null && end !== null && (start !== groups?.start || end !== groups.end);
  const before = groups !== undefined && { start: addDays(groups.start, -7), end: groups.start };
  // takes the place of what is coming
  let text = isOther || disengaging ? '\u00A0' : '';
  if (groups !== undefined && isOther) {
    text = say('roster.otherDays', { groups: range(groups), numbers: range({ start, end }) });
  } else if (groups !== undefined && disengaging) {
    text = say('roster.disengaging');
  }
  return (
    <div className={text === '' ? undefined : 'quiet-course'} ref={note} tabIndex={-1}>
      <span role="status">{text}</span>{' '}
      {before && disengaging && !isOther && (
        <button
          type="button"
          className="plain"
          onClick={() => {
            // stays, and tells of the other days then
            note.current?.focus();
            props.change(changeFilters(props.state, before));
          }}
        >
          {say('roster.disengaging.before', { range: range(before) })}
        </button>
      )}
    </div>
  );
}
