import { useState } from 'react';
import type { CourseMetadata, Metric } from '../../client/answers.ts';
import { METRICS, SEGMENTS } from '../metrics.ts';
import { SegmentShape } from '../shell/marks.tsx';
import { Overlay } from '../shell/overlay.tsx';
import { useText } from '../text.ts';
import {
  type Bound,
  changeFilters,
  formatRosterState,
  MOST_BOUND,
  readNumber,
  type RosterState,
  withSegments,
} from './roster-state.ts';

interface Props {
  readonly course: CourseMetadata | undefined;
  readonly state: RosterState;
  readonly change: (state: RosterState) => void;
}

/** All that narrows the list but the search, the days and a click on a group. */
export function Filters(props: Props) {
  const { say } = useText();
  return (
    <Overlay icon="filter" label={say('roster.filters')} title={say('roster.filters')}>
      {(close) => <FilterForm key={formatRosterState(props.state).toString()} {...props} close={close} />}
    </Overlay>
  );
}

const QUICK = [
  ['roster.filters.noVideos', 'videos_viewed'],
  ['roster.filters.noSolved', 'problems_completed'],
  ['roster.filters.noForum', 'discussion_contributions'],
] as const satisfies readonly (readonly [string, Metric])[];

function FilterForm({ course, state, change, close }: Props & { readonly close: () => void }) {
  const { say, mode: nameMode } = useText();
  const [draft, setDraft] = useState(state);
  const edit = (part: Partial<RosterState>) => setDraft({ ...draft, ...part });
  const setBound = (metric: Metric, bound: Partial<Bound>) => {
    const { min = null, max = null } = draft.bounds[metric] ?? {};
    edit({ bounds: { ...draft.bounds, [metric]: { min, max, ...bound } } });
  };
  return (
    <form
      className="filter-form"
      onSubmit={(event) => {
        event.preventDefault();
        change(changeFilters(draft, withSegments(state, draft.segments)));
        close();
      }}
    >
      <fieldset>
        <legend>{say('column.segments')}</legend>
        <div className="segmented">
          {[false, true].map((without) => (
            <label key={String(without)}>
              <input
                type="radio"
                name="without"
                checked={draft.without === without}
                onChange={() => edit({ without })}
              />
              <span>{say(without ? 'roster.filters.none' : 'roster.filters.any')}</span>
            </label>
          ))}
        </div>
        <div className="checks">
          {SEGMENTS.map((segment) => (
            <label key={segment}>
              <input
                type="checkbox"
                checked={draft.segments.includes(segment)}
                onChange={(event) =>
                  edit({
                    segments: SEGMENTS.filter((other) =>
                      other === segment ? event.target.checked : draft.segments.includes(other),
                    ),
                  })
                }
              />
              <SegmentShape segment={segment} />
              {say(`segment.${segment}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="pair">
        <Choice
          label={say('column.cohort')}
          values={course?.cohorts ?? {}}
          value={draft.cohort}
          choose={(cohort) => edit({ cohort })}
        />
        <Choice
          label={say('column.enrollment_mode')}
          values={course?.enrollment_modes ?? {}}
          name={nameMode}
          value={draft.mode}
          choose={(mode) => edit({ mode })}
        />
      </div>
      <fieldset>
        <legend>{say('roster.filters.bounds')}</legend>
        <div className="quick">
          {QUICK.map(([label, metric]) => (
            <button
              key={metric}
              type="button"
              className="button small"
              aria-pressed={draft.bounds[metric]?.max === 0}
              onClick={() => setBound(metric, { min: null, max: draft.bounds[metric]?.max === 0 ? null : 0 })}
            >
              {say(label)}
            </button>
          ))}
        </div>
        <div className="bounds">
          <span aria-hidden="true" />
          <span aria-hidden="true">{say('roster.filters.from')}</span>
          <span aria-hidden="true">{say('roster.filters.to')}</span>
          {METRICS.map((metric) => (
            <BoundRow key={metric} metric={metric} bound={draft.bounds[metric]} set={setBound} />
          ))}
        </div>
        <p className="quiet small">{say('roster.filters.noRatio')}</p>
      </fieldset>
      <p className="actions">
        <button type="submit" className="button primary">
          {say('roster.filters.apply')}
        </button>
        <button type="button" className="button" onClick={close}>
          {say('app.cancel')}
        </button>
      </p>
    </form>
  );
}

function Choice(props: {
  readonly label: string;
  readonly values: Readonly<Record<string, number>>;
  readonly value: string;
  readonly name?: (value: string) => string;
  readonly choose: (value: string) => void;
}) {
  const { say, number } = useText();
  const { name = String } = props;
  return (
    <label className="field">
      {props.label}
      <select value={props.value} onChange={(event) => props.choose(event.target.value)}>
        <option value="">{say('roster.filters.every')}</option>
        {/* of an address from before it was renamed, or while the others are not known */}
        {props.value !== '' && !Object.hasOwn(props.values, props.value) && (
          <option value={props.value}>{name(props.value)}</option>
        )}
        {Object.entries(props.values).map(([value, count]) => (
          <option key={value} value={value}>{`${name(value)} (${number(count)})`}</option>
        ))}
      </select>
    </label>
  );
}

function BoundRow(props: {
  readonly metric: Metric;
  readonly bound: Bound | undefined;
  readonly set: (metric: Metric, bound: Partial<Bound>) => void;
}) {
  const { say } = useText();
  const { metric, bound } = props;
  const name = say(`metric.${metric}`);
  const field = (end: 'min' | 'max') => (
    <BoundField
      label={say(`roster.filters.${end}`, { metric: name })}
      least={end === 'max' ? (bound?.min ?? 0) : 0}
      value={bound?.[end] ?? null}
      set={(value) => props.set(metric, { [end]: value })}
    />
  );
  return (
    <>
      <span>{name}</span>
      {field('min')}
      {field('max')}
    </>
  );
}

/** The browser says what is no number that it can be, in the reader's language, and keeps the form open. */
function BoundField(props: {
  readonly label: string;
  readonly least: number;
  readonly value: number | null;
  readonly set: (value: number | null) => void;
}) {
  const { label, least, value, set } = props;
  const [text, setText] = useState('');
  return (
    <input
      type="number"
      min={least}
      max={MOST_BOUND}
      step="any"
      aria-label={label}
      // as it was typed, unless it was set by something else
      value={readNumber(text) === value ? text : (value ?? '')}
      // who scrolls on to the button does not mean to change it
      onWheel={(event) => event.currentTarget.blur()}
      onChange={(event) => {
        setText(event.target.value);
        set(readNumber(event.target.value));
      }}
    />
  );
}
