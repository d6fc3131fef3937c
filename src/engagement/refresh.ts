import type { Store } from '../store/store.ts';
import { buildCopy } from './copy/build-copy.ts';
import { BASE_DAYS } from './copy/build-history.ts';
import { tidyCopies } from './copy/tidy-copies.ts';
import { KEPT_MINUTES, forgetCourse } from './course.ts';
import { nextDay } from './days.ts';
import { type DraftSetup, draftLearners } from './draft-learners.ts';
import { measureDistributions, readDistributions } from './measure-distributions.ts';
import { publishLearners } from './publish-learners.ts';
import { judgeSnapshots } from './judge-snapshots.ts';
import { findRenames, renameParams, withAllNamesSql } from './renames.ts';
import { SEGMENTS, inSegmentSql } from './segments.ts';

export interface RefreshOptions {
  /** Exclusive end of the window, `YYYY-MM-DD`; absent: the end of the current UTC day. */
  readonly asOf?: string | undefined;
  /** Rebuild every course from all facts, also those that nothing happened to. */
  readonly full?: boolean;
  readonly includeStaff?: boolean;
}

export interface RefreshResult {
  /** Courses brought up to date, of how many. */
  readonly refreshed: number;
  readonly courses: number;
  /** Learners in those courses. */
  readonly learners: number;
  /** How many of those were computed anew; the others were carried over. */
  readonly recomputed: number;
  readonly as_of: string;
  readonly seconds: number;
}

/** So many rows about snapshots that are gone are left alone. */
const OLD_PUBLICATIONS = 1000;

/** Of more learners than this, and more than this share of a course, recomputing all costs less. */
const MANY = 1000;
const MANY_OF_ALL = 0.2;

/**
 * Brings the read model of every course up to date whose facts or roster changed, or whose window ends elsewhere than it
 * should. Where only some learners changed, they are recomputed and the others carried over. Each course is published as
 * a whole by one inserted row; killed in between, the old snapshot stays in force.
 */
export async function refresh(store: Store, options: RefreshOptions = {}): Promise<RefreshResult> {
  return store.exclusively(async () => {
    const started = performance.now();
    const shards = await store.everywhere(async (node) => refreshStore(node, options), { mend: true });
    const sum = (name: 'refreshed' | 'courses' | 'learners' | 'recomputed') =>
      shards.reduce((total, result) => total + result[name], 0);
    return {
      refreshed: sum('refreshed'),
      courses: sum('courses'),
      learners: sum('learners'),
      recomputed: sum('recomputed'),
      as_of: shards[0]?.as_of ?? '',
      seconds: (performance.now() - started) / 1000,
    };
  });
}

async function refreshStore(store: Store, options: RefreshOptions): Promise<Omit<RefreshResult, 'seconds'>> {
  const end = options.asOf ?? nextDay(new Date().toISOString().slice(0, 10));
  const includeStaff = options.includeStaff ?? false;
  const courses = await findCourses(store, end, includeStaff);
  const renames = await findRenames(store);
  const stale = courses.filter((course) => course.whole || course.learners > 0 || options.full === true);
  let [learners, recomputed] = [0, 0];
  for (const course of stale) {
    const whole =
      course.whole || options.full === true || course.learners > Math.max(MANY, MANY_OF_ALL * course.learner_count);
    const done = await refreshCourse(store, {
      courseId: course.course_id,
      end,
      includeStaff,
      renames,
      base: whole ? 0 : course.snapshot,
      fromFacts: options.full === true,
    });
    learners += done.learners;
    recomputed += done.recomputed;
  }
  await dropOldSnapshots(store);
  return { refreshed: stale.length, courses: courses.length, learners, recomputed, as_of: end };
}

interface CourseState {
  readonly course_id: string;
  /** What is published; 0 without. */
  readonly snapshot: number;
  readonly learner_count: number;
  /** More than some learners changed. */
  readonly whole: boolean;
  /** Learners that changed since the snapshot was begun. */
  readonly learners: number;
}

