import { type ChangeEvent, useId, useState } from 'react';
import type { DateRange } from '../../client/answers.ts';
import { addDays, daysBetween, parseDay } from '../days.ts';
import { type MessageId, useText } from '../text.ts';

const MAX_DAYS = 1826;

export interface RangePreset {
  readonly label: MessageId;
  /** null: as if nothing was chosen. */
  readonly range: DateRange | null;
}

interface Props {
  readonly presets: readonly RangePreset[];
  readonly shown: DateRange;
  readonly choose: (range: DateRange | null) => void;
  readonly note?: string;
}

/** Some ranges of days to choose from, or any other. Begins anew where one goes back to others while it is open. */
export function RangeForm(props: Props) {
  return <Form key={`${props.shown.start} ${props.shown.end}`} {...props} />;
}

function Form(props: Props) {
  const { say } = useText();
  const [first, setFirst] = useState(props.shown.start);
  const [last, setLast] = useState(addDays(props.shown.end, -1));
  /** How often in a row no such days could be shown. */
  const [refused, setRefused] = useState(0);
  const id = useId();
  const submit = () => {
    const end = parseDay(last);
    const possible = parseDay(first) !== null && end !== null && first <= last && daysBetween(first, last) < MAX_DAYS;
    setRefused(possible ? 0 : refused + 1);
    if (possible) props.choose({ start: first, end: addDays(end, 1) });
  };
  // what was refused is not what is there any more
  const edit = (set: (day: string) => void) => (event: ChangeEvent<HTMLInputElement>) => {
    set(event.target.value);
    setRefused(0);
  };
  const day = {
    type: 'date',
    required: true,
    'aria-invalid': refused > 0,
    'aria-describedby': refused > 0 ? id : undefined,
  };
  return (
    <form
      className="range-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="quick">
        {props.presets.map(({ label, range }) => (
          <button
            key={label}
            type="button"
            className="button small"
            aria-pressed={range?.start === props.shown.start && range.end === props.shown.end}
            onClick={() => props.choose(range)}
          >
            {say(label)}
          </button>
        ))}
      </div>
      <div className="pair">
        <label className="field">
          {say('roster.range.from')}
          <input {...day} value={first} onChange={edit(setFirst)} />
        </label>
        <label className="field">
          {say('roster.range.to')}
          <input {...day} value={last} onChange={edit(setLast)} />
        </label>
      </div>
      {refused > 0 && (
        // heard anew each time
        <p key={refused} className="field-error" role="alert" id={id}>
          {say('roster.range.wrong')}
        </p>
      )}
      {props.note !== undefined && <p className="quiet small">{props.note}</p>}
      <p className="actions">
        <button type="submit" className="button primary">
          {say('roster.range.apply')}
        </button>
      </p>
    </form>
  );
}
