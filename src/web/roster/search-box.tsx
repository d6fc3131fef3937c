import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { ListedLearner } from '../../client/answers.ts';
import { rosterQuery } from '../queries.ts';
import { learnerPath } from '../routes.ts';
import { openPage } from '../router.ts';
import { Icon } from '../shell/icons.tsx';
import { usePreference } from '../shell/preferences.ts';
import { useText } from '../text.ts';
import { FoundBeside, FoundName } from './found-learner.tsx';
import { changeFilters, formatRosterState, isNarrowed, type RosterState, searchEverybody } from './roster-state.ts';

const SUGGESTED = 8;
const PAUSE_MS = 120;
/** How many there are is said to who stopped typing, not after each letter. */
const REST_MS = 700;
/** Where the arrows are on the search among all learners, which comes after the last and so before the text. */
const AMONG_ALL = -2;

function usePaused(text: string, pause: number): string {
  const [paused, setPaused] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(text), pause);
    return () => clearTimeout(timer);
  }, [text, pause]);
  return paused;
}

/** Suggests learners while one types; Enter shows all that match in the list. A combobox as WAI-ARIA describes it. */
export function SearchBox(props: {
  readonly courseId: string;
  readonly state: RosterState;
  readonly change: (state: RosterState) => void;
}) {
  const { say } = useText();
  const { courseId, state } = props;
  const [text, setText] = useState(state.search);
  const [open, setOpen] = useState(false);
  /** Which suggestion the arrows are on; -1: the text itself. */
  const [active, setActive] = useState(-1);
  /** Whether Enter was pressed on the first suggestion before it was there. */
  const [entered, setEntered] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();

  // whatever else is chosen, the box says what the list is of
  const list = formatRosterState(state).toString();
  useEffect(() => setText(state.search), [list, state.search]);
  // one key alone may be pressed by accident, and by those who speak to their device
  const slash = usePreference('slash') !== 'off';
  useEffect(() => (slash ? focusOnSlash(input) : undefined), [slash]);

  const paused = usePaused(text.trim(), PAUSE_MS);
  const asked: RosterState = { ...state, search: paused, order: 'name', descending: false, page: 1 };
  const found = useQuery({
    ...rosterQuery(courseId, { ...asked, size: SUGGESTED }),
    enabled: open && paused !== '',
  });
  const learners = paused === '' ? [] : (found.data?.results ?? []);
  const shown = open && paused !== '' && found.data !== undefined;
  /** Whether they are those whom the text in the box finds; until then nobody can be picked. */
  const settled = shown && !found.isPlaceholderData && paused === text.trim();
  /** Which of those it is that the arrows are on. */
  const at = Math.min(active, learners.length - 1);
  const isNarrow = settled && isNarrowed(state);
  const missing = paused === text.trim() && (found.isError || found.isPaused);
  /** Whether the arrows are on a suggestion that is on the way. */
  const waits = open && active >= 0 && text.trim() !== '' && !settled && !missing;

  const close = () => {
    setOpen(false);
    setActive(-1);
    setEntered(false);
  };
  const show = (next: RosterState) => {
    close();
    setText(next.search);
    props.change(next);
  };
  /** What the list is of already leaves it where it is. */
  const search = (wanted: string) =>
    show(wanted.trim() === state.search ? state : changeFilters(state, { search: wanted.trim() }));
  const openLearner = ({ username }: ListedLearner) =>
    openPage(learnerPath(courseId, username, formatRosterState({ ...state, search: paused, page: 1 })));
  const searchAll = () => show(searchEverybody(state, text.trim()));
  const pick = () => {
    setEntered(false);
    const learner = settled ? learners[at] : undefined;
    if (learner !== undefined) openLearner(learner);
    else if (isNarrow && at === AMONG_ALL) searchAll();
    else search(text);
  };
  useEffect(() => {
    if (entered && !waits) pick();
  });

  const nobody = say(isNarrow ? 'roster.search.noneHere' : 'roster.search.none');
  const told = !settled ? '' : found.data.count === 0 ? nobody : say('roster.count', { count: found.data.count });
  const heard = usePaused(told, REST_MS);
  const onKeyDown = (event: KeyboardEvent) => {
    // the keys are those of an input method
    // oxlint-disable-next-line typescript/no-deprecated -- in Safari the key that ends it is known by nothing else
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    setEntered(event.key === 'Enter' && waits);
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const count = learners.length + (isNarrow ? 2 : 1);
      const next = ((at + 1 + step + count) % count) - 1;
      if (settled) setActive(next === learners.length ? AMONG_ALL : next);
      // counted from the first of those that are on the way
      else setActive((before) => Math.max(before + step, -1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (!waits) pick();
    } else if (event.key === 'Escape') {
      if (shown || entered) close();
      else if (text !== '') search('');
    }
  };

  return (
    <div className="search">
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label={say('roster.search')}
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={settled && at !== -1 ? `${id}-${at}` : undefined}
        placeholder={say('roster.search')}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(-1);
          setEntered(false);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      {text === '' && slash && (
        <kbd aria-hidden="true" title={say('roster.search.hint')}>
          /
        </kbd>
      )}
      {text !== '' && (
        <button
          type="button"
          className="clear"
          aria-label={say('roster.search.clear')}
          onClick={() => {
            search('');
            input.current?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      )}
      <p className="only-heard" role="status">
        {heard}
      </p>
      <div
        className="suggestions"
        hidden={!shown}
        inert={!settled}
        aria-busy={!settled}
        onMouseDown={(event) => event.preventDefault()}
      >
        {settled && found.data.count === 0 && (
          <p className="none" aria-hidden="true">
            {nobody}
          </p>
        )}
        <ul id={`${id}-list`} role="listbox" aria-label={say('roster.search.suggestions')}>
          {learners.map((learner, index) => (
            <li
              key={learner.username}
              id={`${id}-${index}`}
              role="option"
              aria-selected={settled && index === at}
              onClick={() => openLearner(learner)}
            >
              <FoundName learner={learner} />
              <FoundBeside learner={learner} />
            </li>
          ))}
          {isNarrow && (
            <li
              id={`${id}-${AMONG_ALL}`}
              className="among-all"
              role="option"
              aria-selected={at === AMONG_ALL}
              onClick={searchAll}
            >
              {say('roster.search.everybody')}
            </li>
          )}
        </ul>
        <p className="more">
          {settled && found.data.count > 0 && (
            <button type="button" tabIndex={-1} onClick={() => search(text)}>
              {say('roster.search.all', { count: found.data.count })} <kbd>↵</kbd>
            </button>
          )}
        </p>
      </div>
    </div>
  );
}

/** `/` anywhere but in a field goes to the search. */
function focusOnSlash(input: { readonly current: HTMLInputElement | null }): () => void {
  const listen = (event: globalThis.KeyboardEvent) => {
    const { target } = event;
    const typing =
      target instanceof Element &&
      target.closest('input:not([type=checkbox]), textarea, select, [role=dialog]') !== null;
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.current?.focus();
    input.current?.select();
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}