async function findCourses(store: Store, end: string, includeStaff: boolean): Promise<CourseState[]> {
  return store.read(
    `WITH published AS (
       SELECT course_id, max(snapshot) AS latest, argMax(started_at, snapshot) AS started_at, argMax(window_end, snapshot) AS window_end,
         argMax(learner_count, snapshot) AS learner_count, argMax(include_staff, snapshot) AS include_staff,
         argMax(enrollment_known, snapshot) AS enrollment_known
       FROM snapshots
       GROUP BY course_id
     ),
     learners AS (
       SELECT t.course_id AS course_id, uniqExact(username) AS learners
       FROM touched_learners AS t
       INNER JOIN published AS p ON p.course_id = t.course_id
       WHERE t.touched_at >= p.started_at
       GROUP BY course_id
     )
     SELECT
       t.course_id AS course_id,
       ifNull(p.latest, 0) AS snapshot,
       ifNull(p.learner_count, 0) AS learner_count,
       toBool(ifNull(
         t.touched_at >= p.started_at OR p.window_end != {end:Date} OR p.include_staff != {include_staff:Bool}
           OR (l.learners > 0 AND NOT p.enrollment_known),
         true)) AS whole,
       ifNull(l.learners, 0) AS learners
     FROM (SELECT course_id, max(touched_at) AS touched_at FROM touched_courses GROUP BY course_id) AS t
     LEFT JOIN published AS p ON p.course_id = t.course_id
     LEFT JOIN learners AS l ON l.course_id = t.course_id
     ORDER BY course_id`,
    { end, include_staff: includeStaff },
  );
}

type CourseRefresh = Omit<DraftSetup, 'snapshot' | 'enrollmentKnown' | 'scoped'> & {
  /** The published snapshot whose learners are carried over unless they changed; 0: all are recomputed. */
  readonly base: number;
  /** What learners did is taken from all facts, nothing of it from an earlier copy. */
  readonly fromFacts: boolean;
};

/** Recomputes and publishes one course; gives the number of its learners, and of those who were computed anew. */
async function refreshCourse(
  store: Store,
  setup: CourseRefresh,
): Promise<Pick<RefreshResult, 'learners' | 'recomputed'>> {
  const { courseId, end, base } = setup;
  const [state] = await store.read<{ started: string; snapshot: number; enrollmentKnown: boolean }>(
    `SELECT toString(now64(6, 'UTC')) AS started, toUnixTimestamp64Micro(now64(6)) AS snapshot,
       toBool((SELECT count() FROM (SELECT 1 FROM lms_enrollments WHERE course_id = {course:String} LIMIT 1)) > 0
         OR (SELECT count() FROM (
           SELECT 1 FROM roster_changes
           WHERE course_id = {course:String} AND username != '' AND time < {end:Date}
             AND action IN ('activated', 'deactivated', 'mode_changed')
           LIMIT 1)) > 0) AS enrollmentKnown`,
    { course: courseId, end },
  );
  if (state === undefined) throw new Error('the engine gave no time');
  const { started, snapshot, enrollmentKnown } = state;
  let recomputed = 0;
  try {
    if (base > 0) await scopeLearners(store, setup, snapshot);
    await draftLearners(store, { ...setup, snapshot, enrollmentKnown, scoped: base > 0 });
    recomputed = await countRows(store, 'learner_drafts', snapshot);
    const distributions = await measureDistributions(store, snapshot, base);
    await publishLearners(store, { snapshot, base }, readDistributions(distributions));
    await buildCopy(store, { courseId, snapshot }, { renames: setup.renames, fromFacts: setup.fromFacts });
    await store.run(
      `INSERT INTO snapshots
       WITH own AS (
         SELECT
           count() AS learner_count,
           ${countBySql('cohort')} AS cohorts,
           ${countBySql('enrollment_mode')} AS modes,
           toJSONString(map(${SEGMENTS.map((segment) => `'${segment}', countIf(${inSegmentSql(segment)})`).join(', ')})) AS segments
         FROM learners
         WHERE snapshot = {snapshot:UInt64}
       )
       SELECT
         {course:String}, {snapshot:UInt64}, {started:DateTime64(6, 'UTC')}, now64(6), {end:Date},
         (SELECT maxOrNull(time) FROM facts
          WHERE course_id = {course:String}
            AND day = (SELECT maxOrNull(day) FROM facts WHERE course_id = {course:String} AND day < {end:Date})),
         learner_count, cohorts, modes, segments, {ranges:String}, {include_staff:Bool}, {enrollment_known:Bool}
       FROM own`,
      {
        course: courseId,
        snapshot,
        started,
        end,
        ranges: JSON.stringify(distributions),
        include_staff: setup.includeStaff,
        enrollment_known: enrollmentKnown,
      },
    );
  } finally {
    for (const table of ['learner_drafts', 'learner_scopes'])
      await store.run(`ALTER TABLE ${table} DROP PARTITION {snapshot:UInt64}`, { snapshot });
  }
  forgetCourse(store, courseId);
  return { learners: await countRows(store, 'learners', snapshot), recomputed };
}

