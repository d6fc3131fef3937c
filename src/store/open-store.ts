import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client';
import { formatQueryParams } from '@clickhouse/client-common';
import type * as ChdbConnectionModule from 'chdb/connection';
import { AppError } from '../errors.ts';
import { ConnectionPool } from './connection-pool.ts';
import { describeEngineError } from './engine-errors.ts';
import { migrate } from './migrate.ts';
import type { Limits, Params, Store } from './store.ts';

export interface StoreOptions {
  /** Directory of the embedded engine; made if absent. Holds spool files too when the engine is elsewhere. */
  readonly dataDir: string;
  /** `http(s)://user:password@host:port/database` of a listening ClickHouse; absent: the embedded engine. */
  readonly url?: string | undefined;
  /** Threads for background work; a server that answers requests meanwhile gives it fewer. */
  readonly backgroundThreads?: number;
}

const REQUEST_CONNECTIONS = 4;
const REQUEST_LIMITS = { seconds: 15, memoryBytes: 2e9 } as const;
const BACKGROUND_LIMITS = { seconds: 6 * 3600, memoryBytes: 4e9 } as const;

/**
 * Opens the store and brings its schema up to date.
 * @throws AppError `store_locked` when another process owns the data directory, `store_unavailable` when it cannot be
 * used or the server does not answer.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const dataDir = resolve(options.dataDir);
  const spool = join(dataDir, 'spool');
  prepareDirectory(dataDir);
  const connect = options.url === undefined ? embeddedConnector(join(dataDir, 'store')) : serverConnector(options.url);
  const store = new PooledStore(connect, {
    embedded: options.url === undefined,
    dataDir,
    spool,
    backgroundThreads: options.backgroundThreads ?? availableParallelism(),
  });
  try {
    await migrate(store);
    rmSync(spool, { recursive: true, force: true });
    mkdirSync(spool, { recursive: true });
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

function prepareDirectory(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new AppError('store_unavailable', `The data directory ${dataDir} cannot be made or written (${reason}).`, {
      cause: error,
    });
  }
}

function embeddedConnector(path: string): () => ClickHouseClient {
  // Loaded only here: the engine's library is half a gigabyte, and a server URL does not need it.
  const { createChdbConnection } = createRequire(import.meta.url)('chdb/connection') as typeof ChdbConnectionModule;
  mkdirSync(path, { recursive: true });
  return () => {
    // Asked first where the system can tell: when refused, the engine itself writes to standard error.
    if (isLocked(join(path, 'status'))) throw explainRefusal(path, undefined);
    try {
      return createClient({ connection: createChdbConnection({ path }) as never });
    } catch (error) {
      throw explainRefusal(path, error);
    }
  };
}

/** The engine says why on standard error alone; its file `status` names the process that has the directory. */
function explainRefusal(path: string, cause: unknown): AppError {
  const owner = readOwner(join(path, 'status'));
  if (owner !== null && owner !== process.pid && isRunning(owner)) {
    return new AppError(
      'store_locked',
      `The data directory ${dirname(path)} is in use by another learner-analytics process (${owner}). Stop that one, or give this one another directory (--data DIR).`,
      { cause },
    );
  }
  return new AppError(
    'store_unavailable',
    `The embedded store in ${path} could not be opened; the engine's reason is above.`,
    { cause },
  );
}

/** Whether another process holds a lock on the file, as Linux lists them; false where that is not known. */
function isLocked(path: string): boolean {
  try {
    const { ino } = statSync(path);
    const locks = readFileSync('/proc/locks', 'utf8').split('\n');
    return locks.some((lock) => lock.includes(`:${ino} `) && !lock.includes(` ${process.pid} `));
  } catch {
    // no such file, or another system
    return false;
  }
}

