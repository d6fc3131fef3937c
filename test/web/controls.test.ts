import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { known, NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

// By finger, by keyboard and by whatever else people press things with.

describe('what is pressed, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages()));
  after(async () => pages.close());

  test('a press beside the box chooses the learner, too, and opens nobody', async () => {
    for (const [width, most] of [
      [1440, 24],
      [1000, 24],
      [390, 44],
    ] as const) {
      await using opened = await pages.open(pages.course, { viewport: { width, height: 900 } });
      const { page } = opened;
      await known(page);
      const address = page.url();
      const cell = page.locator('tbody .choose').nth(1);
      const box = (await cell.boundingBox())!;
      assert.ok(Math.min(box.width, box.height) >= most, `${width} px: ${box.width} by ${box.height}`);
      await cell.click({ position: { x: 3, y: 3 } });
      assert.equal(await page.locator('tbody input').nth(1).isChecked(), true, `${width} px`);
      await cell.click({ position: { x: box.width - 3, y: box.height - 3 } });
      assert.equal(await page.locator('tbody input').nth(1).isChecked(), false, `${width} px`);
      assert.equal(page.url(), address);
      // of the head its own cell alone
      if (width > 390) {
        await page.getByRole('button', { name: 'Videos', exact: true }).click();
        await page.locator('th[aria-sort=descending]', { hasText: 'Videos' }).waitFor();
        await rows(page);
      }
      const number = page.locator('tbody tr').nth(0).locator('.number').last();
      await number.scrollIntoViewIfNeeded();
      const { x, y } = (await number.boundingBox())!;
      await page.mouse.click(x + 5, y + 5);
      await page.locator('.learner-head h1').waitFor();
    }
  });

  test('what a row says can be marked by a drag, which opens nobody; a press anywhere in it does', async () => {
    for (const width of [1440, 390]) {
      await using opened = await pages.open(`${pages.course}?text_search=example`, {
        viewport: { width, height: 900 },
      });
      const { page } = opened;
      await known(page);
      const address = page.url();
      const row = page.locator('tbody tr').nth(2);
      const place = async (what: string) => {
        const part = row.locator(what).first();
        await part.scrollIntoViewIfNeeded();
        return (await part.boundingBox())!;
      };
      for (const what of ['a.open bdi', '.beside bdi', '.beside bdi:nth-of-type(2)', '[data-label] >> nth=1']) {
        const box = await place(what);
        const y = box.y + box.height / 2;
        await page.mouse.move(box.x + 1, y);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width / 2, y, { steps: 3 });
        await page.mouse.move(box.x + box.width - 1, y, { steps: 3 });
        await page.mouse.up();
        const marked = await page.evaluate<string>(`getSelection().toString().trim()`);
        const text = (await row.locator(what).first().innerText()).trim();
        assert.ok(text.length > 0 && (marked === text || what.startsWith('[')), `${width} px, ${what}: ${marked}`);
        assert.equal(page.url(), address, `${width} px, ${what}`);
      }
      // in another tab, by the keys and buttons of a link
      for (const press of [() => ({ button: 'middle' as const }), () => ({ modifiers: ['ControlOrMeta' as const] })]) {
        for (const what of ['.number', '.beside bdi', 'a.open']) {
          const tab = page.context().waitForEvent('page');
          await row.locator(what).first().click(press());
          const other = await tab;
          await other.locator('.learner-head h1').waitFor();
          assert.equal(await other.evaluate('sessionStorage.length + Number(opener !== null)'), 0);
          await other.close();
          assert.equal(page.url(), address);
        }
      }
      // nobody who is chosen is left out for what is marked elsewhere, however unsteady the hand
      await page.evaluate(`getSelection().selectAllChildren(document.querySelector('h1'))`);
      const box = await place('input');
      await page.mouse.move(box.x + 2, box.y + 2);
      await page.mouse.down();
      await page.mouse.move(box.x + 9, box.y + 8);
      await page.mouse.up();
      assert.equal(await row.locator('input').isChecked(), true);
      await row.locator('input').uncheck();
      // also on what is marked
      const { x, y, width: wide, height } = await place('.beside bdi');
      await page.evaluate(`getSelection().selectAllChildren(document.querySelectorAll('tbody tr')[2])`);
      await page.mouse.click(x + wide / 2, y + height / 2);
      await page.locator('.learner-head h1').waitFor();
      await page.goBack();
      await known(page);
      await page.evaluate(`getSelection().selectAllChildren(document.querySelectorAll('tbody tr')[2])`);
      await row.locator('a.open').press('Enter');
      await page.locator('.learner-head h1').waitFor();
    }
  });

  test('the heads of the columns stay in sight, and all columns are, however far down the list one is', async () => {
    for (const language of ['en', 'es'] as const) {
      await using opened = await pages.open(
        `${pages.course}?order_by=problem_attempts_per_completed&sort_order=desc&page_size=50`,
        { language },
      );
      const { page } = opened;
      await known(page);
      for (const width of [992, 1024, 1280, 1366, 1440, 1920]) {
        await page.setViewportSize({ width, height: 768 });
        await page.locator('tbody tr').nth(40).scrollIntoViewIfNeeded();
        const heads = await page.locator('thead th').all();
        for (const head of [heads[1]!, heads.at(-1)!]) {
          const box = (await head.boundingBox())!;
          assert.ok(Math.abs(box.y) <= 1, `${language}, ${width} px: at ${box.y}`);
          assert.ok(box.x >= 0 && box.x + box.width <= width, `${language}, ${width} px: ${box.x}, ${box.width}`);
        }
        await takeShot(page, `heads-${language}-${width}`);
      }
    }
  });

  test('what the course is called is whole at any width, and whom one chose is in sight in a low window', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await known(page);
    for (const width of [320, 992, 1100, 1280, 1366, 1440, 1503, 1504]) {
      await page.setViewportSize({ width, height: 560 });
      const lost = await page.evaluate<number>(
        `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('h1 bdi'))`,
      );
      assert.ok(width === 320 || lost <= 0, `${width} px: ${lost} px of the name are cut`);
    }
    await page.setViewportSize({ width: 1280, height: 560 });
    await page.locator('tbody input').first().check();
    const bar = (await page.locator('.chosen-bar').boundingBox())!;
    assert.ok(bar.y + bar.height <= 560, `${bar.y}`);
    await page.locator('[role=status]', { hasText: '1 chosen' }).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Robin Example' }).click();
    await page.getByRole('combobox', { name: 'Language' }).selectOption('es');
    await page.locator('h2, p', { hasText: 'estudiantes' }).first().waitFor();
    assert.deepEqual(await page.locator('[role=status]', { hasText: 'elegido' }).allInnerTexts(), []);
  });

  test('columns stay where they are from group to group', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    const look = async (): Promise<number[]> => {
      await rows(page);
      const boxes = await Promise.all((await page.locator('thead th').all()).map(async (head) => head.boundingBox()));
      return boxes.map((box) => Math.round(box!.x));
    };
    await page.goto(`${pages.url}/${pages.course}?segments=inactive`);
    const places = await look();
    for (const segment of ['struggling', 'disengaging', 'highly_engaged']) {
      await page.goto(`${pages.url}/${pages.course}?segments=${segment}`);
      const others = await look();
      for (const [index, x] of others.entries())
        assert.ok(Math.abs(x - places[index]!) <= 12, `${segment}, column ${index}: ${x} for ${places[index]}`);
    }
  });

  test('by keys, nothing of the filters is below their buttons', async () => {
    for (const viewport of [
      { width: 1440, height: 1000 },
      { width: 1440, height: 700 },
      { width: 390, height: 844 },
    ]) {
      await using opened = await pages.open(pages.course, { viewport });
      const { page } = opened;
      await rows(page);
      await page.getByRole('button', { name: 'Filters' }).click();
      await page.getByRole('dialog').waitFor();
      const stops: string[] = [];
      while (!stops.includes('Cancel')) {
        await page.keyboard.press('Tab');
        const [name, isSeen] = await page.evaluate<[string, boolean]>(`(() => {
          const each = document.activeElement;
          const { x, width, bottom } = each.getBoundingClientRect();
          const seen = document.elementFromPoint(x + width / 2, bottom - 2);
          return [each.ariaLabel ?? each.textContent, each === seen || each.contains(seen) || each.closest('label')?.contains(seen) === true];
        })()`);
        assert.ok(isSeen, `${name}, ${viewport.width} by ${viewport.height} px`);
        stops.push(name);
      }
      assert.ok(stops.includes('Days active, at most'));
    }
  });

  test('what is pressed or marked can be told where the system chooses the colours', async () => {
    await using opened = await pages.open(`${pages.course}?segments=struggling`);
    const { page } = opened;
    await page.emulateMedia({ forcedColors: 'active' });
    await rows(page);
    const styleOf = async (selector: string, name: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).getPropertyValue('${name}')`);
    assert.equal(await styleOf('.tile > [aria-pressed=true]', 'outline-style'), 'solid');
    assert.equal(await styleOf('.tile > [aria-pressed=false]', 'outline-style'), 'none');
    assert.equal(await styleOf('tbody .badge', 'border-top-style'), 'solid');
    assert.equal(await styleOf('.sort-choice select', 'appearance'), 'auto');
    await page.getByRole('button', { name: 'Filters' }).click();
    await page.getByRole('button', { name: 'No video viewed' }).click();
    assert.equal(await styleOf('.quick [aria-pressed=true]', 'outline-style'), 'solid');
    assert.equal(await styleOf('.segmented input:checked + span', 'outline-style'), 'solid');
    await takeShot(page, 'forced-colors');
    await page.keyboard.press('Escape');
    await page.evaluate("document.documentElement.dataset.theme = 'light'");
    await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
    await page.locator('a.open').first().click();
    await page.locator('.chart svg .bars').first().waitFor();
    const ink = await styleOf('h1', 'color');
    assert.equal(await styleOf('.chart svg .bars', 'fill'), ink);
    assert.equal(await styleOf('.chart svg .window', 'fill'), 'rgb(35, 45, 57)', 'light shades below light bars');
    await takeShot(page, 'forced-colors-learner', true);
  });

  test('whether high is good or worth a look is heard, and to be seen without colours', async () => {
    await using opened = await pages.open(
      `${pages.course}?segments=struggling&order_by=problem_attempts_per_completed&sort_order=desc`,
    );
    const { page } = opened;
    await rows(page);
    const heard = async (tone: string) => page.locator(`td .marked.${tone}`).first().textContent();
    assert.match((await heard('watch')) ?? '', /^(high|low), worth a look: /);
    assert.match((await heard('neutral')) ?? '', /^(high|low): /);
    await page.goto(`${pages.url}/${pages.course}?segments=highly_engaged`);
    await rows(page);
    assert.match((await heard('good')) ?? '', /^(high|low), going well: /);
    for (const mark of ['td .marked', '.legend .swatch']) {
      const outlineOf = async (tone: string) =>
        page.evaluate(`getComputedStyle(document.querySelector('${mark}.${tone}')).outlineStyle`);
      assert.deepEqual([await outlineOf('watch'), await outlineOf('good')], ['solid', 'none'], mark);
    }
  });

  test('the heads of columns and rows are called what they are, and what explains them beside', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    const look = async (role: 'columnheader' | 'rowheader') => {
      const head = page.getByRole(role, { name: 'Videos', exact: true });
      assert.equal(await head.count(), 1, role);
      assert.equal(await head.getByRole('button', { name: 'What “Videos” means' }).count(), 1);
    };
    await look('columnheader');
    await page.locator('a.open').first().click();
    await page.getByRole('table', { name: /^Compared with the course/ }).waitFor();
    await look('rowheader');
    await page.getByRole('heading', { level: 3, name: 'Videos', exact: true }).waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Course and other learners' }).count(), 1);
  });

  test('on a phone and at twice the size the list begins on the first screen, and can be skipped to', async () => {
    for (const viewport of [
      { width: 390, height: 844 },
      { width: 720, height: 500 },
    ]) {
      for (const language of ['en', 'es'] as const) {
        await using opened = await pages.open(pages.course, { viewport, language });
        const { page } = opened;
        await known(page);
        const { y } = (await page.locator('thead label').boundingBox())!;
        assert.ok(y < viewport.height, `${language}, ${viewport.width} px: at ${y}`);
        const tops = await Promise.all(
          ['.toolbar > .button:not(.csv)', '.sort-choice select', '.toolbar .csv'].map(
            async (each) => (await page.locator(each).boundingBox())!.y,
          ),
        );
        assert.equal(new Set(tops).size, 1, `${language}, ${viewport.width} px: ${tops.join(', ')}`);
        const skip = page.getByRole('link', { name: language === 'en' ? 'Skip to the list' : 'Saltar a la lista' });
        await skip.press('Enter');
        await page.locator('tbody tr:first-child a.open:focus').waitFor();
        assert.equal(await page.getByRole('link', { name: /CSV/ }).count(), 1);
      }
    }
  });

  test('the list can be ordered also by what has no column', async () => {
    for (const width of [1440, 1024, 390]) {
      await using opened = await pages.open(pages.course, { viewport: { width, height: 900 } });
      const { page } = opened;
      const byName = await rows(page);
      await page.getByLabel('Sort by').selectOption('Enrolled');
      await page.waitForURL(/order_by=enrollment_date/);
      assert.notDeepEqual(await rows(page), byName);
    }
  });

  test('on a narrow screen nothing that is not seen has the focus; what columns explain and choose is above the list', async () => {
    await using opened = await pages.open(pages.course, { viewport: { width: 390, height: 900 } });
    const { page } = opened;
    const shown = await rows(page);
    const unseen = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.list-head *, .list *')].filter((each) => {
        if (each.tabIndex < 0 || !each.checkVisibility({ visibilityProperty: true })) return false;
        each.focus();
        const { x, y, width, height } = each.getBoundingClientRect();
        return !document.elementsFromPoint(x + width / 2, y + height / 2).includes(each);
      }).map((each) => each.ariaLabel ?? each.textContent)`,
    );
    assert.deepEqual(unseen, []);
    await page.evaluate('scrollTo(0, 0)');
    await page.getByRole('button', { name: 'What “Numbers of the days shown” means' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('How many different videos the learner played.').waitFor();
    await dialog.getByText('Counted from Mar 12 – 18, 2026').waitFor();
    await takeShot(page, 'narrow-meanings');
    await page.keyboard.press('Escape');
    await page.locator('thead label').click();
    await page.getByRole('button', { name: `Write to ${shown.length} learners` }).waitFor();
    await takeShot(page, 'narrow-chosen', true);
  });

  test('the key that goes to the search can be switched off', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    const press = async () => {
      await page.locator('a.open').first().focus();
      await page.keyboard.press('/');
      return page.locator('.search input:focus').isVisible();
    };
    assert.equal(await press(), true);
    await page.getByRole('button', { name: 'Account and display' }).click();
    await page.getByLabel('The / key goes to the search').uncheck();
    await takeShot(page, 'menu');
    await page.keyboard.press('Escape');
    assert.equal(await press(), false);
    assert.equal(await page.locator('.search kbd').count(), 0);
    await page.reload();
    await rows(page);
    assert.equal(await press(), false);
  });

  test('the focus stays near what was pressed and is gone', async () => {
    await using opened = await pages.open(`${pages.course}?segments=disengaging`);
    const { page } = opened;
    await rows(page);
    const inSearch = page.locator('.search input:focus');
    await page.getByRole('button', { name: 'Clear all' }).press('Enter');
    await inSearch.waitFor();
    await inSearch.fill('nobody at all');
    await inSearch.press('Enter');
    await page.getByText('Nobody matches all of this').waitFor();
    await page.getByRole('button', { name: 'Clear the search' }).press('Enter');
    await inSearch.waitFor();
    await page.goto(`${pages.url}/${pages.course}?text_search=zzzzzz&segments=disengaging`);
    await page.locator('.notice').getByRole('button', { name: 'Search among all learners' }).press('Enter');
    await page.waitForURL((url) => !url.search.includes('segments'));
    await inSearch.waitFor();
    await page.locator('.notice').getByRole('button', { name: 'Clear all' }).press('Enter');
    await rows(page);
    await inSearch.waitFor();
    await page.goto(`${pages.url}/${pages.course}?segments=disengaging`);
    await rows(page);
    await page.getByRole('button', { name: /^Show what they did/ }).press('Enter');
    await page.locator('.quiet-course:focus', { hasText: 'The groups are those of' }).waitFor();
    await rows(page);
    await page.locator('tbody input').nth(3).check();
    await page.locator('a.open').last().focus();
    await page.getByRole('button', { name: 'Choose nobody' }).press('Enter');
    await page.locator('.chosen-bar').waitFor({ state: 'detached' });
    await page.locator('tbody tr:nth-child(4) input:focus').waitFor();
    await page.locator('tbody input').nth(3).check();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.waitForURL(/page=2/);
    await rows(page);
    await page.getByRole('button', { name: 'Choose nobody' }).press('Enter');
    await page.locator('thead input:focus').waitFor();
    // by finger not to where the keyboard of a phone would come up
    await page.goto(`${pages.url}/${pages.course}?segments=disengaging`);
    await rows(page);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.locator('h1:focus').waitFor();
  });

  test('the keys of an input method are its own', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    await rows(page);
    const address = page.url();
    const search = page.getByRole('combobox', { name: 'Find a learner' });
    await search.focus();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Input.imeSetComposition', { text: 'mi', selectionStart: 2, selectionEnd: 2 });
    await page.locator('[role=option]').first().waitFor();
    for (const key of ['ArrowDown', 'Enter', 'Escape']) await page.keyboard.press(key);
    assert.equal(await page.locator('[role=option][aria-selected=true]').count(), 0);
    assert.equal(await page.locator('.suggestions').isVisible(), true);
    assert.equal(page.url(), address);
    await devtools.send('Input.insertText', { text: 'mia' });
    // what Safari sends when Enter has taken over what was composed
    await page.evaluate(
      `document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true }))`,
    );
    assert.equal(page.url(), address);
    await search.press('Enter');
    await page.waitForURL(/text_search=mia/);
  });

  test('filters that are open stay so when the list fails before what is known of the course is there', async () => {
    await using opened = await pages.open('?all');
    const { page } = opened;
    const list = Promise.withResolvers<void>();
    const course = Promise.withResolvers<void>();
    await page.route('**/v0/learners/?**', async (route) => {
      await list.promise;
      await route.continue();
    });
    await page.route('**/course_learner_metadata/**', async (route) => {
      await course.promise;
      await route.continue();
    });
    await page.goto(`${pages.url}/${pages.course}?cohort=Renamed`);
    await page.getByRole('button', { name: 'Filters' }).click();
    const bound = page.getByLabel('Problems tried, at least');
    await bound.fill('7');
    list.resolve();
    await page.locator('.notice').waitFor({ state: 'attached' });
    assert.equal(await bound.inputValue(), '7');
    await takeShot(page, 'filters-list-failed');
    course.resolve();
    await page.locator('.tile .count', { hasText: /\d/ }).first().waitFor({ state: 'attached' });
    assert.equal(await bound.inputValue(), '7');
  });

  test('a cohort of the address that is not there any more is told as chosen, and can be taken away', async () => {
    await using opened = await pages.open(`${pages.course}?cohort=Renamed`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Filters' }).click();
    const cohort = page.locator('.filter-form select').first();
    assert.equal(await cohort.locator('option:checked').innerText(), 'Renamed');
    await cohort.selectOption('All');
    await page.getByRole('button', { name: 'Show learners' }).click();
    await page.waitForURL((url) => url.search === '');
    assert.equal((await rows(page)).length, 25);
  });
});
