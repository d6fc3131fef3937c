import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fillDisk, mountDisk } from '../../test/mount-disk.ts';
import { AppError } from '../errors.ts';
import { createSessionAuthentication } from './authenticate-session.ts';
import type { Asker } from './caller.ts';
import type { LmsVoucher } from './lms-login.ts';
import { loadSealKey, Seal } from './seal.ts';
import { type Session, type SessionRules, Sessions } from './sessions.ts';

const publicUrl = new URL('https://insights.example/auth/session');
const RULES: SessionRules = { idleSeconds: 600, absoluteSeconds: 3600, demo: false };
const WHO = {
  username: 'prof',
  name: null,
  isGlobalStaff: false,
  isDemo: false,
  lmsToken: null,
  refreshToken: null,
  vouchedUntil: null,
};
const key = randomBytes(32);

let seconds = 1_800_000_000;
const now = () => new Date(seconds * 1000);
const sessions = new Sessions(new Seal(key), RULES, null, null, now);

function askWith(setCookie: string): Asker {
  return { headers: new Headers({ cookie: setCookie.split(';')[0] ?? '' }), publicUrl };
}

test('what was sealed is over at its end, by the clock of whoever asks, and is no other kind of cookie', async () => {
  const seal = new Seal(key);
  const text = await seal.close('login', { next: '/' }, 1000);
  assert.equal((await seal.open('login', text, new Date(999_000)))?.['next'], '/');
  assert.equal(await seal.open('login', text, new Date(1_001_000)), null);
  assert.equal(await seal.open('session', text, new Date(999_000)), null);
});

test('each login is a session of its own, whatever the browser had before', async () => {
  const [first, second] = await Promise.all([sessions.start(publicUrl, WHO), sessions.start(publicUrl, WHO)]);
  const ids = await Promise.all(
    [first, second].map(async (cookie) => (await sessions.read(askWith(cookie)))?.session.id),
  );
  assert.equal(new Set(ids).size, 2);
  assert.doesNotMatch(first, /prof/);
});

test('a session ends when nobody used it for the idle time', async () => {
  const cookie = await sessions.start(publicUrl, WHO);
  seconds += 599;
  assert.notEqual(await sessions.read(askWith(cookie)), null);
  seconds += 1;
  assert.equal(await sessions.read(askWith(cookie)), null);
});

test('a session in use gets a new cookie now and then, and ends all the same', async () => {
  const start = seconds;
  let cookie = await sessions.start(publicUrl, WHO);
  let renewed = 0;
  for (; seconds < start + 3600; seconds += 30) {
    const found = await sessions.read(askWith(cookie));
    assert.ok(found !== null, `after ${seconds - start} s`);
    if (found.cookie !== null) {
      renewed += 1;
      cookie = found.cookie;
      const [, maxAge] = /Max-Age=(\d+)/.exec(cookie) ?? [];
      assert.ok(Number(maxAge) <= start + 3600 - seconds);
    }
  }
  assert.equal(renewed, 59);
  assert.equal(await sessions.read(askWith(cookie)), null);
});

test('a session that may rest for a minute alone goes on while it is used', async () => {
  const strict = new Sessions(new Seal(key), { ...RULES, idleSeconds: 60 }, null, null, now);
  let cookie: string | null = await strict.start(publicUrl, WHO);
  for (let uses = 0; uses < 5; uses += 1) {
    seconds += 30;
    cookie = (await strict.read(askWith(cookie)))?.cookie ?? null;
    assert.ok(cookie !== null);
  }
});

test('stricter rules hold for sessions that were begun before', async () => {
  const cookie = await sessions.start(publicUrl, WHO);
  const stricter = new Sessions(new Seal(key), { ...RULES, idleSeconds: 60 }, null, null, now);
  seconds += 60;
  assert.equal(await stricter.read(askWith(cookie)), null);
  assert.notEqual(await sessions.read(askWith(cookie)), null);
});

