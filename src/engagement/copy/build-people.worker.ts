import { workerData } from 'node:worker_threads';
import { PEOPLE_STEPS } from './people-files.ts';

// Loads no engine: a thread that did and ends would block the engine's next call in others.
const { step, folder, count } = workerData as { step: keyof typeof PEOPLE_STEPS; folder: string; count: number };
PEOPLE_STEPS[step](folder, count);
