import assert from 'node:assert/strict';
import test from 'node:test';
import type { AppError, ErrorCode } from '../errors.ts';
import { courseParams, listParams } from './params.ts';
import { parseQuery } from './query.ts';

const COURSE = 'course_id=course-v1:edX%2BDemoX%2B2026';

function parseList(query: string) {
  return parseQuery(listParams, `http://localhost/api/v0/learners/?${query}`);
}

test('the defaults of a list', () => {
  assert.deepEqual(parseList(COURSE), {
    course_id: 'course-v1:edX+DemoX+2026',
    order_by: 'username',
    sort_order: 'asc',
  });
});

const [MOST_TERMS, MOST_FIELDS] = [100, 500].map((count) =>
  Array.from({ length: count }, (_, index) => `${index}`),
) as [string[], string[]];

const ACCEPTED: ReadonlyArray<readonly [query: string, field: string, value: unknown]> = [
  ['course_id=course-v1:edX+DemoX+2026', 'course_id', 'course-v1:edX+DemoX+2026'],
  ['course_id=edX/DemoX/2026', 'course_id', 'edX/DemoX/2026'],
  [`${COURSE}&text_search=%25_'%22*`, 'text_search', ['%_\'"*']],
  [`${COURSE}&text_search=maria+lopez`, 'text_search', ['maria', 'lopez']],
  [`${COURSE}&text_search=${'+a%09b%0A'.repeat(200)}`, 'text_search', ['a', 'b']],
  [`${COURSE}&text_search=`, 'text_search', []],
  [`${COURSE}&segments=struggling,%20inactive,,`, 'segments', ['struggling', 'inactive']],
  [`${COURSE}&segments=struggling&segments=inactive`, 'segments', ['struggling', 'inactive']],
  [`${COURSE}&segments=inactive,struggling,inactive`, 'segments', ['inactive', 'struggling']],
  [`${COURSE}&segments=`, 'segments', []],
  [`${COURSE}&segments=struggling&ignore_segments=`, 'segments', ['struggling']],
  [`${COURSE}&cohort=`, 'cohort', ''],
  [`${COURSE}&text_search=${MOST_TERMS.join('+')}`, 'text_search', MOST_TERMS],
  [`${COURSE}&fields=${MOST_FIELDS.join(',')}`, 'fields', MOST_FIELDS],
  [`${COURSE}&videos_viewed_max=0`, 'videos_viewed_max', 0],
  [`${COURSE}&videos_viewed_min=-1`, 'videos_viewed_min', -1],
  [`${COURSE}&problem_attempts_per_completed_min=2.5`, 'problem_attempts_per_completed_min', 2.5],
  [`${COURSE}&problem_attempts_per_completed_min=1e-7`, 'problem_attempts_per_completed_min', 1e-7],
  [`${COURSE}&videos_viewed_max=${Number.MAX_SAFE_INTEGER}`, 'videos_viewed_max', Number.MAX_SAFE_INTEGER],
  [`${COURSE}&problem_attempts_per_completed_max=1.3333333333333333`, 'problem_attempts_per_completed_max', 4 / 3],
  [`${COURSE}&videos_viewed_max=`, 'videos_viewed_max', undefined],
  [`${COURSE}&order_by=attempt_ratio_order`, 'order_by', 'attempt_ratio_order'],
  [`${COURSE}&sort_order=desc`, 'sort_order', 'desc'],
  [`${COURSE}&highlight=`, 'highlight', ''],
  [`${COURSE}&page=007`, 'page', 7],
  [`${COURSE}&page_size=1000`, 'page_size', 1000],
  [`${COURSE}&start_date=2015-10-6&end_date=2015-10-7`, 'start_date', '2015-10-06'],
  [`${COURSE}&unknown=1&unknown=2&__proto__=3`, 'page', undefined],
];

for (const [query, field, value] of ACCEPTED) {
  test(`?${query} gives ${field} ${JSON.stringify(value)}`, () => {
    const params: Readonly<Record<string, unknown>> = parseList(query);
    assert.deepEqual(params[field], value);
  });
}

