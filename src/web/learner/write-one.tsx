import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SingleLearner, Tidbit } from '../answers.ts';
import { readCourseName } from '../course-name.ts';
import { sessionQuery } from '../queries.ts';
import { formatMailto } from '../shell/mailto.ts';
import { Overlay } from '../shell/overlay.tsx';
import { type Text, useText } from '../text.ts';
import { findProblemUrl } from './problem-url.ts';
import { tellTidbit } from './tidbits.tsx';

/** A message to a learner that begins with something true, to be edited. */
export function WriteOne({ courseId, learner }: { readonly courseId: string; readonly learner: SingleLearner }) {
  const { say } = useText();
  const name = learner.name ?? learner.username;
  if (learner.email === null) return <p className="quiet">{say('write.noMail')}</p>;
  return (
    <Overlay icon="mail" label={say('write.button')} title={say('write.title', { name })} className="primary">
      {() => <Form courseId={courseId} learner={learner} email={learner.email ?? ''} />}
    </Overlay>
  );
}

function compose(
  learner: SingleLearner,
  mentioned: readonly Tidbit[],
  { say, has, day }: Text,
  urlOf: (tidbit: Tidbit) => string | null,
): string {
  const sentences = mentioned.flatMap((tidbit) => {
    const { code, data } = tidbit;
    const id = `say.${code}`;
    const since = data['since'];
    if (!has(id)) return [];
    const sentence = say(id, { ...data, ...(typeof since === 'string' && { since: day(since) }) });
    const url = urlOf(tidbit);
    return [url === null ? sentence : `${sentence}\n${url}`];
  });
  const first = learner.name?.split(/\s+/u)[0] ?? learner.username;
  return [say('write.greeting', { name: first }), ...sentences, say('write.closing')].join('\n\n');
}

function Form(props: { readonly courseId: string; readonly learner: SingleLearner; readonly email: string }) {
  const text = useText();
  const { say, has } = text;
  const { learner, courseId } = props;
  const { data: session } = useQuery(sessionQuery);
  const urlOf = (tidbit: Tidbit) => findProblemUrl(session?.lms_url ?? null, courseId, tidbit);
  const tidbits = (learner.tidbits ?? []).filter(({ code }) => has(`say.${code}`));
  const [mentioned, setMentioned] = useState<readonly Tidbit[]>(tidbits.slice(0, 1));
  const [subject, setSubject] = useState(say('write.defaultSubject', { course: readCourseName(courseId).course }));
  const [body, setBody] = useState(compose(learner, mentioned, text, urlOf));
  const mention = (tidbit: Tidbit, wanted: boolean) => {
    const next = tidbits.filter((other) => (other === tidbit ? wanted : mentioned.includes(other)));
    setMentioned(next);
    setBody(compose(learner, next, text, urlOf));
  };
  return (
    <div className="write-form">
      {tidbits.length > 0 && (
        <fieldset className="checks stacked">
          <legend>{say('write.pick')}</legend>
          {tidbits.map((tidbit) => (
            <label key={tidbit.code}>
              <input
                type="checkbox"
                checked={mentioned.includes(tidbit)}
                onChange={(event) => mention(tidbit, event.target.checked)}
              />
              <span>{tellTidbit(tidbit, text)}</span>
            </label>
          ))}
        </fieldset>
      )}
      <label className="field">
        {say('write.subject')}
        <input type="text" value={subject} onChange={(event) => setSubject(event.target.value)} />
      </label>
      <label className="field">
        {say('write.body')}
        <textarea rows={8} value={body} onChange={(event) => setBody(event.target.value)} />
      </label>
      <p className="quiet small">{say('write.note')}</p>
      <p className="actions">
        <a className="button primary" href={formatMailto({ to: [props.email], blind: false, subject, body })}>
          {say('write.open')}
        </a>
      </p>
    </div>
  );
}
