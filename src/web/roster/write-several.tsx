import { greetAnew, type HeldDraft, useDraft } from '../shell/drafts.ts';
import { greetOne, LetterFields } from '../shell/letter.tsx';
import { isAddress } from '../shell/mailto.ts';
import { SEGMENTS } from '../metrics.ts';
import { SegmentBadge } from '../shell/marks.tsx';
import { Overlay } from '../shell/overlay.tsx';
import { passFocusOn } from '../shell/focus.ts';
import { useToldCourse } from '../shell/use-told-course.ts';
import { type Text, useText } from '../text.ts';
import { choose, findSharedSegment, type Recipient, withLearners } from './chosen.ts';

/** A message to those who were chosen, who do not see each other. Left unsent, it is there again. */
export function WriteSeveral(props: {
  readonly courseId: string;
  readonly chosen: readonly Recipient[];
  /** How many of them are not to be seen now: on another page, or in another list. */
  readonly elsewhere: number;
  readonly clear: () => void;
}) {
  const { say } = useText();
  const { courseId, chosen, elsewhere } = props;
  const held = useDraft(courseId);
  const count = chosen.length;
  const one = findOnly(chosen);
  return (
    <div className="chosen-bar" role="region" aria-label={say('roster.selected', { count })}>
      <span>
        {say('roster.selected', { count })}
        {elsewhere > 0 && <span className="quiet"> · {say('roster.selectedElsewhere', { count: elsewhere })}</span>}
      </span>
      <Overlay
        icon="mail"
        label={say('roster.write', { count })}
        title={one === null ? say('roster.write', { count }) : say('write.title', { name: one.name ?? one.username })}
        className="primary"
      >
        {(close) => <WriteForm courseId={courseId} chosen={chosen} held={held} close={close} />}
      </Overlay>
      <button type="button" className="plain" onClick={props.clear}>
        {say('roster.deselect')}
      </button>
    </div>
  );
}

/** Who is written to as one is, by name and openly. */
function findOnly(chosen: readonly Recipient[]): Recipient | null {
  return chosen.length === 1 ? (chosen[0] ?? null) : null;
}

/** Says only what is true of all of them. */
function compose(greeting: string, chosen: readonly Recipient[], { say, has }: Text): string {
  const id = `sayAll.${findSharedSegment(chosen)}`;
  return [greeting, ...(has(id) ? [say(id)] : []), say('write.closing')].join('\n\n');
}

/** To be written to in another way, so they are not to be searched for among all. */
function withoutAddressFirst(chosen: readonly Recipient[]): Recipient[] {
  return chosen.toSorted((a, b) => Number(isAddress(a.email)) - Number(isAddress(b.email)));
}

function WriteForm(props: {
  readonly courseId: string;
  readonly chosen: readonly Recipient[];
  readonly held: HeldDraft;
  readonly close: () => void;
}) {
  const text = useText();
  const { say } = text;
  const { chosen } = props;
  const course = useToldCourse(props.courseId);
  const { draft, change, discard } = props.held;
  const one = findOnly(chosen);
  const greeting = one === null ? say('write.greetingAll') : greetOne(one, text);
  const { subject = say('write.defaultSubject', { course: course.title }) } = draft;
  const body = draft.body === undefined ? compose(greeting, chosen, text) : greetAnew(draft, greeting);
  const to = chosen.map(({ email }) => email).filter(isAddress);
  const enrolled = chosen.filter(({ segments }) => !segments.includes('unenrolled'));
  const gone = chosen.length - enrolled.length;
  const isShared = findSharedSegment(enrolled) !== null;
  const missing = chosen.length - to.length;
  return (
    <div className="write-form">
      {one === null && <p className="quiet small">{say('write.bcc')}</p>}
      {one === null && draft.body === undefined && gone < chosen.length && !isShared && (
        <p className="small">{say('write.differ')}</p>
      )}
      {gone === chosen.length ? (
        <p className="small">{say('write.goneAll', { count: gone })}</p>
      ) : (
        gone > 0 && (
          <p className="small" ref={passFocusOn}>
            {say('write.gone', { count: gone })} {draft.body === undefined && isShared && say('write.goneSilent')}{' '}
            <button
              type="button"
              className="plain"
              onClick={() => choose(props.courseId, withLearners(new Map(), enrolled, true))}
            >
              {say('write.leaveOut')}
            </button>
          </p>
        )
      )}
      {missing > 0 && one === null && <p className="small">{say('write.missing', { count: missing })}</p>}
      <LetterFields
        to={to}
        blind={one === null}
        subject={subject}
        body={body}
        write={(next) => change(next.body === undefined ? next : { ...next, greeting })}
        discard={discard}
        close={props.close}
      />
      {one === null && (
        <details className="whom">
          <summary>{say('write.whom')}</summary>
          <ul>
            {withoutAddressFirst(chosen).map(({ username, name, email, segments }) => (
              <li key={username}>
                <bdi>{name ?? username}</bdi> {name !== null && <bdi className="quiet">{username}</bdi>}{' '}
                {SEGMENTS.filter((segment) => segments.includes(segment)).map((segment) => (
                  <SegmentBadge key={segment} segment={segment} />
                ))}
                {!isAddress(email) && <p className="quiet small">{say('write.noMail')}</p>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
