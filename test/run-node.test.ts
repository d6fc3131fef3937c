import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { makeTempFolder } from './temp-store.ts';

const ROOT = join(import.meta.dirname, '..');
const { folder, write } = makeTempFolder();

function runBin(env: Record<string, string>): { readonly status: number | null; readonly stderr: string } {
  const args = [join(ROOT, 'bin/learner-analytics.js'), '--help'];
  const options = { encoding: 'utf8', env: { PATH: process.env['PATH'], ...env } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  assert.match(stdout, /^learner-analytics <command>/);
  return { status, stderr };
}

test('what Node compiles is kept beside the code, for this user and this Node alone', () => {
  const cache = join(ROOT, 'node_modules/.cache/node');
  const own = `${process.version}-${process.arch}-`;
  const isOwn = (name: string) => name.startsWith(own) && name.endsWith(`-${process.getuid?.()}`);
  runBin({});
  assert.ok(readdirSync(cache).some(isOwn), readdirSync(cache).join(' '));
});

test('or where the environment says, or nowhere; where it cannot be, all works as well', () => {
  const cache = join(folder, 'cache');
  assert.deepEqual(runBin({ NODE_COMPILE_CACHE: cache, NODE_DISABLE_COMPILE_CACHE: '1' }), { status: 0, stderr: '' });
  assert.ok(!existsSync(cache));
  assert.deepEqual(runBin({ NODE_COMPILE_CACHE: cache }), { status: 0, stderr: '' });
  assert.equal(readdirSync(cache).length, 1);
  assert.deepEqual(runBin({ NODE_COMPILE_CACHE: join(write('file', ''), 'below') }), { status: 0, stderr: '' });
});

test('a password among the arguments is in no list of processes once the server runs', async () => {
  const url = 'mysql://reader:geheim@127.0.0.1:1/edxapp';
  const args = ['serve', '--port', '0', '--data', join(folder, 'data'), '--lms-every', '60', '--lms-mysql', url];
  const server = spawn(process.execPath, [join(ROOT, 'bin/learner-analytics.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'silent' },
  });
  const ended = once(server, 'exit');
  try {
    for await (const line of createInterface(server.stderr)) if (line.startsWith('Serving ')) break;
    const { pid = 0 } = server;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    assert.equal(children.length, 1);
    for (const each of [pid, ...children])
      assert.doesNotMatch(readFileSync(`/proc/${each}/cmdline`, 'utf8'), /geheim/, `process ${each} of ${pid}`);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
});

test('as a dependency it says that it is none', () => {
  const installed = join(folder, 'node_modules/learner-analytics');
  write('node_modules/learner-analytics/package.json', '{ "type": "module" }');
  for (const part of ['bin', 'scripts']) cpSync(join(ROOT, part), join(installed, part), { recursive: true });
  const bin = join(installed, 'bin/learner-analytics.js');
  const { status, stderr } = spawnSync(process.execPath, [bin, '--help'], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^As a dependency of a project, learner-analytics is its client alone/);
});
