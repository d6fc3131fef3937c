import { chmodSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { join, resolve } from 'node:path';
import { PassThrough, type Readable, addAbortSignal } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { AppError, ERROR_CODES, type ErrorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { splitLines } from '../split-lines.ts';
import type { CommandContext, CommandOutcome } from './command.ts';

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

type Progress = CommandContext['progress'];
type Write = CommandContext['write'];

/** Work that a command line asks of the server, because that one owns the data directory. */
export interface Errand extends CommandLine {
  /** What the command reads for the path `-`. */
  readonly input: Readable;
  /** Comes when whoever called the command is gone, or the server is to stop. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly write: Write;
}

export type Runner = (errand: Errand) => Promise<CommandOutcome>;

type Answer = { readonly outcome: CommandOutcome } | { readonly code: ErrorCode; readonly message: string };
/** A line each; the answer is the last. */
type Told = { readonly done: number; readonly total: number } | { readonly written: string } | Answer;

/** The header that says what is to be done; the body is the input. */
const HEADER = 'x-errand';

export interface CommandListener {
  /** Has the commands under way end where they can, and resolves when each is answered. */
  close(): Promise<void>;
}

/**
 * Listens for commands of the same user: what needs the store while a server has it is done by the server.
 * @throws AppError `usage` where the data directory has too long a path
 */
export async function listenForCommands(dataDir: string, run: Runner, log: Log): Promise<CommandListener> {
  const path = socketPath(dataDir);
  const over = Buffer.byteLength(path) - LONGEST_SOCKET_PATH;
  if (over > 0)
    throw new AppError('usage', `The path of the data directory is ${over} bytes too long for a socket in it: ${path}`);
  rmSync(path, { force: true });
  const stopping = new AbortController();
  const answering = new Set<Promise<void>>();
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const signal = AbortSignal.any([stopping.signal, signalLeave(incoming, response)]);
    const send = (line: string) => response.destroyed || response.write(line);
    const line = await answerErrand(incoming, run, {
      signal,
      progress: (done, total) => send(formatTold({ done, total })),
      // no faster than it is read: what waits would be in the memory of the server
      write: async (written) => {
        signal.throwIfAborted();
        if (!send(formatTold({ written }))) await once(response, 'drain', { signal });
      },
      log,
    });
    // an answer is lost on whoever is still sending into a closed connection: what was not wanted is read and dropped, until they
    // have the answer and go
    send(line);
    if (!incoming.complete) await readRest(incoming);
    response.end();
  };
  const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES }, (incoming, response) => {
    const answered = answer(incoming, response)
      .catch((error: unknown) => log.error({ err: error }, 'a command could not be answered'))
      .finally(() => answering.delete(answered));
    answering.add(answered);
  });
  server.requestTimeout = 0;
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(path, done);
  });
  chmodSync(path, 0o600);
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      stopping.abort(new AppError('store_unavailable', STOPPED));
      await Promise.all(answering);
      const timer = setTimeout(() => server.closeAllConnections(), REST_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** For so many ms is waited for whoever is to end what is not wanted, or to read: who is asleep must not keep a server from stopping. */
const REST_MS = 5000;

async function readRest(incoming: IncomingMessage): Promise<void> {
  const isRead = finished(incoming.resume(), { signal: AbortSignal.timeout(REST_MS) });
  // that it breaks off is how it ends
  await isRead.catch(() => undefined);
}

const STOPPED =
  'The server was told to stop before it was done. Run the command again, with the same input: what was taken in already counts once.';

/** Comes when the caller of a command is gone. Input that breaks off is no sign of that: what came of it is taken in. */
function signalLeave(incoming: IncomingMessage, response: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  response.on('error', () => {});
  response.once('close', () => {
    if (incoming.complete && !response.writableFinished)
      leaving.abort(new AppError('store_unavailable', 'Whoever called the command is gone.'));
  });
  return leaving.signal;
}

function formatTold(told: Told): string {
  return `${JSON.stringify(told)}\n`;
}

/** Gives the line of the answer: one that is too long to be made is a failure as others are. */
async function answerErrand(
  incoming: IncomingMessage,
  run: Runner,
  { log, ...errand }: Pick<Errand, 'signal' | 'progress' | 'write'> & { log: Log },
): Promise<string> {
  const { signal } = errand;
  try {
    const line = decodeLine(incoming.headers[HEADER]);
    // whoever has enough of the input ends it, but not the connection that the answer takes
    const input = addAbortSignal(signal, incoming.pipe(new PassThrough()));
    incoming.on('error', (error) => input.destroy(error));
    // most commands do not look at it
    input.on('error', () => {});
    try {
      return formatTold({ outcome: await run({ ...line, ...errand, input }) });
    } finally {
      // the server's own signal, as long as it lives, would keep each input that was not read to its end
      input.destroy();
    }
  } catch (failure) {
    // a statement that was ended, or input that was, tells less than why
    const error: unknown = signal.aborted ? signal.reason : failure;
    const known = error instanceof AppError ? error : null;
    if (known !== null && known.code !== 'internal_error')
      return formatTold({ code: known.code, message: known.message });
    log.error({ err: error }, 'command failed');
    return formatTold({ code: 'internal_error', message: 'The server failed at that; its log says why.' });
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
 * the server takes it in; `progress` is told how far it is, and `write` given what the command writes.
 * @throws AppError as the command would, or `store_unavailable` when the server goes away
 */
export async function forwardToServer(
  dataDir: string,
  line: CommandLine,
  { input, ...told }: { input: Readable | null; progress: Progress; write: Write },
): Promise<CommandOutcome | null> {
  const outgoing = request({
    socketPath: socketPath(dataDir),
    method: 'POST',
    // the server that stops waits for connections that are kept
    agent: false,
    headers: { [HEADER]: encodeLine(line) },
  });
  if (!(await isConnected(outgoing))) return null;
  try {
    return await readAnswer(outgoing, input, told);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      'store_unavailable',
      'The server that owns the data directory went away before it was done. Run the command again, with the same input: what was taken in already counts once.',
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

const OTHER_VERSION =
  'The server that owns the data directory does not answer as this version of learner-analytics does: it is of another one. Stop it, and start it as this version.';

/** Sends the input, and waits for the answer, which may come before the end of it: the server may want no more. */
async function readAnswer(
  outgoing: ClientRequest,
  input: Readable | null,
  { progress, write }: { readonly progress: Progress; readonly write: Write },
): Promise<CommandOutcome> {
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  if (input === null) outgoing.end();
  else pipeline(input, outgoing).catch(() => undefined);
  const [response] = await answered;
  for await (const line of splitLines(response.setEncoding('utf8') as AsyncIterable<string>)) {
    const told = JSON.parse(line) as Told;
    if ('done' in told) progress(told.done, told.total);
    else if ('written' in told) await write(told.written);
    else if ('outcome' in told) return told.outcome;
    else throw new AppError(ERROR_CODES.includes(told.code) ? told.code : 'internal_error', told.message);
  }
  // one that went away would have broken off the answer
  throw new AppError('store_unavailable', OTHER_VERSION);
}
