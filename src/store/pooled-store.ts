import { availableParallelism } from 'node:os';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { Turns, awaitAll } from '../await-all.ts';
import { AppError } from '../errors.ts';
import { attend } from './attend.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { Engine, Given } from './engine.ts';
import { describeEngineError } from './engine-errors.ts';
import { requireWanted } from './give-up.ts';
import type { FileRows, Limits, Params, SaveTarget, Store } from './store.ts';

const REQUEST_LIMITS = { seconds: 15, memoryBytes: 2e9 } as const;
const BACKGROUND_LIMITS = { seconds: 6 * 3600, memoryBytes: 4e9 } as const;

/** The second is for what is asked for at once: much of the engine's work on one statement is done by one thread. */
const BACKGROUND_CONNECTIONS = 2;

/** Does a statement, or fails before it has ended, where nothing will come of it any more. */
export type Watch = <Result>(statement: () => Promise<Result>) => Promise<Result>;

/** What one ClickHouse of several has of its own. */
export interface NodeOptions {
  /** Gives what `Store.keeps` is. */
  readonly keeps: () => string;
  readonly watch: Watch;
}

export const ALONE: NodeOptions = { keeps: () => 'true', watch: async (statement) => statement() };

/**
 * A parameter that is not given would not fail on the embedded engine, but have the value that another statement gave it
 * on the same connection.
 */
function requireBound(sql: string, params: Params): void {
  const missing = [...sql.matchAll(/\{(\w+):/g)].map(([, name = '']) => name).filter((name) => !(name in params));
  if (missing.length > 0)
    throw new AppError('internal_error', `A statement lacks its parameters ${[...new Set(missing)].join(', ')}.`);
}

/** A store on one engine: connections for requests, and two for background work. */
export class PooledStore implements Store {
  readonly embedded: boolean;
  readonly id: string;
  readonly spool: string;
  readonly copies: string;
  readonly cluster = null;
  readonly #keeps: () => string;
  readonly #engine: Engine;
  readonly #requests: ConnectionPool;
  readonly #background: ConnectionPool;
  readonly #threads: number;
  readonly #watch: Watch;
  readonly #turns = new Turns();

  constructor(engine: Engine, { keeps, watch }: NodeOptions = ALONE) {
    this.embedded = engine.elsewhere === null;
    this.id = engine.id;
    this.spool = engine.spool;
    this.copies = engine.copies;
    this.#keeps = keeps;
    this.#watch = watch;
    this.#engine = engine;
    this.#requests = new ConnectionPool(engine.requestConnections, () => engine.connect());
    this.#background = new ConnectionPool(BACKGROUND_CONNECTIONS, () => engine.connect());
    // 0 is the engine's own choice, which in this process would be made anew for every statement
    this.#threads = this.embedded ? availableParallelism() : 0;
  }

  get keeps(): string {
    return this.#keeps();
  }

  async about<Answer>(_: string | null, ask: (store: Store) => Promise<Answer>): Promise<Answer> {
    return ask(this);
  }

  async shards<Answer>(ask: (store: Store) => Promise<Answer>): Promise<Answer[]> {
    return [await ask(this)];
  }

  async everywhere<Result>(work: (store: Store) => Promise<Result>): Promise<Result[]> {
    return [await work(this)];
  }

  async query<Row>(sql: string, params: Params = {}, limits: Limits = {}): Promise<Row[]> {
    const given = this.#give(sql, params, { ...REQUEST_LIMITS, ...limits });
    // from now on: where nothing is answered, all connections are taken by those who asked before
    const asked = { ...given, signal: this.#engine.limit(given.seconds) };
    return this.#use(this.#requests, asked, async (client, own) => this.#engine.select<Row>(client, sql, own));
  }

  async read<Row>(sql: string, params: Params = {}, limits: Limits = {}): Promise<Row[]> {
    return this.#work(sql, params, limits, async (client, given) => this.#engine.select<Row>(client, sql, given));
  }

  async run(sql: string, params: Params = {}, limits: Limits = {}): Promise<void> {
    await this.#work(sql, params, limits, async (client, given) => this.#engine.command(client, sql, given));
  }

  async insertFiles(
    insert: (source: string) => string,
    files: FileRows,
    params: Params = {},
    limits: Limits = {},
  ): Promise<void> {
    const insertAll = async (client: ClickHouseClient, given: Given) =>
      this.#engine.insertFiles(client, insert, files, given);
    await this.#work(insert(''), params, limits, insertAll, true);
  }

  async save(target: SaveTarget, sql: string, params: Params = {}, limits: Limits = {}): Promise<void> {
    await this.#work(sql, params, limits, async (client, given) => {
      const settings = { ...given.settings, output_format_parallel_formatting: 1 };
      return this.#engine.save(client, target, sql, { ...given, settings });
    });
  }

  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.take(async () => {
      requireWanted();
      return work();
    });
  }

  async insert(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#work('', {}, {}, async (client, given) => this.#engine.insertRows(client, table, rows, given));
  }

  async close(): Promise<void> {
    await awaitAll([this.#requests.close(), this.#background.close()]).finally(() => this.#engine.close());
  }

  async #work<Result>(
    sql: string,
    params: Params,
    limits: Limits,
    work: (client: ClickHouseClient, given: Given) => Promise<Result>,
    ofFiles = false,
  ): Promise<Result> {
    const given = this.#give(sql, params, { ...BACKGROUND_LIMITS, ...limits });
    return this.#use(limits.urgent === true ? this.#requests : this.#background, given, work, ofFiles);
  }

  async #use<Result>(
    pool: ConnectionPool,
    asked: Given,
    work: (client: ClickHouseClient, given: Given) => Promise<Result>,
    ofFiles = false,
  ): Promise<Result> {
    const statement = async (client: ClickHouseClient) => {
      requireWanted();
      const { elsewhere, place } = this.#engine;
      if (elsewhere === null) return work(client, asked);
      const given = { ...asked, signal: asked.signal ?? this.#engine.limit(asked.seconds) };
      return attend({ place, elsewhere, client }, given, async (attended) => work(client, attended));
    };
    try {
      return await pool.use(async (client) => this.#watch(async () => statement(client)), asked.signal);
    } catch (error) {
      throw describeEngineError(error, this.#engine.place, { ofFiles });
    }
  }

  /** Every setting used anywhere is given with every statement: on the embedded engine they stay on the connection. */
  #give(sql: string, params: Params, limits: Required<Pick<Limits, 'seconds' | 'memoryBytes'>>): Given {
    requireBound(sql, params);
    const settings = {
      max_execution_time: limits.seconds,
      max_memory_usage: String(limits.memoryBytes),
      max_threads: this.#threads,
      date_time_output_format: 'iso',
      // of the few rows that are read, it would take a quarter of the time
      output_format_parallel_formatting: 0,
      output_format_json_quote_64bit_integers: 0,
      output_format_json_quote_denormals: 1,
      output_format_json_escape_forward_slashes: 0,
      max_partitions_per_insert_block: '0',
      join_use_nulls: 1,
      // parameters are read as parts of statements: what is published of many courses at once, with the names of all their cohorts, has some megabytes
      max_query_size: '100000000',
      // machine code for expressions: a tenth of what a small course takes, and bulk work was no faster for it
      compile_expressions: 0,
      compile_aggregate_expressions: 0,
      compile_sort_description: 0,
    } satisfies ClickHouseSettings;
    return { params, settings, seconds: limits.seconds };
  }
}
