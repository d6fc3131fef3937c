import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Store } from './store.ts';
import { within } from './within.ts';

/** What ends the work that asks, however deep in it that is. */
interface Ends {
  /** Nobody wants the work any more; null for what is to be done in any case. */
  readonly unwanted: AbortSignal | null;
  /** There is no time left for anything, whether it is wanted or not; null: there always is. */
  readonly late: AbortSignal | null;
}

const ends = new AsyncLocalStorage<Ends>();

/**
 * Work that nobody may want any more: once the signal came it begins no further statement, which fails with the reason of the signal,
 * and a ClickHouse that listens elsewhere ends the one that is under way. What is done by then stays, as where a process is killed in
 * between; all work on the store is made for that.
 */
export async function untilGivenUp<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return ends.run({ unwanted: signal, late: ends.getStore()?.late ?? null }, work);
}

/** What is done whoever gives up: to remove what work leaves, or what others wait for as well. */
export async function regardless<Result>(work: () => Promise<Result>): Promise<Result> {
  return ends.run({ unwanted: null, late: ends.getStore()?.late ?? null }, work);
}

/** Work for all of which there is time until the signal comes, also for what is done whoever gives up. */
export async function untilLate<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return ends.run({ unwanted: ends.getStore()?.unwanted ?? null, late: signal }, work);
}

/** The signals that end the work that asks. */
export function signalsToStop(): AbortSignal[] {
  const { unwanted = null, late = null } = ends.getStore() ?? {};
  return [unwanted, late].filter((signal) => signal !== null);
}

/** Waits for what is under way, and no longer than there is time for anything; it goes on, and how it ends is not told. */
export async function whileInTime(work: Promise<unknown>): Promise<void> {
  const ended = work.catch(() => undefined);
  await within(ends.getStore()?.late ?? undefined, async () => ended).catch(() => undefined);
}

/** @throws the reason of the signal, once one came to the work that asks */
export function requireWanted(): void {
  for (const signal of signalsToStop()) signal.throwIfAborted();
}

/** Waits before work is tried again. @throws as `requireWanted`, as soon as a signal comes */
export async function rest(ms: number): Promise<void> {
  requireWanted();
  // an aborted wait is over
  await wait(ms, undefined, { signal: AbortSignal.any(signalsToStop()) }).catch(requireWanted);
}

/** Statements that may take longer are not somebody's who waits for an answer; to make a copy for one may take two minutes. */
const LONGEST_REQUEST_SECONDS = 120;

/** Has the embedded engine end the statements of background work that are under way; it does at the next block of rows. */
export async function endBackground(store: Store): Promise<void> {
  await store.query(
    `KILL QUERY WHERE toUInt64OrZero(Settings['max_execution_time']) > ${LONGEST_REQUEST_SECONDS} ASYNC`,
  );
}
