import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { STARTED_WITH } from '../scripts/run-node.js';

const MAIN = join(import.meta.dirname, '../src/cli/main.ts');
/** In a file of its own, as it loads all of the command line. */
const RUN_LINES = join(import.meta.dirname, 'run-lines.ts');
const END_OF_LINE = '\u0000';

const running = new Set<ChildProcessWithoutNullStreams>();

// One that a failed test left waiting would keep the test's process for ever.
after(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** The environment that the command line is started with, and nothing else of this process's. */
export const CLI_ENV = { ...STARTED_WITH, PATH: process.env['PATH'] };

/** The command line as somebody calls it, with nothing in its environment but what is given; killed when the tests of the file are over. */
export function startCommand(
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...CLI_ENV, ...env } });
  running.add(child);
  child.once('exit', () => running.delete(child));
  // a command that ends, or is killed, before it has read all of its input closes it
  child.stdin.on('error', () => {});
  return child;
}

/** Waits for the end of a command. */
export async function endCommand(child: ChildProcessWithoutNullStreams) {
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode ?? -1, out, err };
}

export async function runCommand(args: readonly string[], env: Record<string, string> = {}) {
  return endCommand(startCommand(args, env));
}

/** Several command lines, one after the other in one process: starting it is most of the work of each. */
export async function runTogether(
  lines: ReadonlyArray<readonly string[]>,
  { env = {}, cwd }: { readonly env?: Record<string, string>; readonly cwd?: string } = {},
) {
  const child = spawn(process.execPath, [RUN_LINES], {
    cwd,
    env: { ...CLI_ENV, ...env },
  });
  child.stdin.end(JSON.stringify({ lines, end: END_OF_LINE }));
  const { out, err } = await endCommand(child);
  const [outs, errs] = [out.split(END_OF_LINE), err.split(END_OF_LINE)];
  assert.deepEqual([outs.length, errs.length], [lines.length + 1, lines.length + 1], err);
  const codes = JSON.parse(outs.at(-1) ?? '') as number[];
  return codes.map((code, index) => ({ code, out: outs[index] ?? '', err: errs[index] ?? '' }));
}

/** A server on a free port; resolves when it serves, with the address of its mount for services and all that it logs. */
export async function startServer(args: readonly string[], env: Record<string, string> = {}) {
  const server = startCommand(['serve', '--port', '0', ...args], env);
  server.stdout.resume();
  const logged: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  createInterface(server.stderr)
    .on('line', (line) => {
      logged.push(line);
      const url = /^Serving (\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    })
    .on('close', () => reject(new Error(`the server ended without serving: ${logged.join(' ')}`)));
  return { server, url: await promise, logged };
}

/** Asks until the answer is 200: what has just been started, or goes on, may be busy for a while. */
export async function awaitOk(ask: () => Promise<Response>): Promise<void> {
  const until = performance.now() + 30_000;
  for (;;) {
    const response = await ask();
    const answer = await response.text();
    if (response.status === 200) return;
    assert.ok(performance.now() < until, `${response.status}: ${answer}`);
    await wait(100);
  }
}
