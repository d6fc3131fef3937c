import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Learner, LearnerPage } from '../../src/client/answers.ts';
import { NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// "Whom do I write to today, and what do I say?"

/** Presses Tab until what has the focus is called so. */
async function tabTo(page: Page, name: RegExp, most = 60): Promise<void> {
  const called = await page.evaluate<string>(
    `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent ?? '').trim()`,
  );
  if (name.test(called)) return;
  assert.ok(most > 0, `${name} is not reached by Tab`);
  await page.keyboard.press('Tab');
  await tabTo(page, name, most - 1);
}

describe('an instructor, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('by keyboard alone: from the courses to a message to several, and to the next learner', async () => {
    await using opened = await pages.open('');
    const { page, complaints } = opened;
    await page.locator('.card').first().waitFor();
    const card = page.locator('.card', { hasText: pages.course.split('+')[1]! });
    const many = await card.getByRole('link', { name: /disengaging$/ }).innerText();
    await tabTo(page, new RegExp(`^${many}$`));
    await page.keyboard.press('Enter');
    await page.waitForURL(/segments=disengaging/);
    const quiet = await rows(page);
    await tabTo(page, new RegExp(`^Choose (?!all)`));
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await tabTo(page, /^Write to 2 learners$/, 200);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, /^$/, 3);
    assert.match(
      await page.getByLabel('Message').inputValue(),
      /^Hello,\n\nI have not seen you in the course for a week.*\n\nIs there anything/s,
    );
    await tabTo(page, /^Open in mail program$/, 5);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('a.open').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('h1:focus').waitFor();
    assert.ok(page.url().includes(`/learners/${encodeURIComponent(quiet[0]!)}`));
    await page.goBack();
    await rows(page);
    // who was chosen is so still
    await page.getByRole('button', { name: 'Write to 2 learners' }).waitFor();
    await page.goForward();
    await page.locator('h1:focus').waitFor();
    await page.keyboard.press('Shift+Tab');
    assert.match(await page.evaluate('document.activeElement.title'), /^Next learner$/);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname.endsWith(`/learners/${encodeURIComponent(quiet[1]!)}`));
    assert.deepEqual(complaints, []);
  });

  test('the file of a list holds whom the list holds, page for page, in its order', async () => {
    const query = 'ignore_segments=inactive&problem_attempts_min=1&start_date=2026-03-02&end_date=2026-03-12';
    await using opened = await pages.open(
      `${pages.course}?${query}&order_by=problem_attempts&sort_order=desc&page_size=50`,
    );
    const { page } = opened;
    const shown: string[] = [];
    let more = true;
    while (more) {
      shown.push(...(await rows(page)));
      const next = page.getByRole('button', { name: 'Next page' });
      more = await next.isEnabled();
      if (more) {
        const address = page.url();
        await next.click();
        await page.waitForURL((url) => url.href !== address);
      }
    }
    assert.ok(shown.length > 50, `${shown.length} learners are too few to tell`);
    assert.equal(new Set(shown).size, shown.length);
    const href = await page.getByRole('link', { name: 'Download CSV' }).getAttribute('href');
    const file = new URL(href!);
    file.searchParams.set('fields', 'username,engagements.problem_attempts');
    const csv = (await (await page.request.get(file.href)).text()).replace(/^\ufeff/, '');
    const [head, ...lines] = csv.trimEnd().split('\r\n');
    assert.equal(head, 'username,engagements.problem_attempts');
    assert.deepEqual(
      lines.map((line) => line.split(',')[0]),
      shown,
    );
    const attempts = lines.map((line) => Number(line.split(',')[1]));
    assert.deepEqual(
      attempts,
      attempts.toSorted((a, b) => b - a),
    );
    assert.ok(attempts.every((count) => count >= 1));
  });

  test('what failed is asked for again by hand; the filters can be taken away meanwhile', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.route('**/v0/learners/?**segments=struggling**', async (route) =>
      route.fulfill({
        status: 500,
        contentType: 'application/json',
        body: '{"error_code":"internal_error","request_id":"r-2"}',
      }),
    );
    await page.getByRole('button', { name: /^Struggling/ }).click();
    await page.getByText('The server made a mistake').waitFor();
    await takeShot(page, 'state-list-failed');
    await page.getByRole('button', { name: 'Remove filter: Struggling' }).click();
    assert.ok((await rows(page)).length > 0);
    await page.getByRole('button', { name: /^Struggling/ }).click();
    await page.getByText('The server made a mistake').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.getByRole('button', { name: 'Try again' }).click();
    assert.ok((await rows(page)).length > 0);

    await page.route('**/course_learner_metadata/**', async (route) => route.fulfill({ status: 500, body: '{}' }));
    await page.reload();
    await page.getByText('The groups, and how fresh the data is, could not be loaded.').waitFor();
    assert.ok((await rows(page)).length > 0);
    await takeShot(page, 'state-partial');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(/^Data until/).waitFor();
  });

  test('a whole group is chosen at once; who is chosen and not shown is told, and so is that nothing is true of all', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: /^Disengaging/ }).click();
    await page.waitForURL(/segments=disengaging/);
    const shown = await rows(page);
    const many = Number(/^\d+/.exec(await page.getByText(/^\d+ of \d+ learners$/).innerText())?.[0]);
    assert.ok(many > shown.length, `${many} are on one page`);
    await page.getByRole('button', { name: `Choose all ${many}` }).click();
    await page.locator('.chosen-bar', { hasText: `${many - shown.length} not on this page` }).waitFor();
    await page.getByRole('button', { name: `Write to ${many} learners` }).click();
    // somebody has left the course meanwhile
    assert.match(await page.getByLabel('Message').inputValue(), /^Hello,\n\nIs there anything/);
    const reason = page.getByText('For that reason the message begins with nothing about the course.');
    await reason.waitFor();
    await page.getByRole('button', { name: 'Leave out' }).click();
    await reason.waitFor({ state: 'detached' });
    assert.match(
      await page.getByLabel('Message').inputValue(),
      /^Hello,\n\nI have not seen you in the course for a week/,
    );
    await page.getByText('Who they are').click();
    const left = await page.locator('.whom li').count();
    assert.ok(left < many, `${left} of ${many} are left`);
    const told = await page.locator('.whom li').allInnerTexts();
    const without = told.map((text) => text.includes('No usable email address is known.'));
    assert.ok(without.includes(true) && without.includes(false));
    assert.ok(!without.slice(without.indexOf(false)).includes(true), 'those without an address are not all first');
    for (const text of told) assert.match(text, /Disengaging/);
    await takeShot(page, 'write-whom');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Struggling/ }).click();
    await page.waitForURL(/segments=struggling/);
    await rows(page);
    await page.locator('.chosen-bar', { hasText: `${left} not on this page` }).waitFor();
    await page.locator('tbody input').first().check();
    await page.getByRole('button', { name: `Write to ${left + 1} learners` }).click();
    await page.getByText('They are in no common group').waitFor();
    assert.match(await page.getByLabel('Message').inputValue(), /^Hello,\n\nIs there anything/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Choose nobody' }).click();
    await page.route('**/v0/learners/?**page_size=1000**', async (route) => route.fulfill({ status: 400, body: '{}' }));
    await page.getByRole('button', { name: /^Choose all / }).click();
    await page.locator('.list-head').getByRole('alert').waitFor();
    await page.locator('.list-head .plain:focus').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.keyboard.press('Enter');
    await page.locator('.chosen-bar').waitFor();
    await page.locator('.list-head .plain:focus').waitFor();
  });

  test('an answer that comes late chooses nobody in a list that was left, and takes nobody away', async () => {
    await using opened = await pages.open(`${pages.course}?segments=disengaging`);
    const { page } = opened;
    await rows(page);
    const late = Promise.withResolvers<void>();
    await page.route('**/v0/learners/?**page_size=1000**', async (route) => {
      await late.promise;
      await route.continue();
    });
    const chooseAll = page.getByRole('button', { name: /^Choose all / });
    await chooseAll.click();
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.waitForURL((url) => url.search === '');
    await rows(page);
    await page.locator('tbody input').first().check();
    const answered = page.waitForResponse(/page_size=1000/);
    late.resolve();
    await (await answered).finished();
    // what follows from it is shown by then
    await page.waitForTimeout(200);
    assert.equal(await page.locator('.chosen-bar > span').innerText(), '1 chosen');
  });

  test('where the browser lets nothing be copied, the addresses are there to be copied by hand', async () => {
    await using opened = await pages.open(`${pages.course}?segments=inactive`);
    const { page } = opened;
    await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await page.reload();
    await rows(page);
    await page.getByRole('button', { name: /^Choose all \d+$/ }).click();
    await page.getByRole('button', { name: /^Write to \d+ learners$/ }).click();
    await page.getByRole('button', { name: 'Copy the addresses' }).click();
    assert.match(await page.getByLabel(/Mark and copy it/).inputValue(), /@/);
    assert.equal(await page.getByRole('button', { name: 'Addresses copied' }).count(), 0);
    await takeShot(page, 'write-copy-by-hand');
  });

  test('who takes a filter away by keyboard goes on from the next one, then from the search', async () => {
    await using opened = await pages.open(`${pages.course}?segments=inactive,disengaging`);
    const { page } = opened;
    await rows(page);
    const focus = async () => page.evaluate<string>("document.activeElement.closest('.chip, input')?.className ?? ''");
    await page.locator('button.chip').first().press('Enter');
    await page.locator('button.chip').nth(1).waitFor({ state: 'detached' });
    assert.equal(await focus(), 'chip');
    await page.keyboard.press('Enter');
    await page.locator('button.chip').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate("document.activeElement.closest('.toolbar') !== null"), true);
    await page.getByRole('link', { name: 'All courses' }).press('Enter');
    await page.locator('.card').first().waitFor();
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'H1');
  });

  test('addresses that are too many for a link are copied, and the message is opened without them', async () => {
    await using opened = await pages.open(`${pages.course}?segments=inactive`);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: /^Choose all \d+$/ }).click();
    await page.getByRole('button', { name: /^Write to \d+ learners$/ }).click();
    await page.getByText('Copy them first').waitFor();
    // those who left the course are inactive too
    const gone = Number(
      /^\d+/.exec(await page.getByText(/^\d+ of them (is|are) not enrolled any more\./).innerText())?.[0],
    );
    const all = Number(/\d+/.exec(await page.getByRole('dialog').getByRole('heading').innerText())?.[0]);
    await page.getByRole('button', { name: 'Leave out' }).click();
    await page.getByRole('heading', { name: `Write to ${all - gone} learners` }).waitFor();
    await page.getByRole('button', { name: 'Copy the addresses' }).waitFor();
    const bare = await page.getByRole('link', { name: 'Open without addresses' }).getAttribute('href');
    assert.match(bare!, /^mailto:\?subject=/);
    await takeShot(page, 'write-too-many');
  });

  test('a text that is too long for a link is copied, and the message is opened without it', async () => {
    const long = 'Я давно не видел вас на курсе. '.repeat(14);
    await using opened = await pages.open(`${pages.course}?text_search=example`);
    const { page } = opened;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const dialog = page.getByRole('dialog');
    await rows(page);
    await page.locator('a.open').first().click();
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await page.getByLabel('Message').fill(long);
    await dialog.getByText('refuse so long a text').waitFor();
    const one = await dialog.getByRole('link', { name: 'Open without the text' }).getAttribute('href');
    assert.match(one!, /^mailto:[^?]+@[^?]+\?subject=[^&]+&body=$/);
    await dialog.getByRole('button', { name: 'Copy the text' }).click();
    await dialog.getByRole('button', { name: 'Text copied' }).waitFor();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), long);
    await takeShot(page, 'write-long-text');
    // what was copied is not the text any more
    await page.getByLabel('Message').fill(`${long}!`);
    await dialog.getByRole('button', { name: 'Copy the text' }).waitFor();
    await page.goBack();
    await rows(page);
    await page.locator('tbody input').nth(0).check();
    await page.locator('tbody input').nth(1).check();
    await page.getByRole('button', { name: 'Write to 2 learners' }).click();
    await page.getByLabel('Message').fill(long);
    await dialog.getByText('refuse so long a text').waitFor();
    const two = await dialog.getByRole('link', { name: 'Open without the text' }).getAttribute('href');
    assert.match(two!, /^mailto:\?bcc=[^,&]+,[^,&]+&subject=[^&]+&body=$/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Choose all \d+$/ }).click();
    await page.getByRole('button', { name: /^Write to \d{3} learners$/ }).click();
    await page.getByLabel('Message').fill(long);
    await dialog.getByText('that many addresses and so long a text').waitFor();
    const all = await dialog.getByRole('link', { name: 'Open with the subject only' }).getAttribute('href');
    assert.match(all!, /^mailto:\?subject=[^&]+&body=$/);
    await dialog.getByRole('button', { name: 'Copy the addresses' }).waitFor();
    await dialog.getByRole('button', { name: 'Copy the text' }).waitFor();
    await takeShot(page, 'write-long-to-many');
  });

  test('what was written stays when a fact is mentioned or not, and when the panel was closed', async () => {
    await using opened = await pages.open(`${pages.course}?segments=disengaging&text_search=example`);
    const { page } = opened;
    await rows(page);
    await page.locator('a.open').first().click();
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    const message = page.getByLabel('Message');
    const fact = page.getByRole('dialog').getByRole('checkbox').first();
    const begun = await message.inputValue();
    const [greeting, sentence, closing] = begun.split('\n\n');
    await message.fill(`${begun}\n\nRobin`);
    await fact.uncheck();
    assert.equal(await message.inputValue(), `${greeting}\n\n${closing}\n\nRobin`);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Continue writing' }).click();
    assert.equal(await message.inputValue(), `${greeting}\n\n${closing}\n\nRobin`);
    assert.equal(await fact.isChecked(), false);
    await fact.check();
    assert.equal(await message.inputValue(), `${greeting}\n\n${sentence}\n\n${closing}\n\nRobin`);
  });

  test('a sentence that was mentioned on another day goes again, though it would be another today', async () => {
    await using opened = await pages.open(`${pages.course}?segments=disengaging&text_search=example`);
    const { page } = opened;
    await rows(page);
    await page.locator('a.open').first().click();
    const message = page.getByLabel('Message');
    const fact = page.getByRole('dialog').getByRole('checkbox', { name: /^Was last active/ });
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    const begun = await message.inputValue();
    const sentence = /I have not seen you in the course for \d+ days?, and wanted to ask how you are doing\.\n\n/;
    assert.match(begun, sentence);
    await message.fill(`${begun}\n\nRobin`);
    await page.route('**/v0/learners/*/?**', async (route) => {
      const response = await route.fetch();
      const text = (await response.text()).replace(/"days_since":\d+/, '"days_since":99');
      await route.fulfill({ response, body: text });
    });
    await page.reload();
    await page.getByRole('button', { name: 'Continue writing' }).click();
    await fact.uncheck();
    assert.equal(await message.inputValue(), `${begun.replace(sentence, '')}\n\nRobin`);
    await fact.check();
    assert.match(await message.inputValue(), /for 99 days, and/);
  });

  test('a message begins with why somebody may need one, not with praise', async () => {
    await using opened = await pages.open(`${pages.course}?segments=struggling&text_search=example`);
    const { page } = opened;
    await page.route('**/v0/learners/*/?**', async (route) => {
      const response = await route.fetch();
      const learner = (await response.json()) as Learner;
      const praise = { code: 'top_contributor', message: '', data: { contributions: 9, rank: 1 } };
      await route.fulfill({ response, json: { ...learner, tidbits: [praise] } });
    });
    await rows(page);
    await page.locator('a.open').first().click();
    const write = page.getByRole('button', { name: 'Write', exact: true });
    await write.click();
    const message = page.getByLabel('Message');
    assert.match(await message.inputValue(), /^Hello \S+,\n\nSome of the problems .*\n\nIs there anything/);
    await takeShot(page, 'write-struggling');
    await page.getByRole('checkbox', { name: /^Wrote 9/ }).check();
    assert.match(await message.inputValue(), /with you\.\n\nThank you for writing so much in the discussions!\n\nIs/);
    await page.getByRole('checkbox', { name: 'Struggling' }).uncheck();
    assert.match(await message.inputValue(), /^Hello \S+,\n\nThank you for writing/);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Continue writing' }).click();
    await page.getByRole('button', { name: 'Discard this message' }).click();
    await write.waitFor();
  });

  test('who has left the course is not written to as if they were in it', async () => {
    await using opened = await pages.open(`${pages.course}?segments=unenrolled&text_search=example`);
    const { page } = opened;
    await rows(page);
    await page.locator('tbody input').nth(0).check();
    await page.locator('tbody input').nth(1).check();
    await page.getByRole('button', { name: 'Write to 2 learners' }).click();
    await page.getByText('None of them is enrolled any more.').waitFor();
    assert.match(await page.getByLabel('Message').inputValue(), /^Hello,\n\nIs there anything/);
    assert.equal(await page.getByText('no common group').count(), 0);
    await takeShot(page, 'write-gone');
    await page.keyboard.press('Escape');
    await page.locator('a.open').first().click();
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await page.getByRole('dialog').getByText('Is not enrolled any more.').waitFor();
    assert.match(await page.getByLabel('Message').inputValue(), /^Hello \S+,\n\nIs there anything/);
    assert.equal(await page.getByRole('dialog').getByRole('checkbox').count(), 0);
  });

  test('a message goes by the groups that those who are chosen are in by now', async () => {
    await using opened = await pages.open(`${pages.course}?segments=struggling&text_search=example`);
    const { page } = opened;
    await rows(page);
    await page.locator('tbody input').first().check();
    await page.route('**/v0/learners/?**', async (route) => {
      const response = await route.fetch();
      const list = (await response.json()) as LearnerPage;
      const results = list.results.map((learner) => ({ ...learner, segments: ['highly_engaged'] }));
      await route.fulfill({ response, json: { ...list, results } });
    });
    await page.reload();
    await rows(page);
    await page.getByRole('button', { name: 'Write to 1 learner' }).click();
    assert.match(await page.getByLabel('Message').inputValue(), /You have done a lot in the course lately/);
  });

  test('a message to a group is not there for the next one', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    const group = async (name: string) => {
      await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
      await page.locator('.list:not(.updating)').waitFor();
      await rows(page);
      await page.locator('tbody input').nth(0).check();
      await page.locator('tbody input').nth(1).check();
      await page.getByRole('button', { name: 'Write to 2 learners' }).click();
      return page.getByLabel('Message').inputValue();
    };
    const first = await group('Disengaging');
    await page.getByLabel('Message').fill(`${first}\n\nMore of it.`);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Choose nobody' }).click();
    const second = await group('Inactive');
    assert.doesNotMatch(second, /More of it/);
    assert.notEqual(second, first);
  });

  test('who is chosen in one course, and what is written to them, stays when others are chosen in another', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    const write = page.getByRole('button', { name: 'Write to 2 learners' });
    const choose = async (text: string) => {
      await rows(page);
      await page.locator('tbody input').nth(0).check();
      await page.locator('tbody input').nth(1).check();
      await write.click();
      await page.getByLabel('Message').fill(text);
      await page.keyboard.press('Escape');
    };
    const read = async () => {
      await write.click();
      const text = await page.getByLabel('Message').inputValue();
      await page.keyboard.press('Escape');
      return text;
    };
    await choose('To those of one.');
    await page.getByRole('link', { name: 'All courses' }).click();
    await page.locator(`.card h2 a:not([href$="${pages.course}"])`).first().click();
    await choose('To those of the other.');
    const other = page.url();
    await page.goto(`${pages.url}/${pages.course}`);
    assert.equal(await read(), 'To those of one.');
    await page.getByRole('button', { name: 'Choose nobody' }).click();
    await page.goto(other);
    assert.equal(await read(), 'To those of the other.');
  });

  test('a message is there again after a learner, a reload and the mail program, until it is discarded', async () => {
    await using opened = await pages.open(`${pages.course}?text_search=example`);
    const { page, complaints } = opened;
    // no mail program is there to be opened
    const stayHere = `addEventListener('click', (event) => event.target.closest('a[href^=mailto]') && event.preventDefault())`;
    await page.evaluate(stayHere);
    const message = page.getByLabel('Message');
    const several = page.getByRole('button', { name: 'Write to 2 learners' });
    const one = page.getByRole('button', { name: /^(?:Write|Continue writing)$/ });
    const write = async (button: typeof one, text: string) => {
      await button.click();
      await message.fill(text);
      await page.keyboard.press('Escape');
    };
    const read = async (button: typeof one) => {
      await button.click();
      const text = await message.inputValue();
      await page.keyboard.press('Escape');
      return text;
    };
    await rows(page);
    await page.locator('tbody input').nth(0).check();
    await page.locator('tbody input').nth(1).check();
    await write(several, 'To both.');
    await page.locator('a.open').first().click();
    await page.locator('h1:focus').waitFor();
    await write(one, 'To one.');
    await page.goBack();
    await rows(page);
    assert.equal(await read(several), 'To both.');
    await page.reload();
    await rows(page);
    assert.equal(await read(several), 'To both.');
    assert.doesNotMatch(await page.evaluate<string>('JSON.stringify(localStorage) + location.href'), /To both/);
    await page.locator('a.open').first().click();
    await page.locator('h1:focus').waitFor();
    assert.equal(await read(one), 'To one.');
    await page.evaluate(stayHere);
    await one.click();
    await page.getByRole('link', { name: 'Open in mail program' }).click();
    await page.keyboard.press('Escape');
    await page.goBack();
    await rows(page);
    await page.goForward();
    await page.locator('h1:focus').waitFor();
    assert.equal(await read(one), 'To one.');
    await one.click();
    await takeShot(page, 'write-again');
    const discard = page.getByRole('button', { name: 'Discard this message' });
    await discard.click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(await read(one), /^Hello \S+,\n\n/);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await one.click();
    await page.getByRole('button', { name: 'Copy the address', exact: true }).click();
    await page.getByRole('button', { name: 'Address copied' }).waitFor();
    assert.equal(await discard.count(), 0);
    assert.match(await page.evaluate<string>('navigator.clipboard.readText()'), /^[^@,\s]+@[^@,\s]+$/);
    assert.deepEqual(complaints, []);
  });

  test('one who is chosen is written to by name and openly; with a second one it is to both', async () => {
    await using opened = await pages.open(`${pages.course}?segments=disengaging&text_search=example`);
    const { page } = opened;
    await rows(page);
    const first = await page.locator('a.open').first().innerText();
    await page.locator('tbody input').first().check();
    await page.getByRole('button', { name: 'Write to 1 learner' }).click();
    await page.getByRole('heading', { name: `Write to ${first}` }).waitFor();
    const message = page.getByLabel('Message');
    const begun = await message.inputValue();
    assert.ok(begun.startsWith(`Hello ${first.split(' ')[0]},\n\nI have not seen you in the course`), begun);
    assert.equal(await page.getByText('blind copies').count(), 0);
    await takeShot(page, 'write-chosen-one');
    await message.fill(`${begun}\n\nRobin`);
    const open = page.getByRole('link', { name: 'Open in mail program' });
    assert.match((await open.getAttribute('href')) ?? '', /^mailto:[^?]+@[^?]+\?subject=.*&body=.*%0D%0A%0D%0ARobin$/);
    await page.keyboard.press('Escape');
    await page.locator('tbody input').nth(1).check();
    await page.getByRole('button', { name: 'Write to 2 learners' }).click();
    assert.equal(await message.inputValue(), `${begun.replace(/^[^,]+/, 'Hello')}\n\nRobin`);
    assert.match((await open.getAttribute('href')) ?? '', /^mailto:\?bcc=[^,&]+,[^,&]+&subject=/);
  });

  test('a list of more than can be chosen at once says so', async () => {
    await using opened = await pages.open('');
    const { page } = opened;
    await page.route('**/v0/learners/?**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), count: 1001, num_pages: 41 } });
    });
    await page.goto(`${pages.url}/${pages.course}`);
    await page.getByText('Up to 1,000 can be chosen at once; the CSV has the addresses of all.').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Choose all/ }).count(), 0);
    await takeShot(page, 'roster-too-many');
  });

  test('somebody who is not in the list is found from it, by mouse and by keyboard', async () => {
    await using opened = await pages.open(`${pages.course}?segments=struggling`);
    const { page } = opened;
    const struggling = await rows(page);
    await page.goto(`${pages.url}/${pages.course}?segments=inactive&page_size=250`);
    const inactive = (await rows(page)).join(' ');
    const wanted = struggling.find((username) => !inactive.includes(username));
    await page.keyboard.press('/');
    await page.keyboard.type(wanted!);
    await page.locator('.suggestions', { hasText: 'Nobody matches within the filters' }).waitFor();
    await takeShot(page, 'search-narrowed');
    await page.keyboard.press('Enter');
    await page.getByText('Nobody matches all of this').waitFor();
    await tabTo(page, /^Search among all learners$/);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => !url.search.includes('segments'));
    assert.ok((await rows(page)).includes(wanted!));
    await page.goBack();
    await page.getByText('Nobody matches all of this').waitFor();
    await page.getByRole('combobox', { name: 'Find a learner' }).fill(`${wanted!} `);
    const option = page.locator('[role=option]', { hasText: 'Search among all learners' });
    await option.click();
    await page.waitForURL((url) => !url.search.includes('segments'));
    assert.ok((await rows(page)).includes(wanted!));
  });

  test('by arrows one comes to the search among all learners, after those of the filters; what is found is heard', async () => {
    await using opened = await pages.open(`${pages.course}?segments=inactive`);
    const { page } = opened;
    const [listed = ''] = await rows(page);
    const heard = page.locator('.search > [role=status]');
    assert.equal(await heard.textContent(), '');
    const box = page.getByRole('combobox', { name: 'Find a learner' });
    const isOn = async (text: string) => {
      const option = page.locator('[role=option][aria-selected=true]', { hasText: text });
      await option.waitFor();
      assert.equal(await box.getAttribute('aria-activedescendant'), await option.getAttribute('id'));
    };
    await box.fill(listed);
    await heard.filter({ hasText: /^1 learner$/ }).waitFor({ state: 'attached' });
    for (const [key, text] of [
      ['ArrowDown', listed],
      ['ArrowDown', 'Search among all learners'],
      ['ArrowUp', listed],
      ['ArrowUp', ''],
      ['ArrowUp', 'Search among all learners'],
    ] as const) {
      await box.press(key);
      if (text === '') assert.equal(await box.getAttribute('aria-activedescendant'), null);
      else await isOn(text);
    }
    await takeShot(page, 'search-among-all');
    // of nobody, an arrow that came before the answer means nothing, and Enter what was typed
    await box.fill('zzzzzz');
    await heard.filter({ hasText: 'Nobody matches within the filters' }).waitFor({ state: 'attached' });
    await box.press('ArrowDown');
    await isOn('Search among all learners');
    await box.press('Enter');
    await page.waitForURL(/\?text_search=zzzzzz$/);
  });

  test('what those did who disengage is one step away', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: /^Disengaging/ }).click();
    await page.waitForURL(/segments=disengaging/);
    await rows(page);
    assert.match(await page.locator('tbody tr').first().innerText(), /\s0$/);
    const told = page.getByRole('status').filter({ hasText: 'Nobody in this group did anything' });
    assert.deepEqual([await told.count(), await told.getByRole('button').count()], [1, 0]);
    await page.getByRole('button', { name: 'Show what they did on Mar 5 – 11, 2026' }).click();
    await page.waitForURL(/segments=disengaging&start_date=2026-03-05&end_date=2026-03-12/);
    await page.getByText(/^The groups are those of Mar 12 – 18, 2026/).waitFor();
    await rows(page);
    assert.match(await page.locator('tbody tr').first().innerText(), /\s[1-7]$/);
    await takeShot(page, 'disengaging-before');
  });

  test('who never began is listed with the day of enrolment, the latest first, and the page says so', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    const everybody = await rows(page);
    assert.equal(await page.getByLabel('Sort by').inputValue(), 'name');
    await page.getByRole('button', { name: /^Inactive/ }).click();
    await page.waitForURL(/order_by=enrollment_date/);
    const inactive = await rows(page);
    assert.match(await page.locator('tbody .day').first().innerText(), /^never\s+enrolled \w+\s\d+/);
    assert.equal(await page.getByLabel('Sort by').inputValue(), 'enrollment_date');
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.waitForURL((url) => url.search === '');
    assert.deepEqual(await rows(page), everybody);
    assert.notDeepEqual(inactive, everybody);
  });

  test('a course in which nobody did anything says so', async () => {
    await using opened = await pages.open(`${pages.course}?start_date=2031-01-01&end_date=2031-01-08`);
    const { page } = opened;
    await rows(page);
    await page.getByText('Nobody was active in these days').waitFor();
    await takeShot(page, 'state-nobody-active');
  });
});
