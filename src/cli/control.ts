import { chmodSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer, request } from 'node:http';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { AppError, ERROR_CODES, type ErrorCode } from '../errors.ts';
import type { CommandOutcome } from './command.ts';

/** A socket beside the data, for the same user of the same machine only. */
function socketPath(dataDir: string): string {
  return join(resolve(dataDir), 'control.sock');
}

/** Work that a command line asks of the server, because that one owns the data directory. */
interface Errand {
  readonly argv: readonly string[];
  readonly cwd: string;
}

type Answer = { readonly outcome: CommandOutcome } | { readonly code: ErrorCode; readonly message: string };

/** Listens for commands of the same user: what needs the store while a server has it is done by the server. */
export async function listenForCommands(
  dataDir: string,
  run: (argv: readonly string[], cwd: string) => Promise<CommandOutcome>,
): Promise<Server> {
  const path = socketPath(dataDir);
  rmSync(path, { force: true });
  const server = createServer((incoming, response) => {
    void (async () => {
      const answer = await answerErrand(await text(incoming), run);
      response.end(JSON.stringify(answer));
    })();
  });
  server.requestTimeout = 0;
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(path, done);
  });
  chmodSync(path, 0o600);
  return server;
}

async function answerErrand(
  body: string,
  run: (argv: readonly string[], cwd: string) => Promise<CommandOutcome>,
): Promise<Answer> {
  try {
    const { argv, cwd } = JSON.parse(body) as Errand;
    return { outcome: await run(argv, cwd) };
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, message: error.message };
    return { code: 'internal_error', message: 'The server failed at that; its log says why.' };
  }
}

/**
 * Has the server that owns the data directory run a command line; null when nobody listens there.
 * @throws AppError as the command would
 */
export async function forwardToServer(
  dataDir: string,
  argv: readonly string[],
  cwd: string,
): Promise<CommandOutcome | null> {
  const errand: Errand = { argv, cwd };
  const outgoing = request({ socketPath: socketPath(dataDir), method: 'POST' });
  outgoing.end(JSON.stringify(errand));
  const response = await once(outgoing, 'response').then(
    ([incoming]: unknown[]) => incoming as IncomingMessage,
    () => null,
  );
  if (response === null) return null;
  const body = await text(response);
  const answer = JSON.parse(body) as Answer;
  if ('outcome' in answer) return answer.outcome;
  throw new AppError(ERROR_CODES.includes(answer.code) ? answer.code : 'internal_error', answer.message);
}
