import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { LearnerPage, ListedCourse } from '../../src/client/answers.ts';
import { NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';
import { printSheets } from './read-sheets.ts';

// What somebody takes to a meeting.

const COLUMNS = ['Learner', 'Groups', 'Lastactive', 'Problemstried', 'Attemptspersolved', 'Daysactive'];

/** Of several lines in any list. */
function makeLongName(index: number): string {
  return `First${index}. ${'many words of a name '.repeat(8)} Last${index}.`;
}

async function openLearner(page: Page): Promise<void> {
  await rows(page);
  await page.locator('a.open').first().click();
  await page.locator('.chart [role=img] svg').first().waitFor();
}

const UNTIL = /DatauntilMar18,2026,\d+:\d\d[AP]M/;

/** How wide the chart is drawn, as the code of a page. */
const WIDTHS = `[...document.querySelectorAll('.chart [role=img] svg')].map((svg) => Number(svg.getAttribute('width')))`;

describe('paper, from Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('a list begins on the first sheet, each sheet has the names of the columns, and no row is on two', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.route('**/v0/learners/?*', async (route) => {
      const response = await route.fetch();
      const list = (await response.json()) as LearnerPage;
      const results = list.results.map((learner, index) => ({ ...learner, name: makeLongName(index) }));
      await route.fulfill({ response, json: { ...list, results } });
    });
    await page.goto(`${pages.url}/${pages.course}?page_size=50`);
    await rows(page);
    for (const landscape of [false, true]) {
      const sheets = await printSheets(page, landscape);
      assert.ok(sheets.length > 2, `${sheets.length} sheets`);
      assert.match(sheets[0]!, /First0\./);
      for (const [number, sheet] of sheets.entries()) {
        const missing = COLUMNS.filter((column) => !sheet.includes(column));
        assert.deepEqual(missing, [], `sheet ${number + 1}, landscape: ${landscape}`);
      }
      for (let index = 0; index < 50; index += 1) {
        const [first, last] = [`First${index}.`, `Last${index}.`].map((name) =>
          sheets.findIndex((sheet) => sheet.includes(name)),
        );
        assert.ok(first !== undefined && first >= 0);
        assert.equal(first, last, `row ${index + 1} begins on sheet ${first + 1}, landscape: ${landscape}`);
      }
    }
  });

  test('which part of a longer list it is stands on it', async () => {
    await using opened = await pages.open(`${pages.course}?page=2`);
    const { page } = opened;
    await rows(page);
    assert.equal(await page.getByText(/^Rows/).first().isVisible(), false);
    const [, total = ''] = /^(\d+) learners/.exec(await page.locator('p.count').innerText()) ?? [];
    const of = Math.ceil(Number(total) / 25);
    assert.ok((await printSheets(page))[0]?.includes(`${total}learnersRows26–50of${total}·page2of${of}`));
    await page.goto(`${pages.url}/${pages.course}?page=${of}`);
    await rows(page);
    const first = (of - 1) * 25 + 1;
    assert.ok((await printSheets(page))[0]?.includes(`Rows${first}–${total}of${total}·page${of}of${of}`));
    await page.goto(`${pages.url}/${pages.course}?segments=struggling&page_size=250`);
    await rows(page);
    assert.doesNotMatch((await printSheets(page))[0]!, /Rows/);
    await page.route('**/v0/learners/?**', async (route) => {
      const response = await route.fetch();
      const list = (await response.json()) as LearnerPage;
      await route.fulfill({ response, json: { ...list, count: 26, num_pages: 2, results: list.results.slice(0, 1) } });
    });
    await page.goto(`${pages.url}/${pages.course}?page=2`);
    await rows(page);
    assert.ok((await printSheets(page))[0]?.includes('Row26of26·page2of2'));
  });

  test('what is to be pressed or filled in is not on it, and what was searched for is', async () => {
    await using opened = await pages.open(`${pages.course}?text_search=a&page_size=50`);
    const { page } = opened;
    await rows(page);
    const sheets = await printSheets(page);
    assert.match(sheets[0]!, /“a”/);
    await page.getByRole('button', { name: /^Filters/ }).click();
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(await printSheets(page), sheets, 'with an open dialog');
    await page.emulateMedia({ media: 'print' });
    for (const unwanted of ['.popover', '.chip .icon', '.toolbar', '.pager', '.roster .choose', '.list-head .plain'])
      assert.equal(await page.locator(unwanted).first().isVisible(), false, unwanted);
    await page.getByText(/^Activity of Mar 12 – 18/).waitFor();
    // of A4, what is left between margins of 1 cm
    await page.setViewportSize({ width: 718, height: 1047 });
    const wide = await page.evaluate<number>(
      `document.querySelector('.roster').getBoundingClientRect().right - document.querySelector('main').getBoundingClientRect().right`,
    );
    assert.ok(wide <= 0, `the table is ${wide} px wider than the paper`);
    await takeShot(page, 'roster-print', true);
    await page.emulateMedia({ media: null });

    await page.route('**/v0/courses/', async (route) => {
      const response = await route.fetch();
      const courses = (await response.json()) as ListedCourse[];
      const many = Array.from({ length: 8 }, (_, index) => ({ ...courses[0]!, course_id: `course-v1:X+C${index}+1` }));
      await route.fulfill({ response, json: many });
    });
    for (const search of ['', 'C3']) {
      await page.goto(`${pages.url}/?all&q=${search}`);
      await page.locator('.card').first().waitFor();
      const [sheet = ''] = await printSheets(page);
      assert.doesNotMatch(sheet, /Findacourse/);
      assert.equal(sheet.includes('“C3”'), search !== '', search);
    }
  });

  test('a learner begins on the first sheet, however much is known of the person', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.route(/\/v0\/learners\/[^?]/, async (route) => {
      const response = await route.fetch();
      const bio = `Begin. ${'I like to learn about the world and to work with data. '.repeat(25)} End.`;
      await route.fulfill({ response, json: { ...((await response.json()) as object), bio } });
    });
    await page.goto(`${pages.url}/${pages.course}?segments=struggling`);
    await openLearner(page);
    const sheets = await printSheets(page);
    assert.match(sheets[0]!, /Groupsthisweek/);
    assert.match(sheets[0]!, /Begin\./);
    assert.match(sheets.join(' '), /End\./);
  });

  test('the chart of a learner is drawn for paper, and tells its days and until when there is data', async () => {
    await using opened = await pages.open(`${pages.course}?segments=struggling`);
    const { page } = opened;
    // on paper it is today no more
    await page.clock.setFixedTime(new Date('2026-03-18T18:00:00Z'));
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.goto(`${pages.url}/${pages.course}?segments=struggling`);
      await rows(page);
      assert.match((await printSheets(page))[0]!, UNTIL, 'the list');
      await openLearner(page);
      const drawn = await page.evaluate<number[]>(WIDTHS);
      const days = (await page.locator('.timeline .panel-head button').innerText()).trim();
      const label = await page.locator('.chart [role=img]').first().getAttribute('aria-label');
      assert.ok(label?.includes(days), `${label} is not of ${days}`);
      await page.evaluate(`addEventListener('beforeprint', () => { window.printed = ${WIDTHS}; })`);
      const text = (await printSheets(page)).join(' ');
      assert.deepEqual(await page.evaluate<number[]>('window.printed'), [540, 540, 540, 540], `from ${width} px`);
      assert.deepEqual(await page.evaluate<number[]>(WIDTHS), drawn, 'as before');
      assert.ok(text.includes(days.replaceAll(/\s/gu, '')), `${days} is not in ${text}`);
      assert.match(text, UNTIL, 'the learner');
    }
    // of A4, what is left between margins of 1 cm
    await page.emulateMedia({ media: 'print' });
    for (const [width, height] of [
      [718, 1047],
      [1047, 718],
    ] as const) {
      await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
      await page.setViewportSize({ width, height });
      const scale = await page.evaluate<number>(
        `(({ clientWidth, viewBox }) => clientWidth / viewBox.baseVal.width)(document.querySelector('.chart [role=img] svg'))`,
      );
      assert.ok(scale > 0.9 && scale < 1.5, `letters are ${scale} of their size on ${width} px`);
      const beyond = await page.evaluate<number>(
        `document.querySelector('.chart [role=img] svg').getBoundingClientRect().right - document.querySelector('.chart').getBoundingClientRect().right`,
      );
      assert.ok(beyond <= 0, `${beyond} px are cut on ${width} px`);
      await takeShot(page, `learner-print-${width}`, true);
    }
    assert.equal(await page.locator('.top').isVisible(), false);
    await page.evaluate("document.documentElement.dataset.theme = 'dark'");
    const ink = await page.evaluate<string>("getComputedStyle(document.querySelector('h1')).color");
    assert.equal(ink, 'rgb(24, 33, 45)', 'dark ink on paper');
    await page.evaluate('delete document.documentElement.dataset.theme');
    // of a system's own colours, what is white on its black screen would be white on paper
    const bars = async () => page.evaluate<string>(`getComputedStyle(document.querySelector('.chart svg .bars')).fill`);
    const drawn = await bars();
    await page.emulateMedia({ media: 'print', forcedColors: 'active', colorScheme: 'dark' });
    assert.equal(await bars(), drawn);
  });
});
