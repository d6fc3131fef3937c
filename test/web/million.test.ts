import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Store } from '../../src/store/store.ts';
import { recordActivity } from '../temp-store.ts';
import { NO_BROWSER, openPages, type Pages, rows, takeShot } from './open-pages.ts';

const COURSE = 'course-v1:BigX+Everybody+2026';
const LEARNERS = 1_000_000;
/** So much of a file is read before its memory is looked at, the first time and each time after. */
const WARM_BYTES = 50e6;
const AS_OF = '2026-03-19';

/** A course of a million, a fifth of whom did something in the last two weeks; straight into the tables, to be quick. */
async function fillMillion(store: Store): Promise<void> {
  const params = { course: COURSE, learners: LEARNERS, end: AS_OF };
  const username = "concat('learner', leftPad(toString(number), 7, '0'))";
  await store.run(
    `INSERT INTO lms_enrollments
     SELECT {course:String}, ${username}, number + 1, if(number % 10 = 0, 'verified', 'audit'),
       toDateTime64('2026-01-01 00:00:00', 6, 'UTC') + number, true, if(number % 50 = 0, 'Night owls', NULL)
     FROM numbers({learners:UInt64})`,
    params,
  );
  await store.run(
    `INSERT INTO lms_users (username, user_id, name, email)
     SELECT ${username}, number + 1,
       concat(['Ana', 'Björn', 'Chidi', 'Dalia', 'Emre', 'Fen', 'Grażyna'][number % 7 + 1], ' ',
         ['Núñez', 'Okafor', 'Sato', 'Yıldız', 'Ivanova'][number % 5 + 1], ' ', toString(number)),
       concat('learner', toString(number), '@example.com')
     FROM numbers({learners:UInt64})`,
    params,
  );
  await store.run(
    `INSERT INTO facts (course_id, day, username, hash, time, user_id, kind, entity, completed)
     SELECT {course:String}, {end:Date} - 1 - number % 11 AS day, concat('learner', leftPad(toString(number % 200000 * 5), 7, '0')),
       number + 1, toDateTime64(day, 6, 'UTC') + number % 86400, 0, ['problem', 'problem', 'video', 'discussion'][number % 4 + 1],
       toString(number % 13), number % 3 = 0
     FROM numbers(800000)`,
    params,
  );
  await recordActivity(store);
  await store.insert('touched_courses', [{ course_id: COURSE, touched_at: '2026-03-18 00:00:00.000000' }]);
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Memory of this process's own, without what is only not collected yet: pages of files, as of the engine's library, the system
 * takes and brings back as it likes.
 */
function ownMemory(): number {
  collect();
  if (process.platform !== 'linux') return process.memoryUsage.rss();
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

describe('a course of a million learners, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let pages: Pages;
  before(async () => (pages = await openPages({ fill: fillMillion, asOf: AS_OF })));
  after(async () => pages.close());

  test('any page, any order, and back', async () => {
    await using opened = await pages.open(`${pages.course}?order_by=username`);
    const { page, complaints } = opened;
    page.setDefaultTimeout(60_000);
    assert.equal((await rows(page))[0], 'learner0000000');
    await page.getByText('1,000,000 learners', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Last page' }).click();
    await page.waitForURL(/page=40000(&|$)/);
    assert.equal((await rows(page)).at(-1), 'learner0999999');
    await page.getByRole('textbox', { name: 'Page' }).fill('23456');
    await page.keyboard.press('Enter');
    await page.waitForURL(/page=23456(&|$)/);
    assert.equal((await rows(page))[0], 'learner0586375');
    await takeShot(page, 'million-page-23456');
    await page.locator('a.open').nth(3).click();
    await page.getByText('586,379 of 1,000,000').waitFor();
    await page.goBack();
    assert.equal((await rows(page))[0], 'learner0586375');
    await page.getByRole('button', { name: 'Problems tried', exact: true }).click();
    await page.waitForURL(/order_by=problems_attempted/);
    await rows(page);
    assert.match(await page.locator('tbody tr').first().innerText(), /▲|high/);
    assert.deepEqual(complaints, []);
  });

  test('one of them is found while typing, and groups of them by filters', async () => {
    await using opened = await pages.open(pages.course);
    const { page } = opened;
    page.setDefaultTimeout(60_000);
    await rows(page);
    await page.keyboard.press('/');
    await page.keyboard.type('nunez 700000');
    await page.getByRole('option', { name: /Ana Núñez 700000/ }).waitFor();
    await takeShot(page, 'million-search');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ana Núñez 700000' }).waitFor();
    await page.goto(`${pages.url}/${pages.course}?cohort=Night+owls&enrollment_mode=verified`);
    await page.getByText('20,000 of 1,000,000 learners').waitFor();
    await rows(page);
    await takeShot(page, 'million-filtered');
  });

  test('all of them as a file, in constant memory', async (t) => {
    const login = await fetch(`${pages.url}/auth/login`, { redirect: 'manual' });
    const headers = { cookie: login.headers.get('set-cookie')?.split(';')[0] ?? '' };
    const looks: number[] = [];
    let [bytes, lines] = [0, 0];
    const address = `${pages.url}/api/learner_analytics/v0/learners.csv?course_id=${encodeURIComponent(COURSE)}`;
    const { body } = await fetch(address, { headers });
    for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += part.length;
      for (const byte of part) if (byte === 10) lines += 1;
      // whoever asks lives in this process too, and takes its memory first
      if (bytes > WARM_BYTES * (looks.length + 1)) looks.push(ownMemory());
    }
    const told = `${bytes} bytes, ${looks.map((each) => (each / 1e6).toFixed(0)).join(', ')} MB meanwhile`;
    t.diagnostic(told);
    assert.equal(lines, LEARNERS + 1);
    assert.ok(looks.length >= 4 && Math.max(...looks) - looks[0]! < 100e6, told);
  });
});