test('what is too long for a cookie is told, as a browser would drop it without a word', async () => {
  assert.ok((await sessions.start(publicUrl, { ...WHO, lmsToken: 'x'.repeat(2000) })).length < 4096);
  await assert.rejects(
    sessions.start(publicUrl, { ...WHO, lmsToken: 'x'.repeat(4000) }),
    /takes \d+ characters, and a cookie has 4000/,
  );
});

test('an LMS that cannot vouch is asked once in some seconds, however many requests need it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const failing = new Sessions(
    new Seal(key),
    RULES,
    async () => {
      asked += 1;
      throw new AppError('store_unavailable', 'The LMS is busy.');
    },
    null,
    now,
  );
  const cookie = await failing.start(publicUrl, { ...WHO, refreshToken: 'r', vouchedUntil: seconds });
  const ask = async () => assert.rejects(failing.read(askWith(cookie)), /The LMS is busy/);
  await Promise.all([ask(), ask()]);
  await ask();
  assert.equal(asked, 1);
  t.mock.timers.tick(2000);
  await ask();
  assert.equal(asked, 2);
});

test('a renewal counts for two minutes for requests that still come with the cookie from before it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const renew = async () => {
    asked += 1;
    const bearer = { username: 'prof', name: null, isGlobalStaff: false, lmsToken: 't', expiresAt: seconds + 600 };
    return { bearer, refreshToken: 'next' };
  };
  const renewing = new Sessions(new Seal(key), RULES, renew, null, now);
  const cookie = await renewing.start(publicUrl, { ...WHO, refreshToken: 'first', vouchedUntil: seconds });
  for (const [passed, times] of [
    [0, 1],
    [119_999, 1],
    [1, 2],
  ] as const) {
    t.mock.timers.tick(passed);
    assert.notEqual(await renewing.read(askWith(cookie)), null);
    assert.equal(asked, times);
  }
  // and is a use of the session
  seconds += 590;
  const renewed = await renewing.read(askWith(cookie));
  seconds += 590;
  assert.notEqual(await renewing.read(askWith(renewed?.cookie ?? '')), null);
  const once = await renewing.start(publicUrl, { ...WHO, vouchedUntil: seconds });
  assert.equal(await renewing.read(askWith(once)), null, 'without a refresh token nobody vouches again');
});

test('where the LMS vouches no more, a session is over', async () => {
  const refused = new Sessions(
    new Seal(key),
    RULES,
    async () => {
      throw new AppError('invalid_credentials', 'The LMS knows nobody of that name.');
    },
    null,
    now,
  );
  const cookie = await refused.start(publicUrl, { ...WHO, refreshToken: 'r', vouchedUntil: seconds });
  assert.equal(await refused.read(askWith(cookie)), null);
});

test('a request under way when somebody logs out gives the browser no cookie', async () => {
  const access = { maySee: async () => true, maySeeAll: async () => true };
  const asker = askWith(await sessions.start(publicUrl, WHO));
  seconds += 60;
  const caller = await createSessionAuthentication(sessions, access)(asker);
  assert.equal(typeof caller.cookie?.(), 'string');
  await sessions.end(asker, () => {});
  assert.equal(caller.cookie?.(), null);
});

test('who logs out stays so, whatever was under way, and the LMS is given back what it gave last', async () => {
  const renewal = Promise.withResolvers<LmsVoucher>();
  const asked = Promise.withResolvers<void>();
  const renew = async () => {
    asked.resolve();
    return renewal.promise;
  };
  const renewing = new Sessions(new Seal(key), RULES, renew, null, now);
  const cookie = await renewing.start(publicUrl, { ...WHO, refreshToken: 'first', vouchedUntil: seconds });
  const underWay = renewing.read(askWith(cookie));
  await asked.promise;
  const ended = renewing.end(askWith(cookie), () => {});
  const bearer = { username: 'prof', name: null, isGlobalStaff: false, lmsToken: 't', expiresAt: seconds + 600 };
  const sealed = await new Seal(key).open('session', /=([^;]+)/.exec(cookie)?.[1] ?? '', now());
  while (!renewing.hasEnded(sealed?.['session'] as Session)) await wait(5);
  renewal.resolve({ bearer, refreshToken: 'second' });
  assert.deepEqual([await underWay, await ended], [null, 'second']);
  assert.equal(await renewing.read(askWith(cookie)), null);
  const other = await renewing.start(publicUrl, WHO);
  assert.notEqual(await renewing.read(askWith(other)), null);
  await renewing.end(askWith(other), () => {});
  for (const over of [cookie, other]) assert.equal(await renewing.read(askWith(over)), null);
});

