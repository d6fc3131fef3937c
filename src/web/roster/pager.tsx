import { useEffect, useRef, useState } from 'react';
import { Icon } from '../shell/icons.tsx';
import { useText } from '../text.ts';
import { type Change, PAGE_SIZES, type RosterState } from './roster-state.ts';
import { useOneStep } from './use-one-step.ts';

/** Any page of any number of pages, and how many rows each has. */
export function Pager(props: {
  readonly pages: number;
  readonly state: RosterState;
  readonly change: Change;
  /** Whether the list of before is shown still. */
  readonly isOld: boolean;
}) {
  const { say, number } = useText();
  const { pages, state, isOld } = props;
  const [text, setText] = useState(String(state.page));
  useEffect(() => setText(String(state.page)), [state.page]);
  const { choose, onBlur } = useOneStep(state, props.change);
  /** What chooses how many rows there are, while that is done by keys: it stays in sight when the rows come above it. */
  const keyed = useRef<HTMLSelectElement>(null);
  useEffect(() => {
    if (!isOld) keyed.current?.scrollIntoView({ block: 'nearest' });
  }, [isOld, state.size]);
  const go = (page: number) => props.change({ ...state, page });
  const submit = () => {
    const asked = Number(text);
    const page = Number.isInteger(asked) && asked > 0 ? Math.min(asked, pages) : state.page;
    // also where that is the page there is
    setText(String(page));
    if (page !== state.page) go(page);
  };
  const isNowhere = (page: number) => page < 1 || page > pages || page === state.page;
  const step = (
    label: 'first' | 'previous' | 'next' | 'last',
    page: number,
    icon: 'first' | 'left' | 'right' | 'last',
  ) => (
    <button
      type="button"
      className="button icon-only"
      aria-label={say(`roster.${label}`)}
      // not `disabled`, which would take the focus from who came to the end by it
      aria-disabled={isNowhere(page)}
      onClick={() => !isNowhere(page) && go(page)}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <nav className="pager" aria-label={say('roster.pages')}>
      <label>
        {say('roster.pageSize')}
        <select
          value={state.size}
          onKeyDown={(event) => {
            keyed.current = event.currentTarget;
          }}
          onPointerDown={() => {
            keyed.current = null;
          }}
          onBlur={() => {
            keyed.current = null;
            onBlur();
          }}
          onChange={(event) => choose({ ...state, page: 1, size: Number(event.target.value) })}
        >
          {PAGE_SIZES.map((size) => (
            <option key={size} value={size}>
              {number(size)}
            </option>
          ))}
        </select>
      </label>
      <div className="steps">
        {step('first', 1, 'first')}
        {step('previous', state.page - 1, 'left')}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <label>
            {say('roster.page')}
            <input
              type="text"
              inputMode="numeric"
              value={text}
              onChange={(event) => setText(event.target.value)}
              onBlur={submit}
            />
          </label>{' '}
          {say('roster.pageOf', { pages })}
        </form>
        {step('next', state.page + 1, 'right')}
        {step('last', pages, 'last')}
      </div>
    </nav>
  );
}
