import { dirname } from 'node:path';
import { AppError, OutOfDate } from '../errors.ts';
import { readFaultName } from '../fault-name.ts';

/** Error codes of ClickHouse that mean "not now": time or memory used up, too busy, cancelled, disk full, read-only, network. */
const UNAVAILABLE = new Set(
  '75 76 159 160 202 203 209 210 236 241 242 243 252 279 319 394 425 439 473 677 745 999'.split(' '),
);

/** A file that cannot be opened: of a store that another process has, and any other. */
const CANNOT_OPEN = '76';
const DISK_FULL = '243';
const NO_SUCH_DATABASE = '81';
const NO_SUCH_TABLE = '60';
const UNKNOWN_USER = new Set(['192', '193', '194', '516']);
const READ_ONLY = '164';
const NO_DDL = '392';
/** A setting that a statement brings may not be set: by a profile's constraints, or as it is read-only, which may refuse to write, too. */
const SETTING_REFUSED = new Set([READ_ONLY, '452']);
const REFUSED = new Set([...UNKNOWN_USER, ...SETTING_REFUSED, NO_DDL, '497']);

/** Codes that say a file given to the engine cannot be read to its end: decompression, reading, not found. */
const UNREADABLE = new Set(['33', '74', '107', '117', '271', '354', '432', '554', '561', '636']);

/** A file ends before it should; also said of a statement. */
const ENDS_EARLY = '32';

/** What the client says, without a code, when nothing came in time. */
const NO_ANSWER = /^(Timeout error|The user aborted a request|socket hang up|Th(is|e) operation was aborted)/;

/** Codes of Node for a certificate that is not believed. */
const DISTRUSTED = /CERT|SIGNATURE|SELF_SIGNED|ERR_TLS/;
/** Those that another authority does not help. */
const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host name',
};
/** What Node says where the answer is no TLS. */
const NO_TLS = /^(EPROTO|ERR_SSL_)/;

/**
 * What went wrong in the engine, as the product says it. The engine's own words stay in `cause`: they may hold SQL.
 * @param place where the engine or the file is: `data directory /srv/data`, `ClickHouse at host:8123`
 * @param options.ofFiles whether the statement reads files that were given to it; else those that cannot be read are the engine's own
 */
export function describeEngineError(error: unknown, place: string, { ofFiles = true } = {}): AppError {
  if (error instanceof AppError) return error;
  const { code, message } = readEngineError(error);
  if (code === CANNOT_OPEN && message.includes('Cannot lock file')) return new StoreInUse(place, null, error);
  if (message.includes(ENDED) && !place.startsWith(SERVER)) return new EngineEnded(place, error);
  const text = tellUnavailable(error, place);
  if (text !== null) return new AppError('store_unavailable', text, { cause: error });
  if (!ofFiles && (UNREADABLE.has(code) || code === ENDS_EARLY))
    return new AppError('store_unavailable', `The ${place} has files that cannot be read now (engine code ${code}).`, {
      cause: error,
    });
  return UNREADABLE.has(code)
    ? new AppError('source_unreadable', 'The file cannot be read to its end.', { cause: error })
    : new AppError('internal_error', `The store refused a statement (engine code ${code}).`, { cause: error });
}

/** Why the engine cannot be asked, or cannot do it now; null where it is for what was asked. */
function tellUnavailable(error: unknown, place: string): string | null {
  const { code, message } = readEngineError(error);
  if (code === DISK_FULL || /No space left on device|Disk quota exceeded/i.test(message)) return tellFull(place);
  if (/Permission denied|Read-only file system/i.test(message)) return `The ${place} cannot be written.`;
  if (/Too many open files/i.test(message))
    return `The process of the ${place} has as many files open as it may. Raise the limit (ulimit -n).`;
  if (UNREADABLE.has(code)) return null;
  if (UNKNOWN_USER.has(code))
    return `The ${place} refuses this user and password (engine code ${code}): CLICKHOUSE_USER and CLICKHOUSE_PASSWORD, or what is in the address.`;
  if (SETTING_REFUSED.has(code)) {
    const setting = /Setting (\w+)|'(\w+)' setting/
      .exec(message)
      ?.slice(1)
      .find((name) => name !== undefined);
    return code === READ_ONLY && setting === undefined
      ? `The ${place} lets this user read only (engine code ${code}): the settings profile of the user must not have readonly. docs/server.md says what it must be allowed to.`
      : `The ${place} does not let this user set ${setting ?? 'what a statement needs'} (engine code ${code}): the settings profile of the user must allow it. docs/server.md says why.`;
  }
  if (code === NO_DDL)
    return `The ${place} lets this user make no tables (engine code ${code}): the settings profile of the user must not have allow_ddl = 0. docs/server.md says what it must be allowed to.`;
  if (REFUSED.has(code)) {
    const grant = /necessary to have the grant ([\w, ()]+? ON [\w*`]+(?:\.[\w*`]+)?)/.exec(message)?.[1];
    return `The ${place} refuses this user${grant === undefined ? '' : `, who lacks the grant ${grant}`} (engine code ${code}); docs/server.md says what it must be allowed to.`;
  }
  if (code === NO_SUCH_DATABASE) return `The ${place} has no such database.`;
  if (DISTRUSTED.test(code))
    return `The certificate of the ${place} ${CERTIFICATES[code] ?? 'is not believed'} (${code}).${code in CERTIFICATES ? '' : ' NODE_EXTRA_CA_CERTS names a file of further authorities.'}`;
  if (error instanceof TlsWanted)
    return `The ${place} speaks TLS at this port: its address begins with https://, or the port is another.`;
  if (NO_TLS.test(code))
    return `The ${place} does not speak TLS at this port (${code}): its address begins with http://, or the port is another.`;
  if (isConnectionLost(error) || NO_ANSWER.test(message) || /^E[A-Z_]+$/.test(code))
    return `The ${place} does not answer${code === '' ? '' : ` (${code})`}.`;
  if (UNAVAILABLE.has(code)) return `The store could not do that now (engine code ${code}).`;
  return place.startsWith(SERVER) && isNoAnswerOfEngine(error, code)
    ? `What answers at ${place.slice(SERVER.length)} is not the HTTP interface of a ClickHouse, which has the port 8123 unless it was given another.`
    : null;
}

