import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openFakeLms } from '../fake-lms.ts';
import { DEMO_COURSE, fillSampleSite } from '../sample-site.ts';
import { known, NO_BROWSER, openPages, type Pages, takeShot } from './open-pages.ts';

// A site with an LMS: people log in there, and it tells more about learners.

const PHOTO = '/media/profile-images/maria_120.svg';
const ROSTER = `courses/${DEMO_COURSE}`;
const MARIA = `${ROSTER}/learners/maria`;
const PROBLEM = 'block-v1:edX+DemoX+2026+type@problem+block@hard';
const STUCK = Array.from({ length: 6 }, (_, index) => ({
  course_id: DEMO_COURSE,
  hash: String(1000 + index),
  day: '2026-10-20',
  time: `2026-10-20 12:00:0${index}.000000`,
  user_id: 0,
  username: 'maria',
  kind: 'problem',
  entity: PROBLEM,
  completed: false,
}));
const ACCOUNT = {
  username: 'maria',
  bio: 'I teach, and want to learn.',
  country: 'MX',
  level_of_education: 'm',
  year_of_birth: 1991,
  language_proficiencies: [{ code: 'es' }],
  profile_image: { has_image: true, image_url_large: PHOTO },
};

/** As when somebody comes back from another tab; for tests, a page has the focus always. */
async function comeBack(page: Page): Promise<void> {
  await page.evaluate("dispatchEvent(new Event('focus'))");
}

