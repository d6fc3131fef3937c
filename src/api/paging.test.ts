import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openSampleApi } from '../../test/sample-api.ts';
import { SEED, openRandom } from '../../test/seed.ts';
import { recordActivity } from '../../test/temp-store.ts';
import { KEPT_MINUTES, forgetCourse } from '../engagement/course.ts';
import { refresh } from '../engagement/refresh.ts';
import { ROSTER_ORDERS } from '../engagement/roster-order.ts';

const LARGE_COURSE = 'course-v1:edX+Large+2026';
const LEARNERS = 20_000;
const AS_OF = '2026-10-26';

const { deps, get } = await openSampleApi();
const { store } = deps;

interface Page {
  readonly count: number;
  readonly next: string | null;
  readonly results: ReadonlyArray<{ readonly username: string }>;
}

/** Enrols learners from `first` on, so that each change puts new ones among the old, and lets some of them be active. */
async function enrol(first: number, count: number, prefix: string): Promise<void> {
  await store.run(
    `INSERT INTO lms_enrollments (course_id, username, user_id, enrollment_mode, enrollment_date, is_active)
     SELECT {course:String}, concat({prefix:String}, leftPad(toString(cityHash64(number) % 100000000 * 100000 + number), 13, '0')),
       number, ['audit', 'honor', 'verified'][number % 3 + 1], toDateTime64('2026-09-01 08:00:00', 6, 'UTC') + number % 900, true
     FROM numbers({first:UInt64}, {count:UInt64})`,
    { course: LARGE_COURSE, prefix, first, count },
  );
  await store.run(
    `INSERT INTO facts (course_id, hash, time, day, username, user_id, kind, entity, completed)
     SELECT course_id, cityHash64(username, {first:UInt64}, video), toDateTime64('2026-10-21 12:00:00', 6, 'UTC'), '2026-10-21', username, 0,
       'video', concat('v', toString(video), '-', toString({first:UInt64})), false
     FROM lms_enrollments
     ARRAY JOIN range(cityHash64(username, {first:UInt64}) % 4) AS video
     WHERE course_id = {course:String} AND cityHash64({first:UInt64}, username) % 20 = 0`,
    { course: LARGE_COURSE, first },
  );
  await recordActivity(store);
  await store.run('INSERT INTO touched_courses SELECT {course:String}, now64(6)', { course: LARGE_COURSE });
}

test(`each learner is seen once at any size and order, while others are enrolled and published (TEST_SEED=${SEED})`, async () => {
  const random = openRandom();
  await enrol(1_000_000, LEARNERS, 'l');
  await refresh(store, { asOf: AS_OF });

  const done = new AbortController();
  let published = 0;
  const isEnough = () => published > 2;
  const publishing = (async () => {
    while (!done.signal.aborted) {
      await enrol(2_000_000 + published * 100, 100, published % 2 === 0 ? 'a' : 'm');
      await refresh(store, { asOf: AS_OF });
      published += 1;
      await wait(300);
    }
  })();
  const walks = [];
  try {
    for (let walk = 0; walk < 4 || (!isEnough() && walk < 400); walk += 1) {
      const size = walk === 0 ? 1000 : 500 + random.int(500);
      const order = random.pick(ROSTER_ORDERS);
      const direction = walk % 2 === 0 ? 'asc' : 'desc';
      walks.push(`${order} ${direction} by ${size}`);
      await seeEveryone(`page_size=${size}&order_by=${order}&sort_order=${direction}`);
    }
  } finally {
    done.abort();
    await publishing;
  }
  assert.ok(isEnough(), `${published} publications during ${walks.join(', ')}`);
});

/** Follows `next` to the end; the first page says how many there are. */
async function seeEveryone(query: string): Promise<void> {
  const seen = new Set<string>();
  let count = 0;
  let address: string | null = `/learners/?course_id=${LARGE_COURSE}&${query}`;
  while (address !== null) {
    const response = await get(address);
    assert.equal(response.status, 200, query);
    const page = (await response.json()) as Page;
    count ||= page.count;
    assert.equal(page.count, count, query);
    for (const { username } of page.results) {
      assert.ok(!seen.has(username), `${username} twice with ${query}`);
      seen.add(username);
    }
    address = page.next;
    // answers come without a turn of the event loop, and what publishes meanwhile needs some
    await wait(10);
  }
  assert.ok(count >= LEARNERS, query);
  assert.equal(seen.size, count, query);
}

