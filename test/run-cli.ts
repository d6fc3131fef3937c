import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

const MAIN = join(import.meta.dirname, '../src/cli/main.ts');

/** The command line as somebody calls it, with nothing of this process's environment but what is given. */
export function startCommand(
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], ...env } });
}

/** Waits for the end of a command. */
export async function endCommand(child: ChildProcessWithoutNullStreams) {
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode ?? -1, out, err };
}

export async function runCommand(args: readonly string[], env: Record<string, string> = {}) {
  return endCommand(startCommand(args, env));
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
