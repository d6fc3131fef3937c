import { perName } from '../per-name.ts';
import { METRICS, RATIO_METRIC, type Metric } from './metrics.ts';

/** Where a value lies among the learners of a course who were active in the window. The name follows the number, not the judgement. */
export const LEVELS = ['below_average', 'average', 'above_average'] as const;
export type Level = (typeof LEVELS)[number];

/** What a snapshot keeps of one metric over the learners with `days_active` > 0; percentiles and averages are null over none. */
export interface MetricDistribution {
  /** How many learners the percentiles are of. */
  readonly learners: number;
  /** 15th and 85th percentile, inclusive; `Infinity` where an interpolation touches it. */
  readonly p15: number | null;
  readonly p85: number | null;
  readonly mean: number | null;
  readonly median: number | null;
  /** How many learners mean and median are of: for the ratio, those who completed something. */
  readonly averaged: number;
}

export type Distributions = { readonly [metric in Metric]: MetricDistribution };

/** `[inclusive, exclusive)`; an end of `Infinity` is unbounded. */
export type Range = readonly [number, number];

/** The low, normal and high range; null where it does not exist. Normal always exists. */
export interface Ranges {
  readonly low: Range | null;
  readonly normal: Range;
  readonly high: Range | null;
}

/** Cuts a metric's values into ranges: low below the 15th percentile, high from the 85th on, unless the two are the same. */
export function cutRanges(p15: number | null, p85: number | null): Ranges {
  if (p15 === null || p85 === null) return { low: null, normal: [0, Infinity], high: null };
  const low: Range | null = p15 > 0 ? [0, p15] : null;
  if (p15 === p85) return { low, normal: [p15, Infinity], high: null };
  return { low, normal: [p15, p85], high: [p85, Infinity] };
}

/** The level of a value, which may be `Infinity` (attempts with nothing completed); null for none, which is not a number. */
export function levelOf(value: number, ranges: Ranges): Level | null {
  if (Number.isNaN(value)) return null;
  if (ranges.low !== null && value < ranges.low[1]) return 'below_average';
  if (ranges.high !== null && value >= ranges.high[0]) return 'above_average';
  return 'average';
}

/** The ranges of a metric as the HTTP contract names them; infinity becomes null. */
export function describeRanges(metric: Metric, distribution: MetricDistribution) {
  const { low, normal, high } = cutRanges(distribution.p15, distribution.p85);
  const [below, average, above] = [low, normal, high].map(describeRange);
  const [bottom, top] = metric === RATIO_METRIC ? [above, below] : [below, above];
  return {
    below_average: below,
    average,
    above_average: above,
    class_rank_bottom: bottom,
    class_rank_average: average,
    class_rank_top: top,
  };
}

function describeRange(range: Range | null): [number | null, number | null] | null {
  return range && [finite(range[0]), finite(range[1])];
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The least value that is in the high range of each metric; NaN, which no value reaches, where there is none. */
export function highThresholds(distributions: Distributions): Readonly<Record<Metric, number>> {
  return perName(METRICS, (metric) => {
    const { high } = cutRanges(distributions[metric].p15, distributions[metric].p85);
    return high === null ? NaN : high[0];
  });
}
