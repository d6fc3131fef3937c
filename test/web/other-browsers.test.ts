import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { known, NO_BROWSER, openPages, type Pages } from './open-pages.ts';

// What other browsers do not do as Chromium does is not leaned on. They are not run here: each test names what was seen in one.

describe('what goes wrong in other browsers, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('WebKit places nothing by the row of a table: a press on a row opens its learner all the same', async () => {
    for (const width of [1440, 1000, 390]) {
      await using opened = await pages.open(pages.course, { viewport: { width, height: 900 } });
      const { page } = opened;
      const usernames = await known(page);
      const placing = await page.evaluate<number>(
        `[...document.querySelectorAll('tr')].filter((row) => getComputedStyle(row).display === 'table-row' && getComputedStyle(row).position !== 'static').length`,
      );
      assert.equal(placing, 0, `${width} px`);
      const cell = page.locator('tbody tr').nth(2).locator('td').last();
      await cell.scrollIntoViewIfNeeded();
      const { x, y, width: wide, height } = (await cell.boundingBox())!;
      await page.mouse.click(x + wide - 2, y + height - 2);
      await page.waitForURL((url) => url.pathname.endsWith(`/learners/${usernames[2]}`));
      await page.goBack();
      await known(page);
      // nor is any of the table beyond its frame
      const beyond = await page.evaluate<number>(`(() => {
        const name = document.querySelector('tbody bdi');
        name.style.whiteSpace = 'pre';
        name.textContent = 'M'.repeat(200);
        const [table, frame] = ['table.roster', '.table-frame'].map((each) => document.querySelector(each).getBoundingClientRect().right);
        return table - frame;
      })()`);
      assert.ok(width < 992 || beyond <= 0, `${width} px: ${beyond} px of the table are cut off`);
    }
  });

  test('WebKit and Chromium mark nothing of a link by themselves: a drag over a name does', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    const name = page.locator('tbody tr').nth(2).locator('a.open bdi');
    const { x, y, width, height } = (await name.boundingBox())!;
    await page.mouse.move(x + 1, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width - 1, y + height / 2, { steps: 5 });
    await page.mouse.up();
    assert.equal(await page.evaluate('getSelection().toString()'), await name.innerText());
    // from there on to what is none
    const below = (await page.locator('tbody tr').nth(2).locator('.beside bdi').boundingBox())!;
    await page.mouse.move(x + 1, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(below.x + below.width - 1, below.y + below.height / 2);
    await page.mouse.up();
    assert.match(await page.evaluate<string>('getSelection().toString()'), /\w\s+\w/);
    assert.equal(page.url(), `${pages.url}/${pages.course}`);
    // from where it began, though the list is scrolled meanwhile
    await page.mouse.move(x + 1, y + height / 2);
    await page.mouse.down();
    await page.mouse.wheel(0, 300);
    await page.waitForTimeout(500);
    assert.ok((await page.evaluate<number>('scrollY')) > 200);
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 2 });
    await page.mouse.up();
    const marked = await page.evaluate<string>('getSelection().toString()');
    assert.ok(marked.startsWith(await name.innerText()), marked);
    // one that begins elsewhere is none from the name that was pressed before
    await page.evaluate('scrollTo(0, 0)');
    await name.click();
    await page.locator('.learner-head h1').waitFor();
    await page.goBack();
    await known(page);
    await page.evaluate('scrollTo(0, 0)');
    const count = (await page.locator('.list-head .count').boundingBox())!;
    await page.mouse.move(count.x + 1, count.y + count.height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width - 1, y + height / 2, { steps: 5 });
    await page.mouse.up();
    assert.match(await page.evaluate<string>('getSelection().toString()'), /^\d+ learners/);
  });

  test('WebKit draws no line around the row of a table: each cell has its part of it, where colours are not chosen', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    await page.locator('a.open').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    const look = async () =>
      page.evaluate<[string, number, number]>(
        `((row) => [getComputedStyle(row).outlineStyle, row.cells.length, [...row.cells].filter((cell) => getComputedStyle(cell).boxShadow !== 'none').length])(document.activeElement.closest('tr.chosen'))`,
      );
    const [outline, cells, framed] = await look();
    assert.deepEqual([outline, framed], ['none', cells]);
    await page.emulateMedia({ forcedColors: 'active' });
    assert.equal((await look())[0], 'solid');
    const grounds = await page.evaluate<string[]>(
      `[...document.activeElement.closest('tr').cells].map((cell) => getComputedStyle(cell).backgroundColor)`,
    );
    // none is over it
    for (const ground of grounds) assert.match(ground, /, 0\)$/);
    await page.emulateMedia({ forcedColors: 'none' });
    await page.setViewportSize({ width: 390, height: 844 });
    assert.equal((await look())[0], 'solid', 'around a card');
  });

  test('WebKit leaves a column of a grid as wide as it was: the share is beside its number in no grid', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    const display = await page.evaluate(
      `getComputedStyle(document.querySelector('.tile .share').parentElement).display`,
    );
    assert.equal(display, 'flex');
    // and takes what is one below the other for one word
    const tile = page.getByRole('button', { name: /^Struggling/ });
    assert.match((await tile.textContent()) ?? '', /^Struggling \d+ \d+% of all$/);
  });

  test('WebKit stretches the round end of a line: the dot of a learner is a circle on any width', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    await page.locator('a.open').first().click();
    await page.locator('.range-bar .here').first().waitFor();
    for (const width of [1440, 700]) {
      await page.setViewportSize({ width, height: 900 });
      const box = (await page.locator('.range-bar .here').first().boundingBox())!;
      assert.deepEqual([Math.round(box.width), Math.round(box.height)], [11, 11], `${width} px`);
    }
  });

  test('Firefox begins a grid that is longer than the rest of a sheet on the next one: a learner on paper is in none', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    await page.locator('a.open').first().click();
    await page.locator('.chart svg').first().waitFor();
    await page.emulateMedia({ media: 'print' });
    const display = await page.evaluate(`getComputedStyle(document.querySelector('.learner-columns')).display`);
    assert.equal(display, 'flex');
  });
});
