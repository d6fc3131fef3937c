import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
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

test('as a dependency it says that it is none', () => {
  const installed = join(folder, 'node_modules/learner-analytics');
  write('node_modules/learner-analytics/package.json', '{ "type": "module" }');
  for (const part of ['bin', 'scripts']) cpSync(join(ROOT, part), join(installed, part), { recursive: true });
  const bin = join(installed, 'bin/learner-analytics.js');
  const { status, stderr } = spawnSync(process.execPath, [bin, '--help'], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^As a dependency of a project, learner-analytics is its client alone/);
});
