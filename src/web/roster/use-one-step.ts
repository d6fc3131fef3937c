import { useRef } from 'react';
import { type Change, formatRosterState, type RosterState } from './roster-state.ts';

const addressOf = (state: RosterState): string => formatRosterState(state).toString();

/**
 * For a select: by arrow keys one comes past what one does not want. All that is chosen before it is left is one step, from which
 * one goes back to the list of before.
 */
export function useOneStep(state: RosterState, change: Change) {
  /** The list that it made last. */
  const made = useRef<string | null>(null);
  return {
    choose: (next: RosterState) => {
      change(next, { replace: made.current === addressOf(state) });
      made.current = addressOf(next);
    },
    onBlur: () => {
      made.current = null;
    },
  };
}
