import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { NO_BROWSER, openPages, type Pages, takeShot } from './open-pages.ts';

const OPERATION = '#operations-Learners-listLearners';

async function openList(page: Page): Promise<void> {
  await page.locator(`${OPERATION} .opblock-summary-control`).click();
  await page.locator(`${OPERATION} .execute`).waitFor();
}

describe('the reference of the API, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  // what another origin is asked for, and what the policy of the page forbids, is a complaint
  test('it lists every resource, answers what is tried, and asks nobody else', async () => {
    await using opened = await pages.open('api-reference');
    const { page, complaints } = opened;
    await page.locator(OPERATION).waitFor();
    const { paths } = (await (await page.request.get(`${pages.url}/api/v0/openapi.json`)).json()) as { paths: object };
    const count = Object.keys(paths).length;
    await page
      .locator('.opblock')
      .nth(count - 1)
      .waitFor();
    assert.equal(await page.locator('.opblock').count(), count);

    await openList(page);
    // on this mount the session of the browser counts, which the page cannot read
    await page.locator('.servers select').selectOption({ index: 1 });
    await page.locator(`${OPERATION} tr[data-param-name="course_id"] input`).fill(pages.course.replace('courses/', ''));
    await page.locator(`${OPERATION} tr[data-param-name="page_size"] input`).fill('2');
    await page.locator(`${OPERATION} .execute`).click();
    const answer = page.locator(`${OPERATION} .live-responses-table`);
    await answer.locator('.response-col_status', { hasText: '200' }).waitFor();
    await answer.filter({ hasText: '"num_pages"' }).waitFor();
    await takeShot(page, 'api-reference', true);
    assert.deepEqual(complaints, []);
  });

  test('on paper it is light, whatever the screen is', async () => {
    await using opened = await pages.open('api-reference', { colorScheme: 'dark' });
    const { page } = opened;
    await page.locator(OPERATION).waitFor();
    const isDark = `document.documentElement.classList.contains('dark-mode')`;
    assert.equal(await page.evaluate<boolean>(isDark), true);
    await page.evaluate(`addEventListener('beforeprint', () => { window.printedDark = ${isDark}; })`);
    await page.pdf();
    assert.equal(await page.evaluate<boolean>('window.printedDark'), false);
    assert.equal(await page.evaluate<boolean>(isDark), true, 'as before');
    await page.emulateMedia({ media: 'print' });
    await page.locator('html:not(.dark-mode)').waitFor();
    await page.emulateMedia({ media: null });
    await page.locator('html.dark-mode').waitFor();
  });

  for (const [name, options] of Object.entries({
    'api-reference-dark': { colorScheme: 'dark' },
    'api-reference-phone': { viewport: { width: 390, height: 844 } },
    'api-reference-phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  } as const)) {
    test(`${name} fits its width`, async () => {
      await using opened = await pages.open('api-reference', options);
      const { page, complaints } = opened;
      await page.locator(OPERATION).waitFor();
      await takeShot(page, name);
      await openList(page);
      await takeShot(page, `${name}-operation`, true);
      const [inner, outer] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, innerWidth]',
      );
      assert.ok(inner <= outer, `${inner} px in ${outer}`);
      const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      assert.equal(ground, name.includes('dark') ? 'rgb(28, 32, 34)' : 'rgb(255, 255, 255)');
      assert.deepEqual(complaints, []);
    });
  }
});
