import type { ClickHouseClient } from '@clickhouse/client';
import { awaitAll } from '../await-all.ts';

/**
 * A fixed number of connections, each of which runs one query at a time; work waits in order for the next free one.
 * A connection whose query failed is replaced: the embedded engine was seen to deliver rows of a failed query as part
 * of the next answer on the same connection.
 */
export class ConnectionPool {
  readonly #connect: () => ClickHouseClient;
  readonly #free: ClickHouseClient[] = [];
  /** Each is given a connection, or the place of one to open. */
  readonly #waiting: Array<(client: ClickHouseClient | null) => void> = [];
  #unopened: number;

  constructor(size: number, connect: () => ClickHouseClient) {
    this.#connect = connect;
    this.#unopened = size;
  }

  /** Runs `work` on the next free connection; where none is free when the signal comes, it is not run any more. */
  async use<Result>(work: (client: ClickHouseClient) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    let client = await this.#take(signal);
    try {
      client ??= this.#connect();
      const result = await work(client);
      this.#give(client);
      return result;
    } catch (error) {
      // The place first: whatever closing does, nobody waits for a connection that never comes.
      this.#give(null);
      await client?.close().catch(() => undefined);
      throw error;
    }
  }

  /** Closes the connections; call it when no work is under way. */
  async close(): Promise<void> {
    await awaitAll(this.#free.splice(0).map(async (client) => client.close()));
  }

  async #take(signal?: AbortSignal): Promise<ClickHouseClient | null> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#unopened > 0) {
      this.#unopened -= 1;
      return null;
    }
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        reject(signal?.reason as Error);
      };
      const take = (client: ClickHouseClient | null) => {
        signal?.removeEventListener('abort', giveUp);
        resolve(client);
      };
      this.#waiting.push(take);
      signal?.addEventListener('abort', giveUp);
    });
  }

  #give(client: ClickHouseClient | null): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next(client);
    else if (client !== null) this.#free.push(client);
    else this.#unopened += 1;
  }
}
