import { useQuery } from '@tanstack/react-query';
import type { Tidbit } from '../../client/answers.ts';
import { sessionQuery } from '../queries.ts';
import { type Text, useText } from '../text.ts';
import { findProblemUrl } from './problem-url.ts';

/** Facts to open a message with. */
export function Tidbits(props: { readonly courseId: string; readonly tidbits: readonly Tidbit[] }) {
  const text = useText();
  const { data: session } = useQuery(sessionQuery);
  const { courseId, tidbits } = props;
  return (
    <section className="panel">
      <h2>{text.say('learner.tidbits')}</h2>
      {tidbits.length === 0 && <p className="quiet">{text.say('learner.tidbits.none')}</p>}
      <ul className="tidbits">
        {tidbits.map((tidbit) => (
          <li key={tidbit.code}>
            {tellTidbit(tidbit, text)} <ProblemLink url={findProblemUrl(session?.lms_url ?? null, courseId, tidbit)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ProblemLink({ url }: { readonly url: string | null }) {
  const { say } = useText();
  if (url === null) return null;
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
