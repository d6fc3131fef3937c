import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import test from 'node:test';
import { setImmediate as pause } from 'node:timers/promises';
import { describeApi } from '../src/api/openapi.ts';
import { METRICS } from '../src/engagement/metrics.ts';
import { ROSTER_ORDERS } from '../src/engagement/roster-order.ts';
import {
  ApiError,
  type CallOptions,
  type ListQuery,
  type Metric,
  type Order,
  createClient,
} from '../src/client/client.ts';
import { openSampleApi } from './sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from './sample-site.ts';

const { app, key } = await openSampleApi();
const client = createClient({
  url: 'http://inner.example/api/v0/',
  key,
  fetch: async (address, init) => app.request(address, init),
});

test('the client reads every resource', async () => {
  const maria = await client.getLearner(DEMO_COURSE, 'maria');
  assert.equal(maria.engagements.problem_attempts_per_completed, 6);
  const odd = await client.getLearner(DEMO_COURSE, 'Ωmega.ünï+1@x-y_z', { start_date: '2026-10-01' });
  assert.equal(odd.engagements.date_range.start, '2026-10-01');
  assert.equal((await client.getTimeline(DEMO_COURSE, 'maria')).days.length, 3);
  assert.equal((await client.getAccount(DEMO_COURSE, 'maria')).photo_url, null);
  assert.equal((await client.getMetadata(DEMO_COURSE)).learner_count, 24);
  assert.equal((await client.getMetadata(OLD_COURSE)).learner_count, 1);
  assert.deepEqual(
    (await client.listCourses()).map((course) => course.course_id),
    [DEMO_COURSE, OLD_COURSE],
  );
});

test('the client goes through the pages of a list', async () => {
  const seen: Array<string | undefined> = [];
  let pages = 0;
  const query = {
    page_size: 7,
    ignore_segments: ['inactive', 'unenrolled'],
    fields: ['username'],
    sort_order: 'desc',
  } as const;
  for await (const { results } of client.eachPage(DEMO_COURSE, query)) {
    pages += 1;
    seen.push(...results.map(({ username }) => username));
  }
  const all = await client.listLearners(DEMO_COURSE, { ...query, page_size: 1000 });
  assert.ok(pages > 1);
  assert.deepEqual(
    seen,
    all.results.map(({ username }) => username),
  );
});

test('somebody can go on from any page by its link', async () => {
  const first = await client.listLearners(DEMO_COURSE, { page_size: 5, text_search: 'crowd', highlight: true });
  assert.ok(first.next !== null && first.results[0]?.highlights?.name !== undefined);
  const second = await client.followLink(first.next);
  assert.equal(second.page, 2);
  assert.deepEqual(await client.followLink(second.previous ?? ''), first);
});

test('a list can be asked for in every way that there is', () => {
  const bounds = Object.fromEntries(
    METRICS.flatMap((metric) => [`${metric}_min`, `${metric}_max`]).map((name) => [name, 1]),
  );
  const orders: Record<Order, true> = {
    ...(Object.fromEntries(METRICS.map((metric) => [metric, true])) as Record<Metric, true>),
    attempt_ratio_order: true,
    username: true,
    name: true,
    email: true,
    cohort: true,
    enrollment_mode: true,
    enrollment_date: true,
    last_active: true,
  };
  const query: Required<Omit<ListQuery, `${Metric}_min` | `${Metric}_max`>> = {
    start_date: '',
    end_date: '',
    text_search: '',
    segments: [],
    ignore_segments: [],
    cohort: '',
    enrollment_mode: '',
    order_by: 'username',
    sort_order: 'asc',
    fields: [],
    page: 1,
    page_size: 1,
    highlight: true,
  };
  const described = describeApi().paths['/learners/']?.get.parameters ?? [];
  const names = described.map(({ name }) => name).filter((name) => !['course_id', 'snapshot', 'Accept'].includes(name));
  assert.deepEqual(Object.keys({ ...query, ...bounds }).toSorted(), names.toSorted());
  assert.deepEqual(Object.keys(orders).toSorted(), ROSTER_ORDERS.toSorted());
});

test('what is not given is no filter', async () => {
  const none = { cohort: undefined, segments: [], videos_viewed_min: null as unknown as number };
  assert.equal((await client.listLearners(DEMO_COURSE, none)).count, 24);
  assert.equal((await client.listLearners(DEMO_COURSE)).count, 24);
});

test('the whole list comes as a file, piece by piece', async () => {
  const body = await client.downloadLearners(DEMO_COURSE, { fields: ['username'], order_by: 'username' });
  let text = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) text += piece;
  const lines = text.trimEnd().split('\r\n');
  assert.deepEqual([lines[0], lines.length], ['username', 25]);
  await assert.rejects(client.downloadLearners(DEMO_COURSE, { cohort: 'nobody' }), { code: 'no_cohort' });
});

