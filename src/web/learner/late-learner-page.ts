import { lazy } from 'react';
import { loadOnline } from '../shell/use-online.ts';

/** Has the code of the page come; rejects where it does not. */
export const loadLearnerPage = async () => ({ default: (await import('./learner-page.tsx')).LearnerPage });

/** The page of a learner, whose code comes after that of the list. */
export const LateLearnerPage = lazy(async () => loadOnline(loadLearnerPage));
