import type { CourseMetadata, DateRange } from '../../client/answers.ts';
import { addDays } from '../days.ts';
import { Link } from '../link.tsx';
import { CourseLabel } from '../shell/course-label.tsx';
import { Freshness } from '../shell/freshness.tsx';
import { Info } from '../shell/info.tsx';
import { Overlay } from '../shell/overlay.tsx';
import { RangeForm } from '../shell/range-form.tsx';
import { useHeading } from '../shell/use-heading.ts';
import { useText } from '../text.ts';
import { changeFilters, type RosterState } from './roster-state.ts';

interface Props {
  readonly courseId: string;
  /** Of the current window, whatever days are shown. */
  readonly current: CourseMetadata | undefined;
  readonly state: RosterState;
  readonly change: (state: RosterState) => void;
}

/** Which course this is, of which days its numbers are, and how fresh. */
export function RosterHead({ courseId, current, state, change }: Props) {
  const { say } = useText();
  const heading = useHeading();
  return (
    <header className="page-head roster-head">
      <div>
        <nav className="crumbs">
          <Link to="?all">{say('app.home')}</Link>
        </nav>
        <h1 ref={heading} tabIndex={-1}>
          <CourseLabel courseId={courseId} />
        </h1>
      </div>
      <div className="facts">
        {current !== undefined && (
          <>
            <Days window={current.engagement_ranges.date_range} state={state} change={change} />
            <Info term={say('roster.range')}>
              <p>{say('meaning.window')}</p>
            </Info>
            <Freshness course={current} />
          </>
        )}
      </div>
    </header>
  );
}

function Days({ window, state, change }: Pick<Props, 'state' | 'change'> & { readonly window: DateRange }) {
  const { say, range } = useText();
  const { start, end } = state;
  const shown = start !== null && end !== null ? { start, end } : window;
  return (
    <Overlay icon="calendar" label={say('roster.window', { range: range(shown) })} title={say('roster.range')}>
      {(close) => (
        <RangeForm
          shown={shown}
          presets={[
            { label: 'roster.range.current', range: window },
            { label: 'roster.range.before', range: { start: addDays(window.start, -7), end: window.start } },
            { label: 'roster.range.weeks2', range: { start: addDays(window.end, -14), end: window.end } },
            { label: 'roster.range.weeks4', range: { start: addDays(window.end, -28), end: window.end } },
          ]}
          note={say('roster.range.segments')}
          choose={(chosen) => {
            const isCurrent = chosen === null || (chosen.start === window.start && chosen.end === window.end);
            change(changeFilters(state, isCurrent ? { start: null, end: null } : chosen));
            close();
          }}
        />
      )}
    </Overlay>
  );
}
