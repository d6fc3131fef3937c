import { accessSync, constants, createWriteStream, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client';
import { formatQueryParams } from '@clickhouse/client-common';
import { AppError } from '../errors.ts';
import { embeddedConnector } from './connect-embedded.ts';
import { ConnectionPool } from './connection-pool.ts';
import { describeEngineError } from './engine-errors.ts';
import { insertRows } from './insert-rows.ts';
import { migrate } from './migrate.ts';
import type { Limits, Params, SaveTarget, Store } from './store.ts';

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
  const copies = join(dataDir, 'copies');
  prepareDirectory(dataDir);
  const connect = options.url === undefined ? embeddedConnector(join(dataDir, 'store')) : serverConnector(options.url);
  const store = new PooledStore(connect, {
    embedded: options.url === undefined,
    dataDir,
    spool,
    copies,
    backgroundThreads: options.backgroundThreads ?? availableParallelism(),
  });
  try {
    await migrate(store);
    rmSync(spool, { recursive: true, force: true });
    mkdirSync(spool, { recursive: true });
  } catch (error) {
    await store.close();
    throw describeEngineError(error, dataDir);
  }
  return store;
}

/**
 * A parameter that is not given would not fail on the embedded engine, but have the value that another statement gave it
 * on the same connection.
 */
function requireBound(sql: string, params: Params): void {
  const missing = [...sql.matchAll(/\{(\w+):/g)].map(([, name = '']) => name).filter((name) => !(name in params));
  if (missing.length > 0)
    throw new AppError('internal_error', `A statement lacks its parameters ${[...new Set(missing)].join(', ')}.`);
}

function prepareDirectory(dataDir: string): void {
  // The engine reads files of the spool by a pattern, in which braces cannot be escaped.
  if (/[{}]/.test(dataDir))
    throw new AppError('store_unavailable', `The data directory ${dataDir} must not have { or } in its path.`);
  try {
    makeDirectory(dataDir);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new AppError('store_unavailable', `The data directory ${dataDir} cannot be made or written (${reason}).`, {
      cause: error,
    });
  }
}

/**
 * Like mkdir -p, and for its owner alone: names and addresses of learners will be in it. Node's own never comes back where
 * nothing can be made, as in /proc.
 */
function makeDirectory(path: string, mode = 0o700): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (!existsSync(dirname(path))) makeDirectory(dirname(path), 0o777);
  mkdirSync(path, { mode });
}

function serverConnector(url: string): () => ClickHouseClient {
  return () =>
    createClient({ url, max_open_connections: 1, request_timeout: 3_600_000, application: 'learner-analytics' });
}

interface PoolSetup {
  readonly embedded: boolean;
  readonly dataDir: string;
  readonly spool: string;
  readonly copies: string;
  readonly backgroundThreads: number;
}

class PooledStore implements Store {
  readonly embedded: boolean;
  readonly spool: string;
  readonly copies: string;
  readonly #requests: ConnectionPool;
  readonly #background: ConnectionPool;
  readonly #setup: PoolSetup;
  #exclusive: Promise<unknown> = Promise.resolve();

  constructor(connect: () => ClickHouseClient, setup: PoolSetup) {
    this.embedded = setup.embedded;
    this.spool = setup.spool;
    this.copies = setup.copies;
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
      client.command({ query: sql, ...this.#bind(sql, params, this.#backgroundSettings(limits)) }),
    );
  }

  async save({ path, format }: SaveTarget, sql: string, params: Params = {}, limits: Limits = {}): Promise<void> {
    if (this.embedded) {
      const insert = `INSERT INTO FUNCTION file({saved_to:String}, '${format}') ${sql}`;
      return this.run(insert, { ...params, saved_to: path }, limits);
    }
    await this.#use(this.#poolFor(limits), async (client) => {
      const { stream } = await client.exec({
        query: `${sql} FORMAT ${format}`,
        ...this.#bind(sql, params, this.#backgroundSettings(limits)),
      });
      await pipeline(stream, createWriteStream(path, { flags: 'wx' }));
    });
  }

  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#exclusive.then(work);
    this.#exclusive = result.catch(() => {});
    return result;
  }

  async insert(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    if (this.embedded) return insertRows(this, table, rows);
    await this.#use(this.#background, async (client) =>
      client.insert({ table, values: rows, format: 'JSONEachRow', clickhouse_settings: this.#backgroundSettings({}) }),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.close(), this.#background.close()]);
  }

  async #select<Row>(pool: ConnectionPool, sql: string, params: Params, settings: ClickHouseSettings): Promise<Row[]> {
    return this.#use(pool, async (client) => {
      const result = await client.query({ query: sql, format: 'JSONEachRow', ...this.#bind(sql, params, settings) });
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
  #bind(sql: string, params: Params, settings: ClickHouseSettings) {
    requireBound(sql, params);
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
