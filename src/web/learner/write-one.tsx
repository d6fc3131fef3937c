import { useQuery } from '@tanstack/react-query';
import type { KnownLearner } from '../answers.ts';
import { sessionQuery } from '../queries.ts';
import { type Draft, type HeldDraft, useDraft } from '../shell/drafts.ts';
import { greetOne, LetterFields } from '../shell/letter.tsx';
import { isAddress } from '../shell/mailto.ts';
import { SegmentBadge } from '../shell/marks.tsx';
import { Overlay } from '../shell/overlay.tsx';
import { useToldCourse } from '../shell/use-told-course.ts';
import { type Text, useText } from '../text.ts';
import { listOccasions, nameOccasion, type Occasion } from './list-occasions.ts';
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
    <Overlay
      icon="mail"
      label={say(held.discard === null ? 'write.button' : 'write.continue')}
      title={say('write.title', { name })}
      className="primary"
    >
      {(close) => <Form courseId={courseId} learner={learner} email={email} held={held} close={close} />}
    </Overlay>
  );
}

/** The sentence to the learner, and where the problem is that it is about; null where there is none. */
function address(occasion: Occasion, { say, has, day }: Text, courseId: string, lmsUrl: string | null): string | null {
  if (typeof occasion === 'string') {
    const id = `sayAll.${occasion}`;
    return has(id) ? say(id) : null;
  }
  const { code, data } = occasion;
  const id = `say.${code}`;
  const since = data['since'];
  if (!has(id)) return null;
  const sentence = say(id, { ...data, ...(typeof since === 'string' && { since: day(since) }) });
  const url = findProblemUrl(lmsUrl, courseId, occasion);
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
  const course = useToldCourse(courseId);
  const { draft, change, discard } = props.held;
  const { data: session } = useQuery(sessionQuery);
  const tellLearner = (occasion: Occasion) => address(occasion, text, courseId, session?.lms_url ?? null);
  const isGone = learner.segments.includes('unenrolled');
  const occasions = listOccasions(learner).filter((occasion) => tellLearner(occasion) !== null);
  const closing = say('write.closing');
  const told = occasions.slice(0, 1);
  const {
    mentioned = Object.fromEntries(told.map((occasion) => [nameOccasion(occasion), tellLearner(occasion) ?? ''])),
    subject = say('write.defaultSubject', { course: course.title }),
    body = [greetOne(learner, text), ...Object.values(mentioned), closing].join('\n\n'),
  } = draft;
  // what is mentioned and what is written stay together, whatever it would begin as another time
  const write = (changed: Draft) => change({ mentioned, subject, body, ...changed });
  const choose = (occasion: Occasion, wanted: boolean) => {
    const code = nameOccasion(occasion);
    const { [code]: said, ...others } = mentioned;
    const sentence = said ?? tellLearner(occasion) ?? '';
    write({
      mentioned: wanted ? { ...others, [code]: sentence } : others,
      body: mention(body, sentence, wanted, closing),
    });
  };
  return (
    <div className="write-form">
      {isGone && <p className="small">{say('write.goneAll', { count: 1 })}</p>}
      {occasions.length > 0 && (
        <fieldset className="checks stacked">
          <legend>{say('write.pick')}</legend>
          {occasions.map((occasion) => (
            <label key={nameOccasion(occasion)}>
              <input
                type="checkbox"
                checked={nameOccasion(occasion) in mentioned}
                onChange={(event) => choose(occasion, event.target.checked)}
              />
              {typeof occasion === 'string' ? (
                <span>
                  <SegmentBadge segment={occasion} /> <span className="quiet small">{tellLearner(occasion)}</span>
                </span>
              ) : (
                <span>{tellTidbit(occasion, text)}</span>
              )}
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
