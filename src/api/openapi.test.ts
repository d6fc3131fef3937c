import assert from 'node:assert/strict';
import test from 'node:test';
import { checkResponse } from '../../test/check-response.ts';
import { COURSE, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE } from '../../test/sample-site.ts';
import { describeApi } from './openapi.ts';

const { app, get } = await openSampleApi();
const description = describeApi();

test('the description is served without a credential', async () => {
  const response = await app.request('/api/v0/openapi.json');
  assert.equal(response.status, 200);
  const served = (await response.json()) as { openapi: string; paths: object };
  assert.equal(served.openapi, '3.1.0');
  assert.deepEqual(Object.keys(served.paths), Object.keys(description.paths));
});

for (const path of Object.keys(description.paths)) {
  test(`${path} is there, and answers as described`, async () => {
    const address = path.replace('{username}', 'maria').replace('{course_id}', DEMO_COURSE);
    const response = await get(path.includes('{course_id}') ? address : `${address}?${COURSE}`);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  });
}

test('parameters have their choices, those that are needed, and examples', () => {
  const list = description.paths['/learners/']?.get.parameters ?? [];
  const find = (name: string) => list.find((parameter) => parameter.name === name);
  assert.equal(find('course_id')?.required, true);
  assert.equal(find('segments')?.required, false);
  assert.match(JSON.stringify(find('order_by')), /"attempt_ratio_order"/);
  assert.match(JSON.stringify(find('sort_order')), /"enum":\["asc","desc"\]/);
  for (const parameter of list) assert.match(JSON.stringify(parameter.schema), /"type":"string"/, parameter.name);
});

test('an answer that is not as described is noticed', async () => {
  const wrong = [
    ['/courses/', 200, [{ course_id: 'a/b/c', learner_count: '1', last_updated: '2026-01-01' }]],
    ['/courses/', 200, [{ course_id: 'a/b/c', learner_count: 1, last_updated: '2026-01-01', more: 1 }]],
    ['/courses/', 418, {}],
    ['/courses/', 404, { error_code: 'nonsense', developer_message: '', user_message: '' }],
    [`/learners/?${COURSE}`, 403, { error_code: 'no_course', developer_message: '', user_message: '' }],
  ] as const;
  for (const [path, status, body] of wrong) {
    await assert.rejects(checkResponse(`/api/v0${path}`, 'GET', Response.json(body, { status })), path);
  }
});
