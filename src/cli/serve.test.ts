import assert from 'node:assert/strict';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import test, { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { publishEmpty } from '../../test/publish-empty.ts';
import { awaitOk, endCommand, startCommand } from '../../test/run-cli.ts';
import { UNLISTED_AT_MOST } from '../engagement/unlisted-courses.ts';
import { openStore } from '../store/open-store.ts';
import { touchCourses } from '../store/touch.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'serve-'));
after(async () => rm(dataDir, { recursive: true, maxRetries: 10 }));

const start = (...args: string[]) => startCommand([...args, '--data', dataDir]);
const run = async (...args: string[]) => endCommand(start(...args));

async function readUrl(server: ChildProcessWithoutNullStreams): Promise<string> {
  for await (const line of createInterface(server.stderr)) {
    const url = /^Serving (\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the server ended without serving');
}

test('a server that cannot take commands ends, and answers nobody', async () => {
  const long = join(dataDir, 'd'.repeat(100));
  const { code, out, err } = await endCommand(startCommand(['serve', '--port', '0', '--data', long]));
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /^The path of the data directory is \d+ bytes too long for a socket in it: /);
});

test('what the system does not let a server do is told in a sentence', async () => {
  const data = join(dataDir, 'blocked');
  await mkdir(join(data, 'control.sock'), { recursive: true });
  const { code, err } = await endCommand(startCommand(['serve', '--port', '0', '--data', data]));
  assert.equal(code, 1);
  assert.match(err, /^The system did not let this process do its work \(.*EISDIR.*\)\. Mend that, .*\n$/);
});

test(
  'a server answers with keys that are made and revoked while it runs, and stops when told to',
  { timeout: 120_000 },
  async (t) => {
    const server = start('serve', '--port', '0');
    t.after(() => server.kill('SIGKILL'));
    const output = text(server.stdout);
    const url = await readUrl(server);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/api\/v0\/$/);
    await awaitOk(async () => fetch(`${url}health/`));
    assert.equal((await fetch(`${url}authenticated`)).status, 401);

    const created = await run('keys', 'create', 'my service', '--json');
    assert.equal(created.code, 0, created.err);
    const { key } = JSON.parse(created.out) as { key: string };
    const authenticated = async () => fetch(`${url}authenticated`, { headers: { authorization: `Token ${key}` } });
    assert.equal((await authenticated()).status, 200);
    assert.match((await run('keys', 'list')).out, /^my service {2}made .* used \d{4}-.* in force\n$/);

    const again = await run('keys', 'create', 'my service');
    assert.deepEqual([again.code, again.out], [2, '']);
    assert.match(again.err, /already a key named "my service"/);
    const piped = await run('keys', 'create', 'piped');
    assert.match(piped.out, /^la_[\w-]+\n$/);
    assert.equal(piped.err, 'This is the key "piped". Keep it safe: it will not be shown again.\n');
    const both = await Promise.all([run('keys', 'create', 'both'), run('keys', 'create', 'both')]);
    assert.deepEqual(new Set(both.map(({ code }) => code)), new Set([0, 2]));

    const past = await run('refresh', '--as-of', '2026-03-01');
    assert.deepEqual([past.code, past.out], [2, '']);
    assert.match(past.err, /publishes for the window that ends before \d{4}-.* Start it with --as-of 2026-03-01/);

    assert.equal((await run('keys', 'revoke', 'my service')).code, 0);
    // what was known of a key is for a moment
    while ((await authenticated()).status === 200) await wait(50);
    assert.equal((await authenticated()).status, 401);
    assert.match((await run('keys', 'list')).out, /revoked \d{4}-/);

    const other = await run('serve', '--port', '0');
    assert.equal(other.code, 1);
    assert.match(other.err, /in use by another learner-analytics process/);

    // as a service manager does that tells the whole group, of which one passes it on: whenever that comes, down to the last moment
    const told = performance.now();
    server.kill('SIGTERM');
    server.kill('SIGINT');
    const passedOn = setInterval(() => performance.now() - told < 500 && server.kill('SIGTERM'), 1);
    server.once('exit', () => clearInterval(passedOn));
    assert.deepEqual(await once(server, 'exit'), [0, null]);
    assert.equal(await output, 'Stopped.\n');
  },
);

test('told to stop as soon as it says that it serves, a server stops as it would later', async (t) => {
  const server = start('serve', '--port', '0', '--data', join(dataDir, 'short'));
  t.after(() => server.kill('SIGKILL'));
  const exit = once(server, 'exit');
  server.stderr.once('data', () => server.kill('SIGTERM'));
  assert.deepEqual(await exit, [0, null]);
});

interface Thread {
  readonly name: string;
  readonly isMain: boolean;
  readonly nice: number;
}

function listThreads(pid: number): Thread[] {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).flatMap((task) => {
    try {
      const [, name = '', rest = ''] = /\((.*)\) (.*)/.exec(readFileSync(`${folder}/${task}/stat`, 'utf8')) ?? [];
      // the 19th of the fields, of which the third is the first after the name
      return { name, isMain: Number(task) === pid, nice: Number(rest.split(' ')[16]) };
    } catch {
      // ended meanwhile
      return [];
    }
  });
}