test('a snapshot that is gone, of another course or not one at all is the current one', async () => {
  const current = await get(`/learners/?course_id=${LARGE_COURSE}&page_size=1`);
  const { count, next } = (await current.json()) as Page;
  const { searchParams } = new URL(next ?? '');
  const usual = (await (await get(`/learners/?course_id=${LARGE_COURSE}`)).json()) as Page;
  assert.equal(usual.results.length, 25);
  for (const snapshot of ['1', '', 'x', '9'.repeat(30), '-1', '1760000000000000']) {
    const answer = await get(`/learners/?course_id=${LARGE_COURSE}&page_size=1&snapshot=${snapshot}`);
    assert.equal(((await answer.json()) as Page).count, count, snapshot);
  }
  const other = await get(`/learners/?course_id=edX/Old/2012&snapshot=${searchParams.get('snapshot')}`);
  assert.equal(((await other.json()) as Page).count, 1);
  const twice = await get(`/learners/?course_id=${LARGE_COURSE}&snapshot=1&snapshot=2`);
  assert.equal(twice.status, 400);
});

test('a snapshot is given out for a while after it was replaced, however long it was in force, and then removed', async () => {
  const first = (await (await get(`/learners/?course_id=${LARGE_COURSE}&page_size=1`)).json()) as Page;
  const snapshot = Number(new URL(first.next ?? '').searchParams.get('snapshot'));
  // as if it had been begun and published a day ago
  const aged = snapshot - 86_400_000_000;
  await rename(snapshot, aged);
  const tagMetadata = async () => (await get(`/course_learner_metadata/${LARGE_COURSE}/`)).headers.get('etag');
  const tag = await tagMetadata();
  await publishNext();
  assert.notEqual(await tagMetadata(), tag);
  const old = await get(`/learners/?course_id=${LARGE_COURSE}&page_size=1&snapshot=${aged}`);
  assert.equal(((await old.json()) as Page).count, first.count);

  // as if its successor had been published longer ago
  await store.run(
    `ALTER TABLE snapshots UPDATE published_at = published_at - INTERVAL ${KEPT_MINUTES} MINUTE
     WHERE course_id = {course:String} AND snapshot > {aged:UInt64} SETTINGS mutations_sync = 1`,
    { course: LARGE_COURSE, aged },
  );
  forgetCourse(store, LARGE_COURSE);
  forgetCourse(store, `${LARGE_COURSE} ${aged}`);
  const gone = await get(`/learners/?course_id=${LARGE_COURSE}&page_size=1&snapshot=${aged}`);
  assert.equal(((await gone.json()) as Page).count, first.count + 1);
  await publishNext();
  const [left] = await store.query('SELECT 1 FROM learners WHERE snapshot = {aged:UInt64} LIMIT 1', { aged });
  assert.equal(left, undefined);
});

test('a large course that is published all the time keeps only so many replaced snapshots', async () => {
  const first = (await (await get(`/learners/?course_id=${LARGE_COURSE}&page_size=1`)).json()) as Page;
  const snapshot = Number(new URL(first.next ?? '').searchParams.get('snapshot'));
  await publishNext();
  const replaced = async () => {
    forgetCourse(store, `${LARGE_COURSE} ${snapshot}`);
    return (await (await get(`/learners/?course_id=${LARGE_COURSE}&page_size=1&snapshot=${snapshot}`)).json()) as Page;
  };
  assert.equal((await replaced()).count, first.count);
  // as if it had been published again and again with a million learners
  await store.insert(
    'snapshots',
    Array.from({ length: 20 }, (_, index) => ({
      course_id: LARGE_COURSE,
      snapshot: snapshot + 1 + index,
      published_at: new Date().toISOString().replace('T', ' ').replace('Z', ''),
      learner_count: 1_000_000,
    })),
  );
  assert.notEqual((await replaced()).count, first.count);
  await publishNext();
  const [left] = await store.query('SELECT 1 FROM learners WHERE snapshot = {snapshot:UInt64} LIMIT 1', { snapshot });
  assert.equal(left, undefined);
});

