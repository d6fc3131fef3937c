import { useQuery } from '@tanstack/react-query';
import type { Tidbit } from '../../client/answers.ts';
import type { KnownLearner } from '../answers.ts';
import { sessionQuery } from '../queries.ts';
import { type Text, useText } from '../text.ts';
import { findProblemUrl, nameProblem } from './problem-url.ts';

/** Facts to open a message with. */
export function Tidbits({ courseId, learner }: { readonly courseId: string; readonly learner: KnownLearner }) {
  const text = useText();
  const { data: session } = useQuery(sessionQuery);
  const { tidbits = [], segments } = learner;
  // that nothing stands out would be said beside why the learner does
  if (tidbits.length === 0 && segments.includes('inactive')) return null;
  return (
    <section className="panel">
      <h2>{text.say('learner.tidbits')}</h2>
      {tidbits.length === 0 && <p className="quiet">{text.say('learner.tidbits.none')}</p>}
      <ul className="tidbits">
        {tidbits.map((tidbit) => (
          <li key={tidbit.code}>
            {tellTidbit(tidbit, text)}{' '}
            <Problem
              url={findProblemUrl(session?.lms_url ?? null, courseId, tidbit)}
              name={session && nameProblem(tidbit)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The way to it, and where there is none, what is known of it. */
function Problem({ url, name }: { readonly url: string | null; readonly name: string | null | undefined }) {
  const { say } = useText();
  if (url === null) return name ? <span className="quiet small">{name}</span> : null;
  return (
    <a href={url} target="_blank" rel="noreferrer">
      {say('learner.tidbits.problem')}
    </a>
  );
}

/** In the reader's language where the app knows what it is, else as the server put it. */
export function tellTidbit({ code, message, data }: Tidbit, { say, has, day }: Text): string {
  const id = `tidbit.${code}`;
  if (!has(id)) return message;
  const since = data['since'];
  return say(id, { ...data, ...(typeof since === 'string' && { since: day(since) }) });
}
