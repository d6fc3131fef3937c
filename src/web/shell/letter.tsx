import { useId, useState } from 'react';
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
  /** Null where there is nothing to be discarded. */
  readonly discard: (() => void) | null;
  /** Of the dialog, which begins anew when it is opened again. */
  readonly close: () => void;
}

/** How a message to one begins. */
export function greetOne({ name, username }: Pick<ListedLearner, 'name' | 'username'>, { say }: Text): string {
  return say('write.greeting', { name: name?.trim().split(/\s+/u)[0] ?? username });
}

/** Subject and text of a message to be edited, and the ways into a mail program that there are for it. */
export function LetterFields(props: Props) {
  const { say } = useText();
  const { subject, body, write } = props;
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
      <Ways {...props} />
    </>
  );
}

/** What is too long for a link is copied, and the message is opened without it. */
function Ways({ to, blind, subject, body, discard, close }: Props) {
  const { say } = useText();
  const [copied, setCopied] = useState<{ readonly text: string; readonly works: boolean; readonly at: number } | null>(
    null,
  );
  const { href, leftOut } = fitMailto({ to, blind, subject, body: to.length === 0 ? '' : body });
  const missing = leftOut.length > 1 ? 'both' : leftOut[0];
  const isWhole = missing === undefined;
  const texts: Readonly<Record<Part, string>> = { addresses: to.join(', '), text: body };
  const id = useId();
  const copy = async (text: string) => {
    // heard anew each time
    setCopied(null);
    const at = Date.now();
    try {
      // browsers have none where the page did not come by https
      await navigator.clipboard.writeText(text);
      setCopied({ text, works: true, at });
    } catch {
      setCopied({ text, works: false, at });
    }
  };
  // what was written on since is not what was copied
  const done = PARTS.find((part) => texts[part] === copied?.text);
  const tellCopied = (part: Part) => say(`write.copied.${part}`, { count: to.length });
  return (
    <>
      <p role="status" className="only-heard">
        {done !== undefined && copied?.works === true && tellCopied(done)}
      </p>
      <p role="status" className={isWhole ? 'only-heard' : 'field-error'}>
        {!isWhole && say(`write.tooLong.${missing}`)}
      </p>
      {to.length === 0 && <p>{say('write.noMail')}</p>}
      {to.length > 0 && !leftOut.includes('text') && <p className="quiet small">{say('write.note')}</p>}
      <p className="actions">
        {to.length > 0 && (
          <a className={isWhole ? 'button primary' : 'button'} href={href}>
            {say(isWhole ? 'write.open' : `write.openWithout.${missing}`)}
          </a>
        )}
        {PARTS.filter((part) => texts[part] !== '').map((part) => (
          <button
            key={part}
            type="button"
            className={leftOut.includes(part) ? 'button primary' : 'button'}
            onClick={() => void copy(texts[part])}
          >
            {done === part && copied?.works === true
              ? tellCopied(part)
              : say(`write.copy.${part}`, { count: to.length })}
          </button>
        ))}
        {discard !== null && (
          <button
            type="button"
            className="plain"
            onClick={() => {
              discard();
              close();
            }}
          >
            {say('write.discard')}
          </button>
        )}
      </p>
      {done !== undefined && copied?.works === false && (
        <div className="field">
          {/* no `label`, to which an alert does not count */}
          <p key={copied.at} role="alert" id={id}>
            {say('write.copyByHand')}
          </p>
          <textarea
            rows={3}
            readOnly
            aria-labelledby={id}
            value={texts[done]}
            onFocus={(event) => event.target.select()}
          />
        </div>
      )}
    </>
  );
}
