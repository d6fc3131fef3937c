import { readFileSync, readdirSync } from 'node:fs';
import { OutOfDate } from '../errors.ts';
import type { Store } from './store.ts';

const MIGRATIONS = new URL('./migrations/', import.meta.url);
const FILES: readonly string[] = readdirSync(MIGRATIONS)
  .filter((name) => name.endsWith('.sql'))
  .toSorted();

/** Another version of the program made the store, or brought it up to date; nothing leads back. */
export class StoreIsNewer extends OutOfDate {
  /** The migrations that this program does not have. */
  readonly unknown: readonly string[];

  constructor(unknown: readonly string[]) {
    super(
      `The store was made by a newer version of learner-analytics (it has ${unknown.join(', ')}). Update this program.`,
    );
    this.unknown = unknown;
  }
}

/** Runs a statement that changes the schema. */
type Guard = (statement: string, run: () => Promise<void>) => Promise<void>;

/**
 * Applies the numbered `.sql` files that the store has not seen, in order: each can be applied again, so this is safe to run from
 * several processes and after a kill in the middle. Each is recorded when it is done, so that an earlier program refuses what was
 * changed in part; in a new store, of which that would be a fifth of the making, all at the end. Statements end with a semicolon at the
 * end of a line, comments are lines of their own.
 * @param guard is given each statement; absent: it is run
 * @throws AppError `store_unavailable` when the store is newer than this program.
 */
export async function migrate(store: Store, guard: Guard = async (_, run) => run()): Promise<void> {
  const apply = async (statement: string) => guard(statement, async () => store.run(statement));
  await store.run(
    `CREATE TABLE IF NOT EXISTS schema_migrations (name String, applied_at DateTime DEFAULT now())
     ENGINE = ReplacingMergeTree ORDER BY name`,
  );
  const applied = await listApplied(store);
  const unknown = findUnknown(applied);
  if (unknown.length > 0) throw new StoreIsNewer(unknown);
  const names = FILES.filter((name) => !applied.has(name));
  if (applied.size > 0) return upgrade(store, names, apply);
  for (const name of names) for (const statement of readStatements(name)) await apply(statement);
  await record(store, names);
}

/** Leaves out what another process has done in the meantime: some of it takes away what is published, and that one may have published. */
async function upgrade(
  store: Store,
  names: readonly string[],
  apply: (statement: string) => Promise<void>,
): Promise<void> {
  let last = '';
  let mustRedo = false;
  const isDone = async (name: string) => {
    if (store.embedded || mustRedo || !(await listApplied(store)).has(name)) return false;
    // what was dropped last may have been made anew before that, and only doing all of it over makes it again
    mustRedo = last.startsWith('DROP');
    return !mustRedo;
  };
  for (const name of names) {
    for (const statement of readStatements(name)) {
      if (await isDone(name)) break;
      await apply(statement);
      last = statement;
    }
    await record(store, [name]);
  }
}

async function record(store: Store, names: readonly string[]): Promise<void> {
  // An INSERT with its rows in the statement would make the embedded engine look for more of them on standard input.
  await store.run('INSERT INTO schema_migrations (name) SELECT arrayJoin({names:Array(String)})', { names });
}

/** The migrations that the store has and this program does not. */
export async function listUnknown(store: Store): Promise<string[]> {
  return findUnknown(await listApplied(store));
}

/** Of the migrations that a store has, those that this program does not have. */
export function findUnknown(applied: Iterable<string>): string[] {
  return [...applied].filter((name) => !FILES.includes(name));
}

async function listApplied(store: Store): Promise<ReadonlySet<string>> {
  const rows = await store.read<{ name: string }>('SELECT name FROM schema_migrations');
  return new Set(rows.map(({ name }) => name));
}

function readStatements(name: string): string[] {
  return splitStatements(readFileSync(new URL(name, MIGRATIONS), 'utf8'));
}

function splitStatements(sql: string): string[] {
  return sql
    .replaceAll(/^--.*$/gm, '')
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
