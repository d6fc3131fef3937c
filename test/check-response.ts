import assert from 'node:assert/strict';
import { z } from 'zod';
import type { AppDeps } from '../src/api/api-env.ts';
import { createApp } from '../src/api/app.ts';
import { describeApi } from '../src/api/openapi.ts';

const { paths, components } = describeApi();

const DESCRIBED = Object.entries(paths).map(([path, { get }]) => ({
  path,
  // a course key may hold slashes
  pattern: new RegExp(
    `^${path.replaceAll('.', '\\.').replaceAll('{username}', '[^/]+').replaceAll('{course_id}', '.*[^/]').replace(/\/$/, '')}/?$`,
  ),
  responses: get.responses,
}));

/** Parsers of the schemas, each of them one object of the description. */
const schemas = new Map<object, z.ZodType>();
const ERROR_SCHEMA = { $ref: '#/components/schemas/Error' };

/** The service, in which every answer of the API is held to its description, however it is asked. */
export function createCheckedApp(deps: AppDeps): ReturnType<typeof createApp> {
  const app = createApp(deps);
  const { fetch } = app;
  app.fetch = async (request, ...rest) => {
    const response = await fetch(request, ...rest);
    await checkResponse(request.url, request.method, response);
    return response;
  };
  return app;
}

/** Fails where an answer of the API is not what its description says. What nothing is described for may be refused only. */
export async function checkResponse(address: string, method: string, response: Response): Promise<void> {
  const path = /^(?:https?:\/\/[^/]+)?\/api\/(?:learner_analytics\/)?v0(\/[^?]*)/.exec(address)?.[1];
  // what is compressed is also asked for as it is; preflights belong to browsers
  if (path === undefined || response.headers.has('content-encoding') || response.status === 204) return;
  const what = `${method} ${address.slice(0, 200)}: ${response.status}`;
  const type = (response.headers.get('content-type') ?? '').replace(/;.*/, '');
  const described = DESCRIBED.find(({ pattern }) => pattern.test(path));
  const answer = described?.responses[response.status];
  if (answer === undefined) {
    const asked = described !== undefined && (method === 'GET' || method === 'HEAD');
    assert.ok(!asked && [400, 401, 404, 405, 414, 429, 500, 503].includes(response.status), `${what} is not described`);
    await check(ERROR_SCHEMA, response, what);
    return;
  }
  for (const name of ['content-disposition', 'x-snapshot', 'link'])
    assert.ok(
      !response.headers.has(name) || Object.keys(answer.headers ?? {}).some((told) => told.toLowerCase() === name),
      `${what}: ${name} is not described`,
    );
  if (method === 'HEAD' || response.status === 304) return;
  const content = answer.content?.[type];
  assert.ok(content !== undefined, `${what} as ${type} is not described`);
  if (type === 'application/json') await check(content.schema, response, what);
}

async function check(schema: object, response: Response, what: string): Promise<void> {
  const text = await response.clone().text();
  if (text === '') return;
  let parser = schemas.get(schema);
  if (parser === undefined) {
    const resolved = JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/');
    parser = z.fromJSONSchema({ ...(JSON.parse(resolved) as object), $defs: components.schemas });
    schemas.set(schema, parser);
  }
  const result = parser.safeParse(JSON.parse(text));
  assert.ok(result.success, `${what}: ${result.error === undefined ? '' : z.prettifyError(result.error)}`);
}
