import type { Limits, Store } from '../store/store.ts';
import { COUNTED_METRIC_NAMES, METRICS, type Metric, RATIO_METRIC, RATIO_SQL } from './metrics.ts';
import type { Distributions, MetricDistribution } from './ranges.ts';
import { type SnapshotRows, inSnapshotSql, snapshotParams } from './snapshot-rows.ts';

/** Floats as the engine writes them in JSON: infinity is the text `inf`. */
export type EngineFloat = number | 'inf' | null;

/** The percentiles and averages of one metric as stored with a snapshot. */
export interface DistributionRow {
  readonly metric: Metric;
  readonly learners: number;
  readonly p15: EngineFloat;
  readonly p85: EngineFloat;
  readonly mean: EngineFloat;
  readonly median: EngineFloat;
  readonly averaged: number;
}

/** The inclusive percentile of sorted `values`: linear between closest ranks, exact in its ranks, infinite where it touches infinity. */
function percentileSql(values: string, percent: number): string {
  const rank = `((length(${values}) - 1) * ${percent})`;
  const low = `${values}[intDiv(${rank}, 100) + 1]`;
  const high = `${values}[intDiv(${rank}, 100) + 2]`;
  return `multiIf(
    empty(${values}), NULL,
    ${rank} % 100 = 0, ${low},
    isInfinite(${low}) OR isInfinite(${high}), inf,
    ${low} + (${high} - ${low}) * (${rank} % 100) / 100)`;
}

/**
 * Percentiles and averages of every metric over the learners of a snapshot who were active in the window. Attempts with
 * nothing completed are infinite for the percentiles of the ratio and left out of its averages.
 */
export async function measureDistributions(
  store: Store,
  rows: SnapshotRows,
  limits: Limits = {},
): Promise<DistributionRow[]> {
  const counted = COUNTED_METRIC_NAMES.map((name) => `('${name}', toFloat64(${name}))`).join(', ');
  const found = await store.read<DistributionRow>(
    `WITH
     measured AS (
       SELECT arrayJoin([${counted}, ('${RATIO_METRIC}', ${RATIO_SQL})]) AS pair
       FROM learners
       WHERE days_active > 0 AND ${inSnapshotSql(rows)}
     ),
     sorted AS (
       SELECT pair.1 AS metric, arraySort(groupArray(pair.2)) AS values
       FROM measured
       WHERE NOT isNaN(pair.2)
       GROUP BY metric
     ),
     split AS (
       SELECT metric, values, arrayFilter(value -> isFinite(value), values) AS finite FROM sorted
     )
     SELECT
       metric,
       length(values) AS learners,
       ${percentileSql('values', 15)} AS p15,
       ${percentileSql('values', 85)} AS p85,
       if(empty(finite), NULL, arrayAvg(finite)) AS mean,
       ${percentileSql('finite', 50)} AS median,
       length(finite) AS averaged
     FROM split`,
    snapshotParams(rows),
    limits,
  );
  return METRICS.map((metric) => found.find((row) => row.metric === metric) ?? emptyRow(metric));
}

function emptyRow(metric: Metric): DistributionRow {
  return { metric, learners: 0, p15: null, p85: null, mean: null, median: null, averaged: 0 };
}

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

function readFloat(value: EngineFloat): number | null {
  return value === 'inf' ? Infinity : value;
}