test('a cookie that was changed, is of another key, or of another kind is none', async () => {
  const cookie = (await sessions.start(publicUrl, WHO)).split(';')[0] ?? '';
  const other = new Sessions(new Seal(randomBytes(32)), RULES, null, null, now);
  assert.equal(await other.read(askWith(cookie)), null);
  const parts = cookie.split('.');
  for (const index of parts.keys()) {
    const changed = parts.map((part, at) =>
      at === index ? `${part.slice(0, -2)}${part.endsWith('AA') ? 'BB' : 'AA'}` : part,
    );
    assert.equal(await sessions.read(askWith(changed.join('.'))), null, `part ${index}`);
  }
  for (const text of ['', 'x', 'a.b.c', 'a.b.c.d.e', '%']) {
    assert.equal(await sessions.read(askWith(`__Host-la_session=${text}`)), null);
  }
  const login = await new Seal(key).close(
    'login',
    { session: { ...WHO, seenAt: seconds, startedAt: seconds } },
    seconds + 60,
  );
  assert.equal(await sessions.read(askWith(`__Host-la_session=${login}`)), null);
});

test('a session of a demonstration counts in a demonstration alone', async () => {
  const demo = new Sessions(new Seal(key), { ...RULES, demo: true }, null, null, now);
  const cookie = await demo.start(publicUrl, { ...WHO, isDemo: true });
  assert.notEqual(await demo.read(askWith(cookie)), null);
  assert.equal(await sessions.read(askWith(cookie)), null);
  assert.equal(await demo.read(askWith(await sessions.start(publicUrl, WHO))), null);
});

test('the key is made once, for its owner alone, or comes from the configuration', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seal-'));
  after(() => rmSync(dataDir, { recursive: true, maxRetries: 10 }));
  const made = loadSealKey({ sessionSecret: null, dataDir });
  assert.equal(made.length, 32);
  assert.deepEqual(loadSealKey({ sessionSecret: null, dataDir }), made);
  assert.deepEqual(readdirSync(dataDir), ['session.key']);
  assert.equal(statSync(join(dataDir, 'session.key')).mode & 0o777, 0o600);
  const configured = loadSealKey({ sessionSecret: 'x'.repeat(32), dataDir });
  assert.deepEqual(loadSealKey({ sessionSecret: 'x'.repeat(32), dataDir: '/nowhere' }), configured);
  assert.notDeepEqual(configured, made);
});

const refuses = (dataDir: string, message: RegExp) =>
  assert.throws(
    () => loadSealKey({ sessionSecret: null, dataDir }),
    (error) => error instanceof AppError && error.code === 'store_unavailable' && message.test(error.message),
  );

test('a key that can be neither read nor made is told, with what to do, and leaves nothing behind', (context) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'seal-'));
  after(() => rmSync(dataDir, { recursive: true, maxRetries: 10 }));
  const path = join(dataDir, 'session.key');
  writeFileSync(path, '');
  refuses(dataDir, /session\.key does not hold the key of login sessions\. Delete it/);
  refuses(path, /can be neither read nor made \(ENOTDIR\)\. .* or set SESSION_SECRET/);
  rmSync(path);
  const disk = mountDisk(context, 1);
  if (disk === null) return;
  fillDisk(disk, 0);
  refuses(disk, /can be neither read nor made \(ENOSPC\)\. Make it writable, or free some of its disk/);
  assert.deepEqual(readdirSync(disk), ['filler']);
});
