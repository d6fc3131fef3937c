import { AppError } from '../errors.ts';
import type { Params, Store } from '../store/store.ts';
import type { Course } from './course.ts';
import { getCourseInRange } from './course-in-range.ts';
import { type DateRange, type Learner, PROFILE_FIELDS } from './learner.ts';
import { type CountedMetric, METRICS, type Metric, RATIO_METRIC } from './metrics.ts';
import { type Level, cutRanges, levelOf } from './ranges.ts';
import { type RosterFilter, buildConditions } from './roster-filter.ts';
import { type RosterOrder, afterSql, orderSql } from './roster-order.ts';

/** Which learners of a course, in what order, which page. Everything outside has been checked. */
export interface RosterQuery extends RosterFilter {
  readonly courseId: string;
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

const COLUMN_NAMES = [
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
] as const;
const COLUMNS = COLUMN_NAMES.join(', ');

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

/** Rows that are read at a time. What comes after a username is found at once; of any other order the learners are all looked at. */
const ROWS_BY_USERNAME = 1000;
const ROWS = 5000;

export interface Roster {
  /** Of which publication. */
  readonly count: number;
  /** Everyone who matches, in order, part by part. Throws where the snapshot goes away meanwhile, after the time it is kept. */
  readonly learners: AsyncGenerator<Iterable<Learner>>;
}

/** All learners of a course who match, in order, out of one snapshot; `offset` and `limit` say nothing here. */
export async function readRoster(store: Store, query: Omit<RosterQuery, 'offset' | 'limit'>): Promise<Roster> {
  const course = await getCourseInRange(store, query.courseId, query.range, query.snapshot);
  if (course === null) return { count: 0, learners: readRows(store, query, null, 0) };
  const { conditions, params } = buildConditions(query);
  const where = ['snapshot = {snapshot:UInt64}', ...conditions].join('\n  AND ');
  const count =
    conditions.length === 0
      ? course.learnerCount
      : await countLearners(store, where, { ...params, snapshot: course.snapshot });
  return { count, learners: readRows(store, query, course, count) };
}

async function* readRows(
  store: Store,
  query: Omit<RosterQuery, 'offset' | 'limit'>,
  course: Course | null,
  count: number,
): AsyncGenerator<Iterable<Learner>> {
  if (course === null) return;
  const { conditions, params } = buildConditions(query);
  const limit = query.orderBy === 'username' ? ROWS_BY_USERNAME : ROWS;
  let after: string | null = null;
  for (let seen = 0; seen < count;) {
    const later: string[] = after === null ? [] : [afterSql(query.orderBy, query.descending)];
    // A part arrives as one text and is read line by line: as objects, all of it would be held at once.
    const [part]: Part[] = await store.query<Part>(
      `SELECT
         arrayStringConcat(groupArray(formatRowNoNewline('JSONCompactEachRow', ${COLUMNS})), '\n') AS lines,
         count() AS rows,
         argMax(username, number) AS last
       FROM (
         SELECT ${COLUMNS}, rowNumberInAllBlocks() AS number
         FROM (
           SELECT ${COLUMNS}
           FROM learners
           WHERE ${['snapshot = {snapshot:UInt64}', ...conditions, ...later].join('\n  AND ')}
           ORDER BY ${orderSql(query.orderBy, query.descending)}
           LIMIT {limit:UInt64}
         )
       )
       SETTINGS max_threads = 1`,
      { ...params, snapshot: course.snapshot, limit, ...(after !== null && { after }) },
    );
    if (part === undefined || part.rows === 0) {
      throw new AppError(
        'store_unavailable',
        `The snapshot ${course.snapshot} went away after ${seen} of ${count} learners.`,
      );
    }
    after = part.last;
    seen += part.rows;
    yield readLines(part.lines, course);
  }
}

interface Part {
  /** A JSON array per learner, of `COLUMNS`. */
  readonly lines: string;
  readonly rows: number;
  /** Username of the last one. */
  readonly last: string;
}

function* readLines(lines: string, course: Course): Generator<Learner> {
  for (let start = 0; start < lines.length;) {
    const newline = lines.indexOf('\n', start);
    const end = newline === -1 ? lines.length : newline;
    const values = JSON.parse(lines.slice(start, end)) as unknown[];
    const row = Object.fromEntries(COLUMN_NAMES.map((name, index) => [name, values[index]]));
    yield describeRow(row as unknown as LearnerRow, course);
    start = end + 1;
  }
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
