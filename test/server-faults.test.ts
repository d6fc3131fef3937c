import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

// Between this machine and a ClickHouse that listens: what is whose fault, and how long somebody waits.

const { folder, write } = makeTempFolder();

describe('with a listening ClickHouse', skipWithoutClickhouse, () => {
  let clickhouse: Clickhouse;
  let store: Store;
  before(async () => {
    clickhouse = await openClickhouse();
    store = await openStore({ dataDir: join(folder, 'data'), url: `${clickhouse.url}/faults` });
  });
  after(async () => {
    await store.close();
    await clickhouse.close();
  });

  test('a file that cannot be read, or not to its end, is told as that', async () => {
    await store.run('CREATE TABLE lines (line String) ENGINE = MergeTree ORDER BY ()');
    // can be opened, and not be read
    for (const path of ['/proc/self/mem', folder, join(folder, 'none.log')]) {
      const paths = [write('whole.log', 'one\n'), path];
      const inserting = store.insertFiles((source) => `INSERT INTO lines SELECT line FROM ${source}`, {
        paths,
        format: 'LineAsString',
        structure: 'line String',
        compression: 'none',
      });
      await assert.rejects(inserting, { code: 'source_unreadable', message: /cannot be read \((EIO|EISDIR|ENOENT)\)/ });
    }
  });
});
