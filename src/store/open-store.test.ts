import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import test, { describe } from 'node:test';
import { formatAttempts } from '../../test/log-lines.ts';
import { fillDisk, mountDisk } from '../../test/mount-disk.ts';
import { makeTempFolder } from '../../test/temp-store.ts';
import { AppError } from '../errors.ts';
import { openStore } from './open-store.ts';

const { folder, write } = makeTempFolder();
const BIN = join(import.meta.dirname, '../../bin/learner-analytics.js');

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

async function refuses(dataDir: string, message: RegExp): Promise<void> {
  await assert.rejects(
    openStore({ dataDir }),
    (error) => error instanceof AppError && error.code === 'store_unavailable' && message.test(error.message),
  );
}

test('a directory that cannot be made or used is told, with its name', async () => {
  const file = write('file', 'x');
  await refuses(file, /data directory .*file cannot be made or written \((EEXIST|ENOTDIR)\)/);
  await refuses(`${file}/below`, /data directory .*file\/below cannot be made or written \(ENOTDIR\)/);
  await refuses('/proc/learner-analytics', /data directory \/proc\/learner-analytics cannot be made or written/);
  await refuses(join(folder, '{a,b}'), /must not have \{ or \} in its path/);
});

test('the same on the command line, in one line, with exit code 1', () => {
  const { status, stdout, stderr } = run('keys', 'create', 'any', '--data', `${write('file', 'x')}/below`);
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^The data directory .*below cannot be made or written \(ENOTDIR\)\.\n$/);
});

test('a directory that a newer version has is refused by all commands, in one line', async () => {
  const dataDir = join(folder, 'newer');
  const name = '9999-of-tomorrow.sql';
  const log = write('newer.log', formatAttempts(1));
  const open = await openStore({ dataDir });
  await open.insert('schema_migrations', [{ name }]);
  await open.close();
  for (const args of [
    ['ingest', log],
    ['keys', 'list'],
    ['serve', '--port', '0'],
  ]) {
    const { status, stdout, stderr } = run(...args, '--data', dataDir);
    assert.deepEqual([status, stdout], [1, ''], args[0]);
    assert.equal(
      stderr,
      `The store was made by a newer version of learner-analytics (it has ${name}). Update this program.\n`,
    );
  }
  const { status, stdout } = run('doctor', '--data', dataDir);
  assert.equal(status, 1);
  assert.match(stdout, /FAULT +store +The store was made by a newer version.*\n.*→ There is no way back/);
  await refuses(dataDir, /newer version/);
});

test('a file where the store should be is told', () => {
  const { status, stderr } = run('refresh', '--data', join(write('odd/store', 'x'), '..'));
  assert.equal(status, 1);
  assert.match(stderr, /^The store could not do that now|^The data directory/);
});

/** Whom nothing here belongs to. */
const NOBODY = 65_534;

describe('of several users', { skip: process.getuid?.() !== 0 && 'only root can be another user' }, () => {
  test('what belongs to somebody else is refused to root, who would leave files of its own there', async () => {
    const data = join(folder, 'theirs');
    mkdirSync(data);
    chownSync(data, NOBODY, NOBODY);
    const { status, stderr } = run('keys', 'create', 'any', '--data', data);
    assert.equal(status, 1);
    assert.match(stderr, /^The data directory .*theirs belongs to the user .*65534.* Run this as that user: sudo -u /);
    assert.deepEqual(readdirSync(data), []);
    mkdirSync(join(data, 'store'));
    const told = run('doctor', '--data', data);
    assert.equal(told.status, 1);
    assert.match(told.stdout, /FAULT {4}store .*theirs belongs to the user/);
  });

  test('a file of another user in the store is named where it cannot be opened', (context) => {
    chmodSync(folder, 0o711);
    const data = join(folder, 'mixed');
    mkdirSync(data);
    chownSync(data, NOBODY, NOBODY);
    const options = { encoding: 'utf8', uid: NOBODY, gid: NOBODY, cwd: '/' } as const;
    const keys = () => spawnSync(process.execPath, [BIN, 'keys', 'create', randomUUID(), '--data', data], options);
    const made = keys();
    if (/EACCES|Cannot find module/.test(made.stderr ?? 'EACCES')) {
      context.skip('another user may not read the program');
      return;
    }
    assert.equal(made.status, 0, made.stderr);
    // as what root wrote last
    const names = readdirSync(join(data, 'store'), { recursive: true, encoding: 'utf8' });
    const part = names.findLast((name) => name.endsWith('columns.txt')) ?? '';
    chownSync(join(data, 'store', dirname(part)), 0, 0);
    const { status, stderr } = keys();
    assert.equal(status, 1);
    assert.match(
      stderr,
      /The store cannot be opened\. .*mixed\/store\/store\/.* cannot be read and written by the user .*65534.*: it belongs to the user root \(0\)/,
    );
  });
});

