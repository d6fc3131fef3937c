import { setTimeout as wait } from 'node:timers/promises';

export interface Repeating {
  /** Breaks off the pause, and what heeds the signal; resolves when nothing is under way. */
  readonly stop: () => Promise<void>;
}

/**
 * Does the work now, and again after the pause that it gives, in milliseconds, until it is stopped; `fail` is told why it could not be
 * done, and it is tried again after `retryMs`.
 */
export function repeat(
  retryMs: number,
  work: (signal: AbortSignal) => Promise<number>,
  fail: (error: unknown) => void,
): Repeating {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      const pause = await work(signal).catch((error: unknown) => {
        // what is broken off by the stop did not fail
        if (!signal.aborted) fail(error);
        return retryMs;
      });
      // an aborted wait is over
      await wait(pause, undefined, { signal }).catch(() => {});
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
