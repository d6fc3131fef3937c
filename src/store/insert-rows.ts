import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeEngineError } from './engine-errors.ts';
import type { Store } from './store.ts';

/**
 * Inserts rows by way of a file. With the rows in the statement the embedded engine looks for more of them on the standard
 * input of the process: it takes what is there for its own, or refuses.
 */
export async function insertRows(store: Store, table: string, rows: readonly object[]): Promise<void> {
  const columns = await store.read<{ name: string; type: string }>(
    'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
    { table },
  );
  const given = columns.filter(({ name }) => rows.some((row) => Object.hasOwn(row, name)));
  const names = given.map(({ name }) => name).join(', ');
  const path = join(store.spool, `insert-${randomBytes(8).toString('hex')}.jsonl`);
  try {
    writeSpoolFile(store.spool, path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await store.run(
      `INSERT INTO ${table} (${names}) SELECT ${names} FROM file({path:String}, 'JSONEachRow', {structure:String})`,
      { path, structure: given.map(({ name, type }) => `${name} ${type}`).join(', ') },
    );
  } finally {
    rmSync(path, { force: true });
  }
}

function writeSpoolFile(folder: string, path: string, text: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw describeEngineError(error, folder);
  }
}
