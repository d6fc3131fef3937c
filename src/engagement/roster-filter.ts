import type { Params } from '../store/store.ts';
import type { Metric } from './metrics.ts';
import { foldSql } from './search-text.ts';
import type { Segment } from './segments.ts';

/** Which learners of a course. Everything outside has been checked. */
export interface RosterFilter {
  /** Whitespace-separated terms, each of which must occur in name, username or email. */
  readonly textSearch?: string;
  /** Any of these. */
  readonly segments?: readonly Segment[];
  /** None of these. */
  readonly ignoreSegments?: readonly Segment[];
  readonly cohort?: string;
  readonly enrollmentMode?: string;
  /** Inclusive bounds on metrics of the range. */
  readonly bounds?: ReadonlyArray<{ readonly metric: Metric; readonly min?: number; readonly max?: number }>;
}

export interface Conditions {
  /** SQL, all of which must hold. */
  readonly conditions: readonly string[];
  readonly params: Readonly<Record<string, Params[string]>>;
}

/** The conditions of a filter on the table `learners`. */
export function buildConditions(filter: RosterFilter): Conditions {
  const conditions: string[] = [];
  const params: Record<string, Params[string]> = {};
  const add = (condition: string, name: string, value: Params[string]) => {
    conditions.push(condition);
    params[name] = value;
  };
  for (const [index, term] of splitTerms(filter.textSearch).entries()) {
    add(`position(search_text, ${foldSql(`{term_${index}:String}`)}) > 0`, `term_${index}`, term);
  }
  if (filter.segments !== undefined) add('hasAny(segments, {segments:Array(String)})', 'segments', filter.segments);
  if (filter.ignoreSegments !== undefined) {
    add('NOT hasAny(segments, {ignore_segments:Array(String)})', 'ignore_segments', filter.ignoreSegments);
  }
  if (filter.cohort !== undefined) add('cohort = {cohort:String}', 'cohort', filter.cohort);
  if (filter.enrollmentMode !== undefined) {
    add('enrollment_mode = {enrollment_mode:String}', 'enrollment_mode', filter.enrollmentMode);
  }
  for (const { metric, min, max } of filter.bounds ?? []) {
    if (min !== undefined) add(`${metric} >= {${metric}_min:Float64}`, `${metric}_min`, min);
    if (max !== undefined) add(`${metric} <= {${metric}_max:Float64}`, `${metric}_max`, max);
  }
  return { conditions, params };
}

/** The terms of a search, each once. */
export function splitTerms(textSearch = ''): string[] {
  return [...new Set(textSearch.split(/\s+/u).filter((term) => term !== ''))];
}
