import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
import type { Store } from '../../src/store/store.ts';
import { CLIENT, type openFakeLms } from '../fake-lms.ts';

const CHROMIUM = '/usr/bin/chromium';
const UNTIL = new Date('2026-03-18T17:45:00.250Z');
const SHOTS = join(import.meta.dirname, '../../dist/screenshots');

/** Why the tests of the pages cannot run here; false where they can. */
export const NO_BROWSER = existsSync(CHROMIUM)
  ? false
  : `needs a browser at ${CHROMIUM} (Debian: apt-get install chromium)`;

/**
 * Each window makes two pages of its own for what an address bar suggests, half of what opening a page takes. The other names are those of
 * Playwright's own list that matter here, which this one replaces.
 */
const NOT_NEEDED = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'SpareRendererForSitePerProcess',
];

/** The closed network of a test machine is asked for nothing. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${NOT_NEEDED.join(',')}`,
];

/** How the browser is started. */
export const BROWSER = { executablePath: CHROMIUM, args: ARGS };

export interface Pages {
  readonly url: string;
  /** Path of the largest course. */
  readonly course: string;
  /** A page of a browser of its own, logged in; what it complained of is in `complaints`. */
  readonly open: (path: string, options?: PageOptions) => Promise<OpenPage>;
  /** Takes in enrolments as CSV, and publishes what follows. */
  readonly change: (csv: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface PageOptions extends Pick<
  BrowserContextOptions,
  'viewport' | 'colorScheme' | 'acceptDownloads' | 'hasTouch'
> {
  readonly language?: 'en' | 'es' | 'en-XA' | 'ar-XB';
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

export interface Site {
  /** Fills the store of a folder. */
  readonly fill: (store: Store, dir: string) => Promise<void>;
  readonly asOf: string;
  /** Where people log in; without one everybody is let in, as at the demonstration site. */
  readonly lms?: Awaited<ReturnType<typeof openFakeLms>>;
}

/** Made up, with three courses. */
const DEMO_SITE: Site = { fill: fillDemo, asOf: '2026-03-19' };

async function fillDemo(store: Store, dir: string): Promise<void> {
  const site = join(dir, 'site');
  await writeDemo({
    out: site,
    learners: 500,
    courses: 3,
    days: 28,
    seed: 5,
    until: UNTIL,
    truth: false,
    gzipRotated: false,
  });
  await ingest(store, [join(site, 'logs')], { now: UNTIL });
  await importCsv(
    store,
    ['enrollments.csv', 'roles.csv', 'courses.csv'].map((name) => join(site, 'lms', name)),
  );
}

/** A site served for real, and a browser. */
export async function openPages({ fill, asOf, lms }: Site = DEMO_SITE): Promise<Pages> {
  const dir = await mkdtemp(join(tmpdir(), 'pages-'));
  const store = await openStore({ dataDir: dir });
  await fill(store, dir);
  await refresh(store, { asOf });
  const found = await store.read<{ course_id: string }>(
    'SELECT course_id FROM snapshots ORDER BY learner_count DESC, course_id LIMIT 1 BY course_id',
  );
  const courses = found.map(({ course_id }) => course_id);
  await buildWebIfNeeded();
  const config = loadConfig({
    DATA_DIR: dir,
    PORT: '0',
    LOG_LEVEL: 'silent',
    RATE_LIMIT_PER_USER: '0',
    ...(lms !== undefined && { LMS_URL: lms.url, LMS_CLIENT_ID: CLIENT.id, LMS_CLIENT_SECRET: CLIENT.secret }),
  });
  const demoCourses = lms === undefined ? courses : undefined;
  const service = await openService(config, store, { asOf, keepFresh: false, demoCourses });
  const own = [service.url, ...(lms === undefined ? [] : [lms.url])];
  const browser = await chromium.launch(BROWSER);
  return {
    url: service.url,
    course: `courses/${courses[0]}`,
    open: async (path, options = {}) => openPage(browser, own, path, options),
    change: async (csv) => {
      const file = join(dir, 'change.csv');
      await writeFile(file, csv);
      await importCsv(store, [file]);
      await refresh(store, { asOf });
    },
    close: async () => {
      await browser.close();
      await service.close();
      await store.close();
      await rm(dir, { recursive: true, maxRetries: 10 });
    },
  };
}

/** @param own addresses that may be asked, that of the service first */
async function openPage(
  browser: Browser,
  own: readonly string[],
  path: string,
  options: PageOptions,
): Promise<OpenPage> {
  const { language = 'en', ...rest } = options;
  const [url] = own;
  // what moves while something is awaited is painted sixty times a second, by the processor
  const still = { viewport: { width: 1440, height: 1000 }, locale: 'en-US', reducedMotion: 'reduce' } as const;
  const context = await browser.newContext({ ...still, ...rest });
  context.setDefaultTimeout(30_000);
  await context.addInitScript(`localStorage.setItem('la-language', '${language}')`);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!own.some((address) => request.url().startsWith(address)) && !/^(data|blob):/.test(request.url()))
      complaints.push(`asked ${request.url()}`);
  });
  await page.request.get(`${url}/auth/login`);
  await page.goto(`${url}/${path}`);
  const dispose = async () => {
    // what a handler is still asking for fails with the context, which no test is about
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await context.close();
  };
  return { page, complaints, [Symbol.asyncDispose]: dispose };
}

/** For people to look at; CI keeps the folder. */
export async function takeShot(page: Page, name: string, fullPage = false): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage });
}

/** The usernames of the list, once it is up to date and what is known of the course is there, too. */
export async function known(page: Page): Promise<string[]> {
  await page.locator('.tile .count', { hasText: /\d/ }).first().waitFor();
  return rows(page);
}

/** The usernames of the list, once it is up to date. */
export async function rows(page: Page): Promise<string[]> {
  await page.locator('.list:not(.updating) table.roster').waitFor();
  return page.evaluate<string[]>(
    `[...document.querySelectorAll('table.roster tbody a.open')].map((link) => link.dataset.username)`,
  );
}
