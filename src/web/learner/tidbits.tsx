import type { Tidbit } from '../answers.ts';
import { type Text, useText } from '../text.ts';

/** Facts to open a message with. */
export function Tidbits({ tidbits }: { readonly tidbits: readonly Tidbit[] }) {
  const text = useText();
  return (
    <section className="panel">
      <h2>{text.say('learner.tidbits')}</h2>
      {tidbits.length === 0 && <p className="quiet">{text.say('learner.tidbits.none')}</p>}
      <ul className="tidbits">
        {tidbits.map((tidbit) => (
          <li key={tidbit.code}>{tellTidbit(tidbit, text)}</li>
        ))}
      </ul>
    </section>
  );
}

/** In the reader's language where the app knows what it is, else as the server put it. */
export function tellTidbit({ code, message, data }: Tidbit, { say, has, day }: Text): string {
  const id = `tidbit.${code}`;
  if (!has(id)) return message;
  const since = data['since'];
  return say(id, { ...data, ...(typeof since === 'string' && { since: day(since) }) });
}
