import assert from 'node:assert/strict';
import type { ErrorBody } from '../src/api/errors-to-http.ts';
import type { CourseMetadata, LearnerPage, PartialLearner, Timeline } from '../src/client/answers.ts';

import type { ErrorCode } from '../src/errors.ts';
import { COURSE, ODD_USERNAME } from './sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from './sample-site.ts';

/** A course that every caller of these tests may see, and that does not exist; and one that none may see. */
export const MISSING_COURSE = 'edX/Missing/2012';
const FOREIGN_COURSE = 'MITx/Foreign/2012';

/** One request, and what must come of it. */
export interface ContractCase {
  /** The first cell of the row of docs/api.md that it shows; an error is shown by its code. */
  readonly row?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly status?: number;
  readonly code?: ErrorCode;
  readonly check?: (body: never, headers: Headers) => void;
}

const LIST = `/learners/?${COURSE}`;
const CSV = { accept: 'text/csv' };

const names = (...expected: readonly string[]) => ({
  check: ({ results }: LearnerPage<PartialLearner>) =>
    assert.deepEqual(
      results.map(({ username }) => username),
      expected,
    ),
});
const counts = (expected: number) => ({
  check: ({ count }: LearnerPage<PartialLearner>) => assert.equal(count, expected),
});
const refused = (code: ErrorCode, ...fields: readonly string[]) => ({
  code,
  status: 400,
  check: ({ field_errors: told = {} }: ErrorBody) => assert.deepEqual(Object.keys(told).toSorted(), fields.toSorted()),
});
const missing = (code: ErrorCode) => ({ code, status: 404 });
const range = (start: string, end: string) => ({
  check: (body: { engagements: { date_range: object } }) =>
    assert.deepEqual(body.engagements.date_range, { start, end }),
});
const isCsv = (head: string, rows: number) => ({
  check: (body: string, headers: Headers) => {
    assert.match(headers.get('content-disposition') ?? '', /^attachment; filename="edX-DemoX-2026--[\d-]+T[\d:]+Z--/);
    const lines = body.split('\r\n');
    assert.deepEqual([lines[0], lines.length], [head, rows + 2]);
  },
});

// The rows of the contract's tables, as docs/api.md has them; the one test that must fail first when the contract is broken.

const RESOURCES: readonly ContractCase[] = [
  { row: '`learners/`', path: LIST, ...counts(24) },
  { row: '`learners.csv`', path: `/learners.csv?${COURSE}&fields=username,name`, ...isCsv('username,name', 24) },
  {
    row: '`learners/<username>/`',
    path: `/learners/maria/?${COURSE}`,
    check: (body: { username: string }) => assert.equal(body.username, 'maria'),
  },
  { path: `/learners/${ODD_USERNAME}/?${COURSE}` },
  {
    row: '`engagement_timelines/<username>/`',
    path: `/engagement_timelines/maria/?${COURSE}`,
    check: ({ days }: Timeline) =>
      assert.deepEqual(
        days.map(({ date }) => date),
        ['2026-10-20', '2026-10-21', '2026-10-22'],
      ),
  },
  { path: `/engagement_timelines/idle/?${COURSE}`, check: (body: object) => assert.deepEqual(body, { days: [] }) },
  { row: '`learners/engagement_timelines/<username>/`', path: `/learners/engagement_timelines/maria/?${COURSE}` },
  {
    row: '`course_learner_metadata/<course_id>/`',
    path: `/course_learner_metadata/${DEMO_COURSE}/`,
    check: ({ learner_count: count }: CourseMetadata) => assert.equal(count, 24),
  },
  { path: `/course_learner_metadata/${encodeURIComponent(DEMO_COURSE)}/` },
  { path: `/course_learner_metadata/${OLD_COURSE}/` },
  { path: `/course_learner_metadata/${encodeURIComponent(OLD_COURSE)}/` },
  { row: '`learners/courses/<course_id>/`', path: `/learners/courses/${OLD_COURSE}/` },
  {
    row: '`courses/`',
    path: '/courses/',
    check: (courses: Array<{ course_id: string }>) =>
      assert.deepEqual(
        courses.map(({ course_id }) => course_id),
        [DEMO_COURSE, OLD_COURSE],
      ),
  },
  {
    row: '`accounts/<username>/`',
    path: `/accounts/maria/?${COURSE}`,
    check: (account: object) => assert.ok(Object.values(account).every((value) => value === null)),
  },
  { row: '`status/`', path: '/status/', check: (body: object) => assert.deepEqual(body, { status: 'OK' }) },
  {
    row: '`health/`',
    path: '/health/',
    check: (body: { overall_status: string }) => assert.equal(body.overall_status, 'OK'),
  },
  { row: '`authenticated/`', path: '/authenticated/' },
  { row: '`openapi.json`', path: '/openapi.json' },
];

const PARAMETERS: readonly ContractCase[] = [
  { row: '`course_id`', path: '/learners/?course_id=course-v1:edX+DemoX+2026', ...counts(24) },
  { path: `/learners/?course_id=${encodeURIComponent(OLD_COURSE)}`, ...counts(1) },
  { path: `${LIST}&${COURSE}`, ...refused('illegal_parameter_values', 'course_id') },
  { row: '`text_search`', path: `${LIST}&text_search=NUNEZ+mar`, ...names('maria') },
  {
    path: `${LIST}&text_search=100%25+_real_+"O'Neil"`,
    check: ({ count }: LearnerPage<PartialLearner>) => assert.equal(count, 1),
  },
  { path: `${LIST}&text_search=*`, ...counts(0) },
  { row: '`segments`', path: `${LIST}&segments=disengaging,unenrolled`, ...names('gone', 'quiet') },
  { path: `${LIST}&segments=&ignore_segments=&cohort=&enrollment_mode=`, ...counts(24) },
  {
    row: '`ignore_segments`',
    path: `${LIST}&ignore_segments=inactive,unenrolled,highly_engaged,disengaging&enrollment_mode=honor`,
    ...names('maria'),
  },
  {
    path: `${LIST}&segments=inactive&ignore_segments=inactive`,
    ...refused('illegal_parameter_values', 'ignore_segments'),
  },
  { row: '`cohort`, `enrollment_mode`', path: `${LIST}&cohort=Cohort+A&enrollment_mode=honor`, ...names('maria') },
  { path: `${LIST}&enrollment_mode=verified&cohort=${encodeURIComponent('B & C, "d"')}`, ...counts(1) },
  {
    row: '`<metric>_min`, `<metric>_max`',
    path: `${LIST}&videos_viewed_min=1&videos_viewed_max=1&problem_attempts_min=1`,
    ...names('maria'),
  },
  { path: `${LIST}&videos_viewed_max=0&enrollment_mode=honor`, ...names('gone', 'idle') },
  { path: `${LIST}&videos_viewed_max=none`, ...refused('illegal_parameter_values', 'videos_viewed_max') },
  { row: '`order_by`', path: `${LIST}&order_by=problem_attempts&sort_order=desc&page_size=1`, ...names('maria') },
  { path: `${LIST}&order_by=password`, ...refused('illegal_parameter_values', 'order_by') },
  { row: '`sort_order`', path: `${LIST}&sort_order=desc&enrollment_mode=honor`, ...names('maria', 'idle', 'gone') },
  { path: `${LIST}&sort_order=down`, ...refused('illegal_parameter_values', 'sort_order') },
  {
    row: '`page`, `page_size`',
    path: `${LIST}&page=3&page_size=10`,
    check: ({ results, num_pages: pages, page, next, previous }: LearnerPage<PartialLearner>, headers: Headers) => {
      assert.deepEqual([results.length, pages, page, next], [4, 3, 3, null]);
      assert.equal(headers.get('link'), `<${previous}>; rel="prev"`);
    },
  },
  {
    path: LIST,
    check: ({ page, num_pages: pages, results }: LearnerPage<PartialLearner>) =>
      assert.deepEqual([page, pages, results.length], [1, 1, 24]),
  },
  { path: `${LIST}&text_search=nobody-at-all&page=1`, ...counts(0) },
  { path: `${LIST}&page=4&page_size=10`, ...refused('illegal_parameter_values', 'page') },
  { path: `${LIST}&page=0&page_size=1001`, ...refused('illegal_parameter_values', 'page', 'page_size') },
  { path: `${LIST}&page=1.0&page_size=-1`, ...refused('illegal_parameter_values', 'page', 'page_size') },
  {
    row: '`start_date`, `end_date`',
    path: `/learners/maria/?${COURSE}&start_date=2026-10-6&end_date=2026-10-21`,
    ...range('2026-10-06', '2026-10-21'),
  },
  { path: `/learners/maria/?${COURSE}&end_date=2026-10-21`, ...range('2026-10-14', '2026-10-21') },
  { path: `/learners/maria/?${COURSE}&start_date=2026-10-21`, ...range('2026-10-21', '2026-10-26') },
  {
    path: `/learners/maria/?${COURSE}&start_date=2026-10-21&end_date=2026-10-21`,
    ...refused('illegal_parameter_values', 'start_date'),
  },
  {
    path: `/learners/maria/?${COURSE}&start_date=2026-02-29&end_date=x`,
    ...refused('illegal_parameter_values', 'start_date', 'end_date'),
  },
  {
    path: `/learners/maria/?${COURSE}&start_date=2021-10-25&end_date=2026-10-26`,
    ...refused('illegal_parameter_values', 'end_date'),
  },
  {
    path: `/engagement_timelines/maria/?${COURSE}&start_date=2019-1-1&end_date=2019-1-3`,
    check: ({ days }: Timeline) =>
      assert.deepEqual(
        days.map(({ date, problem_attempts: attempts }) => [date, attempts]),
        [
          ['2019-01-01', 0],
          ['2019-01-02', 0],
        ],
      ),
  },
  { path: `/course_learner_metadata/${DEMO_COURSE}/?start_date=2019-1-1&end_date=2019-1-3` },
  {
    row: '`fields`',
    path: `${LIST}&fields=engagements.videos_viewed,username,nonsense&page_size=1`,
    check: ({ results }: LearnerPage<PartialLearner>) =>
      assert.equal(JSON.stringify(results), '[{"engagements":{"videos_viewed":0},"username":"gone"}]'),
  },
  {
    row: '`highlight`',
    path: `${LIST}&text_search=mar&highlight=true`,
    check: ({ results: [found] }: LearnerPage<PartialLearner>) =>
      assert.deepEqual(found?.highlights, { username: [[0, 3]], name: [[0, 3]], email: [[0, 3]] }),
  },
  { path: `${LIST}&unknown=1&unknown=2`, ...counts(24) },
];

const FORMATS: readonly ContractCase[] = [
  { path: `${LIST}&fields=username`, headers: CSV, ...isCsv('username', 24) },
  { path: `${LIST}&fields=username&page=1&page_size=2`, headers: CSV, ...isCsv('username', 2) },
  {
    path: `/learners.csv?${COURSE}&fields=username&page=7&page_size=24&sortKey=name&order=desc`,
    ...isCsv('username', 24),
  },
  {
    path: `/engagement_timelines/maria/?${COURSE}&fields=date,videos_viewed`,
    headers: CSV,
    ...isCsv('date,videos_viewed', 3),
  },
  { path: LIST, headers: { accept: 'text/html, application/*;q=0.1' }, ...counts(24) },
];

const ERRORS: readonly ContractCase[] = [
  { path: '/learners/', ...refused('course_not_specified', 'course_id') },
  { path: '/learners/?course_id=edX', ...refused('course_key_malformed', 'course_id') },
  {
    path: '/learners/?course_id=edX&page=x&segments=a&ignore_segments=b',
    ...refused('course_key_malformed', 'course_id', 'page', 'ignore_segments'),
  },
  { path: `/learners/?course_id=${FOREIGN_COURSE}`, status: 403, code: 'course_access_denied' },
  { path: `/learners/maria/?course_id=${FOREIGN_COURSE}&page=x`, status: 403, code: 'course_access_denied' },
  { path: `/learners/?course_id=${FOREIGN_COURSE}&page=x`, ...refused('illegal_parameter_values', 'page') },
  { path: `/learners/?course_id=${MISSING_COURSE}`, ...missing('no_course') },
  { path: `/learners/nobody/?${COURSE}`, ...missing('no_learner_for_course') },
  { path: `/learners/maria%2F..%2Fidle/?${COURSE}`, ...missing('no_learner_for_course') },
  { path: `/accounts/nobody/?${COURSE}`, ...missing('no_learner_for_course') },
  { path: `/engagement_timelines/nobody/?${COURSE}`, ...missing('no_learner_engagement_timeline') },
  { path: `${LIST}&segments=nonsense`, ...missing('no_segment') },
  { path: `${LIST}&cohort=nonsense`, ...missing('no_cohort') },
  { path: `${LIST}&enrollment_mode=nonsense`, ...missing('no_enrollment_mode') },
  { path: '/nothing/', ...missing('not_found') },
  { path: LIST, method: 'POST', status: 405, code: 'method_not_allowed' },
  { path: LIST, headers: { accept: 'application/xml' }, status: 406, code: 'not_acceptable' },
  {
    path: `/engagement_timelines/maria/?${COURSE}`,
    headers: { accept: 'image/*' },
    status: 406,
    code: 'not_acceptable',
  },
  { path: `${LIST}&text_search=${'x'.repeat(9000)}`, status: 414, code: 'uri_too_long' },
];

export const CONTRACT: readonly ContractCase[] = [...RESOURCES, ...PARAMETERS, ...FORMATS, ...ERRORS];
