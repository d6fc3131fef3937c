import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { CourseMetadata } from '../../src/client/answers.ts';
import { NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// "What did this learner do, and how do I know?"

/** As it is seen, in one line. */
async function read(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).first().innerText()).replaceAll(/\s+/gu, ' ').trim();
}

const drawn = async (page: Page): Promise<void> =>
  page.locator('.chart-frame:not(.updating) .chart svg').first().waitFor();

describe('the page of a learner, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('the chart has the days of the numbers, and its legend tells of nothing else', async () => {
    await using opened = await pages.open(
      `${pages.course}?start_date=2026-02-20&end_date=2026-02-25&order_by=videos_viewed&sort_order=desc`,
    );
    const { page, complaints } = opened;
    const listed = await rows(page);
    await page.locator('a.open').first().click();
    await drawn(page);
    const legend = '.timeline .chart-frame + p';
    assert.match(await read(page, '.timeline .panel-head button'), /^Feb 4 – 24, 2026$/);
    assert.equal(await page.locator('.chart svg .window').first().locator('rect').count(), 5);
    assert.match(await read(page, legend), /^Shaded: the days of the numbers above · dashed: /);
    await takeShot(page, 'learner-other-days', true);

    const choose = async (first: string, last: string) => {
      await page.locator('.timeline .panel-head button').click();
      await page.getByLabel('First day').fill(first);
      await page.getByLabel('Last day').fill(last);
      await page.getByRole('button', { name: 'Show these days' }).click();
      await page.waitForURL(new RegExp(`timeline_start=${first}`));
      await drawn(page);
    };
    await choose('2026-02-24', '2026-03-05');
    assert.match(
      await read(page, legend),
      /^Shaded: those days of the numbers above \(Feb 20 – 24, 2026\) that are in this/,
    );
    await choose('2026-02-25', '2026-03-05');
    assert.equal(await read(page, legend), 'The days of the numbers above (Feb 20 – 24, 2026) are not in this chart.');
    assert.equal(await page.locator('.chart svg .average').count(), 0);

    await page.getByRole('link', { name: 'Next learner' }).click();
    await page.waitForURL((to) => to.pathname.endsWith(encodeURIComponent(listed[1]!)));
    await drawn(page);
    assert.match(page.url(), /timeline_start=2026-02-25&timeline_end=2026-03-06/);
    assert.match(await read(page, '.timeline .panel-head button'), /^Feb 25 – Mar 5, 2026$/);
    assert.deepEqual(complaints, []);
  });

  test('why bars add up to more is said of what counts different things', async () => {
    await using opened = await pages.open(`${pages.course}?order_by=problems_attempted&sort_order=desc`);
    const { page } = opened;
    await rows(page);
    await page.locator('a.open').first().click();
    await drawn(page);
    for (const [metric, told] of [
      ['Problems tried', true],
      ['Videos', true],
      ['Posts', false],
    ] as const) {
      const panel = page.locator('.chart-panel', { hasText: metric });
      const alt = (await panel.getByRole('img').getAttribute('aria-label')) ?? '';
      assert.equal(alt.includes('the same one counted again'), told, alt);
      await panel.getByRole('button', { name: /^What/ }).click();
      await page.getByRole('dialog').waitFor();
      assert.equal(
        await page
          .getByRole('dialog')
          .getByText(/bars may add up to more/)
          .count(),
        told ? 1 : 0,
        metric,
      );
      if (metric === 'Videos') await takeShot(page, 'learner-bars-explained');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    // beside the number it would explain nothing
    await page.locator('.numbers').getByRole('button', { name: 'What “Videos” means' }).click();
    await page.getByText('How many different videos').waitFor();
    assert.equal(await page.getByText(/bars may add up to more/).count(), 0);
  });

  test('attempts with nothing solved are not told to be normal, and averages are of whom they are', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    // of a course where a sixth of those who tried something solved nothing
    await page.route('**/course_learner_metadata/**', async (route) => {
      const response = await route.fetch();
      const course = (await response.json()) as CourseMetadata;
      const ranges = { below_average: [0, 1], average: [1, null], above_average: [null, null] };
      await route.fulfill({
        response,
        json: {
          ...course,
          engagement_ranges: { ...course.engagement_ranges, problem_attempts_per_completed: ranges },
        },
      });
    });
    await page.goto(
      `${pages.url}/${pages.course}?segments=struggling&order_by=problem_attempts_per_completed&sort_order=desc`,
    );
    await rows(page);
    await page.locator('a.open').first().click();
    const row = page.locator('.numbers tbody tr', { hasText: 'Attempts per solved' });
    await row.waitFor();
    assert.match(await row.innerText(), /none solved/);
    assert.match(await row.innerText(), /1 and more, with something solved/);
    const [band, dot] = await page.evaluate<[number, number]>(
      `((svg) => [svg.querySelector('.normal').getBoundingClientRect().right, svg.querySelector('.here').getBoundingClientRect().left])(document.querySelector('.numbers tr:nth-child(4) .range-bar'))`,
    );
    assert.ok(dot > band, `a dot at ${dot} in a band to ${band}`);
    const note = await read(page, '.numbers > p');
    const [, active, solvers] =
      /those of the (\d+) active learners.*that of the (\d+) learners who solved/.exec(note) ?? [];
    assert.ok(Number(solvers) < Number(active), note);
    await takeShot(page, 'learner-infinite', true);
    await row.getByRole('button').click();
    await page.getByText(`The average of the ${solvers} learners who solved something is`).waitFor();
    await takeShot(page, 'learner-infinite-meaning');
  });

  test('of days in which nobody did anything there is nothing to compare with', async () => {
    await using opened = await pages.open(
      `${pages.course}?start_date=2025-02-20&end_date=2025-02-27&segments=disengaging`,
    );
    const { page } = opened;
    await rows(page);
    await page.locator('a.open').first().click();
    await page.getByText('Nobody in this course was active in these days').waitFor();
    assert.match(
      await read(page, '.numbers tbody tr:last-child'),
      /Days active 0( – Nobody in this course has a number here in these days\.){2}$/,
    );
    assert.equal(await page.locator('.range-bar').count(), 0);
    await takeShot(page, 'learner-nobody-active', true);
  });

  test('the problem that somebody is stuck on is named where there is no way to it', async () => {
    await using opened = await pages.open(`${pages.course}?segments=struggling&text_search=example`);
    const { page } = opened;
    await page.route('**/v0/learners/*/?**', async (route) => {
      const response = await route.fetch();
      const data = { problem_id: 'block-v1:A+B+C+type@problem+block@7a<b>', attempts: 9 };
      const learner = (await response.json()) as object;
      const tidbits = [{ code: 'stuck_on_problem', message: '', data }];
      await route.fulfill({ response, json: { ...learner, tidbits } });
    });
    await rows(page);
    await page.locator('a.open').first().click();
    await page.getByText('7a<b>').waitFor();
    assert.equal(
      await read(page, '.tidbits li'),
      'Submitted 9 answers in all to one problem without a correct one so far. 7a<b>',
    );
  });

  test('the course is named, on the screen and on paper', async () => {
    await using opened = await pages.open(`${pages.course}?segments=struggling`);
    const { page } = opened;
    await rows(page);
    const course = await read(page, 'h1');
    await page.locator('a.open').first().click();
    await drawn(page);
    const crumb = page.locator('.crumbs .course');
    assert.equal(await read(page, '.crumbs .course'), course);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await crumb.isVisible(), true);
    assert.equal(await page.getByRole('link', { name: 'Back to the list' }).isVisible(), false);
    await page.emulateMedia({ media: 'screen' });
    await crumb.click();
    await page.waitForURL(`${pages.url}/${pages.course}`);
  });

  test('days that are too many are told as such, with nothing to try again', async () => {
    await using opened = await pages.open(`${pages.course}?order_by=videos_viewed&sort_order=desc`);
    const { page } = opened;
    const [username] = await rows(page);
    const learner = `${pages.url}/${pages.course}/learners/${encodeURIComponent(username!)}`;
    await page.goto(`${learner}?timeline_start=2000-01-01&timeline_end=2026-03-19`);
    const failure = page.locator('.timeline .part-failure');
    await failure.waitFor();
    assert.match(await failure.innerText(), /more than five years of days/);
    assert.equal(await failure.getByRole('button').count(), 0);
    assert.doesNotMatch(await page.locator('.timeline').innerText(), /Shaded/);
    await takeShot(page, 'learner-too-many-days', true);
  });

  test('without a connection the page waits for it, and says so', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.context().setOffline(true);
    await page.locator('.banner').waitFor();
    await page.locator('a.open').first().click();
    await page.getByText('There is no connection.').waitFor();
    await page.waitForTimeout(4500);
    assert.equal(await page.getByText('still being worked on').count(), 0);
    await takeShot(page, 'learner-no-connection');
    await page.context().setOffline(false);
    await page.locator('.learner-head h1').waitFor();
  });

  test('who tries again without a connection is told that it waits, and is not left to', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.route('**/v0/learners/?**', async (route) =>
      route.fulfill({ status: 429, headers: { 'retry-after': '0' }, body: '{}' }),
    );
    await page.goto(`${pages.url}/${pages.course}`);
    const again = page.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await page.context().setOffline(true);
    await page.locator('.banner').waitFor();
    const waits = page.getByRole('alert').getByText('There is no connection.');
    assert.equal(await waits.count(), 0);
    const beside = page.locator('.notice').getByRole('link', { name: 'All courses' });
    const place = await beside.boundingBox();
    await again.click();
    await waits.waitFor();
    assert.deepEqual(await beside.boundingBox(), place);
    await takeShot(page, 'try-again-offline');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.context().setOffline(false);
    await rows(page);
  });

  test('a part that failed and was left does not load the app anew when there is a connection again', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.route(/timeline-chart/, async (route) => route.fulfill({ status: 404, body: '' }));
    await page.locator('a.open').first().click();
    const again = page.locator('.timeline').getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await page.context().setOffline(true);
    await page.locator('.banner').waitFor();
    await again.click();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await rows(page);
    await page.evaluate('window.isSame = true');
    await page.context().setOffline(false);
    await page.locator('.banner').waitFor({ state: 'detached' });
    await page.waitForTimeout(1000);
    assert.equal(await page.evaluate('window.isSame'), true);
  });

  test('who is at something else when a learner comes stays there', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    const [username = ''] = await rows(page);
    const path = `learners/${encodeURIComponent(username)}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    await page.route(`**/v0/${path}/**`, async (route) => {
      await promise;
      await route.continue();
    });
    await page.goto(`${pages.url}/${pages.course}/${path}`);
    await page.locator('.skeleton').waitFor();
    const menu = page.getByRole('button', { name: 'Account and display' });
    await menu.focus();
    resolve();
    await page.locator('.learner-head h1').waitFor();
    await drawn(page);
    assert.equal(await page.evaluate("document.activeElement.matches('.menu')"), true);
  });

  test('which days “this week” is of is told beside the groups, whatever days the numbers are of', async () => {
    await using opened = await pages.open(`${pages.course}?segments=disengaging`);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: /^Show what they did/ }).click();
    await page.waitForURL(/start_date/);
    await rows(page);
    await page.locator('a.open').first().click();
    await page.getByRole('heading', { name: 'Groups this week Mar 12 – 18, 2026' }).waitFor();
    await page.getByRole('heading', { name: 'Compared with the course Mar 5 – 11, 2026' }).waitFor();
  });

  test('a chart that is of other days than those that are asked for is seen to be', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.locator('a.open').first().click();
    await drawn(page);
    const { promise, resolve } = Promise.withResolvers<void>();
    await page.route('**/v0/engagement_timelines/**', async (route) => {
      await promise;
      await route.continue();
    });
    await page.locator('.timeline .panel-head button').click();
    await page.getByRole('button', { name: 'Six weeks' }).click();
    await page.locator('.chart-frame[aria-busy=true]').waitFor();
    await page.waitForTimeout(600);
    const filter = async () => page.evaluate(`getComputedStyle(document.querySelector('.chart')).filter`);
    assert.equal(await filter(), 'grayscale(1)');
    resolve();
    await page.locator('.chart-frame[aria-busy=false]').waitFor();
    await page.waitForTimeout(600);
    assert.equal(await filter(), 'none');
  });

  test('code that does not come for want of a connection is loaded once there is one again', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    const lose = async (code: RegExp) => page.route(code, async (route) => route.abort('internetdisconnected'));
    await lose(/learner-page/);
    await page.goto(`${pages.url}/${pages.course}`);
    await rows(page);
    await page.context().setOffline(true);
    await page.locator('.banner').waitFor();
    await page.locator('a.open').first().click();
    await page.getByText('There is no connection.').waitFor();
    assert.equal(await page.getByText('This part could not be loaded.').count(), 0);
    await page.unrouteAll();
    await lose(/timeline-chart/);
    await page.context().setOffline(false);
    await page.getByText('Compared with the course').waitFor();

    // what failed with a connection is not given up for nothing without one
    const failed = page.getByText('This part could not be loaded.');
    await failed.waitFor();
    await page.context().setOffline(true);
    await page.locator('.banner').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').getByText('There is no connection.').waitFor();
    assert.equal(await failed.isVisible(), true);
    await page.unrouteAll();
    await page.context().setOffline(false);
    await drawn(page);
  });

  test('a language that is gone from the server is told of in English, until it is there again', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.locator('.card').first().waitFor();
    await page.route(/\/es-[^/]*\.js/, async (route) => route.fulfill({ status: 404, body: '' }));
    const failed = page.getByText('The texts in Español could not be loaded.');
    await page.getByRole('button', { name: /^Account and display/ }).click();
    await page.getByLabel('Language').selectOption('es');
    await failed.waitFor({ state: 'attached' });

    await using other = await pages.open('?all', { language: 'es' });
    await other.page.route(/\/es-[^/]*\.js/, async (route) => route.fulfill({ status: 404, body: '' }));
    await other.page.reload();
    await other.page.getByText('The texts in Español could not be loaded.').waitFor();
    await other.page.locator('.card').first().waitFor();
    await takeShot(other.page, 'state-no-language');
    await other.page.unrouteAll();
    await other.page.context().setOffline(true);
    await other.page.locator('.banner').nth(1).waitFor();
    await other.page.getByRole('button', { name: 'Try again' }).click();
    await other.page.locator('.banner', { hasText: 'There is no connection.' }).waitFor();
    await other.page.context().setOffline(false);
    await other.page.getByRole('heading', { name: 'Cursos' }).waitFor();
    assert.equal(await other.page.locator('.banner').count(), 0);
  });

  test('code that is gone from the server takes only its own part with it', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.route(/timeline-chart/, async (route) => route.fulfill({ status: 404, body: '' }));
    await page.locator('a.open').first().click();
    await page.getByText('This part could not be loaded.').waitFor();
    await page.getByText('Compared with the course').waitFor();
    await page.unroute(/timeline-chart/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await drawn(page);

    await using other = await pages.open('');
    await other.page.route(/learner-page/, async (route) => route.fulfill({ status: 404, body: '' }));
    await other.page.goto(`${pages.url}/${pages.course}`);
    await rows(other.page);
    await other.page.locator('a.open').first().click();
    await other.page.getByText('This part could not be loaded.').waitFor();
    await other.page.getByRole('link', { name: 'Learner Analytics' }).click();
    await other.page.locator('.card').first().waitFor();
  });
});
