import type { Params, Store } from '../store/store.ts';
import type { Course } from './course.ts';
import { getCourseInRange } from './course-in-range.ts';
import { type DateRange, type Learner, PROFILE_FIELDS } from './learner.ts';
import { type CountedMetric, METRICS, type Metric, RATIO_METRIC } from './metrics.ts';
import { type Level, cutRanges, levelOf } from './ranges.ts';
import { foldSql } from './search-text.ts';
import type { Segment } from './segments.ts';

export const ROSTER_ORDERS = [
  'username',
  'name',
  'email',
  'cohort',
  'enrollment_mode',
  'enrollment_date',
  'last_active',
  ...METRICS,
  'attempt_ratio_order',
] as const;
/** What a roster can be ordered by. */
export type RosterOrder = (typeof ROSTER_ORDERS)[number];

/** Which learners of a course, in what order, which page. Everything outside has been checked. */
export interface RosterQuery {
  readonly courseId: string;
  /** Whitespace-separated terms, each of which must occur in name, username or email. */
  readonly textSearch?: string;
  /** Any of these. */
  readonly segments?: readonly Segment[];
  /** None of these. */
  readonly ignoreSegments?: readonly Segment[];
  readonly cohort?: string;
  readonly enrollmentMode?: string;
  /** Inclusive bounds on metrics of the window. */
  readonly bounds?: ReadonlyArray<{ readonly metric: Metric; readonly min?: number; readonly max?: number }>;
  /** What the metrics are of; absent: the current window. Segments are always those of the current window. */
  readonly range?: DateRange;
  /** As of which publication, if it is not gone yet; absent: the current one. */
  readonly snapshot?: number;
  readonly orderBy: RosterOrder;
  readonly descending: boolean;
  /** Which learners of the ordered list: `limit` of them after the first `offset`. */
  readonly offset: number;
  readonly limit: number;
}

export interface RosterPage {
  /** How many learners match, over all pages. */
  readonly count: number;
  readonly learners: readonly Learner[];
}

type LearnerRow = Omit<Learner, 'engagements' | 'last_updated'> & {
  readonly [metric in CountedMetric]: number;
} & { readonly [RATIO_METRIC]: number | null };

const COLUMNS = [
  'username',
  'user_id',
  'name',
  'email',
  'enrollment_mode',
  'enrollment_date',
  'cohort',
  'segments',
  'segment_reasons',
  'last_active',
  ...PROFILE_FIELDS,
  ...METRICS,
].join(', ');

/** A page of the learners of a course who match; empty for a course that is not known. */
export async function listLearners(store: Store, query: RosterQuery): Promise<RosterPage> {
  const course = await getCourseInRange(store, query.courseId, query.range, query.snapshot);
  if (course === null) return { count: 0, learners: [] };
  const { conditions, params } = buildConditions(query);
  const where = ['snapshot = {snapshot:UInt64}', ...conditions].join('\n  AND ');
  const bound = { ...params, snapshot: course.snapshot, offset: query.offset, limit: query.limit };
  const [rows, count] = await Promise.all([
    store.query<LearnerRow>(
      `SELECT ${COLUMNS}
       FROM learners
       WHERE ${where}
       ORDER BY ${orderSql(query.orderBy, query.descending)}
       LIMIT {limit:UInt64} OFFSET {offset:UInt64}`,
      bound,
    ),
    conditions.length === 0 ? course.learnerCount : countLearners(store, where, bound),
  ]);
  return { count, learners: rows.map((row) => describeRow(row, course)) };
}

/** One learner of a course by exact username; null when the roster has none of that name. */
export async function getLearner(
  store: Store,
  courseId: string,
  username: string,
  range?: DateRange,
): Promise<Learner | null> {
  const course = await getCourseInRange(store, courseId, range);
  if (course === null) return null;
  const [row] = await store.query<LearnerRow>(
    `SELECT ${COLUMNS} FROM learners WHERE snapshot = {snapshot:UInt64} AND username = {username:String}`,
    { snapshot: course.snapshot, username },
  );
  return row === undefined ? null : describeRow(row, course);
}

async function countLearners(store: Store, where: string, params: Params): Promise<number> {
  const [row] = await store.query<{ count: number }>(`SELECT count() AS count FROM learners WHERE ${where}`, params);
  return row?.count ?? 0;
}

function buildConditions(query: RosterQuery): { conditions: string[]; params: Record<string, Params[string]> } {
  const conditions: string[] = [];
  const params: Record<string, Params[string]> = {};
  const terms = (query.textSearch ?? '').split(/\s+/u).filter((term) => term !== '');
  for (const [index, term] of terms.entries()) {
    conditions.push(`position(search_text, ${foldSql(`{term_${index}:String}`)}) > 0`);
    params[`term_${index}`] = term;
  }
  if (query.segments !== undefined) {
    conditions.push('hasAny(segments, {segments:Array(String)})');
    params.segments = query.segments;
  }
  if (query.ignoreSegments !== undefined) {
    conditions.push('NOT hasAny(segments, {ignore_segments:Array(String)})');
    params.ignore_segments = query.ignoreSegments;
  }
  if (query.cohort !== undefined) {
    conditions.push('cohort = {cohort:String}');
    params.cohort = query.cohort;
  }
  if (query.enrollmentMode !== undefined) {
    conditions.push('enrollment_mode = {enrollment_mode:String}');
    params.enrollment_mode = query.enrollmentMode;
  }
  for (const { metric, min, max } of query.bounds ?? []) {
    if (min !== undefined) {
      conditions.push(`${metric} >= {${metric}_min:Float64}`);
      params[`${metric}_min`] = min;
    }
    if (max !== undefined) {
      conditions.push(`${metric} <= {${metric}_max:Float64}`);
      params[`${metric}_max`] = max;
    }
  }
  return { conditions, params };
}

/** A total order: the username breaks ties. Null sorts last ascending, first descending; names sort without regard to case. */
function orderSql(orderBy: RosterOrder, descending: boolean): string {
  const [direction, opposite] = descending ? ['DESC NULLS FIRST', 'ASC'] : ['ASC NULLS LAST', 'DESC'];
  if (orderBy === 'username') return `username ${direction}`;
  if (orderBy === RATIO_METRIC) return `${RATIO_METRIC} ${direction}, attempt_ratio_order ${opposite}, username`;
  if (orderBy === 'name') return `${foldSql('name')} ${direction}, username`;
  return `${orderBy} ${direction}, username`;
}

function describeRow(row: LearnerRow, course: Course): Learner {
  const fields = Object.fromEntries(Object.entries(row).filter(([name]) => !METRICS.includes(name as Metric)));
  const values = Object.fromEntries(METRICS.map((metric) => [metric, row[metric]]));
  return {
    last_updated: course.lastUpdated,
    ...fields,
    engagements: { date_range: course.range, ...values, levels: describeLevels(row, course) },
  } as unknown as Learner;
}

function describeLevels(row: LearnerRow, course: Course): { readonly [metric in Metric]: Level | null } {
  const ratio = row.problem_attempts > 0 && row.problems_completed === 0 ? Infinity : row[RATIO_METRIC];
  const levels = METRICS.map((metric) => {
    const { p15, p85 } = course.distributions[metric];
    return [metric, levelOf(metric === RATIO_METRIC ? ratio : row[metric], cutRanges(p15, p85))] as const;
  });
  return Object.fromEntries(levels) as { [metric in Metric]: Level | null };
}
