import { randomBytes } from 'node:crypto';
import { regardless } from '../store/give-up.ts';
import { IMPORT_TABLES, findLeftovers } from '../store/leftover-tables.ts';
import { dropLeftover } from '../store/replace-partitions.ts';
import type { Store } from '../store/store.ts';

/** Rows of an import in a table of their own: all values as text, and `reject`, empty where nothing is wrong with a row. */
export interface StagedTable {
  readonly table: string;
  /** The columns that the source has; what it lacks stays as it was. A null in one of them is as if the source lacked it there. */
  readonly columns: readonly string[];
}

/** Settings of statements that join or group everybody there is: past this the engine goes to disk, a bucket after the other. */
export const BOUNDED_MEMORY = `join_algorithm = 'grace_hash,hash', max_bytes_in_join = 250000000,
  max_bytes_before_external_group_by = 250000000, max_block_size = 16384`;

/** Tables of one import that nobody else sees, removed at its end. */
export class Scratch {
  readonly #store: Store;
  readonly #tables: string[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** Removes what killed imports left. Call it with no other import under way. */
  static async open(store: Store): Promise<Scratch> {
    await removeScratch(store);
    return new Scratch(store);
  }

  /** Makes a table: `definition` is what follows its name. Gives the name. */
  async create(definition: string): Promise<string> {
    const table = `${IMPORT_TABLES}${randomBytes(8).toString('hex')}`;
    this.#tables.push(table);
    await this.#store.run(`CREATE TABLE ${table} ${definition}`);
    return table;
  }

  /** Makes a table of staged rows, whose columns are of `type`; a name is always there. */
  async createStaged(columns: readonly string[], type: 'String' | 'Nullable(String)'): Promise<string> {
    const types = columns.map((name) => `${name} ${name === 'username' ? 'String' : type}`);
    return this.create(`(${types.join(', ')}, reject LowCardinality(String)) ENGINE = MergeTree ORDER BY tuple()`);
  }

  async drop(): Promise<void> {
    await regardless(async () => {
      for (const table of this.#tables.splice(0)) await this.#store.run(`DROP TABLE IF EXISTS ${table} SYNC`);
    });
  }
}

/** Removes what killed imports left, and a killed forgetting. */
export async function removeScratch(store: Store): Promise<void> {
  for (const name of await findLeftovers(store, IMPORT_TABLES)) await dropLeftover(store, name);
}