const REFUSED: ReadonlyArray<readonly [query: string, code: ErrorCode, fields: Record<string, RegExp>]> = [
  ['', 'course_not_specified', { course_id: /is missing/ }],
  ['course_id=', 'course_not_specified', { course_id: /is empty/ }],
  ['course_id=edX', 'course_key_malformed', { course_id: /"edX" is not a course key such as course-v1:org/ }],
  [`${COURSE}&${COURSE}`, 'illegal_parameter_values', { course_id: /given 2 times/ }],
  [`${COURSE}&page=0`, 'illegal_parameter_values', { page: /"0" is not a whole number from 1 up/ }],
  [`${COURSE}&page=`, 'illegal_parameter_values', { page: /"" is not/ }],
  [`${COURSE}&page=1.5`, 'illegal_parameter_values', { page: /"1.5"/ }],
  [`${COURSE}&page=+1`, 'illegal_parameter_values', { page: /" 1"/ }],
  [`${COURSE}&page=-1`, 'illegal_parameter_values', { page: /"-1"/ }],
  [`${COURSE}&page=1e3`, 'illegal_parameter_values', { page: /"1e3"/ }],
  [`${COURSE}&page=99999999999999999999`, 'illegal_parameter_values', { page: /whole number/ }],
  [`${COURSE}&page=1&page=2`, 'illegal_parameter_values', { page: /given 2 times; give it once/ }],
  [`${COURSE}&page_size=0`, 'illegal_parameter_values', { page_size: /from 1 to 1000/ }],
  [`${COURSE}&page_size=1001`, 'illegal_parameter_values', { page_size: /from 1 to 1000/ }],
  [`${COURSE}&order_by=password`, 'illegal_parameter_values', { order_by: /"password" is not one of username, name/ }],
  [`${COURSE}&order_by=`, 'illegal_parameter_values', { order_by: /"" is not one of/ }],
  [`${COURSE}&order_by=name&order_by=email`, 'illegal_parameter_values', { order_by: /given 2 times/ }],
  [`${COURSE}&sort_order=DESC`, 'illegal_parameter_values', { sort_order: /"DESC" is not one of asc, desc/ }],
  [`${COURSE}&highlight=1`, 'illegal_parameter_values', { highlight: /"1" is not one of true, false\.$/ }],
  [`${COURSE}&text_search=a&text_search=b`, 'illegal_parameter_values', { text_search: /given 2 times/ }],
  [
    `${COURSE}&text_search=${Array.from({ length: 101 }, (_, index) => index).join('+')}`,
    'illegal_parameter_values',
    { text_search: /has 101 terms; at most 100/ },
  ],
  [
    `${COURSE}&fields=${Array.from({ length: 501 }, (_, index) => index).join(',')}`,
    'illegal_parameter_values',
    { fields: /names 501 fields; at most 500 are looked for/ },
  ],
  [`${COURSE}&cohort=a&cohort=a`, 'illegal_parameter_values', { cohort: /given 2 times/ }],
  [`${COURSE}&videos_viewed_min=many`, 'illegal_parameter_values', { videos_viewed_min: /"many" is not a number/ }],
  [`${COURSE}&videos_viewed_min=1e999`, 'illegal_parameter_values', { videos_viewed_min: /"1e999"/ }],
  [`${COURSE}&videos_viewed_min=0x10`, 'illegal_parameter_values', { videos_viewed_min: /"0x10"/ }],
  [`${COURSE}&videos_viewed_min=+3`, 'illegal_parameter_values', { videos_viewed_min: /" 3"/ }],
  [`${COURSE}&videos_viewed_min=Infinity`, 'illegal_parameter_values', { videos_viewed_min: /"Infinity"/ }],
  [
    `${COURSE}&segments=struggling&ignore_segments=inactive`,
    'illegal_parameter_values',
    { ignore_segments: /together with segments/ },
  ],
  [`${COURSE}&start_date=2015-02-30`, 'illegal_parameter_values', { start_date: /"2015-02-30" is not a date/ }],
  [
    `${COURSE}&start_date=2015-02-02&end_date=2015-2-2`,
    'illegal_parameter_values',
    { start_date: /"2015-02-02" is not before end_date/ },
  ],
  [
    `${COURSE}&start_date=2015-02-02&end_date=2020-02-03`,
    'illegal_parameter_values',
    { end_date: /"2020-02-03" is more than 5 years after/ },
  ],
  [
    'page=x&page_size=y&order_by=z&sort_order=w&start_date=v&videos_viewed_min=u&segments=a&ignore_segments=b',
    'course_not_specified',
    {
      course_id: /missing/,
      page: /"x"/,
      page_size: /"y"/,
      order_by: /"z"/,
      sort_order: /"w"/,
      start_date: /"v"/,
      videos_viewed_min: /"u"/,
      ignore_segments: /together/,
    },
  ],
  [
    'course_id=edX&page=x&start_date=2015-02-02&end_date=2015-02-01',
    'course_key_malformed',
    { course_id: /"edX"/, page: /"x"/, start_date: /"2015-02-02"/ },
  ],
];

for (const [query, code, fields] of REFUSED) {
  test(`?${query} is ${code}`, () => {
    assert.throws(
      () => parseList(query),
      (error: AppError) => {
        assert.equal(error.code, code);
        assert.deepEqual(Object.keys(error.fields ?? {}).toSorted(), Object.keys(fields).toSorted());
        for (const [field, fault] of Object.entries(fields)) {
          assert.match(error.fields?.[field] ?? '', fault);
          assert.ok(error.message.includes(`${field}: `), error.message);
        }
        return true;
      },
    );
  });
}

test('a course in the path is checked with the rest', () => {
  const url = 'http://localhost/?start_date=x&course_id=ignored/for/path';
  assert.throws(() => parseQuery(courseParams, url, { course_id: 'edX' }), {
    code: 'course_key_malformed',
    message: /course_id: "edX" is not .*start_date: "x" is not a date/,
  });
});

test('a long value is cut in the message', () => {
  assert.throws(
    () => parseList(`${COURSE}&page=${'9'.repeat(5000)}`),
    (error: AppError) => error.message.length < 300,
  );
});
