import assert from 'node:assert/strict';
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { known, BROWSER, NO_BROWSER, openPages, type Pages } from './open-pages.ts';

describe('who leaves a computer that others use, in Chromium', { skip: NO_BROWSER }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('has no answer about learners kept there after logging out', { timeout: 120_000 }, async () => {
    const profile = await mkdtemp(join(tmpdir(), 'profile-'));
    const context = await chromium.launchPersistentContext(profile, BROWSER);
    try {
      const page = await context.newPage();
      await page.goto(`${pages.url}/auth/login?next=/${encodeURIComponent(pages.course)}`);
      await known(page);
      await page.locator('a.open').first().click();
      await page.locator('.learner-columns').waitFor();
      // whose addresses they are stands in the files
      const listKept = async () => {
        const kept: string[] = [];
        for await (const path of glob(join(profile, '**/Cache_Data/*'))) {
          const text = await readFile(path, 'latin1').catch(() => '');
          kept.push(...(text.match(/\/api\/learner_analytics\/v0\/[\w/]+/g) ?? []));
        }
        return kept;
      };
      for (const part of ['learners/', 'course_learner_metadata/', 'engagement_timelines/'])
        while (!(await listKept()).some((path) => path.includes(part))) await wait(200);
      await page.getByRole('button', { name: /^Account and display/ }).click();
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('link', { name: 'Sign in' }).waitFor();
      await context.close();
      assert.deepEqual(await listKept(), []);
    } finally {
      await context.close();
      await rm(profile, { recursive: true, maxRetries: 10 });
    }
  });
});
