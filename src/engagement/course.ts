import { perName } from '../per-name.ts';
import { regardless } from '../store/give-up.ts';
import type { Store } from '../store/store.ts';
import { windowOf } from './days.ts';
import type { DateRange } from './learner.ts';
import { type DistributionRow, readDistributions } from './stored-distributions.ts';
import type { RangeNumbers } from './range-numbers.ts';
import type { Distributions } from './ranges.ts';
import { SEGMENTS, type Segment } from './segments.ts';
import { latestSql } from './snapshot-rows.ts';

/** What is published about a course, apart from its learners. */
export interface Course {
  readonly courseId: string;
  /** What the LMS calls it; null where that is not known. */
  readonly name: string | null;
  /** Names the published snapshot; changes when, and only when, something was published. */
  readonly snapshot: number;
  /** Where its learners are whom that snapshot has no row of; snapshot-rows.ts. */
  readonly rest: number;
  /** The current window. */
  readonly window: DateRange;
  /** What the metrics and distributions are of: the window, or another range that was asked for. */
  readonly range: DateRange;
  readonly learnerCount: number;
  /** UTC day of publication. */
  readonly lastUpdated: string;
  /** Instant of the latest fact, ISO 8601; null without any. */
  readonly dataUntil: string | null;
  /** Learners per cohort and per enrolment mode; those without are not counted. */
  readonly cohorts: Readonly<Record<string, number>>;
  readonly enrollmentModes: Readonly<Record<string, number>>;
  readonly segments: Readonly<Record<Segment, number>>;
  /** Of the metrics of `range`. */
  readonly distributions: Distributions;
  /** Of those of the window, by which the segments are. */
  readonly windowDistributions: Distributions;
  /** The metrics of `range`, where that is not the window. */
  readonly numbers?: RangeNumbers;
}

export type CourseSummary = Pick<
  Course,
  'courseId' | 'name' | 'learnerCount' | 'lastUpdated' | 'dataUntil' | 'segments'
> & {
  /** Learners with any fact in the current window. */
  readonly activeLearners: number;
};

interface SnapshotRow {
  readonly snapshot: number;
  readonly rest: number;
  readonly display_name: string;
  readonly published_at: string;
  readonly window_end: string;
  readonly data_until: string | null;
  readonly learner_count: number;
  readonly cohorts: string;
  readonly enrollment_modes: string;
  readonly segments: string;
  readonly ranges: string;
}

/** Every request asks for the course first; for so long the answer is taken from memory. */
const CACHE_MS = 1000;
const CACHED_COURSES = 1000;
const cache = new WeakMap<Store, Map<string, Cached>>();

interface Cached {
  readonly until: number;
  readonly answer: Promise<unknown>;
}

/** The list of courses is remembered beside them. */
const LIST = '';

/** How long a replaced snapshot stays, for readers in the middle of its pages. */
export const KEPT_MINUTES = 15;
/** For so long it is given out; the rest is for whoever has just begun to read it. */
const GIVEN_MINUTES = KEPT_MINUTES - 1;
/** A course that is published every few seconds keeps fewer: so many learners in newer snapshots than a kept one. */
export const KEPT_LEARNERS = 12_000_000;
const GIVEN_LEARNERS = 8_000_000;

/**
 * The course as last published, at most a second ago, or as published before in the snapshot that is asked for, if that
 * is not gone yet; null when nothing is known of it.
 */
export async function getCourse(store: Store, courseId: string, snapshot?: number): Promise<Course | null> {
  const current = await remember(store, courseId, async () => readCourse(store, courseId));
  if (current === null || snapshot === undefined || snapshot === current.snapshot) return current;
  const key = `${courseId} ${snapshot}`;
  return (await remember(store, key, async () => readCourse(store, courseId, snapshot))) ?? current;
}

async function remember<Answer>(store: Store, key: string, read: () => Promise<Answer>): Promise<Answer> {
  const answers = cache.get(store) ?? new Map<string, Cached>();
  cache.set(store, answers);
  const cached = answers.get(key);
  if (cached !== undefined && cached.until > performance.now()) return cached.answer as Promise<Answer>;
  if (answers.size >= CACHED_COURSES) answers.clear();
  const answer = regardless(read);
  answers.set(key, { until: performance.now() + CACHE_MS, answer });
  answer.catch(() => answers.delete(key));
  return answer;
}

