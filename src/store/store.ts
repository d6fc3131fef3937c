/** Values of the `{name: Type}` parameters of a statement. Dates are bound as text: as `Date` they lose milliseconds. */
export type Params = Readonly<Record<string, string | number | boolean | null | readonly string[] | readonly number[]>>;

/** What one statement may cost. The engine stops it past that; aborting from outside does not stop the embedded one. */
export interface Limits {
  readonly seconds?: number;
  readonly memoryBytes?: number;
  /** Somebody waits for this: do it on a request's connection, not behind background work. */
  readonly urgent?: boolean;
}

export interface SaveTarget {
  readonly path: string;
  readonly format: 'RowBinary' | 'JSONCompactEachRow' | 'Native';
}

/** Files of this machine that a statement reads, all of one kind, as a table. */
export interface FileRows {
  readonly paths: readonly string[];
  readonly format: 'LineAsString' | 'CSV' | 'TSV' | 'Native';
  /** Columns and their types, as in a CREATE TABLE. */
  readonly structure: string;
  readonly compression: 'none' | 'gz' | 'zstd' | 'xz';
}

/** What is particular to several ClickHouses that share the courses; docs/cluster.md. */
export interface Cluster {
  /** How each node stands, shard by shard. */
  status(): Promise<readonly NodeStatus[]>;
  /** Asks each node that is there, each about itself; one that fails is left out. */
  each<Answer>(ask: (store: Store) => Promise<Answer>): Promise<ReadonlyArray<{ node: string; answer: Answer }>>;
  /**
   * Asks a node again that lacks something, because those that have it will not come back. What others have it gets first.
   * @throws AppError `usage` for a node that is not listed or lacks nothing, or where another has what it lacks; `store_unavailable` where
   * it does not answer, or one does not that may have what no other node has
   */
  accept(node: string): Promise<void>;
  /**
   * Notes that a node is gone for good, which no process lists any more.
   * @throws AppError `usage` for a node that is listed, or not known
   */
  forget(node: string): Promise<void>;
  /** The migrations that a newer version of the program has brought to any node. @throws AppError `store_unavailable` when none answers */
  listUnknown(): Promise<readonly string[]>;
  /**
   * Spreads the courses over all shards that are configured: copies to a new one what will be its, has it published by
   * `refresh`, lets everybody ask there, and removes it where it was. Broken off, it goes on where it was when run again.
   * @throws AppError `store_unavailable` while a node is away or lacks something
   */
  grow(refresh: () => Promise<unknown>): Promise<Growth>;
}

export interface NodeStatus {
  /** `host:port/database` */
  readonly node: string;
  /** From 1 on. */
  readonly shard: number;
  /** Whether courses are on its shard; false before `grow`. */
  readonly inForce: boolean;
  /** False for one that only other processes have in CLICKHOUSE_CLUSTER: it is away to this one. */
  readonly listed: boolean;
  readonly up: boolean;
  /** Why it refuses, or refused what it lacks, in words for an operator; null for none, and where it does not answer. */
  readonly fault: string | null;
  /** How many courses of other shards it has, as their spreading goes on, or was broken off. */
  readonly strays: number;
  /** Whether it missed something and is not asked until a refresh has brought it that. */
  readonly lacks: boolean;
  /** Whether no node of its shard has what it lacks, so that somebody has to restore it. */
  readonly lost: boolean;
}

export interface Growth {
  readonly shards: number;
  /** Courses that have another shard now. */
  readonly moved: readonly string[];
}

/**
 * A ClickHouse, embedded or listening elsewhere, or several that share the courses. Statements take typed named parameters only, never text put together.
 * Errors are `AppError`s of code `store_unavailable`, or `internal_error` for a statement the engine refuses.
 */
export interface Store {
  /** Whether no other process works on this store. */
  readonly embedded: boolean;
  /** Directory for files on their way into the store; they are gone at the next start. */
  readonly spool: string;
  /** Tells it from all others: the same for whoever opens it again. */
  readonly id: string;
  /** Directory of local copies of published snapshots; what is missing there is made again. */
  readonly copies: string;
  /** The condition on `course_id` that the rows of a course belong here: `true`, unless courses are shared. */
  readonly keeps: string;
  /** Null for one ClickHouse. */
  readonly cluster: Cluster | null;
  /**
   * Asks a question about a course of a ClickHouse that has it, and of another one that has it where the first fails: the
   * question as a whole, as each publishes snapshots of its own. Null: about what all of them have. One ClickHouse is asked itself.
   * @throws AppError `store_unavailable` when none that has it answers
   */
  about<Answer>(courseId: string | null, ask: (store: Store) => Promise<Answer>): Promise<Answer>;
  /**
   * The same question about all courses, of each shard at once; an answer per shard. The rows of a shard may be more than
   * `keeps` says while courses are moved.
   */
  shards<Answer>(ask: (store: Store) => Promise<Answer>): Promise<Answer[]>;
  /**
   * Does background work in every ClickHouse there is, at once; a result per shard. It may be done twice. One that
   * fails while another of its shard does not is asked no more until `mend`, which brings it what it lacks before the work.
   * @throws AppError of the work; `store_unavailable` when a shard has none that could do it: the others have done it
   */
  everywhere<Result>(work: (store: Store) => Promise<Result>, options?: { readonly mend?: boolean }): Promise<Result[]>;
  /**
   * Rows of a SELECT for somebody who waits: a pool of connections, tight limits. Integers over 2^53 are rounded: select
   * them as text. Instants are ISO 8601 with Z; floats that are no number or infinite are the texts nan, inf, -inf.
   */
  query<Row>(sql: string, params?: Params, limits?: Limits): Promise<Row[]>;
  /** One statement of background work: wide limits, two at a time; the next that was asked for begins when one has ended. */
  run(sql: string, params?: Params, limits?: Limits): Promise<void>;
  /**
   * Background work like `run`: an `INSERT … SELECT … FROM source`, where `insert` is given the SQL of the source. The
   * embedded engine reads the files itself; a server is sent them, lines of several by one statement. When it
   * fails, rows of some files may have been inserted. On a server, white space may follow the last line of a packed file that lacks its end.
   * @throws AppError `source_unreadable` for a file that cannot be read to its end
   */
  insertFiles(insert: (source: string) => string, files: FileRows, params?: Params, limits?: Limits): Promise<void>;
  /** Rows of a SELECT as part of background work. */
  read<Row>(sql: string, params?: Params, limits?: Limits): Promise<Row[]>;
  /**
   * Writes the rows of a SELECT to a file of this machine, which must not exist: background work, any size in little memory.
   * Of no rows the file is empty.
   */
  save(target: SaveTarget, sql: string, params?: Params, limits?: Limits): Promise<void>;
  /** Runs several statements of background work (an ingest, a refresh) with no other such work in between. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>;
  /** A few rows, as objects by column name. For lines by the million, have the engine read a file. */
  insert(table: string, rows: readonly object[]): Promise<void>;
  close(): Promise<void>;
}
