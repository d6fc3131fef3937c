/** Nothing came in time. */
export const LATE = new Error('no answer in time');

/** @throws `LATE` where the answer does not come within so long */
export async function withinMs<Value>(ms: number, answer: Promise<Value>): Promise<Value> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(LATE), ms);
  try {
    return await within(limit.signal, async () => answer);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for what work gives until the signal comes, and no longer, whatever the work still waits for. */
export async function within<Value>(signal: AbortSignal | undefined, work: () => Promise<Value>): Promise<Value> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal.reason as Error);
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
