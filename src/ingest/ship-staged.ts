import { randomBytes } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../store/store.ts';
import { mergeStaged } from './merge-staged.ts';
import { STAGED_COLUMNS, type Staging, type Stagings } from './staging.ts';

/** The accepted lines of a staging, as a file of this machine that is written when somebody wants it. */
export class Shipment implements AsyncDisposable {
  readonly #staging: Staging;
  #path: Promise<string> | undefined;

  constructor(staging: Staging) {
    this.#staging = staging;
  }

  async write(): Promise<string> {
    this.#path ??= this.#save();
    return this.#path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const path = await this.#path?.catch(() => undefined);
    if (path !== undefined) rmSync(path, { force: true });
  }

  async #save(): Promise<string> {
    const { store, table } = this.#staging;
    const path = join(store.spool, `ship-${randomBytes(8).toString('hex')}`);
    await store.save({ path, format: 'Native' }, `SELECT * FROM ${table} WHERE reason = ''`);
    return path;
  }
}

/** Merges lines that another ClickHouse decoded; gives how many facts are new. */
export async function mergeShipped(store: Store, shipment: Shipment, stagings: Stagings): Promise<number> {
  const path = await shipment.write();
  if (statSync(path).size === 0) return 0;
  const staging = await stagings.open(store);
  await store.insertFiles((source) => `INSERT INTO ${staging.table} SELECT * FROM ${source}`, {
    paths: [path],
    format: 'Native',
    structure: STAGED_COLUMNS.replaceAll('\n', ' '),
    compression: 'none',
  });
  return mergeStaged(store, staging);
}