function readOwner(statusFile: string): number | null {
  try {
    return Number(/^PID: (\d+)/m.exec(readFileSync(statusFile, 'utf8'))?.[1] ?? NaN) || null;
  } catch {
    // no such file: nobody has it
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function serverConnector(url: string): () => ClickHouseClient {
  return () =>
    createClient({ url, max_open_connections: 1, request_timeout: 3_600_000, application: 'learner-analytics' });
}

interface PoolSetup {
  readonly embedded: boolean;
  readonly dataDir: string;
  readonly spool: string;
  readonly backgroundThreads: number;
}

class PooledStore implements Store {
  readonly embedded: boolean;
  readonly spool: string;
  readonly #requests: ConnectionPool;
  readonly #background: ConnectionPool;
  readonly #setup: PoolSetup;
  #exclusive: Promise<unknown> = Promise.resolve();

  constructor(connect: () => ClickHouseClient, setup: PoolSetup) {
    this.embedded = setup.embedded;
    this.spool = setup.spool;
    this.#setup = setup;
    this.#requests = new ConnectionPool(REQUEST_CONNECTIONS, connect);
    this.#background = new ConnectionPool(1, connect);
  }

  async query<Row>(sql: string, params: Params = {}, limits: Limits = {}): Promise<Row[]> {
    return this.#select(this.#requests, sql, params, this.#settings({ ...REQUEST_LIMITS, ...limits }));
  }

  async read<Row>(sql: string, params: Params = {}, limits: Limits = {}): Promise<Row[]> {
    return this.#select(this.#poolFor(limits), sql, params, this.#backgroundSettings(limits));
  }

  async run(sql: string, params: Params = {}, limits: Limits = {}): Promise<void> {
    await this.#use(this.#poolFor(limits), async (client) =>
      client.command({ query: sql, ...this.#bind(params, this.#backgroundSettings(limits)) }),
    );
  }

  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#exclusive.then(work);
    this.#exclusive = result.catch(() => {});
    return result;
  }

  async insert(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#use(this.#background, async (client) =>
      client.insert({ table, values: rows, format: 'JSONEachRow', clickhouse_settings: this.#backgroundSettings({}) }),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.close(), this.#background.close()]);
  }

  async #select<Row>(pool: ConnectionPool, sql: string, params: Params, settings: ClickHouseSettings): Promise<Row[]> {
    return this.#use(pool, async (client) => {
      const result = await client.query({ query: sql, format: 'JSONEachRow', ...this.#bind(params, settings) });
      return result.json<Row>();
    });
  }

  async #use<Result>(pool: ConnectionPool, work: (client: ClickHouseClient) => Promise<Result>): Promise<Result> {
    try {
      return await pool.use(work);
    } catch (error) {
      throw describeEngineError(error, this.#setup.dataDir);
    }
  }

  /**
   * Parameters as the engine takes them. The embedded package runs statements with bound parameters one at a time in
   * the whole process, a long INSERT before a short SELECT; as `SET param_…` they run in parallel.
   */
  #bind(params: Params, settings: ClickHouseSettings) {
    if (!this.embedded) return { query_params: { ...params }, clickhouse_settings: settings };
    const bound = Object.entries(params).map(([name, value]) => {
      const text = formatQueryParams({ value });
      return [`param_${name}`, text.replaceAll('\\', '\\\\')] as const;
    });
    return { clickhouse_settings: { ...settings, ...Object.fromEntries(bound) } as ClickHouseSettings };
  }

  #poolFor(limits: Limits): ConnectionPool {
    return limits.urgent === true ? this.#requests : this.#background;
  }

  #backgroundSettings(limits: Limits): ClickHouseSettings {
    return { ...this.#settings({ ...BACKGROUND_LIMITS, ...limits }), max_threads: this.#setup.backgroundThreads };
  }

  /** Every setting used anywhere is given with every statement: on the embedded engine they stay on the connection. */
  #settings(limits: { readonly seconds: number; readonly memoryBytes: number }): ClickHouseSettings {
    return {
      max_execution_time: limits.seconds,
      max_memory_usage: String(limits.memoryBytes),
      max_threads: availableParallelism(),
      date_time_output_format: 'iso',
      output_format_json_quote_64bit_integers: 0,
      output_format_json_quote_denormals: 1,
      max_partitions_per_insert_block: '0',
      join_use_nulls: 1,
    };
  }
}
