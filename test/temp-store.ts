import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { openStore } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';

/** A folder that goes away with the test file. */
export function makeTempFolder(): {
  readonly folder: string;
  readonly write: (name: string, data: string | Uint8Array) => string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'learner-analytics-'));
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return {
    folder,
    write: (name, data) => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data);
      return path;
    },
  };
}

/** A server to run the tests against, `http(s)://user:password@host:port`; undefined: the embedded engine. */
export const SERVER = process.env['TEST_CLICKHOUSE_URL'];

/** An empty store, embedded in `dataDir` or in a database of its own on the server under test; closing it removes the latter. */
export async function openTestStore(dataDir: string): Promise<Store> {
  if (SERVER === undefined) return openStore({ dataDir });
  const name = `test_${randomBytes(8).toString('hex')}`;
  const store = await openStore({ dataDir, url: new URL(`/${name}`, SERVER).href });
  const close = store.close.bind(store);
  store.close = async () => {
    await store.run('DROP DATABASE {name:Identifier} SYNC', { name });
    await close();
  };
  return store;
}

/** An empty store that goes away with the test file. */
export async function openTempStore(): Promise<Store> {
  const { folder } = makeTempFolder();
  const store = await openTestStore(join(folder, 'data'));
  after(async () => store.close());
  return store;
}

/** What closes the prepared store that is open: the embedded engine has one folder at a time. */
let closeOpened: (() => Promise<void>) | undefined;

async function closePrepared(): Promise<void> {
  const close = closeOpened;
  closeOpened = undefined;
  await close?.();
}

/**
 * Fills a store once, for many tests that begin with the same: each is given one of its own, for a tenth of the time. Of the embedded
 * engine that is a copy of the folder; on a server, each is filled anew. It goes away when another one is opened.
 * To be called where a file is read, not within a test.
 */
export function prepareStore(fill: (store: Store) => Promise<void> = async () => {}): () => Promise<Store> {
  after(closePrepared);
  const { folder } = makeTempFolder();
  const filled = join(folder, 'filled');
  let isFilled = false;
  let opened = 0;
  const make = async (dataDir: string) => {
    const store = await openTestStore(dataDir);
    closeOpened = async () => store.close();
    await fill(store);
    return store;
  };
  return async () => {
    await closePrepared();
    opened += 1;
    const dataDir = join(folder, String(opened));
    if (SERVER !== undefined) return make(dataDir);
    if (!isFilled) {
      await make(filled);
      await closePrepared();
      isFilled = true;
    }
    cpSync(filled, dataDir, { recursive: true, verbatimSymlinks: true });
    const store = await openStore({ dataDir });
    closeOpened = async () => {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
    };
    return store;
  };
}

/** Every fact, in one order. */
export async function readFacts(store: Store): Promise<object[]> {
  return store.read(
    'SELECT * REPLACE (toString(hash) AS hash) FROM facts FINAL ORDER BY course_id, day, username, hash',
  );
}

/** Whom the LMS has under an id, as an import notes it; of an id that is named twice, the last is the present name. */
export async function nameInLms(
  store: Store,
  pairs: ReadonlyArray<readonly [userId: number, username: string]>,
): Promise<void> {
  const identities = pairs.map(([user_id, username], index) => ({
    user_id,
    username,
    from_lms: true,
    last_seen: `2026-11-01 00:00:${String(index).padStart(2, '0')}`,
  }));
  await store.insert('identities', identities);
  await store.insert(
    'lms_users',
    pairs.map(([user_id, username]) => ({ user_id, username })),
  );
}

/** Keeps the last days of the learners in step with facts that a test inserted itself. */
export async function recordActivity(store: Store): Promise<void> {
  await store.run(
    'INSERT INTO learner_activity SELECT course_id, username, user_id, max(day) FROM facts GROUP BY course_id, username, user_id',
  );
}
