import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openTempStore } from '../../test/temp-store.ts';
import { AppError } from '../errors.ts';
import { migrate } from './migrate.ts';
import type { Store } from './store.ts';

const store = await openTempStore();
const FILES = readdirSync(join(import.meta.dirname, 'migrations')).toSorted();

async function listApplied(): Promise<string[]> {
  const rows = await store.read<{ name: string }>('SELECT name FROM schema_migrations ORDER BY name');
  return rows.map(({ name }) => name);
}

async function listTables(): Promise<object[]> {
  return store.read(
    'SELECT name, create_table_query AS sql FROM system.tables WHERE database = currentDatabase() ORDER BY name',
  );
}

test('an open store has every migration, each once', async () => {
  assert.deepEqual(await listApplied(), FILES);
  await migrate(store);
  assert.deepEqual(await listApplied(), FILES);
});

for (const [what, recorded] of [
  ['new', []],
  ['made by an earlier version', FILES.slice(0, 1)],
] as const)
  test(`killed after any statement of any migration, the next start brings a store to its end that is ${what}, and loses nothing`, async () => {
    const whole = await listTables();
    await store.insert('touched_courses', [{ course_id: 'kept', touched_at: '2026-11-20 00:00:00.000000' }]);
    const total = (await countStatements(store, Infinity, recorded)) - 1;
    for (let stop = 1; stop < total; stop += 3) {
      for (const name of ['snapshots', 'api_keys', 'course_roles'])
        await store.run(`DROP TABLE IF EXISTS ${name} SYNC`);
      await countStatements(store, stop, recorded);
      await migrate(store);
      assert.deepEqual(await listApplied(), FILES);
      assert.deepEqual(await listTables(), whole);
    }
    assert.deepEqual(await store.read('SELECT course_id FROM touched_courses'), [{ course_id: 'kept' }]);
    await store.run('TRUNCATE TABLE touched_courses');
  });

test('what is applied is recorded at once, so that an earlier program refuses the rest of it', async () => {
  const first = FILES.slice(0, 1);
  const total = await countStatements(store, Infinity, first);
  await countStatements(store, total - 2, first);
  const applied = await listApplied();
  assert.ok(applied.length > 10 && applied.length < FILES.length, String(applied));
  await migrate(store);
});

/** Migrates with a store that has these recorded and dies after so many statements; gives how many there were. */
async function countStatements(real: Store, stop: number, recorded: readonly string[]): Promise<number> {
  let count = 0;
  const dying = new Proxy(real, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        count += 1;
        if (count > stop) throw new Error('killed');
        return Reflect.apply(method, target, args) as unknown;
      };
    },
  });
  await store.run('TRUNCATE TABLE schema_migrations');
  await store.insert(
    'schema_migrations',
    recorded.map((name) => ({ name })),
  );
  await migrate(dying).catch((error: unknown) => assert.equal((error as Error).message, 'killed'));
  return count;
}

test('a store of a newer version is refused, and stays as it is', async () => {
  await store.insert('schema_migrations', [{ name: '9999-of-tomorrow.sql' }]);
  await assert.rejects(
    migrate(store),
    (error) =>
      error instanceof AppError &&
      error.code === 'store_unavailable' &&
      /newer version.*9999-of-tomorrow\.sql.*Update this program/.test(error.message),
  );
  assert.deepEqual(await listApplied(), [...FILES, '9999-of-tomorrow.sql']);
});
