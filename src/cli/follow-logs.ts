import type { LogsStatus } from '../api/api-env.ts';
import { tellFailure } from '../errors.ts';
import type { IngestResult } from '../ingest/ingest.ts';
import { LogTail } from '../ingest/log-tail.ts';
import type { Log } from '../log.ts';
import { repeat } from '../repeat.ts';
import type { Store } from '../store/store.ts';
import { Refresher } from './refresher.ts';

/** How often is looked for what is new. By looking, not by being told: network file systems and containers tell nothing. */
const POLL_MS = 1000;
/** The least pause between two looks, if the work took long. */
const BREATH_MS = 250;
/** How long to wait after lines came: to take in one costs as much as to take in thousands, and where one came others do. */
const GATHER_MS = 3000;
/** How long to wait after a failure. */
const RETRY_MS = 5000;
/** How often the log says what was taken in. */
const REPORT_MS = 60_000;
/**
 * Refreshing rests at least so long, and at least as long as it took: a large course must not take all of the machine, nor small ones in which
 * always somebody does something half of a processor. And what is behind is caught up with first.
 */
const REFRESH_REST_MS = 15_000;
/** The same while courses are left to the next refresh, and no lines wait. */
const REFRESH_REST_LEFT_MS = 2000;

const ALL_TAKEN = { stuck_since: null, failure: null } as const;

export interface Following {
  status(): LogsStatus;
  /** Resolves when the round under way is done. */
  stop(): Promise<void>;
}

/**
 * Follows the logs that `paths` (absolute) name until it is stopped. `refresh` makes what was taken in visible; null leaves that
 * to somebody else. It is done again for as long as `isLeft` says that some courses were left to the next. A failure is logged, and the same is tried again.
 */
export async function followLogs(
  store: Store,
  paths: readonly string[],
  {
    log,
    refresh,
    isLeft = () => false,
  }: { log: Log; refresh: (() => Promise<unknown>) | null; isLeft?: () => boolean },
): Promise<Following> {
  const tail = await LogTail.open(store, paths);
  const reporter = new Reporter(tail, log);
  const refresher = refresh === null ? null : new Refresher(refresh, log);
  log.info({ paths }, 'following logs');

  let stuck: Pick<LogsStatus, 'stuck_since' | 'failure'> = ALL_TAKEN;
  const takeIn = async (): Promise<IngestResult | null> => {
    stuck = { ...stuck, stuck_since: stuck.stuck_since ?? new Date().toISOString() };
    try {
      const result = await tail.round();
      stuck = ALL_TAKEN;
      return result;
    } catch (error) {
      stuck = { ...stuck, failure: tellFailure(error) };
      throw error;
    }
  };
  const step = async (stopping: AbortSignal): Promise<number> => {
    const started = performance.now();
    const result = await takeIn();
    reporter.tell(result);
    if (isLeft() || (result !== null && result.new_facts + result.roster_changes > 0)) refresher?.need();
    const isBehind = result !== null && tail.status.lag_bytes > 0;
    await refresher?.refreshIfDue(isLeft() && !isBehind ? REFRESH_REST_LEFT_MS : REFRESH_REST_MS, stopping);
    if (isBehind) return 0;
    return result === null ? Math.max(BREATH_MS, POLL_MS - (performance.now() - started)) : GATHER_MS;
  };
  const repeating = repeat(RETRY_MS, step, (error) => {
    log.error({ err: error }, 'following logs failed; it is tried again');
    // what was taken in until then is not new the next time
    refresher?.need();
  });
  return {
    status: () => ({ ...tail.status, ...stuck }),
    stop: async () => {
      await repeating.stop();
      await tail.close();
    },
  };
}

/** Tells the log what cannot be read when that changes, and what was taken in from time to time. */
class Reporter {
  readonly #tail: LogTail;
  readonly #log: Log;
  #problems = '';
  #lines = 0;
  #newFacts = 0;
  #rejected: Record<string, number> = {};
  #reportedAt = performance.now();

  constructor(tail: LogTail, log: Log) {
    this.#tail = tail;
    this.#log = log;
  }

  tell(result: IngestResult | null): void {
    this.#tellProblems();
    if (result !== null) this.#add(result);
    if (this.#lines === 0 || performance.now() - this.#reportedAt < REPORT_MS) return;
    const { files, lag_bytes } = this.#tail.status;
    this.#log.info(
      { lines: this.#lines, new_facts: this.#newFacts, rejected: this.#rejected, files, lag_bytes },
      'took in lines of followed logs',
    );
    this.#lines = 0;
    this.#newFacts = 0;
    this.#rejected = {};
    this.#reportedAt = performance.now();
  }

  #tellProblems(): void {
    const { problems } = this.#tail.status;
    const text = JSON.stringify(problems);
    if (text === this.#problems) return;
    this.#problems = text;
    for (const { path, reason } of problems) this.#log.warn({ path }, explainProblem(reason));
    if (problems.length === 0) this.#log.info('all followed logs can be read');
  }

  #add(result: IngestResult): void {
    this.#lines += result.lines;
    this.#newFacts += result.new_facts;
    for (const [reason, count] of Object.entries(result.rejected)) {
      this.#rejected[reason] = (this.#rejected[reason] ?? 0) + count;
    }
  }
}

/** What is wrong with a log that is followed, and what happens about it. */
export function explainProblem(reason: string): string {
  if (reason === 'ENOENT') return 'nothing is there yet; waiting for it to appear';
  if (reason === 'EACCES' || reason === 'EPERM') {
    return 'permission denied: let the user of this process read it (and enter its folders); it is tried again every second';
  }
  return /^(E[A-Z0-9]+|Unknown system error -\d+)$/.test(reason)
    ? `cannot be read now (${reason}); it is tried again every second`
    : reason;
}
