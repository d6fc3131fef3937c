import { useState } from 'react';
import { readCourseName } from '../course-name.ts';
import { LetterFields } from '../shell/letter.tsx';
import { isAddress } from '../shell/mailto.ts';
import { SEGMENTS } from '../metrics.ts';
import { SegmentShape } from '../shell/marks.tsx';
import { Overlay } from '../shell/overlay.tsx';
import { type Text, useText } from '../text.ts';
import { choose, findSharedSegment, type Recipient, withLearners } from './chosen.ts';

interface Draft {
  readonly subject: string;
  readonly body: string;
}

/** A message to those who were chosen, who do not see each other. Closed unsent, it is there again. */
export function WriteSeveral(props: {
  readonly courseId: string;
  readonly chosen: readonly Recipient[];
  /** How many of them are not to be seen now: on another page, or in another list. */
  readonly elsewhere: number;
  readonly clear: () => void;
}) {
  const { say } = useText();
  const { elsewhere } = props;
  const [draft, setDraft] = useState<Partial<Draft>>({});
  const count = props.chosen.length;
  return (
    <div className="chosen-bar" role="region" aria-label={say('roster.selected', { count })}>
      <span>
        {say('roster.selected', { count })}
        {elsewhere > 0 && <span className="quiet"> · {say('roster.selectedElsewhere', { count: elsewhere })}</span>}
      </span>
      <Overlay
        icon="mail"
        label={say('roster.write', { count })}
        title={say('write.several', { count })}
        className="primary"
      >
        {() => <WriteForm courseId={props.courseId} chosen={props.chosen} draft={draft} setDraft={setDraft} />}
      </Overlay>
      <button type="button" className="plain" onClick={props.clear}>
        {say('roster.deselect')}
      </button>
    </div>
  );
}

/** Says only what is true of all of them. */
function compose(chosen: readonly Recipient[], { say, has }: Text): string {
  const id = `sayAll.${findSharedSegment(chosen)}`;
  return [say('write.greetingAll'), ...(has(id) ? [say(id)] : []), say('write.closing')].join('\n\n');
}

function WriteForm(props: {
  readonly courseId: string;
  readonly chosen: readonly Recipient[];
  /** What was written instead of what the message begins as. */
  readonly draft: Partial<Draft>;
  readonly setDraft: (draft: Partial<Draft>) => void;
}) {
  const text = useText();
  const { say } = text;
  const { chosen, draft, setDraft } = props;
  const { subject = say('write.defaultSubject', { course: readCourseName(props.courseId).course }) } = draft;
  const { body = compose(chosen, text) } = draft;
  const to = chosen.map(({ email }) => email).filter(isAddress);
  const enrolled = chosen.filter(({ segments }) => !segments.includes('unenrolled'));
  const gone = chosen.length - enrolled.length;
  const missing = chosen.length - to.length;
  return (
    <div className="write-form">
      <p className="quiet small">{say('write.bcc')}</p>
      {findSharedSegment(chosen) === null && <p className="small">{say('write.differ')}</p>}
      {gone > 0 && gone < chosen.length && (
        <p className="small">
          {say('write.gone', { count: gone })}{' '}
          <button
            type="button"
            className="plain"
            onClick={() => choose(props.courseId, withLearners(new Map(), enrolled, true))}
          >
            {say('write.leaveOut')}
          </button>
        </p>
      )}
      {missing > 0 && <p className="small">{say('write.missing', { count: missing })}</p>}
      <LetterFields to={to} blind subject={subject} body={body} write={(change) => setDraft({ ...draft, ...change })} />
      <details className="whom">
        <summary>{say('write.whom')}</summary>
        <ul>
          {chosen.map(({ username, name, email, segments }) => (
            <li key={username}>
              {name ?? username} {name !== null && <span className="quiet">{username}</span>}{' '}
              {SEGMENTS.filter((segment) => segments.includes(segment)).map((segment) => (
                <SegmentShape key={segment} segment={segment} />
              ))}
              <span className="only-heard">{text.list(segments.map((segment) => say(`segment.${segment}`)))}</span>
              {!isAddress(email) && <span className="quiet small"> {say('write.noMail')}</span>}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