function isLowered(threads: readonly Thread[]): boolean {
  const pool = threads.filter(({ name }) => name === 'ThreadPool');
  return pool.length > 0 && pool.every(({ nice }) => nice === 10);
}

test(
  'threads of the engine give way to the one that answers',
  { skip: process.platform !== 'linux' && 'only Linux has priorities of threads', timeout: 120_000 },
  async (t) => {
    const server = start('serve', '--port', '0');
    t.after(() => server.kill('SIGKILL'));
    await readUrl(server);
    // those that are started are found a while later
    const until = performance.now() + 30_000;
    let tasks = listThreads(server.pid ?? 0);
    while (!isLowered(tasks) && performance.now() < until) {
      await wait(100);
      tasks = listThreads(server.pid ?? 0);
    }
    assert.ok(isLowered(tasks), JSON.stringify(tasks));
    const own = tasks.filter(({ name, isMain }) => isMain || name === 'V8Worker');
    assert.deepEqual([...new Set(own.map(({ nice }) => nice))], [0]);
    server.kill('SIGTERM');
    await once(server, 'exit');
  },
);

test('where others refresh, copies that nobody asks for go by themselves', async () => {
  const data = join(dataDir, 'reader');
  const copy = join(data, 'copies', '1');
  await mkdir(copy, { recursive: true });
  const server = startCommand(['serve', '--port', '0', '--no-refresh', '--data', data]);
  await readUrl(server);
  while (existsSync(copy)) await wait(20);
  server.kill('SIGTERM');
  await once(server, 'close');
});

test(
  'the log says how many courses are not published, also where none is refreshed',
  { timeout: 60_000 },
  async (t) => {
    const folder = join(dataDir, 'withheld');
    const store = await openStore({ dataDir: folder });
    await publishEmpty(store, UNLISTED_AT_MOST, '2026-11-22');
    await touchCourses(store, ['course-v1:Not+Published+1']);
    await store.close();
    const server = startCommand(['serve', '--port', '0', '--data', folder, '--watch', join(folder, 'no.log')]);
    t.after(() => server.kill('SIGKILL'));
    for await (const line of createInterface(server.stderr)) {
      if (!line.includes('"withheld":')) continue;
      assert.match(
        line,
        /"level":"warn",.*"withheld":1,.*"msg":"some courses are not published: only events tell of them/,
      );
      return;
    }
    assert.fail('the server ended');
  },
);

test('a taken port is told with exit code 1', async () => {
  const { createServer } = await import('node:net');
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const refused = await run('serve', '--port', String(port));
  holder.close();
  assert.equal(refused.code, 1);
  assert.match(refused.err, new RegExp(`listening on 127.0.0.1:${port} already`));
});

for (const args of [
  ['keys'],
  ['keys', 'create'],
  ['keys', 'list', 'x'],
  ['keys', 'create', 'a', 'b'],
  ['keys', 'list', '--org', 'edX'],
  ['serve', 'x'],
]) {
  test(`${args.join(' ')} is wrong usage`, async () => {
    const { code, err } = await run(...args);
    assert.equal(code, 2);
    assert.match(err, new RegExp(`learner-analytics ${args[0]}`));
  });
}

test('a port that is none is wrong usage', async () => {
  const { code, err } = await run('serve', '--port', 'http');
  assert.deepEqual([code, err], [2, '--port is "http"; it must be a port number from 0 to 65535.\n']);
});