describe('with an LMS, in Chromium', { skip: NO_BROWSER, concurrency: 1 }, () => {
  let lms: Awaited<ReturnType<typeof openFakeLms>>;
  let pages: Pages;

  before(async () => {
    // the port does not count for an application on the same machine (RFC 8252)
    lms = await openFakeLms({ prof: { name: 'Prof Okafor' }, guest: { name: 'A Guest' } }, [
      'http://127.0.0.1/auth/callback',
    ]);
    lms.pictures = {
      [PHOTO]:
        '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="120"><rect width="120" height="120" fill="#7a9"/><circle cx="60" cy="48" r="24" fill="#fff"/><path d="M16 120a44 40 0 0 1 88 0Z" fill="#fff"/></svg>',
    };
    pages = await openPages({
      lms,
      asOf: '2026-10-26',
      fill: async (store) => {
        await store.insert('facts', STUCK);
        await fillSampleSite(store);
        const role = { source: 'csv', username: 'prof', role: 'staff', course_id: DEMO_COURSE, org: 'edX' };
        await store.insert('course_roles', [role]);
      },
    });
  });
  after(async () => {
    lms.close();
    await pages.close();
  });

  test('somebody without a session is led through the login to the page they wanted', async () => {
    await using opened = await pages.open('');
    const { page } = opened;
    await page.context().clearCookies();
    const wanted = `${pages.url}/${ROSTER}?order_by=days_active&sort_order=desc`;
    await page.goto(wanted);
    await page.locator('table.roster').waitFor();
    assert.equal(page.url(), wanted);
    assert.match(await page.getByRole('button', { name: /^Account and display/ }).innerText(), /Prof Okafor/);
  });

  test('a login that is not to be reached now is not told to be missing, and is tried again by hand', async () => {
    await using opened = await pages.open('');
    const { page } = opened;
    await page.context().clearCookies();
    const answer = async (status: number) => page.route('**/auth/login', async (route) => route.fulfill({ status }));
    await answer(502);
    await page.goto(`${pages.url}/${ROSTER}`);
    await page.getByText('The server made a mistake').waitFor();
    assert.doesNotMatch(await page.locator('body').innerText(), /number|not set up/i);
    await takeShot(page, 'state-login-failed');
    await answer(404);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Signing in is not set up here').waitFor();
    await page.unrouteAll();
    await page.reload();
    await page.locator('table.roster').waitFor();
  });

  test('the photo and what else the LMS tells are shown', async () => {
    lms.accounts = { maria: ACCOUNT };
    await using opened = await pages.open(MARIA);
    const { page, complaints } = opened;
    const photo = page.locator('.avatar img');
    await photo.waitFor();
    await page.waitForFunction(
      "(({ complete, naturalWidth }) => complete && naturalWidth === 120)(document.querySelector('.avatar img'))",
    );
    const facts = await page.locator('.facts-panel').innerText();
    // the roster knows the year of birth better
    for (const fact of [
      'I teach, and want to learn.',
      'Mexico',
      'Spanish',
      "Master's or professional degree",
      '36 this year',
    ]) {
      assert.ok(facts.includes(fact), `${fact} is not in: ${facts}`);
    }
    assert.doesNotMatch(facts, /City|Goals|null|undefined/);
    await takeShot(page, 'learner-photo', true);
    assert.deepEqual(complaints, []);
  });

  test('a message names the problem that somebody is stuck on, with the way to it', async () => {
    await using opened = await pages.open(MARIA);
    const { page } = opened;
    const url = `${lms.url}/courses/${DEMO_COURSE}/jump_to/${PROBLEM}`;
    assert.equal(await page.getByRole('link', { name: 'Open the problem in the LMS' }).getAttribute('href'), url);
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    const text = await page.getByLabel('Message').inputValue();
    assert.ok(text.startsWith('Hello María,\n\nI saw that you have tried one problem 6 times'), text);
    assert.ok(text.includes(`\n${url}\n`), text);
    await takeShot(page, 'write-stuck');
  });

  test('without an account, with a broken photo, or with an LMS that fails, the rest is there', async () => {
    const broken = { ...ACCOUNT, profile_image: { has_image: true, image_url_large: '/media/gone.jpg' } };
    for (const [name, account] of [
      ['none', undefined],
      ['broken', broken],
      ['failing', { year_of_birth: 'long ago' }],
    ] as const) {
      lms.accounts = account === undefined ? {} : { maria: account };
      await using opened = await pages.open('');
      const { page } = opened;
      const told = page.waitForResponse(name === 'broken' ? /\/media\/gone\.jpg$/ : /\/accounts\/maria\//);
      await page.goto(`${pages.url}/${MARIA}`);
      await page.getByText('Compared with the course').waitFor();
      await (await told).finished();
      await page.locator('.avatar img').waitFor({ state: 'detached' });
      assert.match(await page.locator('.avatar').innerText(), /^M/, name);
      const missing = page.getByText('The LMS did not answer, so its photo and profile are missing.');
      if (name === 'failing') {
        await missing.waitFor();
        await takeShot(page, 'state-no-account');
      }
      assert.equal(await missing.count(), name === 'failing' ? 1 : 0, name);
    }
  });

  test('a session that ends is said, and logging in again comes back to the same view', async () => {
    await using opened = await pages.open(`${ROSTER}?page_size=25`);
    const { page } = opened;
    await known(page);
    await page.context().clearCookies({ name: 'la_session' });
    await page.getByRole('button', { name: 'Days active', exact: true }).click();
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    const url = page.url();
    await takeShot(page, 'state-session-ended');
    await page.getByRole('link', { name: 'Sign in', exact: true }).click();
    await page.locator('th[aria-sort=descending]').waitFor();
    assert.equal(page.url(), url);
    assert.equal(await page.getByText('Your session has ended').count(), 0);
  });

  test('who was chosen and what was written is there again after the login, for the same person alone', async () => {
    await using opened = await pages.open(`${ROSTER}?page_size=25`);
    const { page } = opened;
    const write = page.getByRole('button', { name: 'Write to 2 learners' });
    const kept = async () => page.evaluate<string>('JSON.stringify(sessionStorage)');
    const signIn = async (path: string) => {
      await page.context().clearCookies();
      await page.goto(`${pages.url}/auth/login?next=${encodeURIComponent(`/${path}`)}`);
    };
    const begin = async () => {
      await known(page);
      await page.getByRole('checkbox', { name: /maria/ }).check();
      await page.getByRole('checkbox', { name: /O'Neil/ }).check();
      await write.click();
      await page.getByLabel('Message').fill('How are you both?');
      await page.keyboard.press('Escape');
    };
    await begin();
    await page.context().clearCookies({ name: 'la_session' });
    await page.getByRole('button', { name: 'Days active', exact: true }).click();
    await page.getByRole('link', { name: 'Sign in', exact: true }).click();
    await write.click();
    assert.equal(await page.getByLabel('Message').inputValue(), 'How are you both?');
    assert.match(await kept(), /maria@example\.com.*How are you both|How are you both.*maria@example\.com/);
    try {
      lms.user = 'guest';
      await signIn('');
      await page.getByText('No courses yet').waitFor();
      assert.doesNotMatch(await kept(), /maria|How are you both/);
    } finally {
      lms.user = 'prof';
    }
    await signIn(ROSTER);
    await page.locator('table.roster').waitFor();
    assert.equal(await page.locator('.chosen-bar').count(), 0);
    await begin();
    await page.getByRole('button', { name: /^Account and display/ }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('Sign in to see your courses').waitFor();
    assert.doesNotMatch(await kept(), /maria|How are you both/);
  });

  test('where the browser keeps nothing for the tab, all else works', async () => {
    lms.accounts = { maria: ACCOUNT };
    await using opened = await pages.open('');
    const { page, complaints } = opened;
    await page.addInitScript(
      "Object.defineProperty(window, 'sessionStorage', { get: () => { throw new DOMException('', 'SecurityError'); } })",
    );
    await page.goto(`${pages.url}/${ROSTER}`);
    await page.getByRole('checkbox', { name: /maria/ }).check();
    await page.getByRole('link', { name: 'María Núñez' }).click();
    await page.locator('h1:focus').waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Write to 1 learner' }).waitFor();
    await page.getByRole('button', { name: /^Account and display/ }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('Sign in to see your courses').waitFor();
    assert.deepEqual(
      complaints.filter((text) => !text.includes('401')),
      [],
    );
  });

  test('a session that goes on is said no more to have ended, and the link leads to where one is by now', async () => {
    await using opened = await pages.open(`${ROSTER}?page_size=25`);
    const { page } = opened;
    await known(page);
    await page.context().clearCookies({ name: 'la_session' });
    await page.getByRole('button', { name: /^Struggling/ }).click();
    const link = page.locator('.banner a');
    await link.waitFor();
    await page.getByRole('button', { name: /^Inactive/ }).click();
    await page.waitForURL(/segments=inactive/);
    assert.match((await link.getAttribute('href')) ?? '', /segments%3Dinactive/);
    await page.request.get(`${pages.url}/auth/login`);
    await page.getByRole('button', { name: /^Disengaging/ }).click();
    await link.waitFor({ state: 'detached' });
  });

  test('a file that is wanted after the session has ended is not saved as what the server refuses with', async () => {
    await using opened = await pages.open(ROSTER, { acceptDownloads: true });
    const { page } = opened;
    await known(page);
    const saved: unknown[] = [];
    page.on('download', (download) => saved.push(download));
    await page.context().clearCookies({ name: 'la_session' });
    await page.getByRole('link', { name: 'Download CSV' }).click();
    await page.locator('.banner a').waitFor();
    assert.equal(saved.length, 0);
    await page.request.get(`${pages.url}/auth/login`);
    await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download CSV' }).click()]);
  });

  test('whoever logs out in one tab leaves nothing in another, and is in both again after a login', async () => {
    await using opened = await pages.open(ROSTER);
    const { page } = opened;
    await page.getByRole('checkbox', { name: /maria/ }).check();
    const kept = async () => page.evaluate<string>('JSON.stringify(sessionStorage)');
    assert.match(await kept(), /maria/);
    const other = await page.context().newPage();
    await other.goto(`${pages.url}/${ROSTER}`);
    await other.getByRole('button', { name: /^Account and display/ }).click();
    await other.getByRole('button', { name: 'Log out' }).click();
    await other.getByText('Sign in to see your courses').waitFor();
    // though the LMS would let them in again at once
    await page.getByText('Sign in to see your courses').waitFor();
    assert.doesNotMatch(await kept(), /maria/);
    assert.doesNotMatch(await page.locator('body').innerText(), /Núñez|Prof Okafor/);
    await other.getByRole('link', { name: 'Sign in', exact: true }).click();
    await other.getByRole('button', { name: /Prof Okafor/ }).waitFor();
    await comeBack(page);
    await page.getByRole('button', { name: /Prof Okafor/ }).waitFor();
    await page.goto(`${pages.url}/${ROSTER}`);
    await page.getByRole('checkbox', { name: /maria/ }).check();
    assert.match(await kept(), /maria/);
  });

  test("a tab goes on under nobody else's name, and tells of a session that ended elsewhere", async () => {
    await using opened = await pages.open(ROSTER);
    const { page } = opened;
    await page.getByRole('checkbox', { name: /maria/ }).check();
    await page.context().clearCookies();
    await comeBack(page);
    await page.locator('.banner').getByText('Your session has ended').waitFor();
    await page.locator('.chosen-bar', { hasText: '1 chosen' }).waitFor();
    await page.request.get(`${pages.url}/auth/login`);
    await comeBack(page);
    await page.locator('.banner').waitFor({ state: 'detached' });
    try {
      lms.user = 'guest';
      await page.context().clearCookies();
      await page.request.get(`${pages.url}/auth/login`);
      await comeBack(page);
      await page.getByText('You may not see this course').waitFor();
      await page.getByRole('button', { name: /A Guest/ }).waitFor();
      assert.doesNotMatch(await page.evaluate<string>('JSON.stringify(sessionStorage)'), /maria/);
    } finally {
      lms.user = 'prof';
    }
  });

  test('whoever logs out stays so until they want to log in; where that fails it is told', async () => {
    await using opened = await pages.open(ROSTER);
    const { page } = opened;
    await page.locator('table.roster').waitFor();
    await page.route('**/auth/logout', async (route) => route.fulfill({ status: 503, body: '{}' }));
    await page.getByRole('button', { name: /^Account and display/ }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('Logging out did not work.').waitFor();
    await takeShot(page, 'state-logout-failed');
    await page.unroute('**/auth/logout');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('Sign in to see your courses').waitFor();
    await page.evaluate("sessionStorage.setItem('la-signed-in-at', '0')");
    await page.goto(`${pages.url}/${ROSTER}`);
    await page.getByText('Sign in to see your courses').waitFor();
    await takeShot(page, 'state-logged-out');
    await page.getByRole('link', { name: 'Sign in', exact: true }).click();
    await page.locator('table.roster').waitFor();
  });

  test('who may see no course is told so, and is shown nobody', async () => {
    lms.user = 'guest';
    try {
      await using opened = await pages.open('');
      const { page } = opened;
      await page.getByText('No courses yet').waitFor();
      await takeShot(page, 'state-no-courses');
      await page.goto(`${pages.url}/${MARIA}`);
      await page.getByText('You may not see this course').waitFor();
      assert.doesNotMatch(await page.locator('body').innerText(), /Núñez|example\.com/);
    } finally {
      lms.user = 'prof';
    }
  });
});
