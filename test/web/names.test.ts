import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// People are called in every language and direction, by one word or by none.

const WORD = 'Wort'.repeat(60);
const ARABIC = 'نورة 2026 (A-1)!';
const HEBREW = 'דוד כהן';

/** Whose usernames are in the order of the alphabet. */
const PEOPLE = [
  ['qz-1arabic', ARABIC],
  ['qz-2evil', '\u202eEvil Override'],
  ['qz-3filler', '\u3164'],
  ['qz-4word', WORD],
  ['2qz-hebrew', HEBREW],
] as const;

/** Whether the name that is all of an element's text reads from right to left: its last sign is left of its first. */
const READS_LEFTWARDS = `(element) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (texts.nextNode()) nodes.push(texts.currentNode);
  const at = (node, offset) => {
    const range = document.createRange();
    range.setStart(node, offset);
    range.setEnd(node, offset + 1);
    return range.getBoundingClientRect().left;
  };
  return at(nodes.at(-1), nodes.at(-1).length - 1) < at(nodes[0], 0);
}`;

async function readsLeftwards(page: Page, selector: string): Promise<boolean> {
  return page.evaluate<boolean>(`(${READS_LEFTWARDS})(document.querySelector(${JSON.stringify(selector)}))`);
}

async function suggest(page: Page, text: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Find a learner' }).fill(text);
  await page.locator('.suggestions:not([inert]) [role=option]').first().waitFor();
}

/** Without two on a line, what is between them is infinite. */
function assertApart(between: number, place: string): void {
  assert.ok(between >= 3 && between < 50, `${between} px ${place}`);
}

