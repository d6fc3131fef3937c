import { useEffect } from 'react';
import { createKept } from './kept.ts';

/** What was written instead of what a message begins as. */
export interface Draft {
  /** Codes of the tidbits that it is about. */
  readonly mentioned?: readonly string[];
  readonly subject?: string;
  readonly body?: string;
  /** What the text greeted with when it was written, where that goes by who is chosen. */
  readonly greeting?: string;
  /** It was opened in a mail program as it is, and so most likely sent. */
  readonly isOpened?: boolean;
}

/** Nothing is left of the message to those who were chosen in the course, when others are. */
export function dropDraft(courseId: string): void {
  const { [courseId]: _, ...others } = kept.read();
  kept.write(others);
}

type Drafts = Readonly<Record<string, Draft>>;

const UNTOUCHED: Draft = {};
const kept = createKept<Drafts>('drafts', normalizeDrafts);

/**
 * An unsent message is there again, wherever one was in between; one that was sent is not, once one was elsewhere.
 * @param username whose page it is written on; without one it is to whoever is chosen in the course
 */
export function useDraft(courseId: string, username?: string): readonly [Draft, (change: Draft) => void] {
  const key = username === undefined ? courseId : `${courseId} ${username}`;
  const draft = kept.use()[key] ?? UNTOUCHED;
  useEffect(() => {
    const { [key]: known, ...others } = kept.read();
    if (known?.isOpened === true) kept.write(others);
  }, [key]);
  return [draft, (change) => kept.write({ ...kept.read(), [key]: { ...draft, isOpened: false, ...change } })];
}

/** The text for whoever is chosen now: nobody else's name is left in it, unless it was put there by hand. */
export function greetAnew({ body = '', greeting }: Draft, now: string): string {
  const [first = '', ...others] = body.split('\n');
  return first === greeting ? [now, ...others].join('\n') : body;
}

function normalizeDrafts(stored: unknown): Drafts {
  const drafts = Object.entries((stored ?? {}) as Readonly<Record<string, Draft | null>>);
  return Object.fromEntries(drafts.map(([key, draft]) => [key, normalizeDraft(draft)]));
}

function normalizeDraft(draft: Draft | null): Draft {
  const { mentioned, subject, body, greeting, isOpened } = draft ?? UNTOUCHED;
  return {
    ...(Array.isArray(mentioned) && { mentioned }),
    ...(typeof subject === 'string' && { subject }),
    ...(typeof body === 'string' && { body }),
    ...(typeof greeting === 'string' && { greeting }),
    isOpened: isOpened === true,
  };
}
