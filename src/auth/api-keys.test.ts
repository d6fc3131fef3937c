import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openStore } from '../store/open-store.ts';
import { createKey, listKeys, revokeKey } from './api-keys.ts';
import { createServiceAuthentication } from './authenticate-service.ts';
import { KeyRing } from './key-ring.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'api-keys-'));
const store = await openStore({ dataDir });
after(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});

test('a key is shown once, kept as a hash, and listed without either', async () => {
  const { name, key } = await createKey(store, 'insights');
  assert.equal(name, 'insights');
  assert.match(key, /^la_[\w-]{43}$/);
  const kept = await store.query<{ hash: string }>("SELECT * FROM api_keys WHERE name = 'insights'");
  assert.match(kept[0]?.hash ?? '', /^[0-9a-f]{64}$/);
  assert.ok(!JSON.stringify(kept).includes(key));
  const listed = (await listKeys(store)).find((entry) => entry.name === 'insights');
  assert.deepEqual(Object.keys(listed ?? {}), ['name', 'created_at', 'revoked_at']);
  assert.match(listed?.created_at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(listed?.revoked_at, null);
});

test('two keys in force cannot have one name; that of a revoked key is free again', async () => {
  const first = await createKey(store, 'twice');
  await assert.rejects(createKey(store, 'twice'), { code: 'usage', message: /already a key named "twice"/ });
  await revokeKey(store, 'twice');
  const second = await createKey(store, 'twice');
  const ring = new KeyRing(store);
  assert.equal(await ring.find(first.key), null);
  assert.equal(await ring.find(second.key), 'twice');
});

test('a key that is not there, or not any more, cannot be revoked', async () => {
  await assert.rejects(revokeKey(store, 'nobody'), { code: 'usage', message: /no key named "nobody"/ });
  await createKey(store, 'once');
  await revokeKey(store, 'once');
  await assert.rejects(revokeKey(store, 'once'), { code: 'usage', message: /revoked already, at \d{4}-/ });
});

for (const name of ['', ' ', ' padded', 'two\nlines', "quote'", 'x'.repeat(101)]) {
  test(`${JSON.stringify(name)} cannot name a key`, async () => {
    await assert.rejects(createKey(store, name), { code: 'usage' });
  });
}

test('a ring that is in use learns of new and revoked keys within two seconds', async () => {
  const ring = new KeyRing(store);
  await ring.find('la_nothing');
  const { key } = await createKey(store, 'late');
  await wait(150);
  assert.equal(await ring.find(key), 'late');
  await revokeKey(store, 'late');
  await wait(1100);
  assert.equal(await ring.find(key), null);
});

test('many requests at once read the keys once', async () => {
  let reads = 0;
  const counting = { ...store, query: async <Row>() => (reads++, [] as Row[]) };
  const ring = new KeyRing(counting);
  await Promise.all(Array.from({ length: 50 }, async () => ring.find('la_nothing')));
  assert.equal(reads, 1);
});

test('a ring that could not be read tries again for the next request', async () => {
  let fail = true;
  const failing = {
    ...store,
    query: async <Row>() => {
      if (fail) throw new Error('the store is away');
      return [] as Row[];
    },
  };
  const ring = new KeyRing(failing);
  await assert.rejects(ring.find('la_nothing'), /away/);
  fail = false;
  assert.equal(await ring.find('la_nothing'), null);
});

const { key } = await createKey(store, 'caller');
const authenticate = createServiceAuthentication(new KeyRing(store));

const CREDENTIALS: ReadonlyArray<readonly [authorization: string | null, outcome: string]> = [
  [`Token ${key}`, 'caller'],
  [`token   ${key} `, 'caller'],
  [null, 'authentication_required'],
  ['', 'authentication_required'],
  [key, 'invalid_credentials'],
  ['Token', 'invalid_credentials'],
  [`Token ${key} ${key}`, 'invalid_credentials'],
  [`Token ${key}, Token ${key}`, 'invalid_credentials'],
  [`Token ${key.slice(0, -1)}`, 'invalid_credentials'],
  [`Token la_${'A'.repeat(43)}`, 'invalid_credentials'],
  [`Bearer ${key}`, 'invalid_credentials'],
  ['Basic YTpi', 'invalid_credentials'],
];

for (const [authorization, outcome] of CREDENTIALS) {
  test(`the credential ${authorization?.replaceAll(key, '<key>')} is ${outcome}`, async () => {
    const headers = new Headers(authorization === null ? {} : { authorization });
    const asker = { headers, publicUrl: new URL('http://127.0.0.1/api/v0/authenticated/') };
    if (outcome === 'caller') {
      const caller = await authenticate(asker);
      assert.deepEqual([caller.kind, caller.name, await caller.maySee('a/b/c')], ['service', 'caller', true]);
    } else {
      await assert.rejects(authenticate(asker), { code: outcome });
    }
  });
}