test('a file is of one publication to its end, also when that is replaced and removed meanwhile; the tag tells', async () => {
  const path = `/learners.csv?course_id=${LARGE_COURSE}&order_by=videos_viewed&sort_order=desc`;
  const whole = await get(path);
  const tag = whole.headers.get('etag') ?? '';
  const before = await whole.text();
  assert.equal((await get(path, { 'if-none-match': tag })).status, 304);

  const begun = await get(path);
  assert.equal(begun.headers.get('etag'), tag);
  const parts = (begun.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let text = (await parts.read()).value ?? '';
  const [current] = await store.query<{ snapshot: number }>(
    'SELECT max(snapshot) AS snapshot FROM snapshots WHERE course_id = {course:String}',
    { course: LARGE_COURSE },
  );
  const snapshot = current?.snapshot ?? 0;
  await publishNext();
  await store.run(
    `ALTER TABLE snapshots UPDATE published_at = published_at - INTERVAL ${KEPT_MINUTES} MINUTE
     WHERE course_id = {course:String} AND snapshot > {snapshot:UInt64} SETTINGS mutations_sync = 1`,
    { course: LARGE_COURSE, snapshot },
  );
  await publishNext();
  assert.ok(!readdirSync(store.copies).includes(String(snapshot)));
  for (let part = await parts.read(); !part.done; part = await parts.read()) text += part.value;
  assert.ok(text === before, `${text.length} characters for ${before.length}`);

  const after = await get(path, { 'if-none-match': tag });
  assert.deepEqual([after.status, after.headers.get('etag') === tag], [200, false]);
  assert.equal((await after.text()).split('\r\n').length, before.split('\r\n').length + 2);
});

test('list, file and metadata are had of one publication after the next one, too', async () => {
  const list = `/learners/?course_id=${LARGE_COURSE}&page_size=1`;
  const file = `/learners.csv?course_id=${LARGE_COURSE}&fields=username`;
  const metadata = `/course_learner_metadata/${LARGE_COURSE}/`;
  const before = await get(list);
  const snapshot = before.headers.get('x-snapshot') ?? '';
  const { count, next } = (await before.json()) as Page;
  assert.equal(new URL(next ?? '').searchParams.get('snapshot'), snapshot);
  await publishNext();
  const now = (await get(list)).headers.get('x-snapshot') ?? '';
  assert.ok(Number(now) > Number(snapshot));

  const learners = async (query: string) =>
    ((await (await get(query)).json()) as { learner_count: number }).learner_count;
  const lines = async (query: string) => (await (await get(query)).text()).trimEnd().split('\r\n').length - 1;
  assert.deepEqual([await learners(metadata), await lines(file)], [count + 1, count + 1]);
  assert.deepEqual(
    [await learners(`${metadata}?snapshot=${snapshot}`), await lines(`${file}&snapshot=${snapshot}`)],
    [count, count],
  );
  for (const path of [`${list}&`, `${file}&`, `${metadata}?`]) {
    assert.equal((await get(path)).headers.get('x-snapshot'), now, path);
    assert.equal((await get(`${path}snapshot=${snapshot}`)).headers.get('x-snapshot'), snapshot, path);
  }
});

let enrolled = 9_000_000;

async function publishNext(): Promise<void> {
  enrolled += 1;
  await enrol(enrolled, 1, 'z');
  await refresh(store, { asOf: AS_OF });
}

/** Gives the learners of the one current snapshot of the course another name for it, and forgets all others. */
async function rename(snapshot: number, aged: number): Promise<void> {
  await store.run('CREATE TABLE moved AS learners');
  await store.run(
    'INSERT INTO moved SELECT {aged:UInt64} AS snapshot, * EXCEPT snapshot FROM learners WHERE learners.snapshot = {snapshot:UInt64}',
    {
      aged,
      snapshot,
    },
  );
  await store.run('INSERT INTO learners SELECT * FROM moved');
  await store.run('DROP TABLE moved');
  await store.run(
    `INSERT INTO snapshots
     SELECT course_id, {aged:UInt64}, started_at - INTERVAL 1 DAY, published_at - INTERVAL 1 DAY, * EXCEPT (course_id, snapshot, started_at, published_at)
     FROM snapshots
     WHERE course_id = {course:String} AND snapshot = {snapshot:UInt64}`,
    { course: LARGE_COURSE, aged, snapshot },
  );
  await store.run('DELETE FROM snapshots WHERE course_id = {course:String} AND snapshot > {aged:UInt64}', {
    course: LARGE_COURSE,
    aged,
  });
  forgetCourse(store, LARGE_COURSE);
}
