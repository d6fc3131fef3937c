import type { RosterFilter } from '../roster-filter.ts';
import { RATIO_METRIC } from '../metrics.ts';
import { SEGMENT_BITS, type Segment } from '../segments.ts';
import type { CourseCopy, Numbers } from './course-copy.ts';
import { PersonSet } from './person-set.ts';

/**
 * The learners who match; null: all. `terms` are the folded terms of the search. Each condition looks at
 * those that the ones before it left.
 */
export function selectLearners(
  copy: CourseCopy,
  numbers: Numbers,
  filter: Omit<RosterFilter, 'terms'>,
  terms: readonly string[],
): PersonSet | null {
  const { count, cohorts, modes } = copy.meta;
  const searched = terms.length === 0 ? null : copy.people.search(terms);
  const conditions: Array<(among: Uint32Array | null) => Uint32Array> = [];
  const keepNumbered = (name: 'cohort' | 'mode', number: number) =>
    conditions.push((among) => keepEqual(copy.column(name), number || NaN, among));
  const keepSegments = (segments: readonly Segment[], wanted: boolean) =>
    conditions.push((among) => keepMasked(copy.column('segments'), maskOf(segments), wanted, among));
  if (filter.cohort !== undefined) keepNumbered('cohort', cohorts.indexOf(filter.cohort) + 1);
  if (filter.enrollmentMode !== undefined) keepNumbered('mode', modes.indexOf(filter.enrollmentMode) + 1);
  if (filter.segments !== undefined) keepSegments(filter.segments, true);
  if (filter.ignoreSegments !== undefined) keepSegments(filter.ignoreSegments, false);
  for (const { metric, min = -Infinity, max = Infinity } of filter.bounds ?? []) {
    const bounds = { min, max };
    conditions.push((among) =>
      metric === RATIO_METRIC
        ? keepRatio(numbers('problem_attempts'), numbers('problems_completed'), bounds, among)
        : keepBetween(numbers(metric), bounds, among),
    );
  }
  if (conditions.length === 0) return searched?.size === count ? null : searched;
  let found = searched?.list(takeMatching(searched.size)) ?? null;
  for (const keep of conditions) found = keep(found);
  return found?.length === count ? null : new PersonSet(found!, count);
}

function maskOf(segments: readonly Segment[]): number {
  return segments.reduce((mask, segment) => mask | SEGMENT_BITS[segment], 0);
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Where those are written who match: memory of as many as there are takes longer to get than to fill. Each selection is over before the next. */
let matching = new Uint32Array();

// One loop per kind of condition, as functions given to a common loop would be called a million times. What they give is valid until
// the next; they may be given it.

function keepEqual(column: Uint32Array, value: number, among: Uint32Array | null): Uint32Array {
  return keepBetween(column, { min: value, max: value }, among);
}

function keepBetween(column: Uint32Array, { min, max }: Bounds, among: Uint32Array | null): Uint32Array {
  const kept = takeMatching(among?.length ?? column.length);
  let count = 0;
  for (let index = 0; index < kept.length; index += 1) {
    const learner = among === null ? index : among[index]!;
    const value = column[learner]!;
    if (!(value >= min && value <= max)) continue;
    kept[count] = learner;
    count += 1;
  }
  return kept.subarray(0, count);
}

function keepMasked(column: Uint32Array, mask: number, wanted: boolean, among: Uint32Array | null): Uint32Array {
  const kept = takeMatching(among?.length ?? column.length);
  let count = 0;
  for (let index = 0; index < kept.length; index += 1) {
    const learner = among === null ? index : among[index]!;
    if (((column[learner]! & mask) !== 0) !== wanted) continue;
    kept[count] = learner;
    count += 1;
  }
  return kept.subarray(0, count);
}

/** Those without a ratio are within no bounds. */
function keepRatio(
  attempts: Uint32Array,
  completed: Uint32Array,
  { min, max }: Bounds,
  among: Uint32Array | null,
): Uint32Array {
  const kept = takeMatching(among?.length ?? attempts.length);
  let count = 0;
  for (let index = 0; index < kept.length; index += 1) {
    const learner = among === null ? index : among[index]!;
    const value = attempts[learner]! / completed[learner]!;
    if (completed[learner] === 0 || !(value >= min && value <= max)) continue;
    kept[count] = learner;
    count += 1;
  }
  return kept.subarray(0, count);
}

function takeMatching(count: number): Uint32Array {
  if (matching.length < count) matching = new Uint32Array(count);
  return matching.subarray(0, count);
}
