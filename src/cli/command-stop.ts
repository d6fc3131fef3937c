import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { listenForStop } from './wait-for-stop.ts';

const STOPPED =
  'The command was told to stop before it was done. What it did until then is stored; run it again, and it does the rest.';

/**
 * Has a command end in an orderly way when the process is told to stop, so that it leaves nothing on a ClickHouse that others use. An
 * embedded store is put in order by whoever opens it next, and a cluster by whoever mends it: with those a process ends at once.
 */
export class CommandStop {
  readonly #stopping = new AbortController();
  #told: NodeJS.Signals | null = null;
  #ignore: (() => void) | undefined;

  /** Comes when the process is told to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Listens from now on, where the store asks for it. */
  listen({ embedded, cluster }: Store): void {
    if (embedded || cluster !== null) return;
    this.#ignore = listenForStop((told) => {
      this.#told = told;
      process.stderr.write('Stopping, once all is left in order; at once when told so again.\n');
      this.#stopping.abort(new AppError('store_unavailable', STOPPED));
      // whoever waits for more of it waits in vain
      process.stdin.destroy();
    });
  }

  /** What a command fails with: once it was told to stop, all else tells less. */
  explain(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  /** Listens no more. A process that was told to stop ends here as one that did so at once, which shells look at. */
  end(): void {
    this.#ignore?.();
    if (this.#told !== null) process.kill(process.pid, this.#told);
  }
}
