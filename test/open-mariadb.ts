import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findPort } from './find-port.ts';

const SERVER = '/usr/sbin/mariadbd';

/** For a test that needs one: skips it, with the reason, on a machine without. */
export const skipWithoutMariadb = {
  skip: existsSync(SERVER) ? false : `${SERVER} is not there: apt-get install mariadb-server`,
} as const;

export interface Mariadb {
  readonly port: number;
  readonly socket: string;
  /** Runs statements as root, in no database, and gives what the client prints. It blocks. */
  readonly run: (sql: string) => string;
  /** Ends it as a power cut would. */
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A MariaDB of its own, on an empty directory, for the loopback interface. Options are those of `mariadbd`. */
export async function openMariadb(...options: string[]): Promise<Mariadb> {
  const folder = await mkdtemp(join(tmpdir(), 'mariadb-'));
  const data = join(folder, 'data');
  const socket = join(folder, 'sock');
  // one that starts removes the temporary tables of others in the same folder
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const port = await findPort();
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  execFileSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      ...user,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { stdio: 'ignore' },
  );
  const server = spawn(
    SERVER,
    [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      `--socket=${socket}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--innodb-buffer-pool-size=64M',
      '--innodb-flush-log-at-trx-commit=0',
      // as lenient as old installations are, which is how they came by dates that are none
      '--sql-mode=',
      ...options,
    ],
    { stdio: 'ignore' },
  );
  const run = (sql: string) =>
    execFileSync('mariadb', ['--no-defaults', '-uroot', `-S${socket}`, '--default-character-set=utf8mb4', '-N'], {
      input: sql,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  await waitUntilUp(server, run);
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  return {
    port,
    socket,
    run,
    kill: async () => end('SIGKILL'),
    close: async () => {
      await end('SIGKILL');
      await rm(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

async function waitUntilUp(server: ChildProcess, run: (sql: string) => string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (server.exitCode !== null) throw new Error(`mariadbd ended with ${server.exitCode}`);
    try {
      run('SELECT 1');
      return;
    } catch {
      await wait(100);
    }
  }
  throw new Error('mariadbd did not come up');
}
