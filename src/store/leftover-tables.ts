import type { Store } from './store.ts';

/** What names of tables begin with that an ingest, or an import of the LMS, makes for itself. */
export const INGEST_TABLES = 'ingest_';
export const IMPORT_TABLES = 'lms_import_';

/** SQL of the tables of ingests and imports that did not come to their end, or not yet, from FROM on. */
export const UNFINISHED = `FROM system.tables
  WHERE database = currentDatabase() AND (startsWith(name, '${INGEST_TABLES}') OR startsWith(name, '${IMPORT_TABLES}'))`;

/**
 * Tables that killed processes left, by name: all of them where this process owns the store, so that nothing of the kind may be under
 * way, else those older than two days.
 */
export async function findLeftovers(store: Store, prefix: string): Promise<string[]> {
  const leftovers = await store.read<{ name: string }>(
    `SELECT name ${UNFINISHED} AND startsWith(name, {prefix:String})
       AND ({own:Bool} OR metadata_modification_time < now() - INTERVAL 2 DAY)
     ORDER BY name`,
    { prefix, own: store.embedded },
  );
  return leftovers.map(({ name }) => name);
}
