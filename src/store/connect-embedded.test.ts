import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { makeTempFolder } from '../../test/temp-store.ts';
import { openStore } from './open-store.ts';

const { folder, write } = makeTempFolder();
const FLOCK = 'flock';
const hasFlock = spawnSync(FLOCK, ['--version'], { stdio: 'ignore' }).status === 0;

/** Holds the engine's lock on the store of a data directory as a process does that has only begun to open it, or to leave it. */
async function lock(name: string, status: string): Promise<string> {
  mkdirSync(join(folder, name, 'store'), { recursive: true });
  const path = write(`${name}/store/status`, status);
  const told = join(folder, `${name}.told`);
  const holder = spawn(FLOCK, ['--no-fork', path, 'sh', '-c', `echo held > ${told}; exec sleep 60`]);
  after(() => holder.kill('SIGKILL'));
  while (spawnSync('test', ['-s', told]).status !== 0) await wait(10);
  return join(folder, name);
}

test(
  'a store that somebody opens or leaves just now is told as in use, whoever that is',
  {
    skip: (process.platform !== 'linux' && 'locks are listed on Linux alone') || (!hasFlock && `there is no ${FLOCK}`),
  },
  async () => {
    const most = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
    for (const [name, status] of [
      ['empty', ''],
      ['former', `PID: ${most + 1}\n`],
    ] as const) {
      const dataDir = await lock(name, status);
      await assert.rejects(openStore({ dataDir }), {
        code: 'store_locked',
        message: /is in use by another learner-analytics process\. Wait until/,
      });
    }
  },
);
