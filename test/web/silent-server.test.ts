import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { known, NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// A server, or something on the way to it, that takes what is asked and answers nothing.

const SLOW = 'This takes longer than usual. It is still being worked on.';

async function silence(page: Page, what: RegExp): Promise<void> {
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.route(what, async () => {});
}

describe('with a server that does not answer, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('a part of a page that is waited for says so, and takes no room before', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    const learner = await page.locator('a.open').first().getAttribute('href');
    for (const [what, address, there, shot] of [
      [/course_learner_metadata/, `${pages.url}/${pages.course}`, '.roster tbody', 'silent-groups'],
      [/course_learner_metadata/, learner!, '.learner-head', 'silent-numbers'],
      [/engagement_timelines/, learner!, '.timeline', 'silent-timeline'],
    ] as const) {
      await silence(page, what);
      await page.goto(address);
      await page.locator(there).waitFor();
      const early = await page.evaluate<{ readonly said: string; readonly height: number }>(
        `(() => { const { textContent: said, offsetHeight: height } = document.querySelector('.skeleton'); return { said, height }; })()`,
      );
      // that the page is loaded was heard; each part says nothing unless it takes long, as it may have by now on a busy machine
      if (early.said !== SLOW) assert.deepEqual(early, { said: '', height: 0 }, shot);
      await page.getByText(SLOW).waitFor();
      assert.equal(await page.getByText(SLOW).count(), 1);
      await takeShot(page, shot);
    }
  });

  test('that another list is waited for is seen at its end, too, until one goes back', async () => {
    await using opened = await pages.open(`${pages.course}?page_size=50`);
    const { page } = opened;
    const first = await known(page);
    await silence(page, /learners\/\?/);
    const told = page.locator('.waiting > p', { hasText: 'Loading …' });
    const pressed = performance.now();
    await page.getByRole('button', { name: 'Last page' }).click();
    await page.locator('.list.updating').waitFor();
    if ((await told.count()) > 0) assert.ok(performance.now() - pressed >= 1000, 'told at once');
    await told.waitFor();
    const { y } = (await told.boundingBox())!;
    assert.ok(y >= 0 && y < 50, `${y} px from the top of the window`);
    await takeShot(page, 'silent-list');
    // the banner that says so is out of sight
    await page.context().setOffline(true);
    const { y: below } = (await page.locator('.waiting > p', { hasText: 'There is no connection.' }).boundingBox())!;
    assert.ok(below >= 0 && below < 50, `${below} px from the top of the window`);
    await page.evaluate('scrollTo(0, 0)');
    for (const height of [1000, 400]) {
      await page.setViewportSize({ width: 390, height });
      const banner = (await page.locator('.banner').boundingBox())!;
      const note = (await page.locator('.waiting > p').boundingBox())!;
      assert.ok(banner.y + banner.height < note.y && note.y + note.height < height, `${height} px high`);
      await takeShot(page, `silent-offline-${height}`);
    }
    await page.setViewportSize({ width: 1440, height: 1000 });
    await page.context().setOffline(false);
    await told.waitFor();
    await page.goBack();
    await told.waitFor({ state: 'detached' });
    assert.deepEqual(await rows(page), first);
  });

  test('a file comes also where it is not to be known whether the session has ended', async () => {
    await using opened = await pages.open(pages.course, { acceptDownloads: true });
    const { page } = opened;
    await known(page);
    await silence(page, /auth\/session/);
    const file = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download CSV' }).click();
    assert.match((await file).suggestedFilename(), /--learners\.csv$/);
  });

  test('whoever logs out is told that it did not work', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    await silence(page, /auth\/logout/);
    await page.getByRole('button', { name: /^Account and display/ }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'Logging out did not work.' });
    await alert.waitFor();
    // once more: what is heard is what comes, not what is there
    const told = await alert.elementHandle();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.route('**/auth/logout', async (route) => route.fulfill({ status: 503, body: '{}' }));
    await page.getByRole('button', { name: 'Log out' }).click();
    await told.waitForElementState('hidden');
    await alert.waitFor();
  });
});