describe('names, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => {
    pages = await openPages();
    const key = decodeURIComponent(pages.course.replace('courses/', ''));
    const lines = PEOPLE.map(([username, name], index) => `${key},${username},${name},mail${index}@example.org`);
    await pages.change(`course_id,username,name,email\n${lines.join('\n')}\n`);
  });
  after(async () => pages.close());

  test('a username with a match in it is one word, in the list and in what is suggested', async () => {
    await using opened = await pages.open(`${pages.course}?text_search=arabic`);
    const { page } = opened;
    await rows(page);
    await suggest(page, 'arabi');
    for (const place of ['.roster .beside', '.suggestions .beside']) {
      const gap = await page.evaluate<number>(
        `(() => { const mark = document.querySelector('${place} mark'); return mark.getBoundingClientRect().left - mark.previousSibling.getBoundingClientRect().right; })()`,
      );
      assert.ok(gap < 1, `${gap} px before what matched in ${place}`);
    }
  });

  test('who has no name is suggested by the username, once, with what matched marked', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await suggest(page, 'filler');
    const option = page.locator('.suggestions [role=option]');
    assert.equal((await option.innerText()).match(/qz-3/g)?.length, 1);
    assert.ok((await option.locator('mark').allInnerTexts()).includes('filler'));
    await page.goto(`${pages.url}/${pages.course}?text_search=qz-3filler`);
    await rows(page);
    assert.equal(await page.locator('a.open').innerText(), 'qz-3filler');
  });

  test('a name in another direction keeps its own, wherever it stands', async () => {
    await using opened = await pages.open(`${pages.course}?text_search=qz-1arabic`);
    const { page } = opened;
    await rows(page);
    assert.ok(await readsLeftwards(page, 'a.open'), 'in the list');
    await suggest(page, 'qz-1ara');
    assert.ok(await readsLeftwards(page, '.suggestions [role=option] > :first-child'), 'suggested');
    await page.locator('a.open').press('Enter');
    await page.locator('.learner-head h1').waitFor();
    assert.ok(await readsLeftwards(page, 'h1'), 'as a heading');
    await takeShot(page, 'learner-arabic');

    await page.route('**/v0/learners/qz-1arabic/**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...((await response.json()) as object), goals: ARABIC } });
    });
    await page.reload();
    await page.getByText(ARABIC).nth(1).waitFor();
    assert.ok(await readsLeftwards(page, '.facts-panel dl > :last-child dd'), 'as what is known of the person');

    await page.goto(`${pages.url}/${pages.course}?text_search=qz`);
    await rows(page);
    await page.getByLabel('Choose all on this page to write to').check();
    await page.getByRole('button', { name: /^Write to/ }).click();
    await page.getByText('Who they are').click();
    const ofHebrew = `[...document.querySelectorAll('.whom li')].find((each) => each.textContent.includes('2qz'))`;
    const [name, username] = await page.evaluate<[number, number]>(
      `[...${ofHebrew}.querySelectorAll('bdi')].map((each) => each.getBoundingClientRect().left)`,
    );
    assert.ok(name < username, 'the username is beside the name, not in it');
    await takeShot(page, 'write-several-names');
  });

  test('nothing of a name turns a message, a title or what is heard', async () => {
    await using opened = await pages.open(`${pages.course}?text_search=qz-2evil`);
    const { page } = opened;
    await rows(page);
    const overrides = `document.title.includes('\\u202e') || document.documentElement.outerHTML.includes('\\u202e')`;
    assert.equal(await page.evaluate<boolean>(overrides), false, 'the list');
    await page.locator('a.open').click();
    await page.locator('.learner-head h1').waitFor();
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    assert.match(await page.getByLabel('Message').inputValue(), /^Hello Evil,\n/);
    assert.equal(await page.evaluate<boolean>(overrides), false, 'the learner');
    assert.match(await page.title(), /^Evil Override – /);
  });

  test('a name of one word stays within what is suggested and within a dialog', async () => {
    await using opened = await pages.open(`${pages.course}?text_search=qz-4word`);
    const { page } = opened;
    for (const width of [375, 1280, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${pages.url}/${pages.course}?text_search=qz-4word`);
      await rows(page);
      await suggest(page, 'qz-4wo');
      const beyond = await page.evaluate<number>(
        `document.querySelector('.suggestions [role=option] > *').getBoundingClientRect().right - document.querySelector('.suggestions').getBoundingClientRect().right`,
      );
      assert.ok(beyond <= 0, `${beyond} px beyond what is suggested, on ${width} px`);
      await takeShot(page, `suggested-word-${width}`);
      await page.locator('a.open').press('Enter');
      await page.locator('.learner-head h1').waitFor();
      await page.getByRole('button', { name: 'Write', exact: true }).click();
      await page.getByRole('dialog').waitFor();
      const wide = await page.evaluate<number>(
        `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.popover'))`,
      );
      assert.ok(wide <= 0, `a dialog is ${wide} px too wide, on ${width} px`);
      await takeShot(page, `write-word-${width}`);
    }
  });

  test('groups beside each other do not touch', async () => {
    await using opened = await pages.open(`${pages.course}?segments=unenrolled`);
    const { page } = opened;
    const gap = async (place: string) =>
      page.evaluate<number>(
        `Math.min(...[...document.querySelectorAll('${place} .badge + .badge')].map((badge) => [badge.previousElementSibling.getBoundingClientRect(), badge.getBoundingClientRect()]).filter(([before, after]) => before.top === after.top).map(([before, after]) => after.left - before.right))`,
      );
    for (const width of [1440, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      await rows(page);
      assertApart(await gap('.segments'), `in the list, on ${width} px`);
    }
    await page.getByLabel('Choose all on this page to write to').check();
    await page.getByRole('button', { name: /^Write to/ }).click();
    await page.getByText('Who they are').click();
    assertApart(await gap('.whom'), 'in the message');
  });

  test('what tells a course from others can be had where it is cut', async () => {
    await using opened = await pages.open(`${pages.course}?segments=struggling`);
    const { page } = opened;
    await rows(page);
    const told = (await page.locator('h1').innerText()).trim();
    const details = await page.locator('h1 small').innerText();
    assert.equal(
      await page.locator('h1 small').getAttribute('title'),
      `${told.slice(0, -details.length).trim()} · ${details}`,
    );
    await page.locator('a.open').first().click();
    const title = await page.locator('.crumbs .course bdi').getAttribute('title');
    assert.ok(title?.endsWith(details), title ?? '');
  });
});
