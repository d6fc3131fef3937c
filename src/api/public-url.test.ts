import assert from 'node:assert/strict';
import test from 'node:test';
import { formatLinkHeader, linkPages } from './page-links.ts';
import { readPublicUrl } from './public-url.ts';

const ASKED = 'http://127.0.0.1:8100/api/v0/learners?course_id=a/b/c';
const FORWARDED = { 'x-forwarded-proto': 'https, http', 'x-forwarded-host': 'insights.example, inner' };

const CASES = [
  ['the host that was asked', {}, {}, ASKED],
  ['not what anybody forwards', FORWARDED, {}, ASKED],
  [
    'what a trusted proxy forwards',
    FORWARDED,
    { trustProxy: true },
    'https://insights.example/api/v0/learners?course_id=a/b/c',
  ],
  [
    'so whatever its letters',
    { ...FORWARDED, 'x-forwarded-proto': 'HTTPS' },
    { trustProxy: true },
    'https://insights.example/api/v0/learners?course_id=a/b/c',
  ],
  ['the asked host behind a proxy that is silent', {}, { trustProxy: true }, ASKED],
  ['the asked host where the proxy talks nonsense', { 'x-forwarded-host': 'a b' }, { trustProxy: true }, ASKED],
  ['no other scheme', { 'x-forwarded-proto': 'javascript' }, { trustProxy: true }, ASKED],
  [
    'the configured address before all',
    FORWARDED,
    { trustProxy: true, publicUrl: 'https://site.example/analytics' },
    'https://site.example/analytics/api/v0/learners?course_id=a/b/c',
  ],
] as const;

for (const [what, headers, config, expected] of CASES) {
  test(`the public address is ${what}`, () => {
    const request = new Request(ASKED, { headers });
    assert.equal(readPublicUrl(request, { publicUrl: null, trustProxy: false, ...config }).href, expected);
  });
}

test('links keep the other parameters and escape the course key', () => {
  const asked = new URL('http://h/api/v0/learners/?course_id=course-v1:a+b+c&page=2&snapshot=1&cohort=A+%26+B');
  const course = { courseId: 'course-v1:a+b+c', snapshot: 2 };
  const links = linkPages(asked, course, 2, 3);
  const base = 'http://h/api/v0/learners/?course_id=course-v1%3Aa%2Bb%2Bc';
  assert.deepEqual(links, {
    next: `${base}&page=3&snapshot=2&cohort=A+%26+B`,
    previous: `${base}&page=1&snapshot=2&cohort=A+%26+B`,
  });
  assert.equal(formatLinkHeader(links), `<${links.next}>; rel="next", <${links.previous}>; rel="prev"`);
  assert.deepEqual(linkPages(asked, course, 1, 1), { next: null, previous: null });
});
