import { chmodSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type Server, createServer, request } from 'node:http';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { AppError, ERROR_CODES, type ErrorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import type { CommandOutcome } from './command.ts';

/** What the system takes for the path of a socket, in bytes. */
const LONGEST_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;

/** A socket beside the data, for the same user of the same machine only. */
function socketPath(dataDir: string): string {
  return join(resolve(dataDir), 'control.sock');
}

/** A command line of another process. */
interface CommandLine {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The LMS database by that process's environment; null: by the server's. */
  readonly lmsMysqlUrl: string | null;
}

/** Work that a command line asks of the server, because that one owns the data directory. */
export interface Errand extends CommandLine {
  /** What the command reads for the path `-`. */
  readonly input: Readable;
}

export type Runner = (errand: Errand) => Promise<CommandOutcome>;

type Answer = { readonly outcome: CommandOutcome } | { readonly code: ErrorCode; readonly message: string };

/** The header that says what is to be done; the body is the input. */
const HEADER = 'x-errand';

/**
 * Listens for commands of the same user: what needs the store while a server has it is done by the server.
 * @throws AppError `usage` where the data directory has too long a path
 */
export async function listenForCommands(dataDir: string, run: Runner, log: Log): Promise<Server> {
  const path = socketPath(dataDir);
  const over = Buffer.byteLength(path) - LONGEST_SOCKET_PATH;
  if (over > 0)
    throw new AppError('usage', `The path of the data directory is ${over} bytes too long for a socket in it: ${path}`);
  rmSync(path, { force: true });
  const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES }, (incoming, response) => {
    void (async () => {
      const answer = JSON.stringify(await answerErrand(incoming, run, log));
      // an answer is lost on whoever is still sending into a closed connection: what was not wanted is read and dropped
      incoming.resume();
      response.end(answer);
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

async function answerErrand(incoming: IncomingMessage, run: Runner, log: Log): Promise<Answer> {
  try {
    const line = decodeLine(incoming.headers[HEADER]);
    // whoever has enough of the input ends it, but not the connection that the answer takes
    const input = Readable.from(incoming.iterator({ destroyOnReturn: false }));
    return { outcome: await run({ ...line, input }) };
  } catch (error) {
    const known = error instanceof AppError ? error : null;
    if (known !== null && known.code !== 'internal_error') return { code: known.code, message: known.message };
    log.error({ err: error }, 'command failed');
    return { code: 'internal_error', message: 'The server failed at that; its log says why.' };
  }
}

/** Command lines with thousands of paths fit. */
const MOST_HEADER_BYTES = 4 * 1024 * 1024;

function encodeLine(line: CommandLine): string {
  return Buffer.from(JSON.stringify(line)).toString('base64url');
}

function decodeLine(encoded: string | string[] | undefined): CommandLine {
  return JSON.parse(Buffer.from(String(encoded), 'base64url').toString()) as CommandLine;
}

/**
 * Has the server that owns the data directory run a command line; null when nobody listens there. Input is read as fast as
 * the server takes it in.
 * @throws AppError as the command would, or `store_unavailable` when the server goes away
 */
export async function forwardToServer(
  dataDir: string,
  line: CommandLine,
  input: Readable | null,
): Promise<CommandOutcome | null> {
  const outgoing = request({
    socketPath: socketPath(dataDir),
    method: 'POST',
    headers: { [HEADER]: encodeLine(line) },
  });
  if (!(await isConnected(outgoing))) return null;
  try {
    return await readAnswer(outgoing, input);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      'store_unavailable',
      'The server that owns the data directory went away before it was done. Run the command again: what was taken in already counts once.',
      { cause: error },
    );
  } finally {
    outgoing.destroy();
  }
}

async function isConnected(outgoing: ClientRequest): Promise<boolean> {
  return new Promise((settle) => {
    outgoing.on('error', () => settle(false));
    outgoing.once('socket', (socket) => socket.once('connect', () => settle(true)));
  });
}

/** Sends the input, and waits for the answer, which may come before the end of it: the server may want no more. */
async function readAnswer(outgoing: ClientRequest, input: Readable | null): Promise<CommandOutcome> {
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  if (input === null) outgoing.end();
  else pipeline(input, outgoing).catch(() => undefined);
  const [response] = await answered;
  const answer = JSON.parse(await text(response)) as Answer;
  if ('outcome' in answer) return answer.outcome;
  throw new AppError(ERROR_CODES.includes(answer.code) ? answer.code : 'internal_error', answer.message);
}
