import { parentPort, workerData } from 'node:worker_threads';
import { COPY_STEPS, type CopyStep } from './copy-steps.ts';

// Loads no engine: a thread that did and ends would block the engine's next call in others.
const { step, setup } = workerData as { step: CopyStep; setup: unknown };
// a thread has no origin
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage((COPY_STEPS[step] as (given: unknown) => unknown)(setup));
