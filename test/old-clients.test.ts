import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import test, { after } from 'node:test';
import { openHttpServer } from '../src/api/http-server.ts';
import { openSampleApi } from './sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from './sample-site.ts';

/**
 * What programs send that were written for the edX services this one stands in for, byte for byte on the wire: the Python
 * client 0.17.0 (which escapes neither usernames nor course ids) and the browser app of edX Insights.
 */
const { app, key } = await openSampleApi();
const server = await openHttpServer(app, { host: '127.0.0.1', port: 0 });
after(async () => server.close());

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** As the Python client asks: `requests` with its own headers, and the format in `Accept`. */
async function ask(path: string, accept = 'application/json', credential = `Token ${key}`): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = {
    Accept: accept,
    'Accept-Encoding': 'identity',
    Authorization: credential,
    'User-Agent': 'python-requests/2.31.0',
    Connection: 'keep-alive',
  };
  request({ hostname, port, path: `/api/v0/${path}`, headers }, (response) => {
    text(response).then(
      (body) => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }),
      reject,
    );
  })
    .on('error', reject)
    .end();
  return promise;
}

const ANSWERED: ReadonlyArray<readonly [what: string, path: string, pattern: RegExp, accept?: string]> = [
  ['status.alive', 'status', /OK/],
  ['status.authenticated', 'authenticated', /true/],
  ['status.healthy', 'health', /"overall_status":"OK"/],
  ['engagement_timeline', `engagement_timelines/maria/?course_id=${encodeURIComponent(DEMO_COURSE)}`, /"days":\[\{/],
  ['engagement_timeline, the key unescaped', `engagement_timelines/maria/?course_id=${DEMO_COURSE}`, /"days":\[\{/],
  ['a list', `learners/?course_id=${DEMO_COURSE}`, /"results":\[\{/],
  ['a list as CSV', `learners/?course_id=${DEMO_COURSE}`, /^account_url,bio,/, 'text/csv'],
  ['a timeline as CSV', `engagement_timelines/maria/?course_id=${DEMO_COURSE}`, /^date,/, 'text/csv'],
  ['metadata', `course_learner_metadata/${DEMO_COURSE}/`, /"engagement_ranges"/],
  ['metadata of an old key', `course_learner_metadata/${OLD_COURSE}/`, /"engagement_ranges"/],
  ['metadata without the slash', `course_learner_metadata/${DEMO_COURSE}`, /"class_rank_top"/],
  ['a learner without the slash', `learners/maria?course_id=${DEMO_COURSE}`, /"username":"maria"/],
  ['a learner, the key escaped', `learners/maria?course_id=${encodeURIComponent(DEMO_COURSE)}`, /"username":"maria"/],
  ['a username with signs, raw', `learners/learner_01?course_id=${DEMO_COURSE}`, /"username":"learner_01"/],
  ['a username with + and @', `learners/%CE%A9mega.%C3%BCn%C3%AF+1@x-y_z?course_id=${DEMO_COURSE}`, /"user_id":11/],
  [
    'a file of all that the list counts',
    `learners.csv?course_id=${DEMO_COURSE}&page_size=24`,
    /^account_url,(?:[^\n]*\n){25}$/,
  ],
  ['a file of more than a page may have', `learners.csv?course_id=${DEMO_COURSE}&page_size=100000`, /^account_url/],
  [
    'a file in an order',
    `learners.csv?course_id=${DEMO_COURSE}&sortKey=videos_viewed&order=desc&page_size=1&fields=username`,
    /^username\r\nlearner_05\r\n/,
  ],
  [
    'a list as the browser app asks',
    `learners/?page=1&page_size=25&course_id=${encodeURIComponent(DEMO_COURSE)}&order_by=username&sort_order=asc&text_search=&cohort=&enrollment_mode=&ignore_segments=inactive`,
    /"num_pages":1/,
  ],
  ['the older address of a timeline', `learners/engagement_timelines/maria/?course_id=${DEMO_COURSE}`, /"days"/],
  ['the older address of the metadata', `learners/courses/${DEMO_COURSE}/`, /"engagement_ranges"/],
  [
    'dates of one digit',
    `learners/maria/?course_id=${DEMO_COURSE}&start_date=2026-10-1&end_date=2026-10-6`,
    /"start":"2026-10-01"/,
  ],
];

for (const [what, path, pattern, accept] of ANSWERED) {
  test(`${what}: GET ${path.slice(0, 90)}`, async () => {
    let answer = await ask(path, accept);
    const isBusy = () => path === 'health' && answer.status === 503;
    // the store may have been busy for a second
    while (isBusy()) answer = await ask(path, accept);
    assert.equal(answer.status, 200, answer.body.slice(0, 300));
    assert.match(answer.body, pattern);
    assert.match(answer.type, path.includes('.csv') || accept === 'text/csv' ? /^text\/csv/ : /^application\/json/);
  });
}

const REFUSED: ReadonlyArray<readonly [what: string, path: string, status: number, credential?: string]> = [
  ['status.authenticated with a wrong key', 'authenticated', 401, 'Token nonsense'],
  ['a username that is none', `learners/a%20b?course_id=${DEMO_COURSE}`, 404],
  ['a course that is none', 'course_learner_metadata/a/b/c/', 404],
  ['a username of dots', `engagement_timelines/../?course_id=${DEMO_COURSE}`, 404],
];

for (const [what, path, status, credential] of REFUSED) {
  test(`${what}: GET ${path} is ${status}`, async () => {
    assert.equal((await ask(path, 'application/json', credential)).status, status);
  });
}
