import type { Log } from '../log.ts';

/** How long to wait after a failure; after each further one twice as long. */
const RETRY_MS = 5000;
/** The server refreshes all that is due every minute in any case. */
const MOST_RETRY_MS = 60_000;

/** Refreshes after something changed, but not all the time; a failure is logged, and it is tried again. */
export class Refresher {
  readonly #refresh: () => Promise<unknown>;
  readonly #log: Log;
  readonly #now: () => number;
  #needed = false;
  #endedAt = -Infinity;
  #tookMs = 0;
  /** 0 unless the last one failed. */
  #retryMs = 0;

  constructor(refresh: () => Promise<unknown>, log: Log, now = () => performance.now()) {
    this.#refresh = refresh;
    this.#log = log;
    this.#now = now;
  }

  need(): void {
    this.#needed = true;
  }

  /**
   * @param restMs after the last one, or as long as that took
   * @param stopping what is broken off by the stop did not fail
   */
  async refreshIfDue(restMs: number, stopping?: AbortSignal): Promise<void> {
    const started = this.#now();
    if (!this.#needed || started < this.#endedAt + Math.max(restMs, this.#tookMs, this.#retryMs)) return;
    this.#needed = false;
    try {
      await this.#refresh();
      this.#retryMs = 0;
    } catch (error) {
      if (stopping?.aborted === true) return;
      this.#log.error({ err: error }, 'refreshing failed; it is tried again');
      this.#needed = true;
      this.#retryMs = Math.min(MOST_RETRY_MS, Math.max(RETRY_MS, this.#retryMs * 2));
    }
    this.#endedAt = this.#now();
    this.#tookMs = this.#endedAt - started;
  }
}
