import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createKey } from '../src/auth/api-keys.ts';
import { STARTED_WITH } from '../scripts/run-node.js';
import { type StoreOptions, openStore } from '../src/store/open-store.ts';
import { SITE_END } from './make-site.ts';

/** The command line of the product. */
export const MAIN = join(import.meta.dirname, '../src/cli/main.ts');

/** A process that answers HTTP on a port of this machine. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the first answer that it could have given. */
  readonly startSeconds: number;
  close(): Promise<void>;
}

/** The same API over something else. */
export interface RunningRival {
  readonly name: 'PostgreSQL' | 'SQLite' | 'tuned ClickHouse';
  readonly server: Server;
  readonly key: string;
  /** What the course takes there, and which version that is, in words. */
  readonly keeps: string;
  close(): Promise<void>;
}

/** A new key for the API of the site. Opens its store, so nothing may be serving it that is embedded. */
export async function issueKey(place: StoreOptions): Promise<string> {
  const store = await openStore(place);
  try {
    return (await createKey(store, `bench ${Date.now()}`)).key;
  } finally {
    await store.close();
  }
}

/** `serve` on the site, as anybody starts it but that it keeps the log to itself. */
export async function serveSite(dataDir: string, more: readonly string[] = ['--no-refresh']): Promise<Server> {
  const argv = [MAIN, 'serve', '--port', '0', '--data', dataDir, '--as-of', SITE_END, ...more];
  return startServer(argv, /^Serving http:\/\/[^/]+:(\d+)\//);
}

/** Runs Node with these arguments, and takes it for ready when it says on standard error what `ready` matches: its port. */
export async function startServer(
  argv: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const began = performance.now();
  const child = spawn(process.execPath, argv, {
    env: { ...STARTED_WITH, PATH: process.env['PATH'], LOG_LEVEL: 'warn', RATE_LIMIT_PER_KEY: '0', ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const port = await readPort(child, ready);
  const startSeconds = (performance.now() - began) / 1000;
  return {
    port,
    pid: child.pid!,
    startSeconds,
    close: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function readPort(child: ChildProcess, ready: RegExp): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`The server ended with ${code} before it was ready.`)));
  createInterface(child.stderr!).on('line', (line) => {
    const port = ready.exec(line)?.[1];
    if (port === undefined) process.stderr.write(`${line.slice(0, 300)}\n`);
    else resolve(Number(port));
  });
  return promise;
}

/** Resident memory of a process in MB: now, and at most so far. Linux. */
export function readMemory(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1000);
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}
