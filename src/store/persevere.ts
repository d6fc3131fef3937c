import { againLater } from '../again-later.ts';
import { isPassing } from './engine-errors.ts';
import { rest } from './give-up.ts';
import type { Store } from './store.ts';

/** A server that is started again is back within a minute. */
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** Does what may be done twice, again where a server was away or too busy; the embedded engine's failures do not pass. */
export async function persevere<Result>(store: Store, work: () => Promise<Result>): Promise<Result> {
  return againLater(work, isPassing, store.embedded ? [] : WAITS_MS, rest);
}