test('what is refused is an error with all that was told', async () => {
  await assert.rejects(client.getLearner(DEMO_COURSE, 'nobody'), (error: ApiError) => {
    assert.ok(error instanceof ApiError);
    const { status, code, retryAfter, userMessage } = error;
    assert.deepEqual([status, code, retryAfter], [404, 'no_learner_for_course', null]);
    assert.equal(userMessage, 'There is no page of such a learner in this course.');
    assert.ok(error.requestId);
    return true;
  });
  await assert.rejects(client.listLearners(DEMO_COURSE, { page: 0, page_size: 1001 }), (error: ApiError) => {
    assert.deepEqual(Object.keys(error.fieldErrors).toSorted(), ['page', 'page_size']);
    return true;
  });
});

test('what would lead elsewhere in an address is not asked for', async () => {
  for (const name of ['', '.', '..', 'a\ud800']) {
    await assert.rejects(client.getLearner(DEMO_COURSE, name), RangeError);
    await assert.rejects(client.getTimeline(DEMO_COURSE, name), RangeError);
    await assert.rejects(client.getAccount(DEMO_COURSE, name), RangeError);
    await assert.rejects(client.getMetadata(name), RangeError);
  }
  await assert.rejects(client.getLearner(DEMO_COURSE, '...'), { code: 'no_learner_for_course' });
});

/** A client of something that answers so, each time with the next; and what it was sent. */
function clientOf(answers: readonly Response[], headers: Record<string, string> = {}) {
  const asked: Array<{ readonly address: string; readonly headers: Headers }> = [];
  const left = [...answers];
  const fetched = async (address: string, init: RequestInit) => {
    init.signal?.throwIfAborted();
    asked.push({ address, headers: new Headers(init.headers) });
    return left.shift() ?? new Response(null, { status: 500 });
  };
  return { asked, client: createClient({ url: 'http://h/api/v0//', key: 'secret', headers, fetch: fetched }) };
}

type Call = (own: ReturnType<typeof createClient>, options?: CallOptions) => Promise<unknown>;

const DATES = { start_date: '2026-10-01', end_date: '2026-10-08' };
const ASKED = 'start_date=2026-10-01&end_date=2026-10-08';

/** Each function, and the address that it asks below that of the mount. */
const CALLS: ReadonlyArray<readonly [call: Call, address: string]> = [
  [
    async (own, options) => own.listLearners('a/b/c', { ...DATES, page: 2 }, options),
    `learners/?course_id=a%2Fb%2Fc&${ASKED}&page=2`,
  ],
  [
    async (own, options) => own.followLink('http://inner:1/x?page=3&snapshot=7', options),
    'learners/?page=3&snapshot=7',
  ],
  [async (own, options) => collect(own.eachPage('a', DATES, options)), `learners/?course_id=a&${ASKED}`],
  [async (own, options) => own.downloadLearners('a', DATES, options), `learners.csv?course_id=a&${ASKED}`],
  [async (own, options) => own.getLearner('a', 'b@c', DATES, options), `learners/b%40c/?course_id=a&${ASKED}`],
  [async (own, options) => own.getTimeline('a', 'b', DATES, options), `engagement_timelines/b/?course_id=a&${ASKED}`],
  [async (own, options) => own.getMetadata('a/b/c', DATES, options), `course_learner_metadata/a%2Fb%2Fc/?${ASKED}`],
  [async (own, options) => own.getMetadata('a', undefined, options), 'course_learner_metadata/a/'],
  [async (own, options) => own.getAccount('a', 'b', options), 'accounts/b/?course_id=a'],
  [async (own, options) => own.listCourses(options), 'courses/'],
];

for (const [call, address] of CALLS) {
  test(`${address} is asked for as what it is, and can be broken off`, async () => {
    const { asked, client: own } = clientOf([page(1, null)]);
    await call(own);
    assert.equal(asked[0]?.address, `http://h/api/v0/${address}`);
    assert.equal(asked[0].headers.get('accept'), address.includes('.csv') ? 'text/csv' : 'application/json');
    await assert.rejects(call(own, { signal: AbortSignal.abort(new Error('enough')) }), { message: 'enough' });
    assert.equal(asked.length, 1);
  });
}

test('a file with nothing in it is an empty one', async () => {
  const body = await clientOf([new Response(null)]).client.downloadLearners('a');
  assert.ok(body instanceof ReadableStream);
  assert.equal(await new Response(body).text(), '');
});

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();

test('whatever answers instead of the API, it is told', async () => {
  for (const [answer, status, retryAfter, message] of [
    [new Response('<html>', { status: 503, headers: { 'retry-after': '5' } }), 503, 5, 'The answer was 503.'],
    [new Response('null', { status: 500, headers: { 'retry-after': 'soon' } }), 500, null, 'The answer was 500.'],
    [Response.json({ error_code: 5, developer_message: {} }, { status: 502 }), 502, null, 'The answer was 502.'],
    [new Response('<html>', { headers: { 'content-type': 'text/html' } }), 200, null, tellNoApi('200 with text/html')],
    [new Response(null, { status: 204 }), 204, null, tellNoApi('204 with nothing')],
  ] as const) {
    await assert.rejects(clientOf([answer]).client.listCourses(), (error: ApiError) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.code, error.retryAfter], [status, 'unknown', retryAfter]);
      assert.equal(String(error), `ApiError: ${message}`);
      return true;
    });
  }
});

