import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckedApp } from './check-response.ts';
import type { ApiDeps } from '../src/api/api-env.ts';
import { createInsights } from '../src/api/insights.ts';
import { createKey } from '../src/auth/api-keys.ts';
import { createServiceAuthentication } from '../src/auth/authenticate-service.ts';
import { KeyRing } from '../src/auth/key-ring.ts';
import { loadConfig } from '../src/config.ts';
import { openLog } from '../src/log.ts';
import type { Store } from '../src/store/store.ts';
import { openTestStore } from './temp-store.ts';

/** A store of its own and the whole API over it. One at a time: the engine keeps to one directory per process. */
export interface Site {
  readonly store: Store;
  /** The answer to a path of the mount for services; throws where it is not 200. */
  readonly ask: (path: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** The whole API over a store, asked with a key for services: the answer to a path of that mount. */
export async function openApi(
  store: Store,
  {
    name = 'tests',
    dataDir,
    status,
  }: { readonly name?: string; readonly dataDir?: string } & Pick<ApiDeps, 'status'> = {},
): Promise<(path: string) => Promise<Response>> {
  const { key } = await createKey(store, name);
  const config = loadConfig({ RATE_LIMIT_PER_KEY: '0', ...(dataDir !== undefined && { DATA_DIR: dataDir }) });
  const app = createCheckedApp({
    store,
    config,
    log: openLog('silent'),
    authenticate: createServiceAuthentication(new KeyRing(store)),
    insights: createInsights(config, store, null),
    ...(status !== undefined && { status }),
  });
  return async (path) => app.request(`/api/v0/${path}`, { headers: { authorization: `Token ${key}` } });
}

export async function openSite(): Promise<Site> {
  const dataDir = await mkdtemp(join(tmpdir(), 'site-'));
  const store = await openTestStore(dataDir);
  const get = await openApi(store, { dataDir });
  return {
    store,
    async ask(path) {
      const response = await get(path);
      if (response.status === 200) return response.json();
      throw new Error(`${path}: ${response.status} ${(await response.text()).slice(0, 300)}`);
    },
    async close() {
      await store.close();
      await rm(dataDir, { recursive: true, maxRetries: 10 });
    },
  };
}

/** What the API of a store answers, which has to be 200; the numbers of snapshots, which differ from store to store, are left out. */
export async function openAsking(store: Store): Promise<(path: string) => Promise<string>> {
  const get = await openApi(store);
  return async (path) => {
    const response = await get(path);
    const text = (await response.text()).replaceAll(/snapshot=\d+/g, 'snapshot=');
    assert.equal(response.status, 200, `${path}: ${text}`);
    return text;
  };
}
