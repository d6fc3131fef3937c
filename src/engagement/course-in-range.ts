import type { Limits, Store } from '../store/store.ts';
import { type Course, getCourse } from './course.ts';
import { PROFILE_FIELDS, type DateRange } from './learner.ts';
import { measureDistributions, readDistributions } from './measure-distributions.ts';
import {
  COUNTED_METRIC_NAMES,
  RATIO_METRIC,
  RATIO_ORDER_SQL,
  RATIO_SQL,
  countedMetricsSql,
  factsSql,
} from './metrics.ts';
import type { Distributions } from './ranges.ts';
import { findRenames, presentNameSql, renameParams } from './renames.ts';

/** The numbers of another range: a snapshot like the published one, with the metrics of that range. */
interface RangeNumbers {
  readonly snapshot: number;
  readonly distributions: Distributions;
}

interface CachedNumbers {
  readonly numbers: Promise<RangeNumbers>;
  readonly learners: number;
  readonly until: number;
  used: number;
}

/** Refresh removes snapshots that are not published after 15 minutes: none is given out when it is near that age. */
const CACHE_MS = 10 * 60_000;
/** So many rows of such snapshots are kept at most; those that nobody used for a minute go first. */
const CACHED_ROWS = 5_000_000;
const IDLE_MS = 60_000;
const LIMITS: Limits = { urgent: true, seconds: 60, memoryBytes: 2e9 };

const cache = new WeakMap<Store, Map<string, CachedNumbers>>();

/**
 * The course with the numbers of `range` in place of those of the current window; segments and all else stay. They are
 * computed once from the facts and kept for minutes, so that pages of one listing agree. `snapshot` as of `getCourse`.
 * Null when the course is unknown.
 */
export async function getCourseInRange(
  store: Store,
  courseId: string,
  range?: DateRange,
  snapshot?: number,
): Promise<Course | null> {
  const course = await getCourse(store, courseId, snapshot);
  if (course === null || range === undefined) return course;
  if (range.start === course.window.start && range.end === course.window.end) return course;
  return { ...course, range, ...(await findNumbers(store, course, range)) };
}

async function findNumbers(store: Store, course: Course, range: DateRange): Promise<RangeNumbers> {
  let entries: Map<string, CachedNumbers> | undefined = cache.get(store);
  if (entries === undefined) {
    entries = new Map();
    cache.set(store, entries);
  }
  const key = `${course.snapshot} ${range.start} ${range.end}`;
  const now = performance.now();
  const cached = entries.get(key);
  if (cached !== undefined && cached.until > now) {
    cached.used = now;
    return cached.numbers;
  }
  await makeRoom(store, entries, course.learnerCount);
  const numbers = computeNumbers(store, course, range);
  entries.set(key, { numbers, learners: course.learnerCount, until: now + CACHE_MS, used: now });
  numbers.catch(() => entries.delete(key));
  return numbers;
}

async function makeRoom(store: Store, entries: Map<string, CachedNumbers>, rows: number): Promise<void> {
  const now = performance.now();
  let total = rows;
  for (const entry of entries.values()) total += entry.learners;
  const oldest = [...entries].toSorted(([, a], [, b]) => a.used - b.used);
  for (const [key, entry] of oldest) {
    if (entry.until > now && (total <= CACHED_ROWS || now - entry.used < IDLE_MS)) continue;
    entries.delete(key);
    total -= entry.learners;
    const { snapshot } = await entry.numbers;
    await store.run('ALTER TABLE learners DROP PARTITION {snapshot:UInt64}', { snapshot }, LIMITS);
  }
}

let lastSnapshot = 0;

async function computeNumbers(store: Store, course: Course, range: DateRange): Promise<RangeNumbers> {
  lastSnapshot = Math.max(lastSnapshot + 1, Date.now() * 1000);
  const snapshot = lastSnapshot;
  const end = range.end < course.window.end ? range.end : course.window.end;
  const renames = await findRenames(store, LIMITS);
  const params = {
    ...renameParams(renames),
    course: course.courseId,
    base: course.snapshot,
    snapshot,
    start: range.start,
    end,
  };
  try {
    await store.run(
      `INSERT INTO learner_drafts (snapshot, username, ${COUNTED_METRIC_NAMES.join(', ')})
       SELECT {snapshot:UInt64}, username, ${countedMetricsSql()}
       FROM ${factsSql('course_id = {course:String} AND day >= {start:Date} AND day < {end:Date}', presentNameSql(renames, 'stated_name', 'user_id'))}
       WHERE username IN (SELECT username FROM learners WHERE snapshot = {base:UInt64})
       GROUP BY username`,
      params,
      LIMITS,
    );
    const distributions = readDistributions(await measureDistributions(store, snapshot, 0, LIMITS));
    await store.run(copyWithNumbers(), params, LIMITS);
    return { snapshot, distributions };
  } finally {
    await store.run('ALTER TABLE learner_drafts DROP PARTITION {snapshot:UInt64}', { snapshot }, LIMITS);
  }
}

/** The learners of the published snapshot `base` with the counted metrics of the drafts of `snapshot`. */
function copyWithNumbers(): string {
  const kept = [
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
    'search_text',
  ];
  const counted = COUNTED_METRIC_NAMES.map((name) => `ifNull(draft.${name}, 0) AS ${name}`);
  return `INSERT INTO learners (snapshot, ${[...kept, ...COUNTED_METRIC_NAMES].join(', ')}, ${RATIO_METRIC}, attempt_ratio_order)
    WITH numbers AS (
      SELECT ${kept.map((name) => `base.${name} AS ${name}`).join(', ')}, ${counted.join(', ')}
      FROM (SELECT * FROM learners WHERE snapshot = {base:UInt64}) AS base
      LEFT JOIN (SELECT * FROM learner_drafts WHERE snapshot = {snapshot:UInt64}) AS draft ON draft.username = base.username
    ),
    rated AS (SELECT *, ${RATIO_SQL} AS ratio FROM numbers)
    SELECT {snapshot:UInt64}, ${[...kept, ...COUNTED_METRIC_NAMES].join(', ')}, if(isFinite(ratio), ratio, NULL), ${RATIO_ORDER_SQL}
    FROM rated`;
}