/** How the place of a ClickHouse that listens begins. */
const SERVER = 'ClickHouse at ';

/** Whether an answer came that the client cannot make anything of; it says that without a code, or Node's parser does. */
function isNoAnswerOfEngine(error: unknown, code: string): boolean {
  return (code === '' && (error as Error | null)?.name === 'Error') || code.startsWith('HPE_');
}

/** What an operator is told of a full disk; `place` is whose it is. */
export function tellFull(place: string): string {
  return `The disk of the ${place} is full. Free some space and run the command again; what was stored before is intact.`;
}

/** What an engine says to everything after a fault that it cannot go on from. */
const ENDED = 'shutting down due to a fatal error';

/** The engine in this process has ended itself; only a process that is started anew can go on. */
export class EngineEnded extends AppError {
  constructor(place: string, cause: unknown) {
    super(
      'store_unavailable',
      `The engine of the ${place} has ended itself after a fatal fault, of its disk for example. This process ends; start it again. What was stored before is intact.`,
      { cause },
    );
  }
}

/** Another process has the embedded store, which takes one at a time. */
export class StoreInUse extends AppError {
  /** The number of that process; null where it is not known. */
  readonly owner: number | null;

  constructor(place: string, owner: number | null, cause: unknown) {
    const process = `another learner-analytics process${owner === null ? '' : ` (${owner})`}`;
    super(
      'store_locked',
      `The ${place} is in use by ${process}. Wait until it is done, or stop it, or give this one another directory (--data DIR).`,
      { cause },
    );
    this.owner = owner;
  }
}

/** Who speaks TLS was spoken to without. */
export class TlsWanted extends Error {
  readonly code = 'ERR_SSL_WANTED';
}

/** A file of this machine cannot be written: of that no ClickHouse is to blame, and another one would not help. */
export class LocalFault extends AppError {
  constructor(folder: string, cause: NodeJS.ErrnoException) {
    const place = `data directory ${folder}`;
    const fault = readFaultName(cause);
    const isFull = fault === 'ENOSPC' || fault === 'EDQUOT';
    super('store_unavailable', isFull ? tellFull(place) : `The ${place} cannot be written (${fault}).`, { cause });
  }
}

/**
 * Work on a file of this machine that is on its way into a store, or out of it.
 * @throws LocalFault for errors of the operating system
 */
export async function onDisk<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError || typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
    throw new LocalFault(dirname(path), error as NodeJS.ErrnoException);
  }
}

/** Whether a connection broke off before the answer. */
export function isConnectionLost(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(readEngineError(error).code);
}

/** Whether the engine said so itself, and is there. */
export function isAnswer(error: unknown): boolean {
  return error instanceof AppError && isOfEngine(error.cause);
}

/** The same of what is not yet described. */
export function isOfEngine(error: unknown): boolean {
  return /^\d+$/.test(readEngineError(error).code);
}

/** Whether there is no such table, as where a ClickHouse was set up anew. */
export function isTableMissing(error: unknown): boolean {
  return error instanceof AppError && readEngineError(error.cause).code === NO_SUCH_TABLE;
}

/** Whether doing the same a little later may help: the server is not there, is being started again, or is too busy. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'store_unavailable') return false;
  if (error instanceof LocalFault || error instanceof OutOfDate) return false;
  const { code } = readEngineError(error.cause);
  return (
    !REFUSED.has(code) &&
    code !== NO_SUCH_DATABASE &&
    code !== DISK_FULL &&
    !DISTRUSTED.test(code) &&
    !NO_TLS.test(code)
  );
}

/** The engine's error code as text, `''` if there is none: errors come from two copies of a class, so it is read by shape. */
function readEngineError(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const stated = (error as { code?: unknown } | null)?.code;
  if (typeof stated === 'string' && stated !== '' && !stated.startsWith('CHDB_')) return { code: stated, message };
  return { code: /Code: (\d+)/.exec(message)?.[1] ?? '', message };
}
