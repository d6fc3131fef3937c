import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import type { ErrorBody } from '../src/api/errors-to-http.ts';
import { createInsights } from '../src/api/insights.ts';
import type { LearnerPage, PartialLearner } from '../src/client/answers.ts';
import { createKey } from '../src/auth/api-keys.ts';
import type { Store } from '../src/store/store.ts';
import { loadConfig } from '../src/config.ts';
import { METRICS } from '../src/engagement/metrics.ts';
import { AppError, type ErrorCode } from '../src/errors.ts';
import { createCheckedApp } from './check-response.ts';
import { CONTRACT, MISSING_COURSE } from './contract-cases.ts';
import { LEARNERS, openSampleApi } from './sample-api.ts';
import { DEMO_COURSE, OLD_COURSE } from './sample-site.ts';

// The contract, row by row, on both mounts. docs/api.md holds it as tables, so a row that is added there and not shown here fails.

const doc = await readFile(new URL('../docs/api.md', import.meta.url), 'utf8');
const { deps } = await openSampleApi();
const SEEN = [DEMO_COURSE, OLD_COURSE, MISSING_COURSE];
const insights = createInsights(deps.config, deps.store, SEEN);
const app = createCheckedApp({ ...deps, insights });
const { key } = await createKey(deps.store, 'contract', { courseIds: SEEN });
const HOST = 'http://127.0.0.1:8100';
const login = await app.request(`${HOST}/auth/login`);
const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';

const MOUNTS = [
  { mount: '/api/v0', credential: { authorization: `Token ${key}` } },
  { mount: '/api/learner_analytics/v0', credential: { cookie } },
] as const;
type Mount = (typeof MOUNTS)[number];

async function ask(
  { mount, credential }: Mount,
  path: string,
  {
    headers = {},
    ...init
  }: { method?: string | undefined; headers?: Readonly<Record<string, string>> | undefined } = {},
  service = app,
): Promise<Response> {
  const address = `${HOST}${mount}${path}`;
  const request = { headers: { ...credential, ...headers }, method: init.method ?? 'GET' };
  const response = await service.request(address, request);
  assert.ok(response.headers.has('x-request-id'));
  return response;
}

/** The same path with its slash where it has none, and without where it has one. */
function toggleSlash(path: string): string {
  const [address = '', ...query] = path.split('?');
  return [address.endsWith('/') ? address.slice(0, -1) : `${address}/`, ...query].join('?');
}

/** Whether two answers say the same; links are spelled as the address was, and its length is told where it is too long. */
function isSameText(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) =>
    text.replaceAll('learners/?', 'learners?').replaceAll(/\d{4,} characters/g, ''),
  );
  return first === second;
}

const told = new Set<ErrorCode>();

