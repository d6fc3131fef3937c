import { pino, type DestinationStream, type Logger } from 'pino';
import { AppError } from './errors.ts';
import type { LogLevel } from './config.ts';

export type Log = Logger;

/**
 * Opens the log of the process: one JSON object a line, on stderr, so that stdout stays for results. Nothing that is
 * about a learner goes in: no usernames, no addresses with their query, no search texts, no credentials.
 */
export function openLog(level: LogLevel, destination: DestinationStream = openStderr()): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeFailure },
    },
    destination,
  );
}

/** So many bytes wait where they cannot be written, as in a file on a full disk; what comes then is dropped. */
const WAITING_BYTES = 1_000_000;

/**
 * A log that cannot be written ends nothing, and keeps nothing from its end: an error that nobody hears would end the process, and what waits
 * would be tried again at its end, for ever. Each line is written at once, so that nothing else waits then.
 */
function openStderr(): DestinationStream {
  const stream = pino.destination({ dest: 2, sync: true, maxLength: WAITING_BYTES }).on('error', () => {});
  stream.flushSync = () => {};
  return stream;
}

/** What the log keeps of an error, its cause included. */
interface Failure {
  readonly name: string;
  readonly code?: string;
  readonly message?: string;
  readonly frames?: readonly string[];
  readonly cause?: Failure;
}

/**
 * Only our own errors and those of the language itself, in our own code, keep their message: others quote what they were given,
 * which may be a row about a learner or a token. Name, code and frames find the place.
 */
function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const isOfOthers = /node:|node_modules/.test(frames[0] ?? 'node:');
  const isOfLanguage = error instanceof TypeError || error instanceof RangeError;
  const clean = error instanceof AppError || (isOfLanguage && !isOfOthers);
  return {
    name: error.name,
    ...(code !== null && { code }),
    ...(clean && { message: error.message }),
    frames: frames.map((line) => line.trim()),
    ...(error.cause !== undefined && { cause: describeFailure(error.cause) }),
  };
}
