import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { known, NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// People press twice where once is enough, leave pages open over night, and load them anew.

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
    assert.equal(await page.locator('[data-pressed]').count(), 0);
    await page.goBack();
    await card.click();
    // a press elsewhere is one of its own, however soon it comes
    await page.locator('.tile .info').first().click();
    await page.locator('[role=dialog]').waitFor();
    await page.keyboard.press('Escape');
    await pressTwice(page, await placeOf(page, 'td.number'), '.learner-head');
    // on what is there still, a press is a press
    await page.getByRole('link', { name: 'Next learner' }).dblclick();
    await page.getByText(/^3 of /).waitFor();
    await page.goBack();
    await page.getByText(/^2 of /).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('a double tap opens one page, and a tap on what one sees there does what it does', async () => {
    await using opened = await pages.open('?all', { viewport: { width: 390, height: 844 }, hasTouch: true });
    const { page, complaints } = opened;
    // as on phones, where each tap is counted by itself
    await page.addInitScript(`{
      const { get } = Object.getOwnPropertyDescriptor(UIEvent.prototype, 'detail');
      Object.defineProperty(UIEvent.prototype, 'detail', { get() { return Math.min(get.call(this), 1); } });
    }`);
    const devtools = await page.context().newCDPSession(page);
    let time = 0;
    /** `since`: so many ms after the tap before, however long the page took since. */
    const tap = async ([x, y]: Place, since?: number) => {
      time = since === undefined ? Math.max(Date.now() / 1000, time + 1) : time + since / 1000;
      await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }], timestamp: time });
      await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [], timestamp: time });
    };
    for (const below of ['.tile .info', '.toolbar > .button', '.tile > button', 'a.open']) {
      await page.goto(`${pages.url}/${pages.course}`);
      await known(page);
      const place = await placeOf(page, below);
      await page.goto(`${pages.url}/?all`);
      const card = page.locator(`.card h2 a[href$="${pages.course}"]`);
      await card.evaluate((link: { style: object }) =>
        Object.assign(link.style, { position: 'fixed', inset: 0, zIndex: 9 }),
      );
      await tap(place);
      await page.locator('.tile .count:text-matches("\\\\d")').first().waitFor();
      const there = page.url();
      await tap([place[0] + 5, place[1] - 5], 300);
      await page.waitForTimeout(300);
      assert.equal(page.url(), there, below);
      assert.equal(await page.locator('[role=dialog]').count(), 0, below);
      await tap(place, 400);
      if (below === 'a.open') await page.locator('.learner-head').waitFor();
      else if (below === '.tile > button') await page.waitForURL(/segments/);
      else await page.getByRole('dialog').waitFor();
    }
    // on what is there still, a tap is a tap
    const next = await placeOf(page, 'nav a[aria-label="Next learner"], nav a[title="Next learner"]');
    await tap(next);
    await tap(next, 200);
    await page.getByText(/^3 of /).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('until when there is data is told with the day as soon as it is not of today any more', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.clock.install({ time: new Date('2026-03-18T20:00:00Z') });
    for (const [path, there] of [
      [pages.course, 'table.roster'],
      ['?all', '.card'],
    ] as const) {
      await page.clock.setSystemTime(new Date('2026-03-18T20:00:00Z'));
      await page.goto(`${pages.url}/${path}`);
      await page.locator(there).first().waitFor();
      await page
        .getByText(/^Data until \d+:\d\d/)
        .first()
        .waitFor();
      // asleep, and nothing new since; one comes back to it, or it is in sight all the time
      await page.clock.setSystemTime(new Date('2026-03-20T08:00:00Z'));
      if (path === '?all') await page.clock.runFor(61_000);
      else await page.evaluate(`document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))`);
      await page
        .getByText(/^Data until Mar 18, 2026, \d+:\d\d/)
        .first()
        .waitFor();
      assert.equal(await page.getByText(/^Data until \d+:\d\d/).count(), 0);
    }
  });

  test('where a learner stands in a list is not told any more when the list is refused', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await page.clock.install();
    await rows(page);
    await page.locator('a.open').nth(1).click();
    await page.getByText(/^2 of /).waitFor();
    await page.locator('.timeline svg').first().waitFor();
    await page.route('**/v0/**', async (route) =>
      route.fulfill({ status: 403, contentType: 'application/json', body: '{"error_code":"course_access_denied"}' }),
    );
    await page.clock.fastForward('01:00:00');
    await page.evaluate(`dispatchEvent(new Event('visibilitychange'))`);
    await page.getByText('You may not see this course').waitFor();
    await page.getByText(/^2 of /).waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('link', { name: 'Next learner' }).count(), 0);
    await takeShot(page, 'learner-denied');
  });

  test('what a filter says in several lines is within its frame', async () => {
    const cohort = 'W'.repeat(255);
    await using opened = await pages.open(`${pages.course}?cohort=${cohort}`, {
      viewport: { width: 390, height: 900 },
    });
    const { page } = opened;
    const chip = page.locator('.chip');
    await chip.waitFor();
    await takeShot(page, 'filter-long');
    const { radius, padding } = await page.evaluate<{ radius: number; padding: number }>(
      `(() => { const { borderTopLeftRadius, paddingLeft, height } = getComputedStyle(document.querySelector('.chip')); return { radius: Math.min(parseFloat(borderTopLeftRadius), parseFloat(height) / 2), padding: parseFloat(paddingLeft) }; })()`,
    );
    // the first line begins within the round of the corner where that is much larger than what is kept free
    assert.ok(radius <= padding * 1.5, `round by ${radius} px, ${padding} px free`);
  });

  test('a page that is loaded anew, or come back to, is where it was, unless one moved meanwhile', async () => {
    await using opened = await pages.open(`${pages.course}?page_size=50`);
    const { page, complaints } = opened;
    await known(page);
    const top = async () => page.evaluate<number>('scrollY');
    const isAt = async (wanted: number) => {
      await known(page);
      for (let tries = 0; tries < 50 && Math.abs((await top()) - wanted) > 1; tries += 1) await page.waitForTimeout(50);
      assert.equal(await top(), wanted);
    };
    await page.evaluate('scrollTo(0, 1100)');
    await page.reload();
    await isAt(1100);
    await page.goto(`${pages.url}/api-reference`);
    await page.goBack();
    await isAt(1100);
    // within the app as ever
    await page.locator('a.open').nth(30).click();
    await page.locator('.learner-head').waitFor();
    assert.equal(await top(), 0);
    await page.goBack();
    await isAt(1100);
    await page.getByRole('link', { name: 'All courses' }).click();
    await page.goto(`${pages.url}/${pages.course}?page_size=50`);
    await known(page);
    assert.equal(await top(), 0);

    const hold = async () => {
      const { promise: asked, resolve: answer } = Promise.withResolvers<void>();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.route('**/v0/learners/?*', async (route) => {
        await asked;
        await route.continue();
      });
      return answer;
    };
    const reload = async () => {
      await page.reload();
      await page.locator('.skeleton').first().waitFor();
    };
    await page.getByRole('button', { name: 'Learner', exact: true }).click();
    await page.waitForURL(/sort_order=desc/);
    await known(page);
    await page.evaluate('scrollTo(0, 1100)');
    const answer = await hold();
    await reload();
    // once more, as nothing comes
    await page.keyboard.press('F5');
    await reload();
    answer();
    await isAt(1100);
    // another state has a place of its own
    const answerBack = await hold();
    await reload();
    await page.goBack();
    await page.waitForURL((url) => !url.search.includes('sort_order'));
    answerBack();
    await isAt(0);

    await page.evaluate('scrollTo(0, 1100)');
    const answerHome = await hold();
    await reload();
    await page.keyboard.press('Home');
    answerHome();
    await known(page);
    assert.ok((await top()) < 1000);
    assert.deepEqual(complaints, []);
  });
});