for (const mount of MOUNTS) {
  for (const { path, status = 200, code, check, ...init } of CONTRACT) {
    test(`${mount.mount}: ${init.method ?? 'GET'} ${path.slice(0, 110)} is ${status} ${code ?? ''}`, async () => {
      const response = await ask(mount, path, init);
      const text = await response.text();
      assert.equal(response.status, status, text);
      const body: unknown =
        response.headers.get('content-type')?.startsWith('text/csv') === true ? text : JSON.parse(text);
      check?.(body as never, response.headers);
      if (code !== undefined) {
        told.add(code);
        assert.equal((body as ErrorBody).error_code, code);
        assert.equal(response.headers.get('allow'), code === 'method_not_allowed' ? 'GET, HEAD' : null);
      }
      const slashed = await ask(mount, toggleSlash(path), init);
      assert.equal(slashed.status, status, toggleSlash(path));
      assert.ok(isSameText(text, await slashed.text()), toggleSlash(path));
      if (init.method !== undefined) return;
      const head = await ask(mount, path, { ...init, method: 'HEAD' });
      assert.deepEqual([head.status, await head.text()], [status, '']);
      assert.equal(head.headers.get('etag'), response.headers.get('etag'));
      if (status !== 200) return;
      const tag = response.headers.get('etag') ?? '';
      assert.equal((await ask(mount, path, { headers: { ...init.headers, 'if-none-match': tag } })).status, 304);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const refused = await ask(mount, path, { ...init, method });
        assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'], method);
      }
    });
  }

  test(`${mount.mount}: nobody, a bad credential, one request too many, and what the server fails at`, async () => {
    const bad =
      mount.mount === '/api/v0' ? { authorization: `Token la_${'A'.repeat(43)}` } : { cookie: 'la_session=x' };
    const config = { ...deps.config, ...loadConfig({ RATE_LIMIT_PER_KEY: '1', RATE_LIMIT_PER_USER: '1' }) };
    const limited = createCheckedApp({ ...deps, insights, config });
    await ask(mount, '/courses/', {}, limited);
    const failing = (code: ErrorCode) => {
      const query = async () => Promise.reject(new AppError(code, 'SELECT secret'));
      const store: Store = {
        ...deps.store,
        query,
        about: async (_, answer) => answer(store),
        shards: async (answer) => [await answer(store)],
      };
      return createCheckedApp({ ...deps, insights, store });
    };
    const unknown = { mount: mount.mount, credential: {} } as unknown as Mount;
    const cases: ReadonlyArray<readonly [response: Response, status: number, code: ErrorCode, header: string]> = [
      [await ask(unknown, '/learners/?page=x'), 401, 'authentication_required', 'www-authenticate'],
      [
        await ask(unknown, '/learners/?page=x', { headers: bad }),
        401,
        mount.mount === '/api/v0' ? 'invalid_credentials' : 'authentication_required',
        'www-authenticate',
      ],
      [await ask(mount, '/learners/?page=x', {}, limited), 429, 'rate_limited', 'retry-after'],
      [await ask(mount, LEARNERS, {}, failing('internal_error')), 500, 'internal_error', 'x-request-id'],
      [await ask(mount, LEARNERS, {}, failing('store_unavailable')), 503, 'store_unavailable', 'retry-after'],
    ];
    for (const [response, status, code, header] of cases) {
      const text = await response.text();
      const body = JSON.parse(text) as ErrorBody;
      assert.deepEqual([response.status, body.error_code, response.headers.has(header)], [status, code, true]);
      assert.equal(body.request_id, status >= 500 ? response.headers.get('x-request-id') : undefined);
      assert.doesNotMatch(text, /SELECT|secret/);
      told.add(code);
    }
  });

  test(`${mount.mount}: every order is total, null last ascending and first descending`, async () => {
    const orders = [
      'username',
      'name',
      'email',
      'cohort',
      'enrollment_mode',
      'enrollment_date',
      'last_active',
      ...METRICS,
    ];
    for (const order of orders) {
      for (const direction of ['asc', 'desc']) {
        const response = await ask(mount, `${LEARNERS}&order_by=${order}&sort_order=${direction}`);
        const { results } = (await response.json()) as LearnerPage<PartialLearner>;
        assert.equal(results.length, 24);
        const values = results.map((learner) => ({ ...learner, ...learner.engagements })[order as 'name'] ?? null);
        const nulls = values.filter((value) => value === null).length;
        const known = direction === 'asc' ? values.slice(0, 24 - nulls) : values.slice(nulls);
        assert.ok(!known.includes(null), `${order} ${direction}: ${JSON.stringify(values)}`);
        const sorted = known.toSorted(compare);
        assert.deepEqual(
          known.map(fold),
          (direction === 'asc' ? sorted : sorted.toReversed()).map(fold),
          `${order} ${direction}`,
        );
      }
    }
  });
}

const fold = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(fold(a))), Buffer.from(String(fold(b))));
}

/** The first cells of the rows of the table that comes first below the heading. */
function readRows(heading: string): string[] {
  const [, section = ''] = doc.split(heading);
  const [, table = ''] = /\n\|[ |-]+\|\n((?:\|.*\n)+)/.exec(section) ?? [];
  return table
    .trim()
    .split('\n')
    .map((row) => row.split('|').at(1)?.trim() ?? '');
}

test('every row of the tables of docs/api.md is shown here, and every resource', () => {
  const shown = new Set(CONTRACT.map(({ row }) => row));
  const parameters = readRows('### `learners/`: the learners of a course');
  assert.ok(parameters.length > 8);
  const resources = [...doc.matchAll(/^### (`.*?)(?::|$)/gm)].flatMap(([, names = '']) => names.split(', '));
  assert.ok(resources.length > 8);
  for (const row of [...parameters, ...resources]) assert.ok(shown.has(row), row);
  const listed = [...doc.matchAll(/^\| \d{3} +\| (.*?) \|/gm)].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? []);
  assert.ok(listed.length > 12);
  // one code has two rows
  assert.deepEqual([...told].toSorted(), [...new Set(listed)].toSorted());
});
