import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { makeTempFolder, openTestStore } from '../../test/temp-store.ts';
import { importMysql, inspectMysql } from './import-mysql.ts';

test('a database that takes the connection and says nothing is waited for until the import is told to stop; so is one that is looked at', async (t) => {
  const store = await openTestStore(makeTempFolder().folder);
  const silent = createServer().listen(0, '127.0.0.1');
  t.after(async () => {
    silent.close();
    await store.close();
  });
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const url = `mysql://analytics@127.0.0.1:${port}/edxapp`;
  for (const read of [
    async (signal: AbortSignal) => importMysql(store, url, { signal }),
    async (signal: AbortSignal) => inspectMysql(url, signal),
  ]) {
    const stopping = new AbortController();
    const reading = read(stopping.signal);
    const connected = once(silent, 'connection').then(() => stopping.abort());
    await assert.rejects(reading, { code: 'source_unreadable', message: /cannot be read: ABORTED/ });
    await connected;
  }
});
