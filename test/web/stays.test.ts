import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ListedCourse } from '../../src/client/answers.ts';
import { known, NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// What somebody has found or looks at is not taken from them.

describe('what stays, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('courses are found by any words of theirs, and are found still when one comes back', async () => {
    await using opened = await pages.open('?all');
    const { page, complaints } = opened;
    await page.locator('.card').first().waitFor();
    const key = decodeURIComponent(pages.course.replace('courses/', ''));
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
    const [, org, name, run] = /:(.*)\+(.*)\+(.*)$/.exec(key)!;
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

  test('a list and the courses stay where what is new cannot be had, and go where they are refused', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.clock.install();
    let status = 503;
    const fail = async () =>
      page.route('**/v0/**', async (route) =>
        status === 0
          ? route.abort()
          : route.fulfill({ status, contentType: 'application/json', body: '{"error_code":"internal_error"}' }),
      );
    /** An hour later somebody comes back to the tab. */
    const comeBack = async () => {
      await page.clock.fastForward('01:00:00');
      await page.evaluate(`dispatchEvent(new Event('visibilitychange'))`);
      for (let second = 0; second < 10; second += 1) await page.clock.runFor(1000);
    };
    const note = page.getByText('What is new could not be loaded; this is as it was before.');
    await page.locator('.card').first().waitFor();
    await fail();
    await comeBack();
    await note.waitFor();
    assert.equal(await page.locator('.card').count(), 3);
    await takeShot(page, 'courses-old');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.getByRole('button', { name: 'Try again' }).press('Enter');
    await note.waitFor({ state: 'detached' });
    await page.locator('h1:focus').waitFor();

    await page.goto(`${pages.url}/${pages.course}?segments=struggling`);
    const shown = await known(page);
    for (status of [503, 0]) {
      await fail();
      await comeBack();
      await note.waitFor();
      assert.deepEqual(await rows(page), shown);
      assert.match(await page.locator('.tile .count').first().innerText(), /^\d+$/);
      if (status === 503) await takeShot(page, 'roster-old');
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.getByRole('button', { name: 'Try again' }).click();
      await note.waitFor({ state: 'detached' });
    }
    status = 403;
    await fail();
    await comeBack();
    await page.getByText('You may not see this course').waitFor();
    await page.locator('.roster, .tiles').first().waitFor({ state: 'detached' });

    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.goto(`${pages.url}/${pages.course}`);
    await rows(page);
    await page.locator('a.open').first().click();
    const head = page.locator('.learner-head');
    await head.waitFor();
    status = 503;
    await fail();
    await comeBack();
    await note.waitFor();
    await head.waitFor();
    await takeShot(page, 'learner-old');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    status = 403;
    await fail();
    await comeBack();
    await page.getByText('You may not see this course').waitFor();
    assert.equal(await page.locator('.learner-head, .learner-columns').count(), 0);
  });

  test('other days can still be chosen where what is known of those that are shown cannot be had', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.locator('.card').first().waitFor();
    await page.route('**/course_learner_metadata/**start_date**', async (route) =>
      route.fulfill({ status: 500, body: '{}' }),
    );
    await page.goto(`${pages.url}/${pages.course}?start_date=2026-03-01&end_date=2026-03-08`);
    await page.getByText('What is normal in these days could not be loaded.').waitFor();
    assert.equal(await page.getByText('The groups, and how fresh').count(), 0);
    await page.getByText(/^Data until/).waitFor();
    await takeShot(page, 'state-days-failed');
    await page.getByRole('button', { name: 'Activity of Mar 1 – 7, 2026' }).click();
    await page.getByRole('button', { name: 'Latest seven days' }).click();
    await page.waitForURL((url) => url.search === '');
    await page.getByRole('button', { name: 'Activity of Mar 12 – 18, 2026' }).waitFor();
    await rows(page);
  });

  test('who takes back what they typed, and did not search for, stays on the page of the list', async () => {
    await using opened = await pages.open(`${pages.course}?page=3`);
    const { page } = opened;
    const third = await rows(page);
    const search = page.getByRole('combobox', { name: 'Find a learner' });
    const isAsItWas = async (how: string) => {
      assert.equal(await search.inputValue(), '', how);
      assert.match(page.url(), /page=3/, how);
      assert.deepEqual(await rows(page), third, how);
    };
    await search.fill('mia');
    await page.locator('[role=option]').first().waitFor();
    for (const key of ['Escape', 'Escape']) await search.press(key);
    await isAsItWas('by Escape');
    await search.fill('mia');
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await isAsItWas('by the button');
    await search.press('Enter');
    await isAsItWas('by Enter');
  });

  test('filters and days that are open are those of the list that one goes back to', async () => {
    await using opened = await pages.open(`${pages.course}?segments=inactive`);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: /^Struggling/ }).click();
    await page.waitForURL(/struggling/);
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.getByRole('checkbox', { name: 'Struggling', checked: true }).waitFor();
    await page.goBack();
    await page.getByRole('checkbox', { name: 'Struggling', checked: false }).waitFor();
    await page.getByRole('checkbox', { name: 'Inactive', checked: true }).waitFor();
    await page.keyboard.press('Escape');
    // in the order of that list, too
    await page.getByLabel('Sort by').selectOption('videos_viewed');
    await page.waitForURL(/order_by/);
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.goBack();
    await page.waitForURL((url) => !url.search.includes('order_by'));
    await page.getByRole('checkbox', { name: 'Disengaging' }).check();
    await page.getByRole('button', { name: 'Show learners' }).click();
    await page.waitForURL(/disengaging/);
    assert.doesNotMatch(page.url(), /order_by/);
    await page.getByRole('button', { name: /^Activity of/ }).click();
    await page.getByRole('button', { name: 'Latest four weeks' }).click();
    await page.waitForURL(/start_date/);
    await page.getByRole('button', { name: /^Activity of Feb/ }).click();
    const first = page.getByLabel('First day');
    assert.equal(await first.inputValue(), '2026-02-19');
    await page.goBack();
    await page.waitForURL((url) => !url.search.includes('start_date'));
    await page.getByRole('button', { name: 'Latest seven days', pressed: true }).waitFor();
    assert.equal(await first.inputValue(), '2026-03-12');
  });

  test('the order that a group brought goes with it from the filters, too', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: /^Struggling/ }).click();
    await page.waitForURL(/order_by=problem_attempts_per_completed/);
    await page.getByRole('button', { name: 'Filters' }).click();
    // not before it is sure that the group goes
    await page.getByRole('checkbox', { name: 'Struggling' }).uncheck();
    await page.getByRole('checkbox', { name: 'Struggling' }).check();
    await page.getByRole('checkbox', { name: 'Unenrolled' }).check();
    await page.getByRole('button', { name: 'Show learners' }).click();
    await page.waitForURL(/segments=struggling%2Cunenrolled&order_by=problem_attempts_per_completed/);
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.getByRole('checkbox', { name: 'Unenrolled' }).uncheck();
    await page.getByRole('checkbox', { name: 'Struggling' }).uncheck();
    await page.getByRole('button', { name: 'Show learners' }).click();
    await page.waitForURL((url) => !url.search.includes('segments'));
    assert.equal(new URL(page.url()).search, '');
  });

  test('a search for courses can be taken away also where they are few', async () => {
    await using opened = await pages.open('?all&q=nowhere');
    const { page } = opened;
    await page.getByText('No course matches “nowhere”.').waitFor();
    await page.getByLabel('Find a course').fill('');
    await page.locator('.card').nth(2).waitFor();
    // and another typed into the same field
    await page.keyboard.type('ml101');
    await page.locator('.card').nth(1).waitFor({ state: 'detached' });
    assert.equal(await page.getByLabel('Find a course').inputValue(), 'ml101');
  });

  test('whoever has one course only still comes to all of theirs from a page that fails', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.route('**/v0/courses/', async (route) => {
      const response = await route.fetch();
      const [course] = (await response.json()) as ListedCourse[];
      await route.fulfill({ response, json: [course] });
    });
    for (const path of ['courses/course-v1:No+Such+Course', 'nothing/there']) {
      await page.goto(`${pages.url}/${path}`);
      await page.locator('.notice').getByRole('link', { name: 'All courses' }).click();
      await page.locator('.card').waitFor();
    }
  });
});
