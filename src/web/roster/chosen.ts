import { useSyncExternalStore } from 'react';
import type { ListedLearner, Segment } from '../../client/answers.ts';
import { SEGMENTS } from '../metrics.ts';

// Who was chosen to be written to stays chosen on other pages of the list and on the way to a learner and back; it is
// forgotten with the tab.

export type Chosen = ReadonlyMap<string, ListedLearner>;

const NOBODY: Chosen = new Map();
let chosen: { readonly courseId: string; readonly learners: Chosen } | null = null;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useChosen(courseId: string): Chosen {
  return useSyncExternalStore(subscribe, () => (chosen?.courseId === courseId ? chosen.learners : NOBODY));
}

export function choose(courseId: string, learners: Chosen): void {
  chosen = { courseId, learners };
  for (const listener of listeners) listener();
}

/** Chooses these beside those who are chosen by now. */
export function chooseMore(courseId: string, learners: readonly ListedLearner[]): void {
  choose(courseId, withLearners(chosen?.courseId === courseId ? chosen.learners : NOBODY, learners, true));
}

/** With some learners more, or fewer. */
export function withLearners(before: Chosen, learners: readonly ListedLearner[], isChosen: boolean): Chosen {
  const next = new Map(before);
  for (const learner of learners) {
    if (isChosen) next.set(learner.username, learner);
    else next.delete(learner.username);
  }
  return next;
}

/** How many are chosen beside those who are shown. */
export function countElsewhere(all: Chosen, shown: ReadonlyArray<Pick<ListedLearner, 'username'>>): number {
  return all.size - shown.filter(({ username }) => all.has(username)).length;
}

/** The first group that all of them are in: what a message to all of them can be about. */
export function findSharedSegment(learners: ReadonlyArray<Pick<ListedLearner, 'segments'>>): Segment | null {
  if (learners.length === 0) return null;
  return SEGMENTS.find((segment) => learners.every(({ segments }) => segments.includes(segment))) ?? null;
}
