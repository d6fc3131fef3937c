import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NO_BROWSER, openPages, type Pages, rows } from './open-pages.ts';

// By finger, by keyboard and by whatever else people press things with.

describe('what is pressed, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('a press beside the box chooses the learner, too, and opens nobody', async () => {
    for (const [width, most] of [
      [1440, 24],
      [1000, 24],
      [390, 44],
    ] as const) {
      await using opened = await pages.open(pages.course, { viewport: { width, height: 900 } });
      const { page } = opened;
      await rows(page);
      const address = page.url();
      const cell = page.locator('tbody .choose').nth(1);
      const box = (await cell.boundingBox())!;
      assert.ok(Math.min(box.width, box.height) >= most, `${width} px: ${box.width} by ${box.height}`);
      await cell.click({ position: { x: 3, y: 3 } });
      assert.equal(await page.locator('tbody input').nth(1).isChecked(), true, `${width} px`);
      await cell.click({ position: { x: box.width - 3, y: box.height - 3 } });
      assert.equal(await page.locator('tbody input').nth(1).isChecked(), false, `${width} px`);
      assert.equal(page.url(), address);
      await page.locator('tbody tr').nth(0).locator('.number').last().click({ force: true });
      // in between, where the table may be wider than the window, the name alone opens
      if (width !== 1000) await page.locator('.learner-head h1').waitFor();
    }
  });
});
