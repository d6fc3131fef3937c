import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openTempStore } from '../../test/temp-store.ts';
import { DEMO_USER } from './demo-login.ts';
import { EndedSessions } from './ended-sessions.ts';
import { Seal } from './seal.ts';
import { Sessions } from './sessions.ts';

const publicUrl = new URL('https://insights.example/');
const store = await openTempStore();
const key = randomBytes(32);
let ms = 0;

/** Sessions as a process has them that shares the store and the key with others. */
function openProcess() {
  const rules = { idleSeconds: 600, absoluteSeconds: 3600, demo: true };
  return new Sessions(new Seal(key), rules, null, new EndedSessions(store, () => ms));
}

async function logIn(process: Sessions) {
  const cookie = await process.start(publicUrl, DEMO_USER);
  return { headers: new Headers({ cookie: cookie.split(';')[0] ?? '' }), publicUrl };
}

const unexpected = (error: unknown) => assert.fail(String(error));

test('a session that was logged out of counts in no other process after some seconds, and in none that starts', async () => {
  const [here, there] = [openProcess(), openProcess()];
  const [asker, other] = [await logIn(here), await logIn(here)];
  assert.notEqual(await there.read(asker), null);
  await here.end(asker, unexpected);
  assert.equal(await here.read(asker), null);
  assert.equal(await openProcess().read(asker), null);
  ms += 5000;
  assert.equal(await there.read(asker), null);
  for (const process of [here, there, openProcess()]) assert.notEqual(await process.read(other), null);
});

test('a session is asked about once in some seconds, however many requests come', async () => {
  const ended = new EndedSessions(store, () => ms);
  const id = randomUUID();
  assert.deepEqual(await Promise.all([ended.has(id), ended.has(id)]), [false, false]);
  await store.run('RENAME TABLE ended_sessions TO away');
  try {
    assert.equal(await ended.has(id), false);
    ms += 5000;
    await assert.rejects(ended.has(id));
  } finally {
    await store.run('RENAME TABLE away TO ended_sessions');
  }
  assert.equal(await ended.has(id), false);
});

test('many sessions are asked about together, and each is told about itself', async () => {
  let asked = 0;
  const counted = new Proxy(store, {
    get: (target, name) => {
      if (name === 'query') asked += 1;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member as () => void).bind(target) : member;
    },
  });
  const ended = new EndedSessions(counted);
  const ids = Array.from({ length: 100 }, () => randomUUID());
  for (const id of [ids[3]!, ids[98]!]) await ended.note(id, Math.floor(Date.now() / 1000) + 600);
  const turns = ids.map(async (id, index) => {
    if (index >= 50) await new Promise(setImmediate);
    return ended.has(id);
  });
  assert.deepEqual(
    (await Promise.all(turns)).flatMap((isOver, index) => (isOver ? [index] : [])),
    [3, 98],
  );
  assert.equal(asked, 2);
});

test('a store that does not answer fails those who wait for it, and is asked again by who comes then', async () => {
  const ended = new EndedSessions(store);
  await store.run('RENAME TABLE ended_sessions TO away');
  try {
    const first = ended.has(randomUUID());
    await new Promise(setImmediate);
    await Promise.all([assert.rejects(first), assert.rejects(ended.has(randomUUID()))]);
  } finally {
    await store.run('RENAME TABLE away TO ended_sessions');
  }
  assert.equal(await ended.has(randomUUID()), false);
});

test('where it cannot be noted, a session ends here all the same, and that is told', async () => {
  const here = openProcess();
  const asker = await logIn(here);
  const failures: unknown[] = [];
  await store.run('RENAME TABLE ended_sessions TO away');
  try {
    await here.end(asker, (error) => failures.push(error));
  } finally {
    await store.run('RENAME TABLE away TO ended_sessions');
  }
  assert.equal(failures.length, 1);
  assert.equal(await here.read(asker), null);
});

test('it is kept until the session would have ended by itself', async () => {
  const here = openProcess();
  const asker = await logIn(here);
  await store.run('TRUNCATE TABLE ended_sessions');
  const now = Math.floor(Date.now() / 1000);
  await here.end(asker, unexpected);
  const [row] = await store.read<{ ends_at: string }>('SELECT ends_at FROM ended_sessions');
  assert.ok(Math.abs(Date.parse(row?.ends_at ?? '') / 1000 - now - 3600 - 86_400) < 60, row?.ends_at);
});

/** Waits until it is noted which session ended. */
async function awaitNote(): Promise<void> {
  while ((await store.read('SELECT 1 FROM ended_sessions')).length === 0) await wait(50);
}

test('who logs out does not wait long for a store that is busy, which learns of it later', async () => {
  const here = openProcess();
  const asker = await logIn(here);
  await store.run('TRUNCATE TABLE ended_sessions');
  let over = false;
  // all that requests have
  const busy = Array.from({ length: store.embedded ? 4 : 16 }, async () =>
    store.query('SELECT sleepEachRow(3) FROM numbers(2) SETTINGS max_block_size = 1').finally(() => (over = true)),
  );
  await here.end(asker, unexpected);
  assert.equal(over, false);
  await Promise.all(busy);
  await awaitNote();
  assert.equal(await openProcess().read(asker), null);
});

test('a store that cannot note it now is asked again', async () => {
  const here = openProcess();
  const asker = await logIn(here);
  await store.run('TRUNCATE TABLE ended_sessions');
  await store.run('ALTER TABLE ended_sessions MODIFY SETTING parts_to_throw_insert = 1');
  await store.run('INSERT INTO ended_sessions SELECT generateUUIDv4(), now() + 600');
  await here.end(asker, unexpected);
  await store.run('TRUNCATE TABLE ended_sessions');
  await awaitNote();
  await store.run('ALTER TABLE ended_sessions RESET SETTING parts_to_throw_insert');
  assert.equal(await openProcess().read(asker), null);
});

test('a store whose clock is hours ahead does not let go of a session that could still be used', async () => {
  const id = randomUUID();
  // by the store's clock it has been over for an hour
  await new EndedSessions(store, () => ms).note(id, Math.floor(Date.now() / 1000) - 3600);
  await store.run('OPTIMIZE TABLE ended_sessions FINAL');
  assert.equal(await new EndedSessions(store, () => ms).has(id), true);
});
