import { lazy } from 'react';

const load = async () => ({ default: (await import('./learner-page.tsx')).LearnerPage });

/** The page of a learner, whose code comes after that of the list. */
export const LateLearnerPage = lazy(load);

/** Has the code come before it is wanted; whoever opens the page is told where it did not. */
export function fetchLearnerPage(): void {
  load().catch(() => {});
}
