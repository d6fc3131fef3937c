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

/** Waits for what is no element; the page's policy lets nothing in it be evaluated by itself. */
async function until(page: Page, condition: string, most = 300): Promise<void> {
  if (await page.evaluate<boolean>(condition)) return;
  assert.ok(most > 0, condition);
  await page.waitForTimeout(100);
  await until(page, condition, most - 1);
}

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

  test('pages that are turned, orders, waiting for them and choosing are heard', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    const status = page.locator('.roster-page > [role=status].only-heard');
    assert.equal(await status.textContent(), '');
    const hears = async (text: RegExp) => status.filter({ hasText: text }).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Next page' }).click();
    await hears(/^Page 2 of \d+$/);
    const { promise, resolve } = Promise.withResolvers<void>();
    await page.route('**/v0/learners/?**order_by=videos_viewed**', async (route) => {
      await promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Videos', exact: true }).click();
    await hears(/^Loading …$/);
    resolve();
    await hears(/^Learners, sorted by Videos, Descending$/);
    await page.locator('tbody input').first().check();
    await hears(/^1 chosen$/);
    await page.getByRole('button', { name: 'Last page' }).click();
    await hears(/^Page \d+ of \d+\. 1 chosen, 1 not on this page$/);
    await page.getByRole('button', { name: 'Choose nobody' }).click();
    await hears(/^0 chosen$/);
    // how many they are is heard then
    await page.getByRole('button', { name: /^Struggling/ }).click();
    await page.getByText(/^\d+ of \d+ learners$/).waitFor();
    await hears(/^$/);
  });

  test('what is copied is heard each time; what is to be copied by hand has a name', async () => {
    await using opened = await pages.open(`${pages.course}?segments=inactive&text_search=example`);
    const { page } = opened;
    await page.addInitScript(`
      Object.defineProperty(navigator, 'clipboard', { value: { writeText: async () => new Promise((resolve) => setTimeout(resolve, 20)) } });
      window.heard = [];
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          const text = (target.nodeType === 1 ? target : target.parentElement)?.closest('[role=status].only-heard')?.textContent;
          if (text) heard.push(text);
        }
      }).observe(document, { subtree: true, childList: true, characterData: true });
    `);
    await page.reload();
    await rows(page);
    await page.locator('tbody input').first().check();
    await page.getByRole('button', { name: 'Write to 1 learner' }).click();
    for (const times of [1, 2]) {
      await page.getByRole('button', { name: /^(Copy the text|Text copied)$/ }).click();
      await until(page, `heard.filter((text) => text === 'Text copied').length === ${times}`);
    }
    await page.evaluate("navigator.clipboard.writeText = async () => Promise.reject(new Error('no'))");
    await page.getByRole('button', { name: /^Copy the address$/ }).click();
    assert.match(await page.getByRole('textbox', { name: /Mark and copy it/ }).inputValue(), /@/);
    assert.deepEqual(await findViolations(page, '[role=dialog]'), []);
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

  test('what a button is called is not heard again as what describes it', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    const look = async (name: string) =>
      page.getByRole('main').getByTitle(name, { exact: true }).getAttribute('aria-label');
    assert.equal(await look('Ascending'), null);
    await page.locator('a.open').first().click();
    assert.equal(await look('Next learner'), null);
    await page.getByRole('link', { name: 'Next learner', exact: true }).waitFor();
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

  test('what waits for other numbers can be read meanwhile, in the dark too', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await using opened = await pages.open(pages.course, { colorScheme });
      const { page } = opened;
      await known(page);
      const hold = async (path: RegExp) => page.route(path, () => {});
      const look = async (part: string) => {
        await page.locator(part).waitFor();
        // what becomes pale does so by and by
        await page.waitForTimeout(400);
        assert.deepEqual(await findViolations(page), [], `${part}, ${colorScheme}`);
        // nor what axe leaves out, as it can not be pressed
        assert.equal(await page.evaluate(`getComputedStyle(document.querySelector('${part}')).opacity`), '1');
        await takeShot(page, `waiting-${part.slice(-5)}-${colorScheme}`);
        // and it is seen where the system chooses the colours
        await page.emulateMedia({ forcedColors: 'active' });
        await until(
          page,
          `new Set(['${part}', 'h1'].map((each) => getComputedStyle(document.querySelector(each)).color)).size === 2`,
        );
        await page.emulateMedia({ forcedColors: 'none' });
      };
      await hold(/learners\/\?/);
      await page.getByRole('button', { name: 'Videos', exact: true }).click();
      await look('.list.updating tbody');
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.goBack();
      await rows(page);
      await page.locator('a.open').first().click();
      await page.locator('.chart svg').first().waitFor();
      await hold(/engagement_timelines/);
      await page.locator('.timeline .panel-head button').click();
      await page.getByRole('button', { name: 'Six weeks' }).click();
      await look('.updating .chart');
    }
  });

  test('who tries again goes on from the heading, also where that fails once more', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    const [username = ''] = await rows(page);
    const isAt = async (selector: string) => page.locator(`${selector}:focus`).waitFor();
    const again = page.getByRole('button', { name: 'Try again' });
    const fail = async (route: string) =>
      page.route(route, async (asked) => asked.fulfill({ status: 429, headers: { 'retry-after': '0' }, body: '{}' }));
    await fail('**/v0/learners/?**segments=struggling**');
    await page.getByRole('button', { name: /^Struggling/ }).click();
    await again.press('Enter');
    await isAt('h1');
    await again.waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await again.press('Enter');
    await rows(page);
    await isAt('h1');
    // with all of the course, and with a page that has no heading but that of its failure
    await fail('**/v0/{learners,course_learner_metadata}/**');
    await page.reload();
    await again.press('Enter');
    await isAt('h1');
    await page.goto(`${pages.url}/${pages.course}/learners/somebody`);
    await again.press('Enter');
    await isAt('main');
    await again.waitFor();
    // and where one leaves it
    await page.getByRole('link', { name: 'All courses' }).press('Enter');
    await isAt('h1');
    // and where it comes to the page that one began at
    await page.goto(`${pages.url}/${pages.course}/learners/${encodeURIComponent(username)}`);
    await again.waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await again.press('Enter');
    await isAt('.learner-head h1');
  });

  test('arrow keys in what sorts and what sizes the list leave one step, back to the page that one was on', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.waitForURL(/page=2/);
    const second = await rows(page);
    const steps = async () => page.evaluate<number>('history.length');
    const taken = await steps();
    for (const [label, order] of [
      ['Sort by', /order_by=enrollment_date/],
      ['Rows', /page_size=250/],
    ] as const) {
      await page.getByLabel(label).focus();
      for (const time of ['at first', 'once more']) {
        for (let press = 0; press < 5; press += 1) await page.keyboard.press('ArrowDown');
        await page.waitForURL(order);
        await rows(page);
        assert.equal(await steps(), taken + 1, `${label}, ${time}`);
        await page.goBack();
        await page.waitForURL(/page=2/);
        assert.deepEqual(await rows(page), second, `${label}, ${time}`);
      }
    }
  });

  test('more rows leave in sight what they were chosen by', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.getByLabel('Rows').focus();
    await page.keyboard.press('ArrowDown');
    await page.locator('tbody tr').nth(49).waitFor();
    await until(
      page,
      '(({ top, bottom }) => top >= 0 && bottom < innerHeight)(document.activeElement.getBoundingClientRect())',
    );
    assert.equal((await lookAtFocus(page))[1], true);
  });

  test('more rows that are chosen by a pointer come below what one reads, which stays', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    const last = page.locator('tbody tr').nth(24);
    await page
      .locator('.pager label')
      .first()
      .click({ position: { x: 2, y: 8 } });
    const { y } = (await last.boundingBox())!;
    await page.getByLabel('Rows').selectOption('100');
    await page.locator('tbody tr').nth(99).waitFor();
    await page.waitForTimeout(200);
    assert.ok(Math.abs((await last.boundingBox())!.y - y) <= 2, `${(await last.boundingBox())!.y} for ${y}`);
  });
});