const tellNoApi = (what: string) =>
  `http://h/api/v0/ answered ${what}, not with JSON: it must be the address of the API's mount.`;

test('when to ask again is told in whole seconds, also where the server names an instant', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_250 });
  for (const [told, retryAfter] of [
    [inSeconds(90), 90],
    [inSeconds(-90), 0],
    ['0', 0],
  ] as const) {
    const { client: own } = clientOf([new Response(null, { status: 503, headers: { 'retry-after': told } })]);
    await assert.rejects(own.listCourses(), { retryAfter });
  }
});

test('the request id of a refusal is the one in its body, which also comes through what drops headers', async () => {
  const body = { error_code: 'internal_error', request_id: 'of the body' };
  const { client: own } = clientOf([Response.json(body, { status: 500, headers: { 'x-request-id': 'other' } })]);
  await assert.rejects(own.listCourses(), { code: 'internal_error', requestId: 'of the body' });
});

test('a call that is broken off while a refusal is read says so', async () => {
  const hangs = createClient({
    url: 'http://h',
    fetch: async (_, { signal }) =>
      new Response(
        new ReadableStream({ start: (body) => signal?.addEventListener('abort', () => body.error(signal.reason)) }),
        {
          status: 503,
        },
      ),
  });
  await assert.rejects(hangs.listCourses({ signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
});

test('headers of the one who asks beat those of the client, however they are written', async () => {
  const { asked, client: own } = clientOf([Response.json([])], { Authorization: 'JWT x', 'X-Request-Id': 'mine' });
  await own.listCourses();
  assert.deepEqual(
    ['authorization', 'accept', 'x-request-id'].map((name) => asked[0]?.headers.get(name)),
    ['JWT x', 'application/json', 'mine'],
  );
});

async function collect(pages: AsyncIterable<{ readonly page: number }>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { page } of pages) numbers.push(page);
  return numbers;
}

const page = (number: number, next: number | null) =>
  Response.json({
    count: 3,
    num_pages: 3,
    page: number,
    next: next === null ? null : `http://elsewhere/x/learners/?course_id=a&page=${next}&snapshot=7`,
    previous: null,
    results: [],
  });
const busy = (seconds: number) => new Response('', { status: 429, headers: { 'retry-after': String(seconds) } });

test('pages are asked for again when the server says when', async () => {
  const { asked, client: own } = clientOf([page(1, 2), busy(0), busy(0), page(2, 3), busy(0), page(3, null)]);
  const pages = await collect(own.eachPage('a'));
  assert.deepEqual(pages, [1, 2, 3]);
  assert.deepEqual(
    asked.map(({ address }) => address.replace('http://h/api/v0/learners/?course_id=a', '')),
    ['', '&page=2&snapshot=7', '&page=2&snapshot=7', '&page=2&snapshot=7', '&page=3&snapshot=7', '&page=3&snapshot=7'],
  );
  const always = clientOf(Array.from({ length: 9 }, () => busy(0)));
  await assert.rejects(collect(always.client.eachPage('a')), { status: 429 });
  assert.equal(always.asked.length, 5);
  const tooLong = clientOf([busy(61), page(1, null)]);
  await assert.rejects(collect(tooLong.client.eachPage('a')), { status: 429, retryAfter: 61 });
});

test('a page is asked for again after as long as the server says, up to a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const seconds of [3, 60]) {
    const { asked, client: own } = clientOf([busy(seconds), page(1, null)]);
    const pages = collect(own.eachPage('a'));
    const askedAfter = async (milliseconds: number) => {
      await pause();
      t.mock.timers.tick(milliseconds);
      await pause();
      return asked.length;
    };
    assert.deepEqual([await askedAfter(seconds * 1000 - 1), await askedAfter(1)], [1, 2]);
    assert.deepEqual(await pages, [1]);
  }
  // no timer rings any more
  const stop = new AbortController();
  const broken = collect(clientOf([busy(3)]).client.eachPage('a', {}, { signal: stop.signal }));
  await pause();
  stop.abort(new Error('enough'));
  await assert.rejects(broken, { message: 'enough' });
});

const countTimers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('of a wait nothing is left once it is over, or broken off', async () => {
  const before = countTimers();
  const stop = new AbortController();
  const { asked, client: own } = clientOf([busy(0), page(1, 2), busy(30)]);
  const pages = own.eachPage('a', {}, { signal: stop.signal });
  await pages.next();
  assert.equal(getEventListeners(stop.signal, 'abort').length, 0);
  const broken = assert.rejects(pages.next(), { message: 'enough' });
  while (countTimers() === before) await pause();
  stop.abort(new Error('enough'));
  await broken;
  assert.deepEqual([countTimers(), asked.length], [before, 3]);
});

test('a call can be broken off, also while it waits', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const { asked, client: own } = clientOf([busy(30), page(1, null)]);
  await assert.rejects(own.listCourses({ signal }), { message: 'enough' });
  const whileWaiting = own.eachPage('a', {}, { signal: AbortSignal.timeout(20) });
  await assert.rejects(collect(whileWaiting), { name: 'TimeoutError' });
  assert.equal(asked.length, 1);
});
