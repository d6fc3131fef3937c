import type { FactRecord } from './truth-lines.ts';

/** The metrics of a learner in a window, in the order in which they are listed. */
export const METRICS = [
  'problem_attempts',
  'problems_attempted',
  'problems_completed',
  'videos_viewed',
  'discussion_contributions',
  'days_active',
  'problem_attempts_per_completed',
] as const;
export type Metric = (typeof METRICS)[number];

/** The metrics of one learner; the ratio is null when nothing was completed. */
export type Engagement = Record<Exclude<Metric, 'problem_attempts_per_completed'>, number> & {
  problem_attempts_per_completed: number | null;
};

/** A fact with its day, `YYYY-MM-DD`. */
export interface DatedFact extends FactRecord {
  readonly day: string;
}

/** `[inclusive, exclusive)`; null stands for infinity. */
export type Range = readonly [number | null, number | null];

/** The ranges of a metric under both sets of names. */
export interface MetricRanges {
  readonly below_average: Range | null;
  readonly average: Range;
  readonly above_average: Range | null;
  readonly class_rank_bottom: Range | null;
  readonly class_rank_average: Range;
  readonly class_rank_top: Range | null;
}

export interface MetricAverage {
  readonly mean: number | null;
  readonly median: number | null;
  readonly learners: number;
}

export type Level = 'below_average' | 'average' | 'above_average';

/** Metrics with the range of the course that each falls in. */
export type LeveledEngagement = Engagement & { levels: Record<Metric, Level | null> };

/** The borders of a metric: low is [0, p15), normal [p15, p85), high [p85, ∞); with no values there are none. */
export interface Borders {
  readonly p15: number;
  readonly p85: number;
}

/** Counts what one learner did. */
export function countEngagement(facts: readonly DatedFact[]): Engagement {
  const attempts = facts.filter((fact) => fact.what === 'attempted');
  const entities = (list: readonly DatedFact[]): number => new Set(list.map((fact) => fact.entity)).size;
  const completed = entities(attempts.filter((fact) => fact.completed));
  return {
    problem_attempts: attempts.length,
    problems_attempted: entities(attempts),
    problems_completed: completed,
    videos_viewed: entities(facts.filter((fact) => fact.what === 'viewed')),
    discussion_contributions: facts.filter((fact) => fact.what === 'contributed').length,
    days_active: new Set(facts.map((fact) => fact.day)).size,
    problem_attempts_per_completed: completed === 0 ? null : attempts.length / completed,
  };
}

/** The value of a metric for ranking: infinite where attempts led to nothing, null where there were none. */
export function valueOf(engagement: Engagement, metric: Metric): number | null {
  if (metric !== 'problem_attempts_per_completed') return engagement[metric];
  if (engagement.problem_attempts === 0) return null;
  return engagement.problem_attempts_per_completed ?? Infinity;
}

/** The value at a percentile of sorted values, between the closest ranks; what touches infinity is infinite. */
export function findPercentile(sorted: readonly number[], percent: number): number {
  const rank = (sorted.length - 1) * percent;
  const below = sorted[Math.floor(rank / 100)]!;
  const part = rank % 100;
  if (part === 0) return below;
  const above = sorted[Math.floor(rank / 100) + 1]!;
  if (below === Infinity || above === Infinity) return Infinity;
  return below + ((above - below) * part) / 100;
}

/** The borders of a metric over the learners who were active; null when nobody has a value. */
export function findBorders(engagements: readonly Engagement[], metric: Metric): Borders | null {
  const values = listValues(engagements, metric);
  return values.length === 0 ? null : { p15: findPercentile(values, 15), p85: findPercentile(values, 85) };
}

function listValues(engagements: readonly Engagement[], metric: Metric): number[] {
  return engagements
    .filter((engagement) => engagement.days_active > 0)
    .map((engagement) => valueOf(engagement, metric))
    .filter((value) => value !== null)
    .toSorted((a, b) => (a === b ? 0 : a - b));
}

/** Which range a value falls in. */
export function findLevel(value: number | null, borders: Borders | null): Level | null {
  if (value === null) return null;
  if (borders === null) return 'average';
  if (value < borders.p15) return 'below_average';
  return borders.p85 > borders.p15 && value >= borders.p85 ? 'above_average' : 'average';
}

function finite(value: number): number | null {
  return value === Infinity ? null : value;
}

/** The ranges as the API writes them. */
export function listRanges(borders: Borders | null, metric: Metric): MetricRanges {
  const { p15, p85 } = borders ?? { p15: 0, p85: 0 };
  const low: Range | null = p15 > 0 ? [0, finite(p15)] : null;
  const normal: Range = [finite(p15), p85 > p15 ? finite(p85) : null];
  const high: Range | null = p85 > p15 ? [finite(p85), null] : null;
  // Few attempts per completed problem are the better rank.
  const [bottom, top] = metric === 'problem_attempts_per_completed' ? [high, low] : [low, high];
  return {
    below_average: low,
    average: normal,
    above_average: high,
    class_rank_bottom: bottom,
    class_rank_average: normal,
    class_rank_top: top,
  };
}

/** Mean and median over the learners who were active; of the ratio, over those who completed something. */
export function findAverage(engagements: readonly Engagement[], metric: Metric): MetricAverage {
  const values = listValues(engagements, metric).filter((value) => value !== Infinity);
  if (values.length === 0) return { mean: null, median: null, learners: 0 };
  const sum = values.reduce((total, value) => total + value, 0);
  return { mean: sum / values.length, median: findPercentile(values, 50), learners: values.length };
}
