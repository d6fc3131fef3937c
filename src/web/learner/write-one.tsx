import { useQuery } from '@tanstack/react-query';
import type { Tidbit } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import { readCourseName } from '../course-name.ts';
import { sessionQuery } from '../queries.ts';
import { type Draft, type HeldDraft, useDraft } from '../shell/drafts.ts';
import { greetOne, LetterFields } from '../shell/letter.tsx';
import { isAddress } from '../shell/mailto.ts';
import { Overlay } from '../shell/overlay.tsx';
import { type Text, useText } from '../text.ts';
import { mention } from './mention.ts';
import { findProblemUrl } from './problem-url.ts';
import { tellTidbit } from './tidbits.tsx';

/** A message to a learner that begins with something true, to be edited. Left unsent, it is there again. */
export function WriteOne({ courseId, learner }: { readonly courseId: string; readonly learner: KnownLearner }) {
  const { say } = useText();
  const held = useDraft(courseId, learner.username);
  const name = learner.name ?? learner.username;
  const { email } = learner;
  if (!isAddress(email)) return <p className="quiet">{say('write.noMail')}</p>;
  return (
    <Overlay icon="mail" label={say('write.button')} title={say('write.title', { name })} className="primary">
      {(close) => <Form courseId={courseId} learner={learner} email={email} held={held} close={close} />}
    </Overlay>
  );
}

/** The sentence to the learner about a tidbit, and where the problem is that it is about. */
function address({ code, data }: Tidbit, { say, has, day }: Text, url: string | null): string | null {
  const id = `say.${code}`;
  const since = data['since'];
  if (!has(id)) return null;
  const sentence = say(id, { ...data, ...(typeof since === 'string' && { since: day(since) }) });
  return url === null ? sentence : `${sentence}\n${url}`;
}

function Form(props: {
  readonly courseId: string;
  readonly learner: KnownLearner;
  readonly email: string;
  readonly held: HeldDraft;
  readonly close: () => void;
}) {
  const text = useText();
  const { say } = text;
  const { learner, courseId } = props;
  const { draft, change, discard } = props.held;
  const { data: session } = useQuery(sessionQuery);
  const tellLearner = (tidbit: Tidbit) =>
    address(tidbit, text, findProblemUrl(session?.lms_url ?? null, courseId, tidbit));
  const isGone = learner.segments.includes('unenrolled');
  // they take it for granted that one is in the course
  const tidbits = isGone ? [] : (learner.tidbits ?? []).filter((tidbit) => tellLearner(tidbit) !== null);
  const closing = say('write.closing');
  const told = tidbits.slice(0, 1);
  const {
    mentioned = Object.fromEntries(told.map((tidbit) => [tidbit.code, tellLearner(tidbit) ?? ''])),
    subject = say('write.defaultSubject', { course: readCourseName(courseId).course }),
    body = [greetOne(learner, text), ...Object.values(mentioned), closing].join('\n\n'),
  } = draft;
  // what is mentioned and what is written stay together, whatever it would begin as another time
  const write = (changed: Draft) => change({ mentioned, subject, body, ...changed });
  const choose = (tidbit: Tidbit, wanted: boolean) => {
    const { [tidbit.code]: said, ...others } = mentioned;
    const sentence = said ?? tellLearner(tidbit) ?? '';
    write({
      mentioned: wanted ? { ...others, [tidbit.code]: sentence } : others,
      body: mention(body, sentence, wanted, closing),
    });
  };
  return (
    <div className="write-form">
      {isGone && <p className="small">{say('write.goneAll', { count: 1 })}</p>}
      {tidbits.length > 0 && (
        <fieldset className="checks stacked">
          <legend>{say('write.pick')}</legend>
          {tidbits.map((tidbit) => (
            <label key={tidbit.code}>
              <input
                type="checkbox"
                checked={tidbit.code in mentioned}
                onChange={(event) => choose(tidbit, event.target.checked)}
              />
              <span>{tellTidbit(tidbit, text)}</span>
            </label>
          ))}
        </fieldset>
      )}
      <LetterFields
        to={[props.email]}
        blind={false}
        subject={subject}
        body={body}
        write={write}
        discard={discard}
        close={props.close}
      />
    </div>
  );
}
