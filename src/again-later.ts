import { setTimeout as wait } from 'node:timers/promises';

/** In ms: a service that is started again is back before the last of them is over. */
const PAUSES_MS = [1000, 5000, 20_000, 60_000];

/**
 * Does what may be done twice again after each pause, where it failed by what passes.
 * @param rest waits for so many ms; absent: a process that ends does not wait for that
 */
export async function againLater<Result>(
  work: () => Promise<Result>,
  passes: (error: unknown) => boolean,
  [pause, ...later]: readonly number[] = PAUSES_MS,
  rest: (ms: number) => Promise<unknown> = async (ms) => wait(ms, undefined, { ref: false }),
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (pause === undefined || !passes(error)) throw error;
    await rest(pause);
    return againLater(work, passes, later, rest);
  }
}
