import type { Store } from './store.ts';

/** Some 3 MB. */
const MOST_CONDITIONS = 20_000;

/**
 * Has the embedded engine let go of what it remembers of conditions, once that is much: of each condition that it was asked with, in which parts
 * of tables nothing meets it. A course is looked up again faster by it, but each publication and merge makes other parts,
 * and what is of no use any more stays until all of it takes some 260 MB. A listening ClickHouse is configured by whoever runs it.
 */
export async function limitConditions(store: Store): Promise<void> {
  if (!store.embedded) return;
  const [kept] = await store.read<{ conditions: number }>(
    "SELECT value AS conditions FROM system.metrics WHERE metric = 'QueryConditionCacheEntries'",
  );
  if (kept !== undefined && kept.conditions > MOST_CONDITIONS) await store.run('SYSTEM DROP QUERY CONDITION CACHE');
}
