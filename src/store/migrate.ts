import { readFileSync, readdirSync } from 'node:fs';
import { awaitAll } from '../await-all.ts';
import { AppError } from '../errors.ts';
import type { Store } from './store.ts';

const MIGRATIONS = new URL('./migrations/', import.meta.url);

/**
 * Applies the numbered `.sql` files that the store has not seen, in order, each recorded when it is done. Statements
 * end with a semicolon at the end of a line, comments are lines of their own. Safe to run from several processes and after a kill in the middle.
 * @throws AppError `store_unavailable` when the store is newer than this program.
 */
export async function migrate(store: Store): Promise<void> {
  await store.run(
    `CREATE TABLE IF NOT EXISTS schema_migrations (name String, applied_at DateTime DEFAULT now())
     ENGINE = ReplacingMergeTree ORDER BY name`,
  );
  const files = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .toSorted();
  const applied = new Set(
    (await store.read<{ name: string }>('SELECT name FROM schema_migrations')).map((row) => row.name),
  );
  const unknown = [...applied].filter((name) => !files.includes(name));
  if (unknown.length > 0) {
    throw new AppError(
      'store_unavailable',
      `The store was made by a newer version of learner-analytics (it has ${unknown.join(', ')}). Update this program.`,
    );
  }
  await applyAll(
    store,
    files.filter((name) => !applied.has(name)),
  );
}

/** Each is recorded while the next is applied: recording them takes a quarter of the making of a store. */
async function applyAll(store: Store, [name, ...others]: readonly string[]): Promise<void> {
  if (name === undefined) return;
  for (const statement of splitStatements(readFileSync(new URL(name, MIGRATIONS), 'utf8'))) await store.run(statement);
  await awaitAll([
    // An INSERT with its rows in the statement would make the embedded engine look for more of them on standard input.
    store.run('INSERT INTO schema_migrations (name) SELECT {name:String}', { name }),
    applyAll(store, others),
  ]);
}

function splitStatements(sql: string): string[] {
  return sql
    .replaceAll(/^--.*$/gm, '')
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
