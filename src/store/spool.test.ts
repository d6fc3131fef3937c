import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { makeTempFolder } from '../../test/temp-store.ts';
import { openSpool } from './spool.ts';

const { folder } = makeTempFolder();

/** As a process leaves it that was killed so many minutes ago. */
function leave(name: string, minutes: number): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'below'), { recursive: true });
  writeFileSync(join(path, 'below/auth_user.sql'), 'names');
  const then = new Date(Date.now() - minutes * 60_000);
  utimesSync(path, then, then);
  return path;
}

test('what was left goes, at once and later; what is in use stays, whatever processes are called', async () => {
  const [old, young] = [leave('old', 11), leave('young', 9)];
  const spool = openSpool(folder, 20);
  assert.deepEqual([existsSync(old), existsSync(young)], [false, true]);
  const other = openSpool(folder, 20);
  const used = join(spool.path, 'used');
  writeFileSync(used, '');
  for (const { path } of [spool, other]) utimesSync(path, 0, 0);
  // the second goes in another round than the first, which may have come by one of those in use before
  for (const name of ['later', 'latest']) {
    const left = leave(name, 11);
    while (existsSync(left)) await wait(5);
  }
  assert.deepEqual([existsSync(used), existsSync(other.path), existsSync(young)], [true, true, true]);
  other.close();
  assert.equal(existsSync(other.path), false);
  rmSync(spool.path, { recursive: true });
  while (!existsSync(spool.path)) await wait(5);
  spool.close();
  assert.deepEqual(readdirSync(folder), ['young']);
});

test('what cannot be removed keeps nobody from starting, nor the rest from going, now and later', async (t) => {
  const [stuck, old] = [leave('kept/stuck', 11), leave('kept/old', 11)];
  const below = join(stuck, 'below');
  // root may remove anything but a disk
  spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', below]);
  chmodSync(below, 0o500);
  t.after(() => {
    spawnSync('umount', ['-l', below]);
    chmodSync(below, 0o700);
  });
  utimesSync(stuck, 0, 0);
  const spool = openSpool(join(folder, 'kept'), 20);
  assert.deepEqual([existsSync(stuck), existsSync(old)], [true, false]);
  const later = leave('kept/younger', 11);
  utimesSync(stuck, 0, 0);
  while (existsSync(later)) await wait(5);
  assert.equal(existsSync(stuck), true);
  spool.close();
});
