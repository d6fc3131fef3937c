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
  readonly format: 'RowBinary' | 'JSONCompactEachRow';
}

/** Files of this machine that a statement reads, all of one kind, as a table. */
export interface FileRows {
  readonly paths: readonly string[];
  readonly format: 'LineAsString' | 'CSV' | 'TSV';
  /** Columns and their types, as in a CREATE TABLE. */
  readonly structure: string;
  readonly compression: 'none' | 'gz' | 'zstd' | 'xz';
}

/**
 * A ClickHouse, embedded or listening elsewhere. Statements take typed named parameters only, never text put together.
 * Errors are `AppError`s of code `store_unavailable`, or `internal_error` for a statement the engine refuses.
 */
export interface Store {
  /** Whether no other process works on this store. */
  readonly embedded: boolean;
  /** Directory for files on their way into the store; they are gone at the next start. */
  readonly spool: string;
  /** Directory of local copies of published snapshots; what is missing there is made again. */
  readonly copies: string;
  /**
   * Rows of a SELECT for somebody who waits: a pool of connections, tight limits. Integers over 2^53 are rounded: select
   * them as text. Instants are ISO 8601 with Z; floats that are no number or infinite are the texts nan, inf, -inf.
   */
  query<Row>(sql: string, params?: Params, limits?: Limits): Promise<Row[]>;
  /** One statement of background work: one at a time, in order, wide limits. */
  run(sql: string, params?: Params, limits?: Limits): Promise<void>;
  /**
   * Background work like `run`: an `INSERT … SELECT … FROM source`, where `insert` is given the SQL of the source. The
   * embedded engine reads the files itself; a server is sent each of them, by one statement after the other. When it
   * fails, rows of some files may have been inserted.
   * @throws AppError `source_unreadable` for a file that cannot be read to its end
   */
  insertFiles(insert: (source: string) => string, files: FileRows, params?: Params, limits?: Limits): Promise<void>;
  /** Rows of a SELECT as part of background work. */
  read<Row>(sql: string, params?: Params, limits?: Limits): Promise<Row[]>;
  /**
   * Writes the rows of a SELECT to a file of this machine, which must not exist: background work, any size in little memory.
   * An empty result may leave no file.
   */
  save(target: SaveTarget, sql: string, params?: Params, limits?: Limits): Promise<void>;
  /** Runs several statements of background work (an ingest, a refresh) with no other such work in between. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>;
  /** A few rows, as objects by column name. For lines by the million, have the engine read a file. */
  insert(table: string, rows: readonly object[]): Promise<void>;
  close(): Promise<void>;
}
