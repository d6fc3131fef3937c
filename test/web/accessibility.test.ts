import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { CourseMetadata } from '../../src/client/answers.ts';
import { findViolations } from './find-violations.ts';
import { known, NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// By ear, by keys alone, at four times the size, and without telling colours apart.

const RATIO = '?order_by=problem_attempts_per_completed&sort_order=desc';

/** What is to be scrolled sideways, in px. */
const measureWidth = async (page: Page, selector = 'html'): Promise<number> =>
  page.evaluate<number>(
    `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('${selector}'))`,
  );

/** What has the focus, and whether any of it is to be seen. */
const lookAtFocus = async (page: Page): Promise<readonly [string, boolean]> =>
  page.evaluate(`(() => {
    const each = document.activeElement;
    const { left, right, top, bottom } = each.getBoundingClientRect();
    const isSeen = [[left + 2, top + 2], [(left + right) / 2, (top + bottom) / 2], [right - 2, bottom - 2]].some(([x, y]) => {
      const seen = document.elementFromPoint(x, y);
      return each === seen || each.contains(seen) || each.closest('label')?.contains(seen) === true;
    });
    return [each.ariaLabel || each.textContent, isSeen];
  })()`);

describe('for everybody, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('what has the focus is not below the bar of those who are chosen, nor below the heads of the columns', async () => {
    for (const [language, viewport] of [
      ['en', { width: 320, height: 256 }],
      ['es', { width: 320, height: 640 }],
      ['es', { width: 640, height: 640 }],
      ['en', { width: 1440, height: 700 }],
    ] as const) {
      await using opened = await pages.open(pages.course, { viewport, language });
      const { page } = opened;
      await known(page);
      // with all that it can tell
      await page.locator('tbody input').first().check();
      await page.locator('.pager button').nth(2).click();
      await page.locator('.chosen-bar .quiet').waitFor();
      await rows(page);
      await page.locator('a.open').first().focus();
      for (const key of ['Tab', 'Shift+Tab']) {
        for (let stop = 0; stop < 40; stop += 1) {
          await page.keyboard.press(key);
          const [name, isSeen] = await lookAtFocus(page);
          assert.ok(isSeen, `${name}, ${key}, ${viewport.width} by ${viewport.height} px`);
        }
        await takeShot(page, `chosen-${viewport.width}x${viewport.height}-${key}`);
      }
    }
  });

  test('a learner is read in lines of any width', async () => {
    for (const language of ['en', 'es'] as const) {
      await using opened = await pages.open('?all', { language });
      const { page } = opened;
      // the longest words that there are for what is normal
      await page.route('**/course_learner_metadata/**', async (route) => {
        const response = await route.fetch();
        const course = (await response.json()) as CourseMetadata;
        const ranges = { below_average: [0, 1], average: [1, null], above_average: [null, null] };
        const engagement_ranges = { ...course.engagement_ranges, problem_attempts_per_completed: ranges };
        await route.fulfill({ response, json: { ...course, engagement_ranges } });
      });
      await page.goto(`${pages.url}/${pages.course}${RATIO}`);
      await rows(page);
      await page.locator('a.open').first().click();
      await page.locator('.chart svg').first().waitFor();
      const isWithin = async (width: number, how: string) => {
        await page.setViewportSize({ width, height: 900 });
        const wide = await measureWidth(page);
        assert.ok(wide <= 0, `${language}, ${width} px, ${how}: ${wide} px too wide`);
      };
      for (let width = 320; width <= 1280; width += 20) await isWithin(width, 'as it is');
      const devtools = await page.context().newCDPSession(page);
      await devtools.send('Page.setFontSizes', { fontSizes: { standard: 32 } });
      assert.equal(await page.evaluate('getComputedStyle(document.documentElement).fontSize'), '32px');
      for (let width = 640; width <= 2560; width += 80) await isWithin(width, 'twice the size');
      await devtools.send('Page.setFontSizes', { fontSizes: { standard: 16 } });
      await page.emulateMedia({ media: 'print' });
      await isWithin(718, 'A4');
    }
  });

  test('in Spanish at 320 px the filters are not to be scrolled sideways', async () => {
    for (const width of [320, 340]) {
      await using opened = await pages.open(pages.course, { language: 'es', viewport: { width, height: 800 } });
      const { page } = opened;
      await rows(page);
      await page.getByRole('button', { name: 'Filtros' }).click();
      await page.getByRole('dialog').waitFor();
      await takeShot(page, `filters-es-${width}`);
      assert.ok((await measureWidth(page, '.popover')) <= 0, `${width} px`);
    }
  });

  test('what is found can be read in what is soft, in the dark too', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await using opened = await pages.open(`${pages.course}?text_search=example`, { colorScheme });
      const { page } = opened;
      await rows(page);
      await page.locator('.quiet mark').first().waitFor();
      await page.getByRole('combobox', { name: 'Find a learner' }).fill('examp');
      await page.locator('.suggestions:not([inert]) .quiet mark').first().waitFor();
      await takeShot(page, `found-${colorScheme}`);
      assert.deepEqual(await findViolations(page), [], colorScheme);
    }
  });
});
