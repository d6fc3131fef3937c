import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// What somebody has found or looks at is not taken from them.

describe('what stays, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('courses are found by any words of theirs, and are found still when one comes back', async () => {
    await using opened = await pages.open('?all');
    const { page, complaints } = opened;
    await page.locator('.card').first().waitFor();
    const known = decodeURIComponent(pages.course.replace('courses/', ''));
    await page.route('**/v0/courses/', async (route) => {
      const response = await route.fetch();
      const [first, ...others] = (await response.json()) as object[];
      const more = Array.from({ length: 130 }, (_, index) => ({
        ...first,
        course_id: `course-v1:Made+Up${index}+2026`,
      }));
      const custom = { ...first, course_id: 'ccx-v1:Made+Up+2026+ccx@17' };
      await route.fulfill({ response, json: [first, custom, ...others, ...more] });
    });
    await page.reload();
    const cards = page.locator('.card');
    await cards.nth(59).waitFor();
    await page.getByRole('button', { name: 'Show 60 more' }).click();
    await cards.nth(119).waitFor();
    const search = page.getByLabel('Find a course');
    for (const [text, count] of [
      ['up12 2026', 11],
      [' MADE  up129', 1],
      ['Made · 2026', 131],
      ['custom course 17', 1],
      ['up12 nowhere', 0],
    ] as const) {
      await search.fill(text);
      await page.getByText(count === 1 ? '1 course' : `${count} courses`, { exact: true }).waitFor();
    }
    await search.fill('');
    const [, org, name, run] = /:(.*)\+(.*)\+(.*)$/.exec(known)!;
    await search.pressSequentially(`${run} ${name} ${org}`.toLowerCase());
    await page.getByText('1 course', { exact: true }).waitFor();
    await takeShot(page, 'courses-found');
    await cards.getByRole('heading').getByRole('link').click();
    await rows(page);
    await page.goBack();
    await page.getByText('1 course', { exact: true }).waitFor();
    assert.equal(await search.inputValue(), `${run} ${name} ${org}`.toLowerCase());
    await search.fill('');
    await cards.nth(119).waitFor();
    assert.deepEqual(complaints, []);
  });
});
