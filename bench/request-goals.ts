import type { Asked } from './ask.ts';
import type { Goal } from './question.ts';
import type { RequestKind } from './request-kinds.ts';

const FAST = new Set([
  'learner',
  'page-1',
  'page-40',
  'any-page',
  'search',
  'search-new',
  'type-ahead',
  'type-ahead-new',
  'metadata',
]);

/** What was found of a kind at so many connections. */
export interface Found {
  readonly connections: number;
  readonly revalidate: boolean;
  readonly own: Asked;
  /** PostgreSQL. */
  readonly other: Asked | undefined;
}

/** The goals for requests: medians and 99th percentiles at one connection, requests a second at 32, and PostgreSQL at each. */
export function judge({ name, what, words }: RequestKind, { connections, revalidate, own, other }: Found): Goal[] {
  const goals: Goal[] = [];
  const asked = words === undefined ? what : `${what}, words ${words}`;
  const most = (text: string, found: number, limit: number) =>
    goals.push({
      text: `${asked}: ${text} at 1 connection ≤ ${limit} ms`,
      found: `${found.toFixed(2)} ms`,
      met: found <= limit,
    });
  if (connections === 1 && !revalidate) {
    if (FAST.has(name)) {
      most('median', own.median, 2);
      // of fewer than a hundred, the most that one took
      most('99 %', own.p99 ?? own.most, 10);
    }
    if (name === 'combined') most('median', own.median, 15);
    if (name === 'timeline') most('median', own.median, 6);
  }
  if (!revalidate && FAST.has(name) && other !== undefined)
    goals.push({
      text: `${asked}: not slower than PostgreSQL at ${connections === 1 ? '1 connection' : `${connections} connections`}`,
      found: `${own.median.toFixed(2)} ms against ${other.median.toFixed(2)} ms`,
      met: own.median <= other.median,
    });
  if (connections === 32 && FAST.has(name)) {
    const least = revalidate ? 5000 : 3000;
    goals.push({
      text: `${asked}: ${revalidate ? 'revalidated' : 'uncached'} at 32 connections ≥ ${least} requests/s`,
      found: `${Math.round(own.perSecond)}/s`,
      met: own.perSecond >= least,
    });
  }
  return goals;
}
