import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import type { CourseMetadata, ListedCourse } from '../../src/client/answers.ts';
import { LEARNER_COLUMNS } from '../../src/api/fields.ts';
import { COUNTED_METRICS, RATIO_MEANING } from '../../src/engagement/metrics.ts';
import { SEGMENT_MEANINGS } from '../../src/engagement/segments.ts';
import messages from '../../src/web/messages/en.json' with { type: 'json' };
import { findViolations } from './find-violations.ts';
import { known, NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

const STRUGGLING = '?segments=struggling&order_by=problem_attempts_per_completed&sort_order=desc';

test('what numbers mean is said in the words of their definitions', () => {
  const said: Readonly<Record<string, string>> = messages;
  for (const [metric, { meaning }] of Object.entries(COUNTED_METRICS)) assert.equal(said[`meaning.${metric}`], meaning);
  assert.equal(said['meaning.problem_attempts_per_completed'], RATIO_MEANING);
  for (const [segment, meaning] of Object.entries(SEGMENT_MEANINGS)) {
    assert.equal(said[`segmentMeaning.${segment}`], meaning);
  }
});

test('nothing is said to be predicted', () => {
  for (const text of Object.values(messages)) assert.doesNotMatch(text, /predict|risk|forecast|likely to/i);
});

const focused = async (page: Page, attribute: string): Promise<string | null> =>
  page.evaluate(`document.activeElement?.getAttribute('${attribute}') ?? null`);

describe('the pages, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('courses lead to a roster, groups filter it, a row leads to the learner, and back again', async () => {
    await using opened = await pages.open('');
    const { page, complaints } = opened;
    await page.locator('.card').first().waitFor();
    assert.equal(await page.locator('.card').count(), 3);
    assert.match(
      await page.locator('.card').first().innerText(),
      /\d learners \d+ active in the last 7 days\s+.*struggling\s+.*disengaging\s+.*inactive\s+Data until Mar 18, 2026, \d+:\d\d [AP]M/s,
    );
    await page.getByRole('button', { name: 'What “Disengaging” means' }).click();
    await page
      .getByRole('dialog')
      .getByText('Did nothing this week, but something in the seven days before it.')
      .waitFor();
    await page.keyboard.press('Escape');
    await takeShot(page, 'courses');
    const some = page.getByRole('link', { name: /^\d+ disengaging$/ }).first();
    const count = /\d+/.exec(await some.innerText())?.[0];
    await some.click();
    await page.waitForURL(/segments=disengaging/);
    await page.getByText(new RegExp(`^${count} of \\d+ learners$`)).waitFor();
    await page.goto(`${pages.url}/${pages.course}`);
    const everybody = await rows(page);
    assert.equal(everybody.length, 25);
    await takeShot(page, 'roster');
    await page.getByRole('button', { name: /^Struggling/ }).click();
    await page.waitForURL(/segments=struggling/);
    await page.getByText(/^\d+ of \d+ learners$/).waitFor();
    const struggling = await rows(page);
    assert.notDeepEqual(struggling, everybody);
    await page.locator('a.open').nth(2).click();
    await page.locator('.chart svg').first().waitFor();
    assert.match(page.url(), new RegExp(`/learners/${encodeURIComponent(struggling[2]!).replaceAll('.', '\\.')}\\?`));
    await takeShot(page, 'learner', true);
    await page.getByRole('link', { name: 'Next learner' }).click();
    await page.waitForURL((url) => url.pathname.endsWith(encodeURIComponent(struggling[3]!)));
    await page.goBack();
    await page.goBack();
    assert.deepEqual(await rows(page), struggling);
    await page.locator('a.open:focus').waitFor();
    assert.equal(await focused(page, 'data-username'), struggling[2]);
    await page.goBack();
    assert.deepEqual(await rows(page), everybody);
    await page.goForward();
    await page.reload();
    assert.deepEqual(await rows(page), struggling);
    assert.deepEqual(complaints, []);
  });

  test('courses are in the order of their names, and those that are shown later follow', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.locator('.card').first().waitFor();
    const ids = ['Z+ábaco+2', 'A+Zoology+1', 'Z+ábaco+1'];
    for (let number = 70; number > 0; number -= 1) ids.push(`B+Unit${number}+1`);
    await page.route('**/v0/courses/', async (route) => {
      const [course] = (await (await route.fetch()).json()) as ListedCourse[];
      const named = ids.map((id) => ({ ...course, course_id: `course-v1:${id}`, name: null as string | null }));
      named.push({ ...named[0]!, course_id: 'course-v1:Z+X9+3', name: ' Ábaco\n y más ' });
      named.push({ ...named[0]!, course_id: 'course-v1:Z+X8+3', name: '\u200b' });
      await route.fulfill({ json: named });
    });
    await page.reload();
    await page.locator('.card').nth(50).waitFor();
    const shown = async () => page.locator('.card h2, .card h2 + p').allInnerTexts();
    const first = ['ábaco', 'Z · 1', 'ábaco', 'Z · 2', 'Ábaco y más', 'X9 · Z · 3', 'Unit1', 'B · 1'];
    assert.deepEqual((await shown()).slice(0, 8), first);
    await page.getByRole('button', { name: 'Show 15 more' }).click();
    await page.locator('.card').nth(74).waitFor();
    assert.deepEqual((await shown()).slice(-6), ['Unit70', 'B · 1', 'X8', 'Z · 3', 'Zoology', 'A · 1']);
    for (const text of ['MAS abaco', 'x9 y más']) {
      await page.getByLabel('Find a course').fill(text);
      await page.locator('.card').nth(1).waitFor({ state: 'detached' });
      assert.deepEqual(await shown(), ['Ábaco y más', 'X9 · Z · 3'], text);
      await page.getByLabel('Find a course').fill('');
    }
  });

  test('filters are chips, the file holds exactly the list, and all of it is in the address', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: 'Filters' }).click();
    await takeShot(page, 'filters');
    await page.getByRole('button', { name: 'No video viewed' }).click();
    await page.getByLabel('Problems tried, at least').fill('1');
    await page.getByRole('button', { name: 'Show learners' }).click();
    await page.waitForURL(/videos_viewed_max=0/);
    assert.match(page.url(), /problems_attempted_min=1/);
    await page.getByRole('button', { name: 'Problems tried', exact: true }).click();
    await page.waitForURL(/order_by=problems_attempted&sort_order=desc/);
    await takeShot(page, 'filtered');
    const shown = await rows(page);
    assert.ok(shown.length > 0);
    const href = await page.getByRole('link', { name: 'Download CSV' }).getAttribute('href');
    const csv = (await (await page.request.get(href!)).text()).replace(/^\ufeff/, '');
    const [head, ...lines] = csv.trimEnd().split('\r\n');
    const columns = head!.split(',');
    assert.deepEqual(columns.slice(0, 3), ['name', 'username', 'email']);
    assert.deepEqual(columns.toSorted(), LEARNER_COLUMNS);
    const count = Number(/^\d+/.exec(await page.getByText(/ of \d+ learners$/).innerText())?.[0]);
    assert.equal(lines.length, count);
    for (const [index, username] of shown.entries())
      assert.ok(lines[index]!.includes(username), `${username} in line ${index}`);
    await page.getByRole('button', { name: 'Remove filter: Videos: 0' }).click();
    await page.waitForURL((url) => !url.search.includes('videos'));
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.waitForURL((url) => !url.search.includes('min'));
    assert.match(page.url(), /order_by=problems_attempted/);
  });

  test('bounds are typed in fields that stay, Enter applies them, and what can be none is told at the field', async () => {
    await using opened = await pages.open(pages.course);
    const { page, complaints } = opened;
    await rows(page);
    await page.getByRole('button', { name: 'Filters' }).click();
    const fields = page.locator('.bounds input');
    const all = await fields.count();
    for (const metric of ['Videos', 'Posts', 'Problems solved']) {
      await page.getByLabel(`${metric}, at least`).pressSequentially('1');
      await page.keyboard.press('Tab');
      assert.equal(await page.locator(':focus').getAttribute('aria-label'), `${metric}, at most`);
    }
    assert.equal(await fields.count(), all);
    await page.getByRole('button', { name: 'No video viewed' }).click();
    assert.deepEqual(
      [
        await page.getByLabel('Videos, at least').inputValue(),
        await page.getByLabel('Videos, at most').inputValue(),
        await page.getByLabel('Posts, at least').inputValue(),
      ],
      ['', '0', '1'],
    );
    await takeShot(page, 'filters-typed');
    const most = page.getByLabel('Posts, at most');
    for (const text of ['-2', '0', '0.5']) {
      await most.fill(text);
      await most.press('Enter');
      assert.equal(await page.locator('.bounds input:invalid').count(), 1, text);
      assert.equal(await fields.count(), all, text);
      assert.doesNotMatch(page.url(), /min/);
    }
    await most.fill('7');
    await most.press('Enter');
    await page.waitForURL(/discussion_contributions_min=1&discussion_contributions_max=7/);
    await fields.first().waitFor({ state: 'detached' });
    assert.deepEqual(complaints, []);
  });

  test('other days, and pages up to the last', async () => {
    await using opened = await pages.open(`${pages.course}?start_date=2026-03-01&end_date=2026-03-08`);
    const { page } = opened;
    await page.getByRole('button', { name: /Activity of Mar 1 – 7, 2026/ }).click();
    await takeShot(page, 'days');
    const days = page.locator('input[type=date]');
    await days.last().fill('2026-02-01');
    await days.last().press('Enter');
    const wrong = page.getByRole('alert');
    await wrong.waitFor();
    await page.evaluate("document.querySelector('[role=alert]').dataset.heard = 'once'");
    assert.equal(await page.locator('input[type=date][aria-invalid=true]').count(), 2);
    assert.equal(await days.last().getAttribute('aria-describedby'), await wrong.getAttribute('id'));
    assert.deepEqual(await findViolations(page, '[role=dialog]'), []);
    await takeShot(page, 'days-wrong');
    // which is another, and heard again
    await days.last().press('Enter');
    await page.locator('[role=alert]:not([data-heard])').waitFor();
    // not of days that were not looked at yet
    await days.last().fill('2026-03-02');
    await wrong.waitFor({ state: 'detached' });
    assert.equal(await page.locator('input[type=date][aria-invalid=true]').count(), 0);
    await page.getByRole('button', { name: 'Latest four weeks' }).click();
    await page.waitForURL(/start_date=2026-02-19/);
    const note = page.getByText(/^The groups are those of Mar 12 – 18, 2026\. .* of Feb 19 – Mar 18, 2026/);
    await note.waitFor();
    assert.equal(await page.getByRole('status').filter({ hasText: 'The groups are those of' }).count(), 1);
    await page.getByRole('button', { name: /^Activity of/ }).click();
    await page.getByRole('button', { name: 'Latest seven days' }).click();
    await note.waitFor({ state: 'detached' });
    await page.goBack();
    await page.getByRole('button', { name: 'Last page' }).click();
    await page.waitForURL(/page=\d+/);
    const last = await rows(page);
    assert.ok(last.length > 0 && last.length <= 25);
    // at the end of the pages, too, the keyboard goes on from where it was
    assert.equal(await focused(page, 'aria-label'), 'Last page');
    await page.keyboard.press('Enter');
    assert.deepEqual(await rows(page), last);
    const field = page.getByLabel('Page', { exact: true });
    const number = await field.inputValue();
    await field.fill('4000');
    await page.keyboard.press('Enter');
    assert.equal(await field.inputValue(), number);
    await field.fill('2');
    await page.keyboard.press('Enter');
    await page.waitForURL(/page=2(&|$)/);
    await page.goto(page.url().replace(/page=2/, 'page=4000'));
    await page.waitForURL((url) => !url.search.includes('page='));
    assert.equal((await rows(page)).length, 25);
  });

  test('by keyboard alone: search, table, learner, definition, back', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    const everybody = await rows(page);
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate('document.activeElement.textContent'), /Skip/);
    await page.keyboard.press('/');
    await page.keyboard.type(everybody[4]!.slice(0, 4), { delay: 20 });
    await page.keyboard.press('ArrowDown');
    await page.locator('[role=option][aria-selected=true]').waitFor();
    await takeShot(page, 'search');
    const wanted = await page.locator('[role=option][aria-selected=true] .quiet').innerText();
    await page.keyboard.press('Enter');
    await page.locator('.learner-head h1:focus').waitFor();
    assert.ok(wanted.startsWith(decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1)!)));
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'H1');
    await page.goBack();
    await rows(page);
    await page.locator('a.open').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(page, 'data-username'), everybody[2]);
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Write to 1 learner' }).waitFor();
    await page.keyboard.press('End');
    assert.equal(await focused(page, 'data-username'), everybody.at(-1));
    await page.keyboard.press('Enter');
    await page.locator('.learner-head h1').waitFor();
    // beside the number, and above its bars in the timeline
    const info = page.getByRole('button', { name: 'What “Videos” means' }).first();
    await info.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('How many different videos the learner played.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.locator('button[aria-label*="Videos"]:focus').waitFor();
  });

  test('the days of a learner as a table and a file', async () => {
    await using opened = await pages.open(`${pages.course}${STRUGGLING}`, { acceptDownloads: true });
    const { page } = opened;
    await rows(page);
    await page.locator('a.open').first().click();
    await page.locator('.chart svg').first().waitFor();
    await page.getByText('The same as a table').click();
    assert.equal(await page.locator('.timeline tbody tr').count(), 21);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download CSV' }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
    assert.equal(lines.length, 22);
    assert.match(lines[0]!, /^date,problem_attempts,/);
  });

  test('every state says what is wrong and what to do', async () => {
    const cases: readonly (readonly [string, string, RegExp, { status: number; body: string } | 'abort' | null])[] = [
      ['denied', 'courses/course-v1:Nobody+X+1', /You may not see this course/, null],
      ['no-learner', `${pages.course}/learners/nobody`, /no page of nobody in this course/, null],
      ['nothing', 'courses/x/y/z', /nothing at this address/, null],
      ['mistyped', 'nope', /nothing at this address/, null],
      ['empty', `${pages.course}?text_search=zzzzzz`, /Nobody matches all of this/, null],
      [
        'failed',
        pages.course,
        /The server made a mistake.*this number: r-1/s,
        { status: 500, body: '{"error_code":"internal_error","request_id":"r-1"}' },
      ],
      ['offline', pages.course, /The server cannot be reached/, 'abort'],
      [
        'busy',
        pages.course,
        /Too many requests in a short time/,
        { status: 429, body: '{"error_code":"rate_limited"}' },
      ],
      [
        'expired',
        pages.course,
        /Your session has ended/,
        { status: 401, body: '{"error_code":"authentication_required"}' },
      ],
    ];
    await using opened = await pages.open('?all');
    const { page } = opened;
    for (const [name, path, expected, answer] of cases) {
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      if (answer !== null) {
        await page.route('**/v0/learners/?**', async (route) =>
          answer === 'abort' ? route.abort() : route.fulfill({ ...answer, contentType: 'application/json' }),
        );
      }
      await page.goto(`${pages.url}/${path}`);
      await page.locator('.notice, .banner').first().waitFor();
      assert.match(await page.locator('body').innerText(), expected, name);
      if (name === 'nothing') assert.match(await page.title(), /^There is nothing at this address – /);
      assert.deepEqual(await findViolations(page), [], name);
      await takeShot(page, `state-${name}`);
    }
  });

  test('slow answers show what is coming, and say so', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    await page.route('**/v0/learners/?**', async () => {});
    await page.goto(`${pages.url}/${pages.course}`);
    await page.locator('.skeleton').waitFor();
    await takeShot(page, 'state-loading');
    await page.getByText('This takes longer than usual').waitFor();
    await page.context().setOffline(true);
    await page.getByText('No connection to the server').waitFor();
    await takeShot(page, 'state-no-connection');
  });

  test('how many there are is not told while the list of before is shown', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    const status = page.locator('.list-head .count');
    const told = await status.textContent();
    assert.match(told ?? '', /\d+ learners/);
    const { promise: asked, resolve: answer } = Promise.withResolvers<void>();
    await page.route(/learners\/\?.*(text_search|[?&]page=)/, async (route) => {
      await asked;
      await route.continue();
    });
    // another page of the same list
    await page.getByRole('button', { name: 'Last page' }).click();
    await page.locator('.list.updating').waitFor();
    assert.equal(await status.textContent(), told);
    await page.getByRole('combobox', { name: 'Find a learner' }).fill('zzzzzz');
    await page.getByRole('combobox', { name: 'Find a learner' }).press('Enter');
    await page.waitForURL(/text_search=zzzzzz/);
    await page.locator('.list.updating').waitFor();
    assert.equal((await status.textContent())?.trim(), '');
    answer();
    await page.getByText(/^0 of \d+ learners$/).waitFor();
  });

  test('axe finds nothing, in light and dark, on any page', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await using opened = await pages.open('?all', { colorScheme });
      const { page } = opened;
      await page.locator('.card').first().waitFor();
      assert.deepEqual(await findViolations(page), [], `courses, ${colorScheme}`);
      await page.goto(`${pages.url}/${pages.course}${STRUGGLING}`);
      await rows(page);
      assert.deepEqual(await findViolations(page), [], `roster, ${colorScheme}`);
      await takeShot(page, `roster-${colorScheme}`);
      for (const name of [/^Filters/, /What “Attempts per solved/, /^Activity of/, 'Account and display']) {
        await page.getByRole('button', { name }).first().click();
        await page.getByRole('dialog').waitFor();
        assert.deepEqual(await findViolations(page, '[role=dialog]'), [], `${name}, ${colorScheme}`);
        const wide = await page.evaluate<number>(
          `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.popover'))`,
        );
        assert.equal(wide, 0, `${name} is to be scrolled sideways`);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      await page.locator('a.open').first().click();
      await page.locator('.chart svg').first().waitFor();
      await page.getByText('The same as a table').click();
      assert.deepEqual(await findViolations(page), [], `learner, ${colorScheme}`);
      await takeShot(page, `learner-${colorScheme}`, true);
    }
  });

  test('nothing overflows from 320 to 2,560 px, in long words and from right to left', async () => {
    for (const language of ['es', 'en-XA', 'ar-XB'] as const) {
      await using opened = await pages.open(`${pages.course}${STRUGGLING}`, { language });
      const { page } = opened;
      for (const part of ['roster', 'learner']) {
        if (part === 'roster') {
          await rows(page);
        } else {
          await page.setViewportSize({ width: 1440, height: 1000 });
          await page.locator('a.open').first().click();
          await page.locator('.chart svg').first().waitFor();
        }
        for (const width of [320, 390, 768, 1024, 1440, 2560]) {
          await page.setViewportSize({ width, height: 900 });
          const wide = await page.evaluate<number>(
            'document.documentElement.scrollWidth - document.documentElement.clientWidth',
          );
          if (width === 390 || width === 1440) await takeShot(page, `${part}-${language}-${width}`);
          const culprits = await page.evaluate<string[]>(
            `[...document.querySelectorAll('main *, header *')].filter((e) => { const r = e.getBoundingClientRect(); return (r.right > innerWidth + 1 || r.left < -1) && !e.closest('.tiles, .table-frame, .table-scroll, .only-heard, .skip'); }).map((e) => e.tagName + '.' + e.className)`,
          );
          assert.ok(
            wide <= 0,
            `${part}, ${language}, ${width} px: ${wide} px too wide: ${culprits.slice(0, 6).join(' ')}`,
          );
        }
      }
    }
  });

  test('the whole table is seen at once from 1,280 px on', async () => {
    for (const language of ['en', 'es'] as const) {
      // also those who never did anything, with the day of their enrolment
      await using opened = await pages.open(`${pages.course}?all`, { language });
      const { page } = opened;
      await rows(page);
      await page.setViewportSize({ width: 1280, height: 900 });
      const hidden = await page.evaluate<number>(
        `document.querySelector('table.roster').getBoundingClientRect().right - document.querySelector('.toolbar').getBoundingClientRect().right`,
      );
      assert.ok(hidden <= 0, `${language}: ${hidden} px of the table are hidden`);
    }
  });

  test('in a low window a dialog has all of it, and a way out', async () => {
    for (const viewport of [
      { width: 320, height: 256 },
      { width: 640, height: 360 },
    ]) {
      const size = `${viewport.width}x${viewport.height}`;
      await using opened = await pages.open(`${pages.course}?text_search=example`, { viewport });
      const { page } = opened;
      await rows(page);
      const look = async (name: RegExp | string, part: string) => {
        await page.getByRole('button', { name }).first().click();
        await page.getByRole('dialog').waitFor();
        const box = await page.locator('.popover').boundingBox();
        assert.deepEqual(box, { x: 0, y: 0, ...viewport }, `${part}, ${size}`);
        const wide = await page.evaluate<number>(
          `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.popover'))`,
        );
        assert.ok(wide <= 0, `${part}, ${size}: ${wide} px too wide`);
        assert.deepEqual(await findViolations(page, '[role=dialog]'), [], `${part}, ${size}`);
        await takeShot(page, `low-${part}-${size}`);
        if (part === 'filters') {
          // what is sticky would cover what is to be read
          const last = page.getByText('Who solved nothing has');
          await last.scrollIntoViewIfNeeded();
          await page.getByLabel('Days active, at most').scrollIntoViewIfNeeded();
          await page.getByLabel('Days active, at most').fill('3');
        }
        await page.getByRole('button', { name: 'Close', exact: true }).click();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      };
      await look(/^Filters/, 'filters');
      await look(/^Activity of/, 'days');
      await look(/^What/, 'meaning');
      await look('Account and display', 'menu');
      await page.locator('a.open').first().click();
      await look(/^Write$/, 'write');
    }
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    await page.getByRole('button', { name: /^Filters/ }).click();
    await page.getByRole('dialog').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Close', exact: true }).count(), 0);
  });

  test('of days without anything it is said that logs may be late only where they may', async () => {
    for (const language of ['en', 'es'] as const) {
      await using opened = await pages.open('?all', { language });
      const { page } = opened;
      for (const [part, start, end, late] of [
        ['past', '2020-01-01', '2020-01-02', false],
        ['future', '2027-01-01', '2027-01-08', false],
        ['from-now', '2026-03-19', '2026-03-20', false],
      ] as const) {
        await page.goto(`${pages.url}/${pages.course}?start_date=${start}&end_date=${end}`);
        const note = page.locator('.quiet-course', { has: page.locator('strong') });
        await note.waitFor();
        assert.equal(/logs|registros/.test(await note.innerText()), late, part);
        await takeShot(page, `roster-quiet-${part}-${language}`);
      }
    }
  });

  test('names that are one word, however long, stay within the page', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    const lengthen = async (selector: string) => {
      await page.evaluate(
        `for (const each of document.querySelectorAll('${selector}')) for (const node of each.childNodes) if (node.nodeType === 3) node.data = 'Wort'.repeat(60)`,
      );
      for (const width of [320, 768, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        const wide = await page.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.ok(wide <= 0, `${selector}, ${width} px: ${wide} px too wide`);
      }
    };
    await page.locator('.card').first().waitFor();
    await lengthen('.card h2 bdi, .card > p.quiet');
    await takeShot(page, 'courses-long-names');
    await page.goto(`${pages.url}/${pages.course}${STRUGGLING}`);
    await rows(page);
    await lengthen('h1, h1 *, .roster tbody .name *');
    await page.reload();
    await rows(page);
    await page.locator('a.open').first().click();
    await page.locator('.chart svg').first().waitFor();
    await lengthen('h1, h1 *');
    await takeShot(page, 'learner-long-names');
  });

  test('pages are of one publication, whatever is published while somebody turns them', async () => {
    await using opened = await pages.open(`${pages.course}?order_by=username`);
    const { page } = opened;
    const seen = await rows(page);
    const key = decodeURIComponent(pages.course.replace('courses/', ''));
    await pages.change(
      `course_id,username,name,enrollment_date\n${[1, 2, 3].map((number) => `${key},0${number},Zyxwvu,2019-12-20`).join('\n')}\n`,
    );
    for (let number = 2; ; number += 1) {
      await page.getByRole('button', { name: 'Next page' }).click();
      await page.waitForURL(new RegExp(`page=${number}(&|$)`));
      const more = await rows(page);
      assert.deepEqual(
        more.filter((username) => seen.includes(username)),
        [],
        `page ${number}`,
      );
      seen.push(...more);
      if (more.length < 25) break;
    }
    const total = Number(/^[\d,]+/.exec(await page.locator('p.count').innerText())?.[0].replace(',', ''));
    assert.equal(seen.length, total);
    // that were enrolled long ago, and did nothing
    for (const language of ['en', 'es'] as const) {
      await using narrow = await pages.open(`${pages.course}?text_search=zyxwvu`, {
        language,
        viewport: { width: 320, height: 900 },
      });
      assert.equal((await rows(narrow.page)).length, 3);
      const wide = await narrow.page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      await takeShot(narrow.page, `roster-never-${language}`, true);
      assert.ok(wide <= 0, `${wide} px too wide`);
    }
  });

  test('what is loaded first is small, and nothing moves when it comes', async () => {
    const assets = join(import.meta.dirname, '../../dist/web/assets');
    const html = await readFile(join(assets, '../index.html'), 'utf8');
    const scripts = Array.from(html.matchAll(/(?:src|href)="\.\/assets\/([\w-]+\.js)"/g), ([, name]) => name!);
    assert.ok(scripts.length > 0);
    const codes = scripts.map((name) => readFileSync(join(assets, name)));
    const size = codes.reduce((sum, code) => sum + gzipSync(code).length, 0);
    // a key of the hours that the clocks of each region have
    assert.ok(!codes.some((code) => code.includes('gu-IN')), 'the hours of clocks are there');
    assert.ok(size <= 150_000, `${size} bytes of JavaScript`);

    await using opened = await pages.open(pages.course);
    const { page } = opened;
    // what the course is called comes last, and is long
    await page.route('**/course_learner_metadata/**', async (route) => {
      const response = await route.fetch();
      const course = (await response.json()) as CourseMetadata;
      await setTimeout(300);
      await route.fulfill({ response, json: { ...course, name: 'Programming for Everybody '.repeat(6) } });
    });
    await page.reload();
    await page.locator('h1', { hasText: 'Everybody' }).waitFor();
    await known(page);
    await takeShot(page, 'roster-long-title');
    const shift = await page.evaluate<number>(
      `new Promise((resolve) => { let sum = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true }); setTimeout(() => resolve(sum), 300); })`,
    );
    assert.ok(shift < 0.02, `layout shift of ${shift}`);
  });
});
