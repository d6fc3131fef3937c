import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { LearnerPage, PartialLearner } from '../../src/client/answers.ts';
import { known, NO_BROWSER, openPages, type Pages, rows } from './open-pages.ts';

// What stands on a page at the same time is about the same learners, however slow answers are and whatever is published meanwhile.

const INACTIVE = '.tile.segment-inactive .count';
const search = (page: Page) => page.getByRole('combobox', { name: 'Find a learner' });
const tile = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) });

/** The usernames of a page of the list that is turned to. */
async function turn(page: Page, to: 'First page' | 'Next page', number: number): Promise<string[]> {
  await page.getByRole('button', { name: to }).click();
  await page.waitForURL(number === 1 ? /^[^?]*$/ : new RegExp(`page=${number}(&|$)`));
  return rows(page);
}

/** Answers to lists that match wait until it is called. */
async function hold(page: Page, lists: RegExp): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(lists, async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

describe('a list and what is about it, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  let enrolled = 0;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  /** Publishes with three more who did nothing. */
  async function publish(name = 'Newcomer'): Promise<void> {
    const key = decodeURIComponent(pages.course.replace('courses/', ''));
    const lines = [1, 2, 3].map(() => `${key},new_${(enrolled += 1)},${name},2019-12-20`);
    await pages.change(`course_id,username,name,enrollment_date\n${lines.join('\n')}\n`);
  }

  /** The usernames of three pages, as they are by now. */
  async function first75(page: Page): Promise<string[]> {
    const key = pages.course.replace('courses/', '');
    const answer = await page.request.get(
      `${pages.url}/api/learner_analytics/v0/learners/?course_id=${encodeURIComponent(key)}&order_by=name&page_size=75&fields=username`,
    );
    const { results } = (await answer.json()) as LearnerPage<PartialLearner>;
    return results.map(({ username }) => username ?? '');
  }

  test('groups, list, choice and file are of one publication', async () => {
    await using opened = await pages.open(pages.course, { acceptDownloads: true });
    const { page, complaints } = opened;
    await known(page);
    const inactive = Number(await page.locator(INACTIVE).innerText());
    await publish();
    await tile(page, 'Inactive').click();
    await page.getByText(new RegExp(`^${inactive + 3} of `)).waitFor();
    await page
      .locator(INACTIVE)
      .getByText(String(inactive + 3), { exact: true })
      .waitFor();
    await publish();
    await page.getByRole('button', { name: `Choose all ${inactive + 3}` }).click();
    await page.locator('.chosen-bar', { hasText: `${inactive + 3} chosen` }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download CSV' }).click(),
    ]);
    const file = await readFile(await download.path());
    assert.deepEqual([...file.subarray(0, 3)], [0xef, 0xbb, 0xbf], 'the byte order mark that spreadsheets want');
    assert.equal(file.toString().match(/,Newcomer|^Newcomer/gm)?.length, 3, 'of the first publication alone');
    assert.deepEqual(complaints, []);
  });

  test('pages that were known of an earlier publication are not shown beside those of a later one', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await page.clock.install();
    await rows(page);
    // the third is asked for ahead
    const ahead = page.waitForResponse(/[?&]page=3(&|$)/);
    await turn(page, 'Next page', 2);
    await (await ahead).finished();
    await page.clock.fastForward(50_000);
    // who come before all others
    await publish('Aaa');
    await page.clock.fastForward(20_000);
    await turn(page, 'First page', 1);
    await page.locator('tbody tr:first-child', { hasText: 'Aaa' }).waitFor();
    const seen = await rows(page);
    for (const number of [2, 3]) seen.push(...(await turn(page, 'Next page', number)));
    assert.deepEqual(seen, await first75(page));
  });

  test('a page of an earlier publication that was asked for ahead, and comes late, does not bring that back', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await page.clock.install();
    await rows(page);
    const answer = await hold(page, /[?&]page=3(&|$)/);
    const ahead = page.waitForRequest(/[?&]page=3(&|$)/);
    await turn(page, 'Next page', 2);
    await ahead;
    await publish('A first');
    await page.clock.fastForward(70_000);
    await turn(page, 'First page', 1);
    await page.locator('tbody tr:first-child', { hasText: 'A first' }).waitFor();
    const late = page.waitForResponse(/[?&]page=3(&|$)/);
    answer();
    await (await late).finished();
    const seen = await rows(page);
    for (const number of [2, 3]) seen.push(...(await turn(page, 'Next page', number)));
    assert.deepEqual(seen, await first75(page));
  });

  test('only who is found by what stands in the box can be picked', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    const [first = '', second = '', third = ''] = await rows(page);
    const address = page.url();
    await search(page).fill(first);
    await page.locator('[role=option]').first().waitFor();
    const answer = await hold(page, /text_search=zzzzzz/);
    await search(page).fill('zzzzzz');
    await search(page).press('ArrowDown');
    await search(page).press('Enter');
    assert.equal(page.url(), address);
    answer();
    // there is nobody whom the keys could have meant, so the text is looked for
    await page.waitForURL(/\?text_search=zzzzzz/);
    await page.getByText(/^0 of \d+ learners$/).waitFor();
    // also while its answer is on the way
    const later = await hold(page, /text_search=yyyyyy/);
    await search(page).fill(first);
    await page.locator('.suggestions:not([inert]) [role=option]').first().waitFor();
    const asked = page.waitForRequest(/text_search=yyyyyy/);
    await search(page).fill('yyyyyy');
    await asked;
    assert.equal(await page.locator('.suggestions:not([inert]) [role=option]').count(), 0);
    assert.equal(await page.getByText(/Show all/).isVisible(), false);
    later();
    await page.locator('.suggestions:not([inert])').waitFor();
    assert.equal(await page.locator('[role=option]').count(), 0);
    // an arrow that came before the answer is for the first of it
    const last = await hold(page, new RegExp(`text_search=${second}`));
    await search(page).fill(second);
    await search(page).press('ArrowDown');
    assert.equal(await page.locator('[role=option][aria-selected=true]').count(), 0);
    last();
    await page.locator('[role=option][aria-selected=true]', { hasText: second }).waitFor();
    // a second one for the second
    const both = await hold(page, /text_search=a(?:&|$)/);
    await search(page).fill('a');
    for (const key of ['ArrowDown', 'ArrowDown']) await search(page).press(key);
    both();
    await page.locator('[role=option]:nth-child(2)[aria-selected=true]').waitFor();
    // and so is Enter after it, unless something else is done meanwhile
    const listed = page.url();
    const slow = await hold(page, new RegExp(`text_search=${third}`));
    const late = page.waitForResponse(new RegExp(`text_search=${third}`));
    const enter = async () => {
      await search(page).press('ArrowDown');
      await search(page).press('Enter');
    };
    await search(page).fill(third);
    await enter();
    await search(page).press('Escape');
    await enter();
    await search(page).blur();
    await search(page).focus();
    await enter();
    await search(page).press('ArrowUp');
    slow();
    await (await late).finished();
    await page.locator('.suggestions:not([inert]) [role=option]', { hasText: third }).waitFor();
    assert.equal(page.url(), listed);
    const next = await hold(page, new RegExp(`text_search=${second.slice(0, -1)}&`));
    await search(page).fill(second.slice(0, -1));
    await enter();
    await search(page).fill(third);
    await enter();
    next();
    await page.waitForURL((url) => url.pathname.endsWith(`/learners/${encodeURIComponent(third)}`));
  });

  test('nobody of the list of before is chosen or opened while another is coming', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    const answer = await hold(page, /segments=struggling/);
    await tile(page, 'Struggling').click();
    await page.locator('.list.updating').waitFor();
    const all = page.getByRole('checkbox', { name: 'Choose all on this page to write to' });
    assert.equal(await all.isDisabled(), true);
    await assert.rejects(page.locator('tbody input').first().click({ timeout: 500 }), /Timeout/);
    await assert.rejects(page.locator('a.open').first().click({ timeout: 500 }), /Timeout/);
    answer();
    await page.locator('.list:not(.updating)').waitFor();
    const struggling = await rows(page);
    await all.click();
    await page.locator('.chosen-bar', { hasText: `${struggling.length} chosen` }).waitFor();
  });

  test('the box says what the list is of: what was typed and not looked for goes', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await search(page).fill('nunez');
    await page.getByRole('button', { name: 'Clear the search' }).click();
    assert.equal(await search(page).inputValue(), '');
    await search(page).fill('nunez');
    await page.locator('.suggestions:not([inert])').waitFor();
    await search(page).press('Escape');
    await search(page).press('Escape');
    assert.equal(await search(page).inputValue(), '');
    await search(page).fill('nunez');
    await tile(page, 'Struggling').click();
    await page.waitForURL(/segments=struggling/);
    assert.equal(await search(page).inputValue(), '');
  });

  test('a link back leads to where the learner stands', async () => {
    await using opened = await pages.open(`${pages.course}?page_size=100`);
    const { page } = opened;
    const username = (await rows(page))[60] ?? '';
    await page.locator(`a.open[data-username="${username}"]`).click();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    const link = page.locator(`a.open[data-username="${username}"]`);
    await page.waitForFunction(
      `(() => { const { top, bottom } = document.activeElement.getBoundingClientRect(); return document.activeElement.dataset.username === '${username}' && top >= 0 && bottom <= innerHeight; })()`,
    );
    assert.equal(await link.isVisible(), true);
  });
});
