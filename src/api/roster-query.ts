import type { Course } from '../engagement/course.ts';
import { METRICS } from '../engagement/metrics.ts';
import type { RosterQuery } from '../engagement/roster.ts';
import { SEGMENTS, type Segment } from '../engagement/segments.ts';
import { AppError, type ErrorCode } from '../errors.ts';
import { chooseRange } from './date-range.ts';
import type { FilterParams } from './params.ts';

/**
 * The question to the read model.
 * @throws AppError `no_segment`, `no_cohort`, `no_enrollment_mode` for values that the course does not have
 */
export function buildRosterQuery(params: FilterParams, course: Course): Omit<RosterQuery, 'offset' | 'limit'> {
  // what cannot be comes before what is not there
  const range = chooseRange(params, course.window);
  const terms = params.text_search ?? [];
  const segments = requireSegments(params.segments);
  const ignoreSegments = requireSegments(params.ignore_segments);
  const cohort = requireKnown('no_cohort', 'cohort', params.cohort, course.cohorts);
  const mode = requireKnown('no_enrollment_mode', 'enrollment mode', params.enrollment_mode, course.enrollmentModes);
  const bounds = readBounds(params);
  return {
    courseId: course.courseId,
    snapshot: course.snapshot,
    ...(range !== null && { range }),
    ...(terms.length > 0 && { terms }),
    ...(segments.length > 0 && { segments }),
    ...(ignoreSegments.length > 0 && { ignoreSegments }),
    ...(cohort !== null && { cohort }),
    ...(mode !== null && { enrollmentMode: mode }),
    ...(bounds.length > 0 && { bounds }),
    orderBy: params.order_by,
    descending: params.sort_order === 'desc',
  };
}

function requireSegments(names: readonly string[] = []): readonly Segment[] {
  return names.map((name) => {
    const segment = SEGMENTS.find((known) => known === name);
    if (segment !== undefined) return segment;
    throw new AppError('no_segment', `There is no segment ${JSON.stringify(name)}; there are ${SEGMENTS.join(', ')}.`);
  });
}

/** So many cohorts are named in an error. */
const MOST_NAMED = 10;

function requireKnown(
  code: ErrorCode,
  what: string,
  value: string | undefined,
  known: Readonly<Record<string, number>>,
): string | null {
  if (value === undefined || value === '') return null;
  if (Object.hasOwn(known, value)) return value;
  const names = Object.keys(known);
  const has = names.slice(0, MOST_NAMED).map((name) => JSON.stringify(name));
  const more = names.length > has.length ? ` and ${names.length - has.length} more, which its metadata lists` : '';
  const those = has.length === 0 ? 'it has none' : `it has ${has.join(', ')}${more}`;
  throw new AppError(code, `The course has no ${what} ${JSON.stringify(value)}; ${those}.`);
}

function readBounds(params: FilterParams): NonNullable<RosterQuery['bounds']> {
  return METRICS.flatMap((metric) => {
    const min = params[`${metric}_min`];
    const max = params[`${metric}_max`];
    if (min === undefined && max === undefined) return [];
    return [{ metric, ...(min !== undefined && { min }), ...(max !== undefined && { max }) }];
  });
}
