import { useState } from 'react';
import type { ListedLearner } from '../../client/answers.ts';
import { type Text, useText } from '../text.ts';
import type { Draft } from './drafts.ts';
import { fitMailto, MAX_SUBJECT, type Part, PARTS } from './mailto.ts';

interface Props {
  /** Usable addresses; none: nothing can be opened. */
  readonly to: readonly string[];
  /** Whether the recipients stay hidden from each other. */
  readonly blind: boolean;
  readonly subject: string;
  readonly body: string;
  readonly write: (change: Draft) => void;
}

/** How a message to one begins. */
export function greetOne({ name, username }: Pick<ListedLearner, 'name' | 'username'>, { say }: Text): string {
  return say('write.greeting', { name: name?.trim().split(/\s+/u)[0] ?? username });
}

/** Subject and text of a message to be edited, and the ways into a mail program that there are for it. */
export function LetterFields(props: Props) {
  const { say } = useText();
  const { to, subject, body, write } = props;
  return (
    <>
      <label className="field">
        {say('write.subject')}
        <input
          type="text"
          maxLength={MAX_SUBJECT}
          value={subject}
          onChange={(event) => write({ subject: event.target.value })}
        />
      </label>
      <label className="field">
        {say('write.body')}
        <textarea rows={8} value={body} onChange={(event) => write({ body: event.target.value })} />
      </label>
      {to.length === 0 ? <p>{say('write.noMail')}</p> : <Ways {...props} />}
    </>
  );
}

/** What is too long for a link is copied, and the message is opened without it. */
function Ways({ to, blind, subject, body, write }: Props) {
  const { say } = useText();
  const [copied, setCopied] = useState<{ readonly text: string; readonly works: boolean } | null>(null);
  /** The text that was copied, and the one that was opened without it: once it is the same, the message has left. */
  const [taken, setTaken] = useState<{ readonly copied?: string; readonly opened?: string }>({});
  const { href, leftOut } = fitMailto({ to, blind, subject, body });
  const take = (next: typeof taken) => {
    setTaken(next);
    if (next.copied === body && next.opened === body) write({ isOpened: true });
  };
  const missing = leftOut.length > 1 ? 'both' : leftOut[0];
  const isWhole = missing === undefined;
  const texts: Readonly<Record<Part, string>> = { addresses: to.join(', '), text: body };
  const copy = async (text: string) => {
    try {
      // browsers have none where the page did not come by https
      await navigator.clipboard.writeText(text);
      setCopied({ text, works: true });
      if (text === body) take({ ...taken, copied: body });
    } catch {
      setCopied({ text, works: false });
    }
  };
  // what was written on since is not what was copied
  const done = PARTS.find((part) => texts[part] === copied?.text);
  return (
    <>
      <p role="status" className={isWhole ? 'only-heard' : 'field-error'}>
        {!isWhole && say(`write.tooLong.${missing}`)}
      </p>
      {!leftOut.includes('text') && <p className="quiet small">{say('write.note')}</p>}
      <p className="actions">
        <a
          className={isWhole ? 'button primary' : 'button'}
          href={href}
          // a text that is yet to be copied is not to be lost
          onClick={() => take({ ...taken, opened: body, ...(!leftOut.includes('text') && { copied: body }) })}
        >
          {say(isWhole ? 'write.open' : `write.openWithout.${missing}`)}
        </a>
        {(isWhole && blind ? (['addresses'] as const) : leftOut).map((part) => (
          <button
            key={part}
            type="button"
            className={isWhole ? 'button' : 'button primary'}
            onClick={() => void copy(texts[part])}
          >
            {say(done === part && copied?.works === true ? `write.copied.${part}` : `write.copy.${part}`)}
          </button>
        ))}
      </p>
      {done !== undefined && copied?.works === false && (
        <label className="field">
          <span role="alert">{say('write.copyByHand')}</span>
          <textarea rows={3} readOnly value={texts[done]} onFocus={(event) => event.target.select()} />
        </label>
      )}
    </>
  );
}
