import assert from 'node:assert/strict';
import test from 'node:test';
import { dropOldCopies, dropOldSnapshots } from '../src/engagement/drop-old-snapshots.ts';
import { SERVER, openTempStore } from './temp-store.ts';

// What the engine remembers of conditions would be kept for as long as a server runs.

const store = await openTempStore();

const PARTS = 100;

async function countConditions(): Promise<number> {
  const [kept] = await store.read<{ conditions: number }>(
    "SELECT value AS conditions FROM system.metrics WHERE metric = 'QueryConditionCacheEntries'",
  );
  return kept?.conditions ?? 0;
}

for (const tidy of [dropOldSnapshots, dropOldCopies]) {
  test(
    `${tidy.name} has the engine let go of conditions once they are many`,
    { skip: SERVER !== undefined },
    async () => {
      const table = `parts_of_${tidy.name}`;
      await store.run(
        `CREATE TABLE ${table} (part UInt8, word String) ENGINE = MergeTree PARTITION BY part ORDER BY part`,
      );
      await store.run(`INSERT INTO ${table} SELECT number % ${PARTS}, toString(number) FROM numbers(100000)`);
      const ask = async (from: number, to: number) => {
        for (let word = from; word < to; word += 1)
          await store.query(`SELECT part FROM ${table} WHERE word = {word:String}`, { word: String(word) });
      };
      await ask(0, 20);
      const few = await countConditions();
      assert.ok(few > 0, 'it remembers none');
      await tidy(store);
      assert.ok((await countConditions()) >= few, 'a few stay');
      await ask(20, 250);
      assert.ok((await countConditions()) > 20_000);
      await tidy(store);
      assert.ok((await countConditions()) < few);
    },
  );
}
