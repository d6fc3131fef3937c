import { useState } from 'react';
import { useText } from '../text.ts';
import { fitMailto, MAX_SUBJECT, type Part, PARTS } from './mailto.ts';

interface Letter {
  readonly subject: string;
  readonly body: string;
}

interface Props extends Letter {
  /** Usable addresses; none: nothing can be opened. */
  readonly to: readonly string[];
  /** Whether the recipients stay hidden from each other. */
  readonly blind: boolean;
  readonly write: (change: Partial<Letter>) => void;
}

/** Subject and text of a message to be edited, and the ways into a mail program that there are for it. */
export function LetterFields({ to, blind, subject, body, write }: Props) {
  const { say } = useText();
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
      {to.length === 0 ? <p>{say('write.noMail')}</p> : <Ways to={to} blind={blind} subject={subject} body={body} />}
    </>
  );
}

/** What is too long for a link is copied, and the message is opened without it. */
function Ways({ to, blind, subject, body }: Omit<Props, 'write'>) {
  const { say } = useText();
  const [copied, setCopied] = useState<{ readonly text: string; readonly works: boolean } | null>(null);
  const { href, leftOut } = fitMailto({ to, blind, subject, body });
  const missing = leftOut.length > 1 ? 'both' : leftOut[0];
  const texts: Readonly<Record<Part, string>> = { addresses: to.join(', '), text: body };
  const copy = async (text: string) => {
    try {
      // browsers have none where the page did not come by https
      await navigator.clipboard.writeText(text);
      setCopied({ text, works: true });
    } catch {
      setCopied({ text, works: false });
    }
  };
  // what was written on since is not what was copied
  const done = PARTS.find((part) => texts[part] === copied?.text);
  return (
    <>
      <p role="status" className={missing === undefined ? 'only-heard' : 'field-error'}>
        {missing !== undefined && say(`write.tooLong.${missing}`)}
      </p>
      {!leftOut.includes('text') && <p className="quiet small">{say('write.note')}</p>}
      <p className="actions">
        <a className={missing === undefined ? 'button primary' : 'button'} href={href}>
          {say(missing === undefined ? 'write.open' : `write.openWithout.${missing}`)}
        </a>
        {PARTS.filter((part) => leftOut.includes(part) || (part === 'addresses' && blind)).map((part) => (
          <button
            key={part}
            type="button"
            className={leftOut.includes(part) ? 'button primary' : 'button'}
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
