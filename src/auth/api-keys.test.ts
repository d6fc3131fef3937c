import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openTestStore } from '../../test/temp-store.ts';
import { createKey, hashKey, listKeys, revokeKey } from './api-keys.ts';
import { createServiceAuthentication } from './authenticate-service.ts';
import { KeyRing } from './key-ring.ts';

const HERE = new URL('http://127.0.0.1/api/v0/authenticated/');
const dataDir = await mkdtemp(join(tmpdir(), 'api-keys-'));
const store = await openTestStore(dataDir);
after(async () => {
  await store.close();
  await rm(dataDir, { recursive: true, maxRetries: 10 });
});

test('a key is shown once, kept as a hash, and listed without either', async () => {
  const { name, key } = await createKey(store, 'insights');
  assert.equal(name, 'insights');
  assert.match(key, /^la_[\w-]{43}$/);
  const kept = await store.query<{ hash: string }>("SELECT * FROM api_keys WHERE name = 'insights'");
  assert.match(kept[0]?.hash ?? '', /^[0-9a-f]{64}$/);
  assert.ok(!JSON.stringify(kept).includes(key));
  const listed = (await listKeys(store)).find((entry) => entry.name === 'insights');
  assert.deepEqual(Object.keys(listed ?? {}), [
    'name',
    'created_at',
    'revoked_at',
    'expires_at',
    'last_used_at',
    'course_ids',
    'orgs',
  ]);
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
  assert.equal((await ring.find(second.key))?.name, 'twice');
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
  let now = 0;
  const ring = new KeyRing(store, () => now);
  await ring.find('la_nothing');
  const { key } = await createKey(store, 'late');
  now += 150;
  assert.equal((await ring.find(key))?.name, 'late');
  await revokeKey(store, 'late');
  now += 900;
  assert.equal((await ring.find(key))?.name, 'late');
  now += 200;
  assert.equal(await ring.find(key), null);
});

test('a key that is for some courses or organisations opens no others, before and after it is revoked', async () => {
  const ring = new KeyRing(store);
  const limits = { courseIds: ['course-v1:edX+DemoX+2026'], orgs: ['MITx'] };
  const { key } = await createKey(store, 'narrow', limits);
  const authenticate = createServiceAuthentication(ring);
  const caller = await authenticate({ headers: new Headers({ authorization: `Token ${key}` }), publicUrl: HERE });
  const seen = ['course-v1:edX+DemoX+2026', 'course-v1:MITx+6+1', 'MITx/6/1', 'course-v1:edX+Other+2026', 'MITxx/6/1'];
  assert.deepEqual(await Promise.all(seen.map(async (courseId) => caller.maySee(courseId))), [
    true,
    true,
    true,
    false,
    false,
  ]);
  await revokeKey(store, 'narrow');
  const listed = (await listKeys(store)).find(({ name }) => name === 'narrow');
  assert.deepEqual([listed?.course_ids, listed?.orgs], [limits.courseIds, limits.orgs]);
});

test('a key ends at its day; its name is free again then', async () => {
  const today = new Date().toISOString().slice(0, 10);
  await assert.rejects(createKey(store, 'short', { expires: today }), { code: 'usage', message: /not after today/ });
  const { key } = await createKey(store, 'short', { expires: '2099-01-01' });
  assert.equal((await new KeyRing(store).find(key))?.name, 'short');
  await assert.rejects(createKey(store, 'short'), { code: 'usage' });
  await store.run(
    `INSERT INTO api_keys SELECT * REPLACE (now64(3) - 1 AS expires_at, now64(6) AS version) FROM api_keys FINAL WHERE name = 'short'`,
  );
  assert.equal(await new KeyRing(store).find(key), null);
  await createKey(store, 'short');
});

test('a key that was made while the clock was ahead can be revoked, and made again', async () => {
  const { key } = await createKey(store, 'early');
  await store.run(
    `INSERT INTO api_keys SELECT * REPLACE (now64(6) + 3600 AS version) FROM api_keys FINAL WHERE name = 'early'`,
  );
  await revokeKey(store, 'early');
  assert.equal(await new KeyRing(store).find(key), null);
  const again = await createKey(store, 'early');
  assert.equal((await new KeyRing(store).find(again.key))?.name, 'early');
});

test('the latest use of a key is noted, once a minute', async () => {
  let clock = 0;
  const ring = new KeyRing(store, () => clock);
  const { key } = await createKey(store, 'busy');
  const find = async () => (await listKeys(store)).find(({ name }) => name === 'busy')?.last_used_at ?? null;
  assert.equal(await find(), null);
  for (let round = 0; round < 3; round++) await ring.find(key);
  let used = await find();
  for (; used === null; used = await find()) await wait(20);
  assert.match(used, /^\d{4}-/);
  const [uses] = await store.query<{ n: number }>('SELECT count() AS n FROM api_key_uses WHERE hash = {hash: String}', {
    hash: hashKey(key),
  });
  assert.equal(uses?.n, 1);
  clock = 60_000;
  await ring.find(key);
  while ((await find()) === used) await wait(20);
  await store.run("INSERT INTO api_key_uses SELECT {hash: String}, toDateTime('2026-01-02 00:00:00', 'UTC')", {
    hash: hashKey(key),
  });
  used = await find();
  assert.ok(used !== null && used > '2026-01-03');
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
    const asker = { headers, publicUrl: HERE };
    if (outcome === 'caller') {
      const caller = await authenticate(asker);
      assert.deepEqual([caller.kind, caller.name, await caller.maySee('a/b/c')], ['service', 'caller', true]);
    } else {
      await assert.rejects(authenticate(asker), { code: outcome });
    }
  });
}
