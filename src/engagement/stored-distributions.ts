import { METRICS, type Metric } from './metrics.ts';
import type { Distributions, MetricDistribution } from './ranges.ts';

/** A number of JSON, which has no infinity. */
type StoredFloat = number | 'inf' | null;

/** The percentiles and averages of one metric as stored with a snapshot. */
export interface DistributionRow {
  readonly metric: Metric;
  readonly learners: number;
  readonly p15: StoredFloat;
  readonly p85: StoredFloat;
  readonly mean: StoredFloat;
  readonly median: StoredFloat;
  readonly averaged: number;
}

/** By metric, of the rows of one snapshot, which has one for each. */
export function readDistributions(rows: readonly DistributionRow[]): Distributions {
  return Object.fromEntries(rows.map((row) => [row.metric, readDistribution(row)])) as unknown as Distributions;
}

function readDistribution({ learners, p15, p85, mean, median, averaged }: DistributionRow): MetricDistribution {
  return {
    learners,
    p15: readFloat(p15),
    p85: readFloat(p85),
    mean: readFloat(mean),
    median: readFloat(median),
    averaged,
  };
}

/** What `readDistributions` reads. */
export function storeDistributions(distributions: Distributions): DistributionRow[] {
  return METRICS.map((metric) => {
    const { learners, p15, p85, mean, median, averaged } = distributions[metric];
    return {
      metric,
      learners,
      p15: storeFloat(p15),
      p85: storeFloat(p85),
      mean: storeFloat(mean),
      median: storeFloat(median),
      averaged,
    };
  });
}

function storeFloat(value: number | null): StoredFloat {
  return value === Infinity ? 'inf' : value;
}

function readFloat(value: StoredFloat): number | null {
  return value === 'inf' ? Infinity : value;
}
