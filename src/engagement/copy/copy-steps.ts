import { compareSums, sumHistory } from './check-history.ts';
import { writeHistory } from './write-history.ts';
import { indexTexts, rankPeople } from './people-files.ts';

/** Steps in which a copy is made of what the engine wrote; they need no engine. */
export const COPY_STEPS = {
  texts: indexTexts,
  rest: rankPeople,
  sums: sumHistory,
  compare: compareSums,
  history: writeHistory,
} as const;

export type CopyStep = keyof typeof COPY_STEPS;
