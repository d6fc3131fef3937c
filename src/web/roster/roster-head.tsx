import type { CourseMetadata } from '../../client/answers.ts';
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

/** Which course this is, of which days its numbers are, and how fresh. */
export function RosterHead(props: {
  readonly courseId: string;
  /** Of the days that are shown, and of the current window. */
  readonly course: CourseMetadata | undefined;
  readonly current: CourseMetadata | undefined;
  readonly state: RosterState;
  readonly change: (state: RosterState) => void;
}) {
  const { say, range } = useText();
  const { course, current, state } = props;
  const heading = useHeading();
  const days = course?.engagement_ranges.date_range;
  const window = current?.engagement_ranges.date_range;
  return (
    <header className="page-head roster-head">
      <div>
        <nav className="crumbs">
          <Link to="?all">{say('app.home')}</Link>
        </nav>
        <h1 ref={heading} tabIndex={-1}>
          <CourseLabel courseId={props.courseId} />
        </h1>
      </div>
      <div className="facts">
        {days !== undefined && window !== undefined ? (
          <>
            <Overlay icon="calendar" label={say('roster.window', { range: range(days) })} title={say('roster.range')}>
              {(close) => (
                <RangeForm
                  shown={days}
                  presets={[
                    { label: 'roster.range.current', range: window },
                    { label: 'roster.range.before', range: { start: addDays(window.start, -7), end: window.start } },
                    { label: 'roster.range.weeks2', range: { start: addDays(window.end, -14), end: window.end } },
                    { label: 'roster.range.weeks4', range: { start: addDays(window.end, -28), end: window.end } },
                  ]}
                  note={say('roster.range.segments')}
                  choose={(chosen) => {
                    const isCurrent = chosen?.start === window.start && chosen.end === window.end;
                    const { start, end } = isCurrent || chosen === null ? { start: null, end: null } : chosen;
                    props.change(changeFilters(state, { start, end }));
                    close();
                  }}
                />
              )}
            </Overlay>
            <Info term={say('roster.range')}>
              <p>{say('meaning.window')}</p>
            </Info>
            {current !== undefined && <Freshness course={current} />}
          </>
        ) : (
          <span className="fact-space" />
        )}
      </div>
    </header>
  );
}
