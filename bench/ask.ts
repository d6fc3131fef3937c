import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { LoadJob, LoadOutcome } from './load.ts';

/** One slice of load, by the load generator in a process of its own. @throws unless every answer has the status that it should */
export async function ask(job: LoadJob): Promise<LoadOutcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(job));
  const outcome = JSON.parse(await text(child.stdout)) as LoadOutcome;
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
  readonly p99: number;
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
    p99: quantile(0.99),
    perSecond: sorted.length / seconds,
    requests: sorted.length,
    bytesPerSecond: slices.reduce((sum, slice) => sum + slice.bytes, 0) / seconds,
  };
}
