import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { known, NO_BROWSER, openPages, type Pages } from './open-pages.ts';

// People press twice where once is enough.

type Place = readonly [number, number];

async function placeOf(page: Page, selector: string): Promise<Place> {
  const { x, y, width, height } = (await page.locator(selector).first().boundingBox())!;
  return [x + width / 2, y + height / 2];
}

/** The second press comes when what the first one opens is there. */
async function pressTwice(page: Page, [x, y]: Place, opened: string): Promise<void> {
  await page.mouse.move(x, y);
  await page.mouse.down({ clickCount: 1 });
  await page.mouse.up({ clickCount: 1 });
  await page.locator(opened).first().waitFor();
  const there = page.url();
  await page.mouse.down({ clickCount: 2 });
  await page.mouse.up({ clickCount: 2 });
  // a third one later is none of the same
  await page.waitForTimeout(600);
  assert.equal(page.url(), there);
  assert.equal(await page.locator('[role=dialog]').count(), 0);
}

describe('habits, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('a double click opens one page, and presses nothing of what is there by then', async () => {
    await using opened = await pages.open('?all');
    const { page, complaints } = opened;
    const card = page.locator('.card h2 a').first();
    await card.click();
    await known(page);
    for (const below of ['a.open', '.tile > button', '.tile .info', '.toolbar .button']) {
      const place = await placeOf(page, below);
      await page.goBack();
      await card.evaluate((link: { style: object }) =>
        Object.assign(link.style, { position: 'fixed', inset: 0, zIndex: 9 }),
      );
      await pressTwice(page, place, '.tile .count:text-matches("\\\\d")');
    }
    await pressTwice(page, await placeOf(page, 'td.number'), '.learner-head');
    // on what is there still, a press is a press
    await page.getByRole('link', { name: 'Next learner' }).dblclick();
    await page.getByText(/^3 of /).waitFor();
    await page.goBack();
    await page.getByText(/^2 of /).waitFor();
    assert.deepEqual(complaints, []);
  });
});