/** SQL of a JSON object: how many learners of the snapshot there are with each value. */
function countBySql(column: 'cohort' | 'enrollment_mode'): string {
  return `(
    SELECT toJSONString(CAST((groupArray(value), groupArray(learners)), 'Map(String, UInt64)'))
    FROM (
      SELECT toString(assumeNotNull(${column})) AS value, count() AS learners
      FROM learners
      WHERE snapshot = {snapshot:UInt64} AND ${column} IS NOT NULL
      GROUP BY value
      ORDER BY value
    ))`;
}

async function countRows(store: Store, table: 'learners' | 'learner_drafts', snapshot: number): Promise<number> {
  const [counted] = await store.read<{ rows: number }>(
    `SELECT count() AS rows FROM ${table} WHERE snapshot = {snapshot:UInt64}`,
    { snapshot },
  );
  return counted?.rows ?? 0;
}

/** Fixes who is recomputed: whoever changed since `base` was begun, with all names that are the same person's. */
async function scopeLearners(
  store: Store,
  { courseId, base, renames }: CourseRefresh,
  snapshot: number,
): Promise<void> {
  await store.run(
    `INSERT INTO learner_scopes
     SELECT DISTINCT {snapshot:UInt64}, username FROM (${withAllNamesSql(
       renames,
       `SELECT DISTINCT username, toDate(0) AS day FROM touched_learners
       WHERE course_id = {course:String}
         AND touched_at >= (SELECT started_at FROM snapshots WHERE course_id = {course:String} AND snapshot = {base:UInt64})`,
     )})`,
    { course: courseId, base, snapshot, ...renameParams(renames) },
  );
}

/** Removes learners of snapshots that were replaced a while ago or by many, or that a killed refresh never published. */
async function dropOldSnapshots(store: Store): Promise<void> {
  const judged = await judgeSnapshots(store);
  const stale = await store.read<{ table: string; partition: string }>(
    `SELECT DISTINCT table, partition
     FROM system.parts
     WHERE database = currentDatabase() AND active AND table IN ('learners', 'learner_drafts', 'learner_scopes')
       AND toUInt64(partition) NOT IN {kept:Array(UInt64)}
       AND (toUInt64(partition) < toUnixTimestamp64Micro(now64(6) - INTERVAL ${KEPT_MINUTES} MINUTE)
         OR toUInt64(partition) IN {replaced:Array(UInt64)})`,
    { ...judged },
  );
  for (const { table, partition } of stale) {
    await store.run(`ALTER TABLE ${table} DROP PARTITION {partition:UInt64}`, { partition });
  }
  tidyCopies(store, judged);
  await forgetOldPublications(store);
  await forgetOldTouches(store);
}

/** Rows of `snapshots` that nobody asks for any more, once they are many: a busy course is published every few seconds. */
async function forgetOldPublications(store: Store): Promise<void> {
  const old = `published_at < now64(6) - INTERVAL 1 DAY
    AND snapshot NOT IN (SELECT max(snapshot) FROM snapshots GROUP BY course_id)`;
  const [counted] = await store.read<{ rows: number }>(`SELECT count() AS rows FROM snapshots WHERE ${old}`);
  if (counted !== undefined && counted.rows > OLD_PUBLICATIONS) await store.run(`DELETE FROM snapshots WHERE ${old}`);
}

/** Copies that are older than this are not carried over. */
const TOUCHES_DAYS = BASE_DAYS + 2;

/** Whole days of touches that every course's snapshot has seen. */
async function forgetOldTouches(store: Store): Promise<void> {
  const days = await store.read<{ partition: string }>(
    `SELECT DISTINCT partition FROM system.parts
     WHERE database = currentDatabase() AND active AND table = 'touched_learners'
       AND toDate(partition) < today() - ${TOUCHES_DAYS} AND toDate(partition) < (
         SELECT toDate(min(started_at)) FROM (SELECT max(started_at) AS started_at FROM snapshots GROUP BY course_id))`,
  );
  for (const { partition } of days)
    await store.run('ALTER TABLE touched_learners DROP PARTITION {partition:Date}', { partition });
}