test('a disk that can only be read is told', (context) => {
  const disk = mountDisk(context, 1, ',ro');
  if (disk === null) return;
  const { status, stderr } = run('keys', 'create', 'any', '--data', join(disk, 'data'));
  assert.equal(status, 1);
  assert.match(stderr, /^The data directory .* cannot be made or written \(EROFS\)\.\n$/);
});

test('a disk that is full from the beginning is told', (context) => {
  const disk = mountDisk(context, 2);
  if (disk === null) return;
  for (const left of [400_000, 100_000, 12_000]) {
    const filler = fillDisk(disk, left);
    const data = join(disk, String(left));
    const { status, stderr } = run('ingest', write('any.log', formatAttempts(9)), '--data', data);
    assert.equal(status, 1);
    assert.match(stderr, /^The disk of the data directory .* is full\. Free some space/m);
    for (const path of [data, filler]) rmSync(path, { recursive: true });
  }
});

test('what listens at the address and is no ClickHouse over HTTP is told as that', async () => {
  const native = createServer((socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.0 400 Bad Request\r\n\r\nPort 9000 is for clickhouse-client program\r\n'),
    );
  }).listen(0, '127.0.0.1');
  await once(native, 'listening');
  const { port } = native.address() as AddressInfo;
  await assert.rejects(openStore({ dataDir: join(folder, 'elsewhere'), url: `http://127.0.0.1:${port}` }), {
    code: 'store_unavailable',
    message: `What answers at 127.0.0.1:${port} is not the HTTP interface of a ClickHouse, which has the port 8123 unless it was given another.`,
  });
  native.close();
});

test('a full disk is told, keeps what was stored, and is healed by the same command when there is room', (context) => {
  const disk = mountDisk(context, 64);
  if (disk === null) return;
  const data = ['--data', join(disk, 'data'), '--no-refresh', '--json'];
  const first = write('first.log', formatAttempts(1000));
  const second = write('second.log', formatAttempts(30_000, 500));
  assert.equal(run('ingest', first, ...data).status, 0);

  for (const left of [1_000_000, 100_000, 12_000, 4096, 0]) {
    const filler = fillDisk(disk, left);
    const { status, stdout, stderr } = run('ingest', second, ...data);
    rmSync(filler);
    assert.equal(status, 1, `with ${left} bytes left: ${stdout}`);
    assert.match(stderr, /disk of the data directory .* is full\. Free some space and run the command again/);
    assert.equal(stderr.trim().split('\n').length, 1, stderr.slice(0, 2000));
  }
  const healed = run('ingest', first, second, ...data);
  assert.equal(healed.status, 0, healed.stderr.slice(0, 1000));
  const { lines, new_facts } = JSON.parse(healed.stdout) as { lines: number; new_facts: number };
  assert.equal(lines, 31_000);
  assert.ok(new_facts <= 29_500);
  const again = JSON.parse(run('ingest', first, second, ...data).stdout) as { new_facts: number };
  assert.equal(again.new_facts, 0);
});
