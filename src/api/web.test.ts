import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { AppError } from '../errors.ts';
import { createWeb } from './web.ts';

const PAGE = '<head><base href="/" /><meta property="csp-nonce" nonce="NONCE" /></head>';
let dir = '';

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'web-'));
  await mkdir(join(dir, 'assets'));
  await writeFile(join(dir, 'index.html'), PAGE);
  await writeFile(join(dir, 'api-reference.html'), PAGE);
  await writeFile(join(dir, 'assets', 'index-abc.js'), 'let a = 1;');
});
after(() => rm(dir, { recursive: true }));

const open = (publicUrl: string | null = null, lmsUrl: string | null = null) =>
  createWeb({ publicUrl, dataDir: dir, lmsUrl }, dir);

const PAGE_HEADERS = {
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

test('every address of the app is the page, with a policy that allows this server alone', async () => {
  for (const path of ['/', '/courses/course-v1:a+b+c', '/courses/a%2Fb%2Fc/learners/maria?page=2', '/api-reference']) {
    const response = await open().request(path);
    const policy = response.headers.get('content-security-policy') ?? '';
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    assert.equal(response.status, 200);
    assert.equal(
      policy,
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'`,
    );
    for (const [name, value] of Object.entries(PAGE_HEADERS)) assert.equal(response.headers.get(name), value, name);
    assert.equal(await response.text(), PAGE.replace('NONCE', nonce));
  }
  const [first, second] = await Promise.all([open().request('/'), open().request('/')]);
  assert.notEqual(first.headers.get('content-security-policy'), second.headers.get('content-security-policy'));
});

test('a page or colours that cannot be read now are not told as absent', async () => {
  const damaged = join(dir, 'damaged');
  for (const name of ['index.html', 'brand.css']) await mkdir(join(damaged, name), { recursive: true });
  const web = createWeb({ publicUrl: null, dataDir: damaged, lmsUrl: null }, damaged);
  const failures: unknown[] = [];
  web.onError((error, c) => {
    failures.push((error as NodeJS.ErrnoException).code);
    return c.body(null, 503);
  });
  for (const path of ['/', '/brand.css']) assert.equal((await web.request(path)).status, 503);
  assert.deepEqual(failures, ['EISDIR', 'EISDIR']);
});

test('pictures may come from the LMS, and nothing else may', async () => {
  const response = await open(null, 'https://lms.example/deep').request('/');
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /; img-src 'self' data: https:\/\/lms\.example;/);
  assert.equal(policy.match(/https?:/g)?.length, 1);
});

test('below a path of a host, the page says so', async () => {
  const html = await (await open('https://lms.example/analytics').request('/')).text();
  assert.match(html, /<base href="\/analytics\/" \/>/);
  assert.match(await (await open('https://lms.example').request('/')).text(), /<base href="\/" \/>/);
});

test('files whose name changes with their content are kept for good, and come compressed', async () => {
  const response = await open().request('/assets/index-abc.js', { headers: { 'accept-encoding': 'gzip, br' } });
  assert.match(response.headers.get('cache-control') ?? '', /immutable/);
  assert.equal(response.headers.get('vary'), 'Accept-Encoding');
  assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.equal(response.headers.get('content-encoding'), 'br');
  assert.equal(brotliDecompressSync(Buffer.from(await response.arrayBuffer())).toString(), 'let a = 1;');
  assert.equal(await (await open().request('/assets/index-abc.js')).text(), 'let a = 1;');
});

test('nothing else of the disk is served', async () => {
  for (const path of [
    '/assets/nothing.js',
    '/assets/..%2Findex.html',
    '/assets/%2e%2e/index.html',
    '/index.html',
    '/assets/',
  ]) {
    assert.notEqual((await open().request(path)).status, 200, path);
  }
});

test('what is not built, or has a longer name than any file, is not found, which is no fault of the server', async () => {
  const web = open();
  let thrown: unknown;
  web.onError((error, c) => {
    thrown = error;
    return c.text('', 404);
  });
  for (const path of ['/icon.svg', '/assets/nothing.js', `/assets/${'a'.repeat(300)}.js`]) {
    thrown = undefined;
    await web.request(path);
    assert.ok(thrown instanceof AppError && thrown.code === 'not_found', String(thrown));
  }
  await writeFile(join(dir, 'icon.svg'), '<svg/>');
  assert.equal((await web.request('/icon.svg')).status, 200);
});

test("a site's brand is read from its data directory, and may be absent", async () => {
  assert.equal(await (await open().request('/brand.css')).text(), '');
  await writeFile(join(dir, 'brand.css'), ':root { --pgn-color-primary-base: #400 }');
  assert.match(await (await open().request('/brand.css')).text(), /--pgn-color-primary-base/);
});
