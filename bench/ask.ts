import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { LoadJob, LoadOutcome } from './load.ts';
import type { Row } from './question.ts';

/** Load that goes on for as long as something else does. */
export interface Asking {
  /** When its warm-up is over. */
  readonly ready: Promise<void>;
  /** Ends it. @throws unless every answer has the status that it should */
  stop(): Promise<LoadOutcome>;
}

/** One slice of load, by the load generator in a process of its own. @throws unless every answer has the status that it should */
export async function ask(job: LoadJob): Promise<LoadOutcome> {
  return startLoad(job).outcome;
}

/** Load without an end. */
export function startAsking(job: Omit<LoadJob, 'seconds'>): Asking {
  const { child, ready, outcome } = startLoad({ ...job, seconds: FOREVER });
  return {
    ready,
    stop: async () => {
      child.kill('SIGTERM');
      return outcome;
    },
  };
}

const FOREVER = 1e9;

function startLoad(job: LoadJob) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(job));
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  // one that fails says nothing, but ends
  child.stdout.once('data', () => resolve()).once('end', () => resolve());
  return { child, ready, outcome: readOutcome(job, child.stdout) };
}

async function readOutcome(job: LoadJob, output: Readable): Promise<LoadOutcome> {
  const said = await text(output);
  const outcome = JSON.parse(said.slice(said.indexOf('\n'))) as LoadOutcome;
  const expected = job.revalidate ? '304' : '200';
  const others = Object.keys(outcome.statuses).filter((status) => status !== expected);
  if (others.length > 0 || outcome.latencies.length === 0)
    throw new Error(
      `Answers to ${job.paths[0]} and such: ${JSON.stringify(outcome.statuses)}; all should be ${expected}.`,
    );
  return outcome;
}

/** Slices of one question to one server, seen together. */
export interface Asked {
  readonly median: number;
  /** Null of fewer than a hundred: it would be that of one request. */
  readonly p99: number | null;
  readonly most: number;
  readonly perSecond: number;
  readonly requests: number;
  /** Of bodies, a second. */
  readonly bytesPerSecond: number;
}

/** Latencies in ms over all requests of the slices. */
export function summarizeSlices(slices: readonly LoadOutcome[]): Asked {
  const sorted = Float64Array.from(slices.flatMap(({ latencies }) => latencies)).toSorted();
  const quantile = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN) / 1000;
  const seconds = slices.reduce((sum, slice) => sum + slice.seconds, 0);
  return {
    median: quantile(0.5),
    p99: sorted.length < 100 ? null : quantile(0.99),
    most: quantile(1),
    perSecond: sorted.length / seconds,
    requests: sorted.length,
    bytesPerSecond: slices.reduce((sum, slice) => sum + slice.bytes, 0) / seconds,
  };
}

/** As a line of the table: with the most where a 99th percentile would say nothing. */
export function describeAsked(what: string, { median, p99, most, perSecond }: Asked, more: Partial<Row> = {}): Row {
  return { what, unit: 'ms', median, ...(p99 === null ? { most } : { p99 }), perSecond, ...more };
}
