import { useMemo } from 'react';
import type { ListedLearner, Segment } from '../../client/answers.ts';
import { SEGMENTS } from '../metrics.ts';
import { dropDraft } from '../shell/drafts.ts';
import { createKept } from '../shell/kept.ts';

// Who was chosen to be written to stays chosen on other pages of the list, on the way to a learner and back, and over a
// reload and a new login.

/** What a message needs of a learner; no more is kept. */
export type Recipient = Pick<ListedLearner, 'username' | 'name' | 'email' | 'segments'>;
export type Chosen = ReadonlyMap<string, Recipient>;

interface Choice {
  readonly courseId: string;
  readonly learners: readonly Recipient[];
}

const kept = createKept<Choice | null>('chosen', normalizeChoice);

function findChosen(choice: Choice | null, courseId: string): Chosen {
  return withLearners(new Map(), choice?.courseId === courseId ? choice.learners : [], true);
}

export function useChosen(courseId: string): Chosen {
  const choice = kept.use();
  return useMemo(() => findChosen(choice, courseId), [choice, courseId]);
}

/** Chooses these instead of those before; a message to the others ends with the last of them. */
export function choose(courseId: string, learners: Chosen): void {
  if (learners.size === 0) dropDraft(courseId);
  kept.write({ courseId, learners: [...learners.values()] });
}

/** Chooses these beside those who are chosen by now. */
export function chooseMore(courseId: string, learners: readonly ListedLearner[]): void {
  choose(courseId, withLearners(findChosen(kept.read(), courseId), learners, true));
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

/** How many are chosen beside those who are shown. */
export function countElsewhere(all: Chosen, shown: ReadonlyArray<Pick<ListedLearner, 'username'>>): number {
  return all.size - shown.filter(({ username }) => all.has(username)).length;
}

/** The first group that all of them are in: what a message to all of them can be about. None once somebody has left the course. */
export function findSharedSegment(learners: ReadonlyArray<Pick<ListedLearner, 'segments'>>): Segment | null {
  if (learners.length === 0 || learners.some(({ segments }) => segments.includes('unenrolled'))) return null;
  return SEGMENTS.find((segment) => learners.every(({ segments }) => segments.includes(segment))) ?? null;
}

export function normalizeChoice(stored: unknown): Choice | null {
  const { courseId, learners } = (stored ?? {}) as Partial<Choice>;
  if (typeof courseId !== 'string' || !Array.isArray(learners)) return null;
  return { courseId, learners: learners.map(normalizeRecipient).filter((recipient) => recipient !== null) };
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