/** Makes the next question for the course, and that for all, see what was published just now. */
export function forgetCourse(store: Store, courseId: string): void {
  cache.get(store)?.delete(courseId);
  cache.get(store)?.delete(LIST);
}

/** The newest snapshot, or one that is the newest still or was replaced a short while ago. */
async function readCourse(store: Store, courseId: string, snapshot?: number): Promise<Course | null> {
  const which =
    snapshot === undefined
      ? ''
      : `AND snapshot = {snapshot:UInt64}
         AND (SELECT minOrNull(published_at) FROM snapshots WHERE course_id = {course:String} AND snapshot > {snapshot:UInt64})
           > now64(6) - INTERVAL ${GIVEN_MINUTES} MINUTE
         AND (SELECT sum(learner_count) FROM snapshots WHERE course_id = {course:String} AND snapshot > {snapshot:UInt64})
           <= ${GIVEN_LEARNERS}`;
  const [row] = await store.query<SnapshotRow>(
    `SELECT snapshot, rest, display_name, published_at, window_end, data_until, learner_count, cohorts, enrollment_modes, segments, ranges
     FROM snapshots
     WHERE course_id = {course:String} ${which}
     ORDER BY snapshot DESC
     LIMIT 1`,
    { course: courseId, ...(snapshot !== undefined && { snapshot }) },
  );
  if (row === undefined) return null;
  const window = windowOf(row.window_end);
  const distributions = readDistributions(JSON.parse(row.ranges) as DistributionRow[]);
  return {
    courseId,
    name: row.display_name || null,
    snapshot: row.snapshot,
    rest: row.rest,
    window,
    range: window,
    learnerCount: row.learner_count,
    lastUpdated: row.published_at.slice(0, 10),
    dataUntil: row.data_until,
    cohorts: JSON.parse(row.cohorts) as Record<string, number>,
    enrollmentModes: JSON.parse(row.enrollment_modes) as Record<string, number>,
    segments: readSegments(row.segments),
    distributions,
    windowDistributions: distributions,
  };
}

type ListedRow = Omit<SnapshotRow, 'window_end'> & { readonly course_id: string };

/** The courses that anything is published about, at most a second ago, by course key. */
export async function listCourses(store: Store): Promise<readonly CourseSummary[]> {
  return remember(store, LIST, async () => readCourses(store));
}

async function readCourses(store: Store): Promise<readonly CourseSummary[]> {
  const shards = await store.shards(async (own) =>
    own.query<ListedRow>(
      `SELECT course_id, display_name, published_at, data_until, learner_count, segments, ranges
     FROM snapshots
     -- looked up first: a busy site has a publication every few seconds, and to sort the texts of all takes seconds
     WHERE (course_id, snapshot) IN (SELECT course_id, max(snapshot) FROM snapshots WHERE ${own.keeps} GROUP BY course_id)
     ORDER BY course_id
     LIMIT 1 BY course_id`,
    ),
  );
  const rows =
    shards.length === 1 ? shards.flat() : shards.flat().toSorted((a, b) => (a.course_id < b.course_id ? -1 : 1));
  return rows.map((row) => ({
    courseId: row.course_id,
    name: row.display_name || null,
    learnerCount: row.learner_count,
    lastUpdated: row.published_at.slice(0, 10),
    dataUntil: row.data_until,
    segments: readSegments(row.segments),
    activeLearners: readDistributions(JSON.parse(row.ranges) as DistributionRow[]).days_active.averaged,
  }));
}

/** The UTC day on which any course was published last; null before. */
export async function findLastUpdated(store: Store): Promise<string | null> {
  const shards = await store.shards(async (own) =>
    own.query<{ published_at: string | null }>(
      `SELECT maxOrNull(published_at) AS published_at
     FROM (${latestSql(['published_at'], own.keeps)})`,
    ),
  );
  const days = shards.flat().flatMap((row) => (row.published_at === null ? [] : [row.published_at.slice(0, 10)]));
  return days.toSorted().at(-1) ?? null;
}

function readSegments(json: string): Course['segments'] {
  const counts = JSON.parse(json) as Partial<Record<Segment, number>>;
  return perName(SEGMENTS, (segment) => counts[segment] ?? 0);
}
