import { AppError } from '../errors.ts';
import { isPassing } from './engine-errors.ts';
import type { Store } from './store.ts';

/** So long the store may take to tell that it is there. */
const PATIENCE_SECONDS = 10;

/**
 * Whether all else that is asked of a store would fail as well, after something did: it is not there, refuses this user, or its disk
 * is full. One statement may take too much time or memory, or its files be damaged, where others do not.
 */
export async function isAway(store: Store, error: unknown): Promise<boolean> {
  if (!(error instanceof AppError) || error.code !== 'store_unavailable') return false;
  if (!isPassing(error)) return true;
  try {
    await store.read('SELECT 1', {}, { seconds: PATIENCE_SECONDS });
    return false;
  } catch {
    return true;
  }
}
