import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { AppError } from '../errors.ts';
import type { Elsewhere, Given } from './engine.ts';
import { isOfEngine } from './engine-errors.ts';
import { signalsToStop, whileInTime } from './give-up.ts';
import { within } from './within.ts';

/** What may take no longer than this has its own limit soon enough. */
const SHORT_SECONDS = 60;
/** So often in a row a statement may not be heard of. */
export const SILENCES = 3;

interface Attended {
  /** Where the engine is, as messages say it. */
  readonly place: string;
  readonly elsewhere: Elsewhere;
  readonly client: ClickHouseClient;
}

/**
 * Does a statement on an engine that listens elsewhere, until it is not wanted any more, or nothing is heard of it: over its connection nothing
 * moves, and the engine says on another one that it does no such statement, or does not answer there, either. However long it takes, one that
 * the engine says to do is waited for. One that is broken off is ended there as well, so that nothing goes on beside whoever cleans up or does it again.
 */
export async function attend<Result>(
  { place, elsewhere, client }: Attended,
  given: Given,
  work: (given: Given) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const end = joinSignals([...(given.signal === undefined ? [] : [given.signal]), ...signalsToStop()], over.signal);
  const { signal } = end;
  const isShort = given.seconds <= SHORT_SECONDS;
  const id = randomUUID();
  if (!isShort)
    awaitSilence({ place, elsewhere, client }, id, over.signal).then(
      (reason) => end.abort(reason),
      // it ended before
      () => undefined,
    );
  try {
    return await within(signal, async () => work({ ...given, signal, ...(!isShort && { id }) }));
  } catch (error) {
    // where it cannot be ended, it is as if this process had been killed
    if (!isShort && !isOfEngine(error)) await whileInTime(elsewhere.end(id));
    throw error;
  } finally {
    over.abort();
  }
}

/** Aborts with the first of the signals until it is over; `AbortSignal.any` would keep something of each statement for as long as they live. */
function joinSignals(signals: readonly AbortSignal[], over: AbortSignal): AbortController {
  const joined = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) joined.abort(signal.reason);
    signal.addEventListener('abort', () => joined.abort(signal.reason), { signal: over });
  }
  return joined;
}

/** Resolves when a statement has not been heard of for a while, with what that means. */
async function awaitSilence({ place, elsewhere, client }: Attended, id: string, over: AbortSignal): Promise<AppError> {
  let traffic = elsewhere.measureTraffic(client);
  for (let silences = 0; ;) {
    await wait(elsewhere.lookMs, undefined, { signal: over });
    const before = traffic;
    traffic = elsewhere.measureTraffic(client);
    // who refuses to say so, or is too busy, is there
    const found =
      traffic !== before ||
      (await elsewhere.isUnderWay(id).catch((error: unknown) => (isOfEngine(error) ? true : null)));
    silences = found === true ? 0 : silences + 1;
    if (silences < SILENCES) continue;
    const lost = `The ${place} does not do a statement any more of which no answer came: the connection was lost.`;
    return new AppError('store_unavailable', found === null ? `The ${place} does not answer.` : lost);
  }
}
