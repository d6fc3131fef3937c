import { useEffect, useRef } from 'react';
import type { Metric } from '../../client/answers.ts';
import { METRICS } from '../metrics.ts';
import { focusHeading, isByKeys } from '../shell/focus.ts';
import { Icon } from '../shell/icons.tsx';
import { type Text, useText } from '../text.ts';
import { type Bound, changeFilters, clearFilters, removeSegment, type RosterState } from './roster-state.ts';

interface Chip {
  readonly key: string;
  readonly label: string;
  readonly without: Partial<RosterState>;
}

/** What narrows the list, one by one, each to be taken away. */
export function FilterChips(props: { readonly state: RosterState; readonly change: (state: RosterState) => void }) {
  const text = useText();
  const { say } = text;
  const { state, change } = props;
  const chips = listChips(state, text);
  const list = useRef<HTMLUListElement>(null);
  /** The place of the one that was removed, which had the focus; of all of them: the first. And by what it was removed. */
  const removed = useRef<{ readonly index: number; readonly goOn: () => void } | null>(null);
  useEffect(() => {
    if (removed.current === null) return;
    const left = [...(list.current?.querySelectorAll<HTMLElement>('button.chip') ?? [])];
    const next = left[removed.current.index] ?? left.at(-1);
    if (next === undefined) removed.current.goOn();
    else next.focus();
    removed.current = null;
  });
  if (chips.length === 0) return null;
  return (
    <ul className="chips" aria-label={say('roster.chips')} ref={list}>
      {chips.map(({ key, label, without }, index) => (
        <li key={key}>
          <button
            type="button"
            className="chip"
            aria-label={say('roster.chips.remove', { filter: label })}
            onClick={() => {
              removed.current = { index, goOn: wayOn() };
              change(changeFilters(state, without));
            }}
          >
            {label}
            <Icon name="close" />
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          className="plain"
          onClick={() => {
            removed.current = { index: 0, goOn: wayOn() };
            change(clearFilters(state));
          }}
        >
          {say('roster.chips.clear')}
        </button>
      </li>
    </ul>
  );
}

/** Where one goes on from what was pressed and is gone with the filters: by keys to the search, which would bring up the keyboard of a phone. */
export function wayOn(): () => void {
  const byKeys = isByKeys();
  return () => (byKeys ? findSearch()?.focus() : focusHeading());
}

/** The input of the search; null while the page has none. */
export function findSearch(): HTMLElement | null {
  return document.querySelector('.toolbar input');
}

function listChips(state: RosterState, text: Text): Chip[] {
  const { say, range } = text;
  const chips: Chip[] = [];
  const add = (key: string, label: string, without: Partial<RosterState>) => chips.push({ key, label, without });
  if (state.search !== '') add('search', say('roster.chips.search', { text: state.search }), { search: '' });
  for (const segment of state.segments) {
    const name = say(`segment.${segment}`);
    const label = state.without ? say('roster.chips.notIn', { segment: name }) : name;
    add(segment, label, removeSegment(state, segment));
  }
  if (state.cohort !== '') add('cohort', say('roster.chips.cohort', { cohort: state.cohort }), { cohort: '' });
  if (state.mode !== '') add('mode', say('roster.chips.mode', { mode: text.mode(state.mode) }), { mode: '' });
  for (const metric of METRICS) {
    const bound = state.bounds[metric];
    const label = bound && describeBound(metric, bound, text);
    if (label !== undefined) add(metric, label, { bounds: { ...state.bounds, [metric]: { min: null, max: null } } });
  }
  if (state.start !== null && state.end !== null) {
    const label = say('roster.chips.range', { range: range({ start: state.start, end: state.end }) });
    add('range', label, { start: null, end: null });
  }
  return chips;
}

function describeBound(metric: Metric, { min, max }: Bound, { say, number }: Text): string | undefined {
  const name = say(`metric.${metric}`);
  const show = (value: number) => number(value, 6);
  if (max === 0 && (min ?? 0) === 0) return say('roster.chips.exactly', { metric: name, value: show(0) });
  if (min !== null && min === max) return say('roster.chips.exactly', { metric: name, value: show(min) });
  if (min !== null && max !== null)
    return say('roster.chips.between', { metric: name, min: show(min), max: show(max) });
  if (min !== null) return say('roster.chips.atLeast', { metric: name, value: show(min) });
  if (max !== null) return say('roster.chips.atMost', { metric: name, value: show(max) });
  return undefined;
}
