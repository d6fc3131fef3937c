import { readFileSync, readdirSync } from 'node:fs';
import { AppError } from '../errors.ts';
import type { Store } from './store.ts';

const MIGRATIONS = new URL('./migrations/', import.meta.url);

/** Another version of the program made the store, or brought it up to date; nothing leads back. */
export class StoreIsNewer extends AppError {
  /** @param unknown the migrations that this program does not have */
  constructor(unknown: readonly string[]) {
    super(
      'store_unavailable',
      `The store was made by a newer version of learner-analytics (it has ${unknown.join(', ')}). Update this program.`,
    );
  }
}

/**
 * Applies the numbered `.sql` files that the store has not seen, in order: each can be applied again, so this is safe to run from
 * several processes and after a kill in the middle. Each is recorded when it is done, so that an earlier program refuses what was
 * changed in part; in a new store, of which that would be a fifth of the making, all at the end. Statements end with a semicolon at
 * the end of a line, comments are lines of their own.
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
    throw new StoreIsNewer(unknown);
  }
  const names = files.filter((name) => !applied.has(name));
  for (const together of applied.size === 0 ? [names] : names.map((name) => [name])) await apply(store, together);
}

async function apply(store: Store, names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const statement of splitStatements(readFileSync(new URL(name, MIGRATIONS), 'utf8')))
      await store.run(statement);
  }
  // An INSERT with its rows in the statement would make the embedded engine look for more of them on standard input.
  await store.run('INSERT INTO schema_migrations (name) SELECT arrayJoin({names:Array(String)})', { names });
}

function splitStatements(sql: string): string[] {
  return sql
    .replaceAll(/^--.*$/gm, '')
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
