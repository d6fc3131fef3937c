import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AppError } from '../src/errors.ts';
import { openCluster } from '../src/store/cluster-store.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { type Clickhouse, openClickhouse, skipWithoutClickhouse } from './open-clickhouse.ts';
import { makeTempFolder } from './temp-store.ts';

const isOf = ({ id }: Store, shard: number, replica: number) => id.endsWith(`_${shard}_${replica}`);

// A shard, or a node, at which something fails: what is under way at the others is waited for.

describe('where one fails', skipWithoutClickhouse, () => {
  const { folder } = makeTempFolder();
  let clickhouse: Clickhouse;
  before(async () => {
    clickhouse = await openClickhouse();
  });
  after(async () => clickhouse.close());

  /** A cluster of databases of one ClickHouse, shard by shard; tells of each store that is opened, and of the end of the spool. */
  async function openDatabases(
    name: string,
    shards: readonly number[],
    onOpen: (store: Store) => void = () => {},
    onClose: () => void = () => {},
  ): Promise<Store> {
    const urls = shards.map((replicas, shard) =>
      Array.from({ length: replicas }, (_, replica) => `${clickhouse.url}/${name}_${shard}_${replica}`),
    );
    for (const url of urls.flat()) await clickhouse.run(`CREATE DATABASE ${new URL(url).pathname.slice(1)}`);
    const spool = { path: join(folder, name), close: onClose };
    return openCluster(urls, spool, async (url, node) => {
      const store = await openStore({ dataDir: join(folder, name, node), url });
      onOpen(store);
      return store;
    });
  }

  test('work of other shards comes to its end before the failure is told, also where no node can note what one missed', async () => {
    const cluster = await openDatabases('work', [2, 1]);
    const dropped = Promise.withResolvers<void>();
    let isOver = false;
    const working = cluster.everywhere(async (store) => {
      if (isOf(store, 0, 0)) {
        for (const node of ['work_0_0', 'work_1_0']) await clickhouse.run(`DROP TABLE ${node}.cluster_gaps SYNC`);
        dropped.resolve();
      } else if (isOf(store, 0, 1)) {
        await dropped.promise;
        throw new AppError('store_unavailable', 'not now');
      } else {
        try {
          await dropped.promise;
          await store.read('SELECT sleep(1.5)');
        } finally {
          isOver = true;
        }
      }
    });
    await assert.rejects(working, { message: 'No node of the cluster can note what becomes of the others.' });
    assert.ok(isOver);
    await cluster.close();
  });

  test('a question of other shards, too', async () => {
    const cluster = await openDatabases('question', [1, 1]);
    let isOver = false;
    const asking = cluster.shards(async (store) => {
      if (isOf(store, 0, 0)) throw new Error('a mistake');
      await store.query('SELECT sleep(1)');
      isOver = true;
    });
    await assert.rejects(asking, { message: 'a mistake' });
    assert.ok(isOver);
    await cluster.close();
  });

  test('other nodes are closed all the same, and the spool is', async () => {
    const ends: string[] = [];
    const cluster = await openDatabases(
      'closing',
      [1, 1],
      (store) => {
        const close = store.close.bind(store);
        store.close = async () => {
          await close();
          if (isOf(store, 0, 0)) throw new Error('a mistake');
          await clickhouse.run('SELECT sleep(0.5)');
          ends.push('node');
        };
      },
      () => ends.push('spool'),
    );
    await assert.rejects(cluster.close(), { message: 'a mistake' });
    assert.deepEqual(ends, ['node', 'spool']);
  });
});
