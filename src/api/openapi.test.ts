import assert from 'node:assert/strict';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { checkResponse } from '../../test/check-response.ts';
import { COURSE, openSampleApi } from '../../test/sample-api.ts';
import { DEMO_COURSE } from '../../test/sample-site.ts';
import { REQUEST_ERROR_CODES } from '../errors.ts';
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

const ask = async (headers: Record<string, string>) => app.request('/api/v0/openapi.json', { headers });

test('the description is packed once, and not sent to those who hold it', async () => {
  const packed = await ask({ 'accept-encoding': 'gzip' });
  assert.equal(packed.headers.get('content-encoding'), 'gzip');
  const plain = await (await ask({})).text();
  assert.equal(gunzipSync(Buffer.from(await packed.arrayBuffer())).toString(), plain);
  const tag = packed.headers.get('etag') ?? '';
  assert.equal((await ask({ 'accept-encoding': 'gzip', 'if-none-match': tag })).status, 304);
  assert.equal((await ask({ 'if-none-match': tag.replace('W/', '') })).status, 304);
  assert.equal((await ask({ 'accept-encoding': 'br;q=0, gzip;q=0' })).headers.get('content-encoding'), null);
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
  assert.deepEqual(find('page')?.schema, { type: 'integer', minimum: 1 });
  assert.deepEqual(find('page_size')?.schema, { type: 'integer', minimum: 1, maximum: 1000 });
  assert.deepEqual(find('videos_viewed_max')?.schema, { type: 'number' });
  for (const { name, schema, description: words } of list) {
    assert.match(JSON.stringify(schema), /"type":"(?:string|integer|number)"/, name);
    assert.ok(words !== undefined || name === 'sort_order', name);
    const choices = typeof schema === 'object' && 'enum' in schema ? (schema.enum as readonly unknown[]) : [];
    assert.equal(new Set(choices).size, choices.length, name);
  }
});

test('the examples are as described, of answers and of every error', async () => {
  const shown = new Set<string>();
  for (const [path, { get: operation }] of Object.entries(description.paths)) {
    const address = `/api/v0${path.replace('{username}', 'maria').replace('{course_id}', DEMO_COURSE)}`;
    for (const [status, { content }] of Object.entries(operation.responses)) {
      const { example, examples = {} } = content?.['application/json'] ?? {};
      if (example !== undefined)
        await checkResponse(address, 'GET', Response.json(example, { status: Number(status) }));
      for (const [code, { value }] of Object.entries(examples)) {
        await checkResponse(address, 'GET', Response.json(value, { status: Number(status) }));
        assert.equal(value.error_code, code);
        shown.add(code);
      }
      assert.ok(
        status === '304' || status === '200' || example !== undefined || Object.keys(examples).length > 0,
        status,
      );
    }
    const { content } = operation.responses['200'] ?? {};
    const { example, schema } = content?.['application/json'] ?? {};
    assert.ok(schema === undefined || example !== undefined || path === '/openapi.json', path);
    // what is refused before it is known what was asked
    for (const status of ['408', '414']) assert.ok(operation.responses[status], `${path} ${status}`);
  }
  const told = REQUEST_ERROR_CODES.filter((code) => !['not_found', 'method_not_allowed'].includes(code));
  assert.deepEqual([...shown].toSorted(), told.toSorted());
});

test('below a path of a host, the servers are there too', () => {
  assert.deepEqual(
    describeApi('/analytics').servers.map(({ url }) => url),
    ['/analytics/api/v0', '/analytics/api/learner_analytics/v0'],
  );
});

test('an answer that is not as described is noticed', async () => {
  const course = {
    course_id: 'a/b/c',
    name: null,
    learner_count: 1,
    active_learners: 0,
    segments: { highly_engaged: 0, disengaging: 0, struggling: 0, inactive: 1, unenrolled: 0 },
    last_updated: '2026-01-01',
    data_until: null,
  };
  await checkResponse('/api/v0/courses/', 'GET', Response.json([course]));
  const wrong = [
    ['/courses/', 200, [{ ...course, learner_count: '1' }]],
    ['/courses/', 200, [{ ...course, more: 1 }]],
    ['/courses/', 418, {}],
    ['/courses/', 404, { error_code: 'nonsense', developer_message: '', user_message: '' }],
    [`/learners/?${COURSE}`, 403, { error_code: 'no_course', developer_message: '', user_message: '' }],
  ] as const;
  for (const [path, status, body] of wrong) {
    await assert.rejects(checkResponse(`/api/v0${path}`, 'GET', Response.json(body, { status })), path);
  }
});
