import { COUNTED_METRIC_NAMES, type CountedMetric, RATIO_METRIC } from '../metrics.ts';
import type { Distributions, MetricDistribution } from '../ranges.ts';

/**
 * Percentiles and averages of every metric over the learners who were active, from a column per counted metric: as
 * `measureDistributions` has the engine compute them for a snapshot.
 */
export function measureNumbers(columns: ReadonlyMap<CountedMetric, Uint32Array>): Distributions {
  const column = (metric: CountedMetric) => columns.get(metric) ?? new Uint32Array();
  const active = column('days_active');
  const counted = COUNTED_METRIC_NAMES.map((metric) => {
    const tally = new Tally();
    tally.addAll(column(metric), active);
    return [metric, tally.measure()] as const;
  });
  const ratios = new Tally();
  ratios.addRatios(column('problem_attempts'), column('problems_completed'));
  return Object.fromEntries([...counted, [RATIO_METRIC, ratios.measure()]]) as unknown as Distributions;
}

/** Whole numbers below this are counted in a list. */
const LISTED = 65_536;
const SMALL = 1024;

/** How often there is each value: there are few different ones among many learners. */
class Tally {
  readonly #listed = new Uint32Array(LISTED);
  readonly #others = new Map<number, number>();

  /** Adds the values of those who were active. */
  addAll(values: Uint32Array, active: Uint32Array): void {
    const listed = this.#listed;
    for (let learner = 0; learner < values.length; learner += 1) {
      if (active[learner] === 0) continue;
      const value = values[learner]!;
      if (value < LISTED) listed[value]! += 1;
      else this.#add(value, 1);
    }
  }

  /** Adds attempts per completed problem of those who attempted any; infinite where none was completed. */
  addRatios(attempts: Uint32Array, completed: Uint32Array): void {
    // most pairs are of small numbers, and there are few different ones
    const side = Math.min(SMALL, 1 + findLargest(attempts, completed));
    const pairs = new Uint32Array(side * side);
    for (let learner = 0; learner < attempts.length; learner += 1) {
      const [tried, done] = [attempts[learner]!, completed[learner]!];
      if (tried === 0) continue;
      if (tried < side && done < side) pairs[tried * side + done]! += 1;
      else this.#add(done === 0 ? Infinity : tried / done, 1);
    }
    for (let pair = 0; pair < pairs.length; pair += 1) {
      if (pairs[pair] === 0) continue;
      const done = pair % side;
      this.#add(done === 0 ? Infinity : (pair - done) / side / done, pairs[pair]!);
    }
  }

  #add(value: number, count: number): void {
    this.#others.set(value, (this.#others.get(value) ?? 0) + count);
  }

  measure(): MetricDistribution {
    const counted = [...this.#others];
    for (let value = 0; value < LISTED; value += 1)
      if (this.#listed[value] !== 0) counted.push([value, this.#listed[value]!]);
    const sorted = new SortedCounts(counted);
    const finite = new SortedCounts(counted.filter(([value]) => Number.isFinite(value)));
    return {
      learners: sorted.total,
      p15: sorted.percentile(15),
      p85: sorted.percentile(85),
      mean: finite.mean(),
      median: finite.percentile(50),
      averaged: finite.total,
    };
  }
}

function findLargest(...columns: readonly Uint32Array[]): number {
  let largest = 0;
  for (const column of columns) for (const value of column) if (value > largest) largest = value;
  return largest;
}

class SortedCounts {
  readonly total: number;
  readonly #values: ReadonlyArray<readonly [value: number, count: number]>;

  constructor(values: ReadonlyArray<readonly [value: number, count: number]>) {
    this.#values = values.toSorted(([a], [b]) => a - b);
    this.total = values.reduce((sum, [, count]) => sum + count, 0);
  }

  mean(): number | null {
    return this.total === 0 ? null : this.#values.reduce((sum, [value, count]) => sum + value * count, 0) / this.total;
  }

  /** The inclusive percentile: linear between closest ranks, exact in its ranks, infinite where it touches infinity. */
  percentile(percent: number): number | null {
    if (this.total === 0) return null;
    const rank = (this.total - 1) * percent;
    const low = this.#at(Math.floor(rank / 100));
    if (rank % 100 === 0) return low;
    const high = this.#at(Math.floor(rank / 100) + 1);
    return low === Infinity || high === Infinity ? Infinity : low + ((high - low) * (rank % 100)) / 100;
  }

  #at(rank: number): number {
    let seen = 0;
    for (const [value, count] of this.#values) {
      seen += count;
      if (rank < seen) return value;
    }
    throw new RangeError(`there is no rank ${rank}`);
  }
}
