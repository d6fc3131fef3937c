import { COUNTED_METRIC_NAMES, type CountedMetric, RATIO_METRIC } from '../metrics.ts';
import type { Distributions, MetricDistribution } from '../ranges.ts';

/** Numbers of learners: a column per counted metric. */
export type NumberColumns = ReadonlyMap<CountedMetric, Uint32Array>;

/**
 * Percentiles and averages of every metric over the learners who were active. Attempts with nothing completed are infinite for the
 * percentiles of the ratio and left out of its averages.
 */
export class Measuring {
  readonly #counted = COUNTED_METRIC_NAMES.map((metric) => [metric, new Tally()] as const);
  readonly #ratios = new RatioTally();

  /** Takes in some of the learners; each has every `stride`th word of the columns. */
  add(columns: NumberColumns, stride = 1): void {
    const column = (metric: CountedMetric) => columns.get(metric) ?? new Uint32Array();
    const active = column('days_active');
    for (const [metric, tally] of this.#counted) tally.addAll(column(metric), active, stride);
    this.#ratios.addAll(column('problem_attempts'), column('problems_completed'), stride);
  }

  measure(): Distributions {
    return Object.fromEntries([
      ...this.#counted.map(([metric, tally]) => [metric, tally.measure()] as const),
      [RATIO_METRIC, this.#ratios.measure()],
    ]) as unknown as Distributions;
  }
}

/** The same of all learners at once. */
export function measureNumbers(columns: NumberColumns): Distributions {
  const measuring = new Measuring();
  measuring.add(columns);
  return measuring.measure();
}

/** Whole numbers below this are counted in a list. */
const LISTED = 65_536;
const SMALL = 1024;

/** How often there is each value: there are few different ones among many learners. */
class Tally {
  #listed = new Uint32Array(64);
  readonly #others = new Map<number, number>();

  /** Adds the values of those who were active. */
  addAll(values: Uint32Array, active: Uint32Array, stride: number): void {
    let listed = this.#listed;
    for (let at = 0; at < values.length; at += stride) {
      if (active[at] === 0) continue;
      const value = values[at]!;
      if (value >= listed.length) {
        if (value >= LISTED) {
          this.add(value, 1);
          continue;
        }
        const grown = new Uint32Array(2 ** Math.ceil(Math.log2(value + 1)));
        grown.set(listed);
        listed = grown;
      }
      listed[value]! += 1;
    }
    this.#listed = listed;
  }

  add(value: number, count: number): void {
    this.#others.set(value, (this.#others.get(value) ?? 0) + count);
  }

  measure(): MetricDistribution {
    const counted = [...this.#others];
    for (const [value, count] of this.#listed.entries()) if (count > 0) counted.push([value, count]);
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

/** Attempts per completed problem of those who attempted any; infinite where none was completed. */
class RatioTally {
  /** How often there is each pair of small numbers, by attempts and by completed problems: there are few different ones. */
  readonly #pairs: Array<Uint32Array | undefined> = [];
  readonly #tally = new Tally();

  addAll(attempts: Uint32Array, completed: Uint32Array, stride: number): void {
    const pairs = this.#pairs;
    for (let at = 0; at < attempts.length; at += stride) {
      const [tried, done] = [attempts[at]!, completed[at]!];
      if (tried === 0) continue;
      if (tried < SMALL && done <= tried) (pairs[tried] ??= new Uint32Array(tried + 1))[done]! += 1;
      else this.#tally.add(divide(tried, done), 1);
    }
  }

  measure(): MetricDistribution {
    for (const [tried, counts] of this.#pairs.entries())
      for (const [done, count] of counts?.entries() ?? []) if (count > 0) this.#tally.add(divide(tried, done), count);
    return this.#tally.measure();
  }
}

function divide(tried: number, done: number): number {
  return done === 0 ? Infinity : tried / done;
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
