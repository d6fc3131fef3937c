import { AsyncLocalStorage } from 'node:async_hooks';
import type { Store } from './store.ts';

/** The signal of the work that asks, however deep in it that is; null for what is to be done in any case. */
const signals = new AsyncLocalStorage<AbortSignal | null>();

/**
 * Work that nobody may want any more: once the signal came it begins no further statement, which fails with the reason of the signal.
 * What is done by then stays, as where a process is killed in between; all work on the store is made for that.
 */
export async function untilGivenUp<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return signals.run(signal, work);
}

/** Removes what work leaves that came to its end or was given up. */
export async function cleanUp(work: () => Promise<void>): Promise<void> {
  return signals.run(null, work);
}

/** @throws the reason of the signal, once it came to the work that asks */
export function requireWanted(): void {
  signals.getStore()?.throwIfAborted();
}

/** Statements that may take longer are not somebody's who waits for an answer. */
const LONGEST_REQUEST_SECONDS = 60;

/** Has the embedded engine end the statements of background work that are under way; it does at the next block of rows. */
export async function endBackground(store: Store): Promise<void> {
  await store.query(
    `KILL QUERY WHERE toUInt64OrZero(Settings['max_execution_time']) > ${LONGEST_REQUEST_SECONDS} ASYNC`,
  );
}
