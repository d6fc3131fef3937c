import { randomBytes } from 'node:crypto';
import { regardless } from './give-up.ts';
import { IMPORT_TABLES } from './leftover-tables.ts';
import type { Params, Store } from './store.ts';

/** What the names of tables begin with that have the rest of partitions of a table while these are replaced. */
const RESTS = `${IMPORT_TABLES}rest_of_`;
const RESTS_OF_LEARNERS = `${RESTS}learners_`;

/** So many partitions are written anew at once; the engine refuses more than a hundred in one statement. */
const PARTITIONS_AT_ONCE = 50;

/** Which rows are to go, as a condition, of a table that has a partition for each snapshot. */
export interface RemovedRows {
  readonly table: 'learners' | 'learner_scopes';
  readonly removed: string;
  readonly params: Params;
}

/**
 * Removes rows by putting, in the place of each partition that has any of them, one without. A deletion would copy every part
 * of the table, also those of other courses: of a busy site there are a thousand and more, each takes up to a tenth of a second where the
 * machine has much else to do, and nothing is taken in meanwhile. For the embedded store alone: what another process changed in between
 * would be undone.
 * The engine puts the new part into force an instant before it puts the old one out of force: after a kill in between, or
 * where the disk is full then, both are there, until `dropLeftover`.
 */
export async function replacePartitions(store: Store, { table, removed, params }: RemovedRows): Promise<void> {
  const having = await listSnapshots(store, `${table} WHERE ${removed}`, params);
  for (let at = 0; at < having.length; at += PARTITIONS_AT_ONCE) {
    const snapshots = having.slice(at, at + PARTITIONS_AT_ONCE);
    const rest = `${RESTS}${table}_${randomBytes(8).toString('hex')}`;
    try {
      await store.run(`CREATE TABLE ${rest} AS ${table}`);
      await store.run(
        `INSERT INTO ${rest}
         SELECT * FROM ${table}
         WHERE snapshot IN {snapshots:Array(UInt64)} AND NOT (${removed})
         SETTINGS min_insert_block_size_bytes = 64000000`,
        { ...params, snapshots },
      );
      const replacing = new Set(await listSnapshots(store, rest));
      for (const snapshot of snapshots) {
        const change = replacing.has(snapshot) ? 'REPLACE' : 'DROP';
        const source = replacing.has(snapshot) ? `FROM ${rest}` : '';
        await store.run(`ALTER TABLE ${table} ${change} PARTITION {snapshot:UInt64} ${source}`, { snapshot });
      }
    } catch (error) {
      // where that fails too, it is left as by a kill
      await regardless(async () => dropLeftover(store, rest)).catch(() => {});
      throw error;
    }
    await regardless(async () => store.run(`DROP TABLE IF EXISTS ${rest} SYNC`));
  }
}

/** Removes a table that killed work left. Of a killed forgetting, call it with no other under way. */
export async function dropLeftover(store: Store, name: string): Promise<void> {
  if (name.startsWith(RESTS_OF_LEARNERS)) await mendReplaced(store, name);
  await store.run(`DROP TABLE IF EXISTS ${name} SYNC`);
}

/** Leaves one of each learner in the snapshots of which both parts are there. */
async function mendReplaced(store: Store, rest: string): Promise<void> {
  const twice = await listSnapshots(
    store,
    `learners WHERE snapshot IN (SELECT snapshot FROM ${rest}) GROUP BY snapshot HAVING count() > uniqExact(username)`,
  );
  for (const snapshot of twice)
    await store.run('OPTIMIZE TABLE learners PARTITION {snapshot:UInt64} FINAL DEDUPLICATE', { snapshot });
}

async function listSnapshots(store: Store, source: string, params: Params = {}): Promise<number[]> {
  const rows = await store.read<{ snapshot: number }>(
    `SELECT DISTINCT snapshot FROM ${source} ORDER BY snapshot`,
    params,
  );
  return rows.map(({ snapshot }) => snapshot);
}
