import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Store } from './store.ts';

/** The signal of the work that asks, however deep in it that is; null for what is to be done in any case. */
const signals = new AsyncLocalStorage<AbortSignal | null>();

/**
 * Work that nobody may want any more: once the signal came it begins no further statement, which fails with the reason of the signal,
 * and a ClickHouse that listens elsewhere ends the one that is under way. What is done by then stays, as where a process is killed in
 * between; all work on the store is made for that.
 */
export async function untilGivenUp<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return signals.run(signal, work);
}

/** What is done whoever gives up: to remove what work leaves, or what others wait for as well. */
export async function regardless<Result>(work: () => Promise<Result>): Promise<Result> {
  return signals.run(null, work);
}

/** The signals that end the work that asks. */
export function signalsToStop(): AbortSignal[] {
  return [signals.getStore() ?? null].filter((signal) => signal !== null);
}

/** @throws the reason of the signal, once it came to the work that asks */
export function requireWanted(): void {
  signals.getStore()?.throwIfAborted();
}

/** Waits before work is tried again. @throws as `requireWanted`, as soon as the signal comes */
export async function rest(ms: number): Promise<void> {
  requireWanted();
  const signal = signals.getStore();
  // an aborted wait is over
  await wait(ms, undefined, { ...(signal && { signal }) }).catch(requireWanted);
}

/** Statements that may take longer are not somebody's who waits for an answer; to make a copy for one may take two minutes. */
const LONGEST_REQUEST_SECONDS = 120;

/** Has the embedded engine end the statements of background work that are under way; it does at the next block of rows. */
export async function endBackground(store: Store): Promise<void> {
  await store.query(
    `KILL QUERY WHERE toUInt64OrZero(Settings['max_execution_time']) > ${LONGEST_REQUEST_SECONDS} ASYNC`,
  );
}
