import type { Level, Metric, MetricRanges, Segment } from '../client/answers.ts';
import type { TimelineMetric } from './answers.ts';

/** In the order in which they are shown: what to act on first. */
export const SEGMENTS = [
  'struggling',
  'disengaging',
  'inactive',
  'highly_engaged',
  'unenrolled',
] as const satisfies readonly Segment[];

/** The columns of the roster, in their order. */
export const METRICS = [
  'problems_attempted',
  'problems_completed',
  'problem_attempts',
  'problem_attempts_per_completed',
  'videos_viewed',
  'discussion_contributions',
  'days_active',
] as const satisfies readonly Metric[];

/** The panels of the chart of one learner. */
export const TIMELINE_METRICS = [
  'problems_attempted',
  'problems_completed',
  'videos_viewed',
  'discussion_contributions',
] as const satisfies readonly TimelineMetric[];

const DIFFERENT: ReadonlySet<Metric> = new Set(['problems_attempted', 'problems_completed', 'videos_viewed']);

/** Whether the same problem or video counts once, however often it was used: days then add up to more than all of them together. */
export function countsDifferent(metric: Metric): boolean {
  return DIFFERENT.has(metric);
}

/** What a mark says: the shape follows the number, the tone follows the judgement, which attempts by themselves have none of. */
export type Tone = 'good' | 'watch' | 'neutral';

export interface Mark {
  readonly shape: 'high' | 'low';
  readonly tone: Tone;
}

/** The mark beside a number; null for what is average or has no level. */
export function markOf(metric: Metric, level: Level | null): Mark | null {
  if (level === null || level === 'average') return null;
  const shape = level === 'above_average' ? 'high' : 'low';
  if (metric === 'problem_attempts') return { shape, tone: 'neutral' };
  const good = metric === 'problem_attempts_per_completed' ? shape === 'low' : shape === 'high';
  return { shape, tone: good ? 'good' : 'watch' };
}

/** The normal range of a metric, and the one above it, which tells whether what is infinite is normal. */
export type NormalAndAbove = Pick<MetricRanges, 'average' | 'above_average'>;

/** Whether normal ends short of infinity only: attempts with nothing solved are above it. */
function isFinite({ average: [from, to], above_average: above }: NormalAndAbove): boolean {
  return from !== null && to === null && above !== null;
}

/**
 * The normal values of a metric in words: the ends are both in it where it is counted, since high begins at the exclusive
 * end of its range. Null where nothing is normal.
 */
export function describeNormal(metric: Metric, ranges: NormalAndAbove): NormalRange | null {
  const [from, to] = ranges.average;
  if (from === null) return { form: 'infinite' };
  if (to === null) return { form: isFinite(ranges) ? 'finite' : 'open', from };
  if (metric === 'problem_attempts_per_completed') return { form: 'below', from, to };
  const [first, last] = [Math.ceil(from), Math.ceil(to) - 1];
  if (first > last) return null;
  return first === last ? { form: 'single', from: first } : { form: 'between', from: first, to: last };
}

export type NormalRange =
  | { readonly form: 'infinite' }
  | { readonly form: 'open' | 'finite' | 'single'; readonly from: number }
  | { readonly form: 'between' | 'below'; readonly from: number; readonly to: number };
