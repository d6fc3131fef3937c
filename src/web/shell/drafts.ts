import { createKept } from './kept.ts';

/** What was written instead of what a message begins as. */
export interface Draft {
  /** What the text was given to say of tidbits, by their codes. On another day it would be said with other numbers. */
  readonly mentioned?: Readonly<Record<string, string>>;
  readonly subject?: string;
  readonly body?: string;
  /** What the text greeted with when it was written, where that goes by who is chosen. */
  readonly greeting?: string;
}

/** A draft, and what can be done to it. */
export interface HeldDraft {
  readonly draft: Draft;
  readonly change: (change: Draft) => void;
  /** Null where nothing is written yet. */
  readonly discard: (() => void) | null;
}

type Drafts = Readonly<Record<string, Draft>>;

const UNTOUCHED: Draft = {};
const kept = createKept<Drafts>('drafts', normalizeDrafts);

/**
 * What was written is there again, wherever one was in between, until it is discarded: whether it was sent, or a mail program
 * opened at all, nobody can know here.
 * @param username whose page it is written on; without one it is to whoever is chosen in the course
 */
export function useDraft(courseId: string, username?: string): HeldDraft {
  const key = username === undefined ? courseId : `${courseId} ${username}`;
  const draft = kept.use()[key] ?? UNTOUCHED;
  return {
    draft,
    change: (change) => kept.write({ ...kept.read(), [key]: { ...draft, ...change } }),
    discard: draft === UNTOUCHED ? null : () => dropDraft(key),
  };
}

/** @param key a course: of the message to those who were chosen in it, nothing is left when others are */
export function dropDraft(key: string): void {
  const { [key]: _, ...others } = kept.read();
  kept.write(others);
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
  const { mentioned, subject, body, greeting } = draft ?? UNTOUCHED;
  return {
    ...(isTexts(mentioned) && { mentioned }),
    ...(typeof subject === 'string' && { subject }),
    ...(typeof body === 'string' && { body }),
    ...(typeof greeting === 'string' && { greeting }),
  };
}

function isTexts(stored: unknown): stored is Readonly<Record<string, string>> {
  return (
    typeof stored === 'object' &&
    stored !== null &&
    !Array.isArray(stored) &&
    Object.values(stored).every((text) => typeof text === 'string')
  );
}
