import { setTimeout as wait } from 'node:timers/promises';
import type { Store } from './store.ts';

/** Files that a query still reads are removed by the engine when it has ended; nobody waits for that longer. */
const PATIENCE_MS = 10_000;

interface Part {
  readonly table: string;
  /** Table and name. */
  readonly part: string;
}

/**
 * Has the embedded engine delete the files of parts of these tables that were written anew. By itself it does so when the
 * table is written to again, which may be never.
 */
export async function removeReplacedFiles(store: Store, tables: readonly string[]): Promise<void> {
  const list = async () =>
    store.read<Part>(
      `SELECT table, concat(table, ' ', name) AS part FROM system.parts
       WHERE database = currentDatabase() AND NOT active AND table IN {tables:Array(String)}`,
      { tables },
    );
  const waited = new Set((await list()).map(({ part }) => part));
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = (await list()).filter(({ part }) => waited.has(part));
    if (left.length === 0 || performance.now() > until) return;
    // it looks once a second at most: told sooner it does nothing, and comes back to it after many seconds
    for (const table of new Set(left.map((each) => each.table))) await store.run(`SYSTEM START CLEANUP ${table}`);
    await wait(100);
  }
}
