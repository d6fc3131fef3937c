import { setTimeout as wait } from 'node:timers/promises';

/** Does the work now, and again so long after it is done, until it is stopped; `fail` is told why it could not be done, and it goes on. */
export function repeat(
  everyMs: number,
  work: () => Promise<void>,
  fail: (error: unknown) => void,
): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      // what is broken off by the stop did not fail
      await work().catch((error: unknown) => stopping.signal.aborted || fail(error));
      // an aborted wait is over
      await wait(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
