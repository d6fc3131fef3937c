import { METRICS, type Metric } from './metrics.ts';
import type { Distributions, MetricDistribution } from './ranges.ts';

/** A number of JSON, which has no infinity. */
type StoredFloat = number | 'inf' | null;

/** The percentiles and averages of one metric as stored with a snapshot. */
export interface DistributionRow extends Omit<MetricDistribution, 'p15' | 'p85'> {
  readonly metric: Metric;
  readonly p15: StoredFloat;
  readonly p85: StoredFloat;
}

/** By metric, of the rows of one snapshot, which has one for each. */
export function readDistributions(rows: readonly DistributionRow[]): Distributions {
  const entries = rows.map(({ metric, p15, p85, ...rest }) => {
    return [metric, { ...rest, p15: readFloat(p15), p85: readFloat(p85) }] as const;
  });
  return Object.fromEntries(entries) as unknown as Distributions;
}

/** What `readDistributions` reads. */
export function storeDistributions(distributions: Distributions): DistributionRow[] {
  return METRICS.map((metric) => {
    const { p15, p85, ...rest } = distributions[metric];
    return { metric, ...rest, p15: storeFloat(p15), p85: storeFloat(p85) };
  });
}

function storeFloat(value: number | null): StoredFloat {
  return value === Infinity ? 'inf' : value;
}

function readFloat(value: StoredFloat): number | null {
  return value === 'inf' ? Infinity : value;
}
