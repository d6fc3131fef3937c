import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { COPY_STEPS, type CopyStep } from './copy-steps.ts';

/** The files of more learners than this, or of more bytes of facts, are made in a thread of its own, so that requests go on. */
const MANY = 5000;
const MANY_BYTES = 1_000_000;

type Steps = typeof COPY_STEPS;

/**
 * Does a step of a copy, of which `bytes` tells how much there is to do besides the learners.
 * @throws Error where the step does
 */
export async function doStep<Step extends CopyStep>(
  step: Step,
  setup: Parameters<Steps[Step]>[0],
  bytes = 0,
): Promise<ReturnType<Steps[Step]>> {
  type Result = ReturnType<Steps[Step]>;
  if (setup.count <= MANY && bytes <= MANY_BYTES) return (COPY_STEPS[step] as (given: typeof setup) => Result)(setup);
  const worker = new Worker(new URL('./copy-steps.worker.ts', import.meta.url), { workerData: { step, setup } });
  let result: unknown;
  worker.once('message', (message) => {
    result = message;
  });
  const [code] = (await once(worker, 'exit')) as [number];
  if (code !== 0) throw new Error(`step ${step} of a copy of ${setup.count} learners ended with ${code}`);
  return result as Result;
}
