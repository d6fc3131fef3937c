import type { ClickHouseClient } from '@clickhouse/client';

/**
 * A fixed number of connections, each of which runs one query at a time; work waits in order for the next free one.
 * A connection whose query failed is replaced: the embedded engine was seen to deliver rows of a failed query as part
 * of the next answer on the same connection.
 */
export class ConnectionPool {
  readonly #connect: () => ClickHouseClient;
  readonly #free: ClickHouseClient[] = [];
  readonly #waiting: Array<(client: ClickHouseClient) => void> = [];
  #unopened: number;

  constructor(size: number, connect: () => ClickHouseClient) {
    this.#connect = connect;
    this.#unopened = size;
  }

  /** Runs `work` on the next free connection. */
  async use<Result>(work: (client: ClickHouseClient) => Promise<Result>): Promise<Result> {
    const client = await this.#take();
    try {
      const result = await work(client);
      this.#give(client);
      return result;
    } catch (error) {
      await client.close();
      this.#replace();
      throw error;
    }
  }

  /** Closes the connections; call it when no work is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#free.splice(0).map(async (client) => client.close()));
  }

  async #take(): Promise<ClickHouseClient> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#unopened > 0) {
      this.#unopened -= 1;
      try {
        return this.#connect();
      } catch (error) {
        this.#unopened += 1;
        throw error;
      }
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #give(client: ClickHouseClient): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(client);
    else next(client);
  }

  #replace(): void {
    if (this.#waiting.length === 0) this.#unopened += 1;
    else this.#give(this.#connect());
  }
}
