import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A disk of its own of so many megabytes, until the test ends; null where this user may not make one, and the test is skipped. */
export function mountDisk(context: TestContext, megabytes: number, options = ''): string | null {
  const disk = mkdtempSync(join(tmpdir(), 'disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m${options}`, 'tmpfs', disk]);
  context.after(() => {
    if (status === 0) spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  if (status === 0) return disk;
  context.skip('this user may not mount a small disk');
  return null;
}

/** Fills it but for so many bytes; gives the file to remove to have room again. */
export function fillDisk(disk: string, left: number): string {
  const { bavail, bsize } = statfsSync(disk);
  const filler = join(disk, 'filler');
  writeFileSync(filler, Buffer.alloc(Math.max(bavail * bsize - left, 0)));
  return filler;
}
