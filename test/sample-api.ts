import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { AppDeps } from '../src/api/api-env.ts';
import { createInsights } from '../src/api/insights.ts';
import { createKey } from '../src/auth/api-keys.ts';
import { createServiceAuthentication } from '../src/auth/authenticate-service.ts';
import { KeyRing } from '../src/auth/key-ring.ts';
import { loadConfig } from '../src/config.ts';
import { openLog } from '../src/log.ts';
import { createCheckedApp } from './check-response.ts';
import { DEMO_COURSE, fillSampleSite } from './sample-site.ts';
import { openTestStore } from './temp-store.ts';

export const COURSE = `course_id=${DEMO_COURSE}`;
export const LEARNERS = `/learners/?${COURSE}`;
/** A username with everything that one may have, percent-encoded. */
export const ODD_USERNAME = encodeURIComponent('Ωmega.ünï+1@x-y_z');

/** The API over the sample site, in a store of its own that goes away with the test file. */
export async function openSampleApi() {
  const dataDir = await mkdtemp(join(tmpdir(), 'api-'));
  const store = await openTestStore(dataDir);
  after(async () => {
    await store.close();
    await rm(dataDir, { recursive: true, maxRetries: 10 });
  });
  await fillSampleSite(store);
  const { key } = await createKey(store, 'tests');
  const logged: string[] = [];
  const config = loadConfig({
    LMS_URL: 'https://lms.example/',
    DATA_DIR: dataDir,
    RATE_LIMIT_PER_KEY: '0',
    RATE_LIMIT_PER_USER: '0',
  });
  const deps: AppDeps = {
    store,
    config,
    log: openLog('info', { write: (line) => void logged.push(line) }),
    authenticate: createServiceAuthentication(new KeyRing(store)),
    insights: createInsights(config, store, [DEMO_COURSE]),
  };
  const app = createCheckedApp(deps);

  /** Asks for a path of the mount, or a whole address, with the key. */
  async function get(path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> {
    const address = path.startsWith('http') ? path : `/api/v0${path}`;
    return app.request(address, { ...init, headers: { authorization: `Token ${key}`, ...headers } });
  }

  /** A caller who may see the demo course and no other. */
  const narrowApp = createCheckedApp({
    ...deps,
    authenticate: async () => ({
      kind: 'service',
      name: 'narrow',
      maySee: async (courseId) => courseId === DEMO_COURSE,
    }),
  });

  return { app, narrowApp, deps, key, logged, get };
}
