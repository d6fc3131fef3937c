import { INGEST_TABLES, findLeftovers } from '../store/leftover-tables.ts';
import type { Store } from '../store/store.ts';
import { touchFresh } from './touch-fresh.ts';

/** What the name of a table for new rows ends in. */
export const FRESH = '_new';

/** So many seconds old a table is at least when it is marked a second time, and twice as old as then the third time. */
const AGAIN_SECONDS = 60;

/** How old tables of other ingests were when their rows were marked, by name. */
const marked = new WeakMap<Store, ReadonlyMap<string, number>>();

/** Removes what killed ingests left; of each, first the table that its new rows came from. */
export async function removeStagings(store: Store): Promise<void> {
  for (const name of await findLeftovers(store, INGEST_TABLES)) {
    // killed in between
    if (name.endsWith(FRESH)) await touchFresh(store, name);
    await store.run(`DROP TABLE IF EXISTS ${name} SYNC`);
  }
}

/**
 * Marks the new rows of ingests that other processes have under way. One that was killed may have brought them into the facts without
 * marking them since, and to whoever takes in the same lines they are not new: it does this after it looked which are. One that lives marks
 * them itself as well, which costs a computation more; a process that goes on does it ever more seldom with the same table.
 */
export async function markOthers(store: Store, own: string): Promise<void> {
  const others = await store.read<{ name: string; age: number }>(
    `SELECT name, dateDiff('second', metadata_modification_time, now()) AS age
     FROM system.tables
     WHERE database = currentDatabase() AND startsWith(name, '${INGEST_TABLES}') AND endsWith(name, '${FRESH}') AND name != {own:String}
       AND total_rows > 0`,
    { own },
  );
  const before = marked.get(store);
  const ages = new Map<string, number>();
  for (const { name, age } of others) {
    const last = before?.get(name);
    const isDue = last === undefined || age >= Math.max(AGAIN_SECONDS, 2 * last);
    if (isDue) await markOther(store, name);
    ages.set(name, isDue ? age : last);
  }
  marked.set(store, ages);
}

/** The ingest may come to its end meanwhile, with which its table goes. */
async function markOther(store: Store, fresh: string): Promise<void> {
  try {
    await touchFresh(store, fresh);
  } catch (error) {
    const there = await store.read(
      'SELECT name FROM system.tables WHERE database = currentDatabase() AND name = {fresh:String}',
      { fresh },
    );
    if (there.length > 0) throw error;
  }
}
