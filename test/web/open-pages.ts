import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { buildWebIfNeeded } from '../../scripts/build-web.ts';
import { openService } from '../../src/cli/serve.ts';
import { loadConfig } from '../../src/config.ts';
import { writeDemo } from '../../src/demo/write-demo.ts';
import { refresh } from '../../src/engagement/refresh.ts';
import { ingest } from '../../src/ingest/ingest.ts';
import { importCsv } from '../../src/lms/import-csv.ts';
import { openStore } from '../../src/store/open-store.ts';

const CHROMIUM = '/usr/bin/chromium';
const UNTIL = new Date('2026-03-18T17:45:00.250Z');
const AS_OF = '2026-03-19';
const SHOTS = join(import.meta.dirname, '../../dist/screenshots');

/** Why the tests of the pages cannot run here; false where they can. */
export const NO_BROWSER = existsSync(CHROMIUM)
  ? false
  : `needs a browser at ${CHROMIUM} (Debian: apt-get install chromium)`;

/** The closed network of a test machine is asked for nothing. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Pages {
  readonly url: string;
  /** Path of the largest course. */
  readonly course: string;
  /** A page of a browser of its own, logged in; what it complained of is in `complaints`. */
  readonly open: (path: string, options?: PageOptions) => Promise<OpenPage>;
  readonly close: () => Promise<void>;
}

export interface PageOptions extends Pick<BrowserContextOptions, 'viewport' | 'colorScheme' | 'acceptDownloads'> {
  readonly language?: 'en' | 'es' | 'en-XA' | 'ar-XB';
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** A made-up site with three courses, served for real, and a browser. */
export async function openPages(): Promise<Pages> {
  const dir = await mkdtemp(join(tmpdir(), 'pages-'));
  const site = join(dir, 'site');
  await writeDemo({
    out: site,
    learners: 500,
    courses: 3,
    days: 28,
    seed: 5,
    until: UNTIL,
    truth: true,
    gzipRotated: false,
  });
  const store = await openStore({ dataDir: dir });
  await ingest(store, [join(site, 'logs')], { now: UNTIL });
  await importCsv(
    store,
    ['enrollments.csv', 'roles.csv'].map((name) => join(site, 'lms', name)),
  );
  await refresh(store, { asOf: AS_OF });
  const found = await store.read<{ course_id: string }>(
    'SELECT course_id FROM snapshots ORDER BY learner_count DESC, course_id LIMIT 1 BY course_id',
  );
  const courses = found.map(({ course_id }) => course_id);
  await buildWebIfNeeded();
  const config = loadConfig({ DATA_DIR: dir, PORT: '0', LOG_LEVEL: 'silent' });
  const service = await openService(config, store, { asOf: AS_OF, keepFresh: false, demoCourses: courses });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  return {
    url: service.url,
    course: `courses/${courses[0]}`,
    open: async (path, options = {}) => openPage(browser, service.url, path, options),
    close: async () => {
      await browser.close();
      await service.close();
      await store.close();
      await rm(dir, { recursive: true, maxRetries: 10 });
    },
  };
}

async function openPage(browser: Browser, url: string, path: string, options: PageOptions): Promise<OpenPage> {
  const { language = 'en', ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, locale: 'en-US', ...rest });
  context.setDefaultTimeout(10_000);
  await context.addInitScript(`localStorage.setItem('la-language', '${language}')`);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url()))
      complaints.push(`asked ${request.url()}`);
  });
  await page.request.get(`${url}/auth/login`);
  await page.goto(`${url}/${path}`);
  return { page, complaints, [Symbol.asyncDispose]: async () => context.close() };
}

/** For people to look at; CI keeps the folder. */
export async function takeShot(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage });
}
