import { removeStagings } from '../ingest/left-stagings.ts';
import { removeScratch } from '../lms/scratch.ts';
import { UNFINISHED } from '../store/leftover-tables.ts';
import type { Store } from '../store/store.ts';

/** How many tables there are of ingests and imports that did not come to their end, or not yet. */
export async function countUnfinished(store: Store): Promise<number> {
  const [left] = await store.read<{ tables: number }>(`SELECT count() AS tables ${UNFINISHED}`);
  return left?.tables ?? 0;
}

/** Removes what killed ingests and imports left; gives how many of their tables are there still. Call it with none under way in this process. */
export async function clearUnfinished(store: Store): Promise<number> {
  if ((await countUnfinished(store)) === 0) return 0;
  await removeStagings(store);
  await removeScratch(store);
  return countUnfinished(store);
}
