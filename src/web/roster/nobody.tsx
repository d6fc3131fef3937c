import { Notice } from '../shell/states.tsx';
import { useText } from '../text.ts';
import { wayOn } from './filter-chips.tsx';
import { clearFilters, isFiltered, isNarrowed, type RosterState, searchEverybody } from './roster-state.ts';

/** In the place of a list that has nobody. */
export function Nobody({
  state,
  change,
}: {
  readonly state: RosterState;
  readonly change: (state: RosterState) => void;
}) {
  const { say } = useText();
  if (!isFiltered(state)) {
    return (
      <Notice title={say('roster.empty.nobody')}>
        <p>{say('roster.empty.nobodyText')}</p>
      </Notice>
    );
  }
  const elsewhere = state.search !== '' && isNarrowed(state);
  const goTo = (next: RosterState) => {
    wayOn()();
    change(next);
  };
  return (
    <Notice title={say('roster.empty.title')}>
      <p>{say('roster.empty.text')}</p>
      <p className="actions">
        {elsewhere && (
          <button type="button" className="button primary" onClick={() => goTo(searchEverybody(state, state.search))}>
            {say('roster.search.everybody')}
          </button>
        )}
        <button
          type="button"
          className={elsewhere ? 'button' : 'button primary'}
          onClick={() => goTo(clearFilters(state))}
        >
          {say('roster.chips.clear')}
        </button>
      </p>
    </Notice>
  );
}
