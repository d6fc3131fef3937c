import { useEffect, useMemo } from 'react';
import type { ListedLearner, Segment } from '../../client/answers.ts';
import { SEGMENTS } from '../metrics.ts';
import { dropDraft } from '../shell/drafts.ts';
import { createKept } from '../shell/kept.ts';

// Who was chosen to be written to stays chosen on other pages of the list, on the way to a learner and back, and over a
// reload and a new login.

/** What a message needs of a learner; no more is kept. */
export type Recipient = Pick<ListedLearner, 'username' | 'name' | 'email' | 'segments'>;
export type Chosen = ReadonlyMap<string, Recipient>;

/** By course, as the message to them is. */
type Choices = Readonly<Record<string, readonly Recipient[]>>;

const NOBODY: readonly Recipient[] = [];
const kept = createKept<Choices>('chosen', normalizeChoices);

/** @param shown learners of a list; of those who are chosen it is kept what they are by now */
export function useChosen(courseId: string, shown: readonly Recipient[] = NOBODY): Chosen {
  const learners = chosenIn(kept.use(), courseId);
  const chosen = useMemo(() => withLearners(new Map(), learners, true), [learners]);
  useEffect(() => {
    const renewed = renew(chosen, shown);
    if (renewed !== chosen) choose(courseId, renewed);
  }, [courseId, chosen, shown]);
  return chosen;
}

/** An address may name what every object has. */
function chosenIn(choices: Choices, courseId: string): readonly Recipient[] {
  return Object.hasOwn(choices, courseId) ? (choices[courseId] ?? NOBODY) : NOBODY;
}

/** Chooses these instead of those before; a message to the others ends with the last of them. */
export function choose(courseId: string, learners: Chosen): void {
  const { [courseId]: _, ...others } = kept.read();
  if (learners.size === 0) dropDraft(courseId);
  kept.write(learners.size === 0 ? others : { ...others, [courseId]: [...learners.values()] });
}

/** Chooses these beside those who are chosen by now. */
export function chooseMore(courseId: string, learners: readonly ListedLearner[]): void {
  const before = withLearners(new Map(), chosenIn(kept.read(), courseId), true);
  choose(courseId, withLearners(before, learners, true));
}

/** With some learners more, or fewer. */
export function withLearners(before: Chosen, learners: readonly Recipient[], isChosen: boolean): Chosen {
  const next = new Map(before);
  for (const { username, name, email, segments } of learners) {
    if (isChosen) next.set(username, { username, name, email, segments });
    else next.delete(username);
  }
  return next;
}

/** With what the chosen ones among these learners are by now; the same where that is nothing new. */
export function renew(before: Chosen, learners: readonly Recipient[]): Chosen {
  const known = learners.filter(({ username }) => before.has(username));
  const after = withLearners(before, known, true);
  const isNew = known.some(
    ({ username }) => JSON.stringify(after.get(username)) !== JSON.stringify(before.get(username)),
  );
  return isNew ? after : before;
}

/** How many are chosen beside those who are shown. */
export function countElsewhere(all: Chosen, shown: ReadonlyArray<Pick<ListedLearner, 'username'>>): number {
  return all.size - shown.filter(({ username }) => all.has(username)).length;
}

/** The first group that all of them are in: what a message to all of them can be about. None once somebody has left the course. */
export function findSharedSegment(learners: ReadonlyArray<Pick<ListedLearner, 'segments'>>): Segment | null {
  if (learners.length === 0 || learners.some(({ segments }) => segments.includes('unenrolled'))) return null;
  return SEGMENTS.find((segment) => learners.every(({ segments }) => segments.includes(segment))) ?? null;
}

/** What the tab kept, of whatever shape; what is no recipient is left out. */
export function normalizeChoices(stored: unknown): Choices {
  const choices = Object.entries((stored ?? {}) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    choices.map(([courseId, learners]) => [
      courseId,
      (Array.isArray(learners) ? learners : []).map(normalizeRecipient).filter((recipient) => recipient !== null),
    ]),
  );
}

function normalizeRecipient(stored: unknown): Recipient | null {
  const { username, name, email, segments } = (stored ?? {}) as Partial<Recipient>;
  if (typeof username !== 'string') return null;
  return {
    username,
    name: typeof name === 'string' ? name : null,
    email: typeof email === 'string' ? email : null,
    segments: SEGMENTS.filter((segment) => Array.isArray(segments) && segments.includes(segment)),
  };
}
