import type { ClickHouseClient } from '@clickhouse/client';
import type { FileRows, Params, SaveTarget } from './store.ts';

/** What a statement is given besides its text. */
export interface Given {
  readonly params: Params;
  readonly settings: Readonly<Record<string, string | number>>;
  /** Seconds after which the engine stops it. */
  readonly seconds: number;
  /** Comes when nobody waits for it any more; undefined: that is not before it has begun. */
  readonly signal?: AbortSignal | undefined;
  /** What its name begins with, by which the engine tells of it; absent: any. */
  readonly id?: string;
}

/** What an engine that listens elsewhere tells of statements, on connections other than theirs. */
export interface Elsewhere {
  /** So often it is looked whether a statement is heard of. */
  readonly lookMs: number;
  /** Whether it does the statement; true also where that cannot be told. @throws where it does not answer, or not that */
  isUnderWay(id: string): Promise<boolean>;
  /** Ends the statement, if it is under way, and resolves when it is not. @throws as `isUnderWay` */
  end(id: string): Promise<void>;
  /** Another number than before: something still moves over the connection. */
  measureTraffic(client: ClickHouseClient): number;
}

/** What differs between the embedded engine and one that listens elsewhere. Each call is made on a connection of its own. */
export interface Engine {
  /** Null: it is in this process. */
  readonly elsewhere: Elsewhere | null;
  /** Where it is, as messages say it. */
  readonly place: string;
  /** Tells it from all others: the same for whoever opens it again. */
  readonly id: string;
  /** How many connections requests have. */
  readonly requestConnections: number;
  /** Directory for files on their way into the engine. */
  readonly spool: string;
  /** Directory of local copies of published snapshots. */
  readonly copies: string;
  /** Once, before the first statement: makes the database where there is none, and finds out what statements have to bring. */
  prepare(): Promise<void>;
  connect(): ClickHouseClient;
  /** Comes when a statement that may take so many seconds should have ended; undefined: the engine always ends it. */
  limit(seconds: number): AbortSignal | undefined;
  /** When all connections are closed. */
  close(): void;
  select<Row>(client: ClickHouseClient, sql: string, given: Given): Promise<Row[]>;
  command(client: ClickHouseClient, sql: string, given: Given): Promise<void>;
  insertFiles(
    client: ClickHouseClient,
    insert: (source: string) => string,
    files: FileRows,
    given: Given,
  ): Promise<void>;
  save(client: ClickHouseClient, target: SaveTarget, sql: string, given: Given): Promise<void>;
  insertRows(client: ClickHouseClient, table: string, rows: readonly object[], given: Given): Promise<void>;
}
