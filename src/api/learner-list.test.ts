import assert from 'node:assert/strict';
import test from 'node:test';
import { COURSE, LEARNERS, openSampleApi } from '../../test/sample-api.ts';

const { get } = await openSampleApi();

interface Listing {
  readonly count: number;
  readonly num_pages: number;
  readonly page: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: ReadonlyArray<{ readonly username: string; readonly [field: string]: unknown }>;
}

async function list(query: string): Promise<Listing> {
  const response = await get(`${LEARNERS}${query}`);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Listing;
}

const FILTERS: ReadonlyArray<readonly [query: string, usernames: readonly string[] | number]> = [
  ['', 24],
  ['&text_search=nunez', ['maria']],
  ['&text_search=NÚÑEZ+maria', ['maria']],
  ['&text_search=nunez+omega', []],
  ['&text_search=', 24],
  ['&text_search=+', 24],
  ['&text_search=100%25', ['Ωmega.ünï+1@x-y_z']],
  ['&text_search=_real_', ['Ωmega.ünï+1@x-y_z']],
  ['&text_search=%22O%27Neil%22', ['Ωmega.ünï+1@x-y_z']],
  ['&text_search=*', []],
  ['&text_search=%00', []],
  ['&cohort=Cohort+A', ['maria']],
  ['&cohort=B+%26+C,+%22d%22', ['Ωmega.ünï+1@x-y_z']],
  ['&cohort=', 24],
  ['&enrollment_mode=verified', ['Ωmega.ünï+1@x-y_z']],
  ['&enrollment_mode=', 24],
  ['&segments=disengaging', ['quiet']],
  ['&segments=disengaging,unenrolled', ['gone', 'quiet']],
  ['&segments=disengaging&segments=unenrolled', ['gone', 'quiet']],
  ['&segments=', 24],
  ['&ignore_segments=inactive,disengaging,unenrolled', 16],
  ['&videos_viewed_min=4', ['learner_05', 'learner_10', 'learner_15']],
  ['&videos_viewed_max=0&cohort=Cohort+A', []],
  ['&problem_attempts_per_completed_min=5.5', ['maria']],
  ['&start_date=2026-10-19&end_date=2026-10-26&text_search=maria', ['maria']],
];

for (const [query, expected] of FILTERS) {
  test(`the list with ${JSON.stringify(query)} is ${JSON.stringify(expected)}`, async () => {
    const { count, results } = await list(query);
    if (typeof expected === 'number') assert.equal(count, expected);
    else assert.deepEqual([count, results.map((learner) => learner.username)], [expected.length, expected]);
  });
}

test('page 1 of nothing is empty and has no neighbours', async () => {
  assert.deepEqual(await list('&text_search=nobody-at-all'), {
    count: 0,
    num_pages: 1,
    page: 1,
    next: null,
    previous: null,
    results: [],
  });
  assert.equal((await get(`${LEARNERS}&text_search=nobody-at-all`)).headers.get('link'), null);
});

test('following next sees everybody once, in order; following previous leads back', async () => {
  const seen: string[] = [];
  let address: string | null = `http://data.example/api/v0/learners?${COURSE}&page_size=7&order_by=videos_viewed`;
  let last: string | null = null;
  while (address !== null) {
    const response = await get(address);
    const page = (await response.json()) as Listing;
    assert.ok(page.next === null || page.next.startsWith('http://data.example/api/v0/learners?'));
    const links = response.headers.get('link') ?? '';
    assert.equal(links.includes(`<${page.next}>; rel="next"`), page.next !== null);
    assert.equal(links.includes(`<${page.previous}>; rel="prev"`), page.previous !== null);
    assert.equal(page.previous === null, page.page === 1);
    seen.push(...page.results.map((learner) => learner.username));
    last = page.previous;
    address = page.next;
  }
  assert.equal(seen.length, 24);
  const { num_pages, next } = await list('&page_size=8&page=3');
  assert.deepEqual([num_pages, next], [3, null]);
  assert.equal(new Set(seen).size, 24);
  const back = (await (await get(last ?? '')).json()) as Listing;
  assert.deepEqual([back.page, back.results[0]?.username], [3, seen[14]]);
});
