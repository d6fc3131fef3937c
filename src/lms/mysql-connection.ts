import { type Connection, createConnection } from 'mysql2';
import { AppError } from '../errors.ts';
import type { MysqlAddress } from './mysql-url.ts';

export type Cell = string | null;

/** A network that went away says nothing: the connection is given up when nothing came for so long. */
const IDLE_MS = 120_000;
const CONNECT_MS = 15_000;

/**
 * One transaction on the LMS's database that reads and nothing else, and sees it as it was when it began. Every value comes
 * as text, so that large numbers, dates that are none and times without a zone arrive as they are.
 */
export class MysqlSnapshot implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #place: string;
  readonly #signal: AbortSignal | undefined;

  private constructor(connection: Connection, place: string, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#place = place;
    this.#signal = signal;
  }

  /** @throws AppError `source_unreadable` when the database cannot be reached or does not let us in */
  static async open(address: MysqlAddress, signal?: AbortSignal): Promise<MysqlSnapshot> {
    const connection = await connect(address, signal).catch((error: unknown) => {
      throw describeMysqlError(error, address.place);
    });
    const snapshot = new MysqlSnapshot(connection, address.place, signal);
    try {
      for (const statement of [
        // a server may be told not to care for what the client says when it connects
        'SET NAMES utf8mb4',
        "SET SESSION time_zone = '+00:00'",
        // its default may cut off what is read, without a word
        'SET SESSION sql_select_limit = 18446744073709551615',
        // the server drops a reader that is slower than this
        'SET SESSION net_write_timeout = 600',
        'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
        'SET SESSION TRANSACTION READ ONLY',
        'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
      ]) {
        for await (const row of snapshot.rows(statement)) void row;
      }
    } catch (error) {
      connection.destroy();
      throw error;
    }
    return snapshot;
  }

  /** Rows of a SELECT, one after the other; the server waits while nobody takes them. */
  async *rows(sql: string, values: readonly string[][] = []): AsyncGenerator<readonly Cell[]> {
    const fail = (error: Error) => stream.destroy(error);
    const giveUp = (reason: Parameters<typeof breakOff>[0]) => () => {
      this.#connection.destroy();
      fail(breakOff(reason));
    };
    const query = this.#connection.query({ sql, values: [...values] });
    let complete = false;
    query.once('end', () => {
      complete = true;
    });
    const stream = query.stream({ highWaterMark: 2000 });
    stream.once('error', () => {
      complete = false;
    });
    // a connection that is lost in the middle tells that to itself, not to the query
    this.#connection.once('error', fail);
    const idle = setTimeout(giveUp('ETIMEDOUT'), IDLE_MS);
    const abort = giveUp('ABORTED');
    this.#signal?.addEventListener('abort', abort);
    try {
      this.#signal?.throwIfAborted();
      for await (const row of stream) {
        idle.refresh();
        if (Array.isArray(row)) yield row as Cell[];
      }
      // a stream that is torn down ends like one that is at its end
      if (!complete) throw Object.assign(new Error('cut off'), { code: 'PROTOCOL_CONNECTION_LOST' });
    } catch (error) {
      throw describeMysqlError(error, this.#place);
    } finally {
      clearTimeout(idle);
      this.#connection.off('error', fail);
      this.#signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends at once; there is nothing to roll back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.destroy();
  }
}

/** The error of what we break off ourselves. */
function breakOff(code: 'ABORTED' | 'ETIMEDOUT'): Error {
  return Object.assign(new Error(code), { code });
}

async function connect(address: MysqlAddress, signal?: AbortSignal): Promise<Connection> {
  try {
    return await tryConnect(address.options, signal);
  } catch (error) {
    if (address.sslMode !== 'preferred' || (error as { code?: unknown }).code !== 'HANDSHAKE_NO_SSL_SUPPORT')
      throw error;
    const { ssl, ...plain } = address.options;
    void ssl;
    return tryConnect(plain, signal);
  }
}

async function tryConnect(options: MysqlAddress['options'], signal?: AbortSignal): Promise<Connection> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const connection = createConnection({
      ...options,
      charset: 'utf8mb4',
      connectTimeout: CONNECT_MS,
      enableKeepAlive: true,
      rowsAsArray: true,
      typeCast: (field) => field.string(),
    });
    // whoever waits for rows is told; an error between two queries shows at the next
    connection.on('error', () => {});
    const giveUp = () => {
      connection.destroy();
      reject(breakOff('ABORTED'));
    };
    signal?.addEventListener('abort', giveUp);
    connection.connect((error) => {
      signal?.removeEventListener('abort', giveUp);
      if (error === null) resolve(connection);
      else {
        connection.destroy();
        reject(error);
      }
    });
  });
}

const HINTS: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'the server refuses this user or password',
  ER_DBACCESS_DENIED_ERROR: 'this user may not use the database',
  ER_BAD_DB_ERROR: 'there is no such database',
  ER_TABLEACCESS_DENIED_ERROR: 'this user may not read a table; see docs/lms.md',
  ER_COLUMNACCESS_DENIED_ERROR: 'this user may not read a column; see docs/lms.md',
  HANDSHAKE_NO_SSL_SUPPORT: 'the server does not speak TLS',
  HANDSHAKE_SSL_ERROR: 'TLS failed, perhaps for the certificate',
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'the host is not known',
  ETIMEDOUT: 'it does not answer',
  PROTOCOL_CONNECTION_LOST: 'the connection broke off',
  'error 1969': 'a statement may not take as long as this; raise max_statement_time for this user',
};

/** Says it in our words: the driver's may name more than is to be told. */
function describeMysqlError(error: unknown, place: string): AppError {
  if (error instanceof AppError) return error;
  const { code: stated, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  // the driver has no names for errors of MariaDB alone
  const code = typeof stated === 'string' ? stated : typeof errno === 'number' ? `error ${errno}` : 'unknown';
  const hint = HINTS[code];
  return new AppError(
    'source_unreadable',
    `The LMS database at ${place} cannot be read: ${hint === undefined ? code : `${hint} (${code})`}. The roster stays as it was.`,
    { cause: error },
  );
}
