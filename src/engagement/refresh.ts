import type { Store } from '../store/store.ts';
import { KEPT_MINUTES, forgetCourse } from './course.ts';
import { nextDay } from './days.ts';
import { type DraftSetup, draftLearners } from './draft-learners.ts';
import { measureDistributions, readDistributions } from './measure-distributions.ts';
import { publishLearners } from './publish-learners.ts';
import { findRenames } from './renames.ts';

export interface RefreshOptions {
  /** Exclusive end of the window, `YYYY-MM-DD`; absent: the end of the current UTC day. */
  readonly asOf?: string | undefined;
  /** Rebuild every course, also those that nothing happened to. */
  readonly full?: boolean;
  readonly includeStaff?: boolean;
}

export interface RefreshResult {
  /** Courses rebuilt, of how many. */
  readonly refreshed: number;
  readonly courses: number;
  /** Learners in the rebuilt courses. */
  readonly learners: number;
  readonly as_of: string;
  readonly seconds: number;
}

/** So many rows about snapshots that are gone are left alone. */
const OLD_PUBLICATIONS = 1000;

/**
 * Brings the read model of every course up to date whose facts or roster changed, or whose window ends elsewhere than it
 * should. Each course is published as a whole by one inserted row; killed in between, the old snapshot stays in force.
 */
export async function refresh(store: Store, options: RefreshOptions = {}): Promise<RefreshResult> {
  return store.exclusively(async () => {
    const started = performance.now();
    const end = options.asOf ?? nextDay(new Date().toISOString().slice(0, 10));
    const courses = await findCourses(store, end);
    const renames = await findRenames(store);
    const stale = courses.filter((course) => course.stale || options.full === true);
    let learners = 0;
    for (const { course_id } of stale) {
      learners += await refreshCourse(store, {
        courseId: course_id,
        end,
        includeStaff: options.includeStaff ?? false,
        renames,
      });
    }
    await dropOldSnapshots(store);
    const seconds = (performance.now() - started) / 1000;
    return { refreshed: stale.length, courses: courses.length, learners, as_of: end, seconds };
  });
}

async function findCourses(store: Store, end: string): Promise<Array<{ course_id: string; stale: boolean }>> {
  return store.read(
    `WITH published AS (
       SELECT course_id, argMax(started_at, snapshot) AS started_at, argMax(window_end, snapshot) AS window_end
       FROM snapshots
       GROUP BY course_id
     )
     SELECT t.course_id AS course_id, toBool(ifNull(t.touched_at >= p.started_at OR p.window_end != {end:Date}, true)) AS stale
     FROM (SELECT course_id, max(touched_at) AS touched_at FROM touched_courses GROUP BY course_id) AS t
     LEFT JOIN published AS p ON p.course_id = t.course_id
     ORDER BY course_id`,
    { end },
  );
}

/** Rebuilds and publishes one course; gives the number of its learners. */
async function refreshCourse(store: Store, setup: Omit<DraftSetup, 'snapshot' | 'enrollmentKnown'>): Promise<number> {
  const { courseId, end } = setup;
  const [state] = await store.read<{ started: string; snapshot: number; enrollmentKnown: boolean }>(
    `SELECT toString(now64(6, 'UTC')) AS started, toUnixTimestamp64Micro(now64(6)) AS snapshot,
       (SELECT count() FROM (SELECT 1 FROM lms_enrollments WHERE course_id = {course:String} LIMIT 1)) > 0 AS enrollmentKnown`,
    { course: courseId },
  );
  if (state === undefined) throw new Error('the engine gave no time');
  const { started, snapshot, enrollmentKnown } = state;
  try {
    await draftLearners(store, { ...setup, snapshot, enrollmentKnown });
    const distributions = await measureDistributions(store, snapshot);
    await publishLearners(store, snapshot, readDistributions(distributions));
    await store.run(
      `INSERT INTO snapshots
       WITH own AS (SELECT cohort, enrollment_mode, segments FROM learners WHERE snapshot = {snapshot:UInt64})
       SELECT
         {course:String}, {snapshot:UInt64}, {started:DateTime64(6, 'UTC')}, now64(6), {end:Date},
         (SELECT maxOrNull(time) FROM facts WHERE course_id = {course:String} AND day < {end:Date}),
         (SELECT count() FROM own),
         (SELECT toJSONString(CAST((groupArray(assumeNotNull(cohort)), groupArray(learners)), 'Map(String, UInt64)'))
          FROM (SELECT cohort, count() AS learners FROM own WHERE cohort IS NOT NULL GROUP BY cohort ORDER BY cohort)),
         (SELECT toJSONString(CAST((groupArray(assumeNotNull(enrollment_mode)), groupArray(learners)), 'Map(String, UInt64)'))
          FROM (SELECT enrollment_mode, count() AS learners FROM own WHERE enrollment_mode IS NOT NULL GROUP BY enrollment_mode ORDER BY enrollment_mode)),
         (SELECT toJSONString(CAST((groupArray(segment), groupArray(learners)), 'Map(String, UInt64)'))
          FROM (SELECT arrayJoin(segments) AS segment, count() AS learners FROM own GROUP BY segment)),
         {ranges:String}`,
      { course: courseId, snapshot, started, end, ranges: JSON.stringify(distributions) },
    );
  } finally {
    await store.run('ALTER TABLE learner_drafts DROP PARTITION {snapshot:UInt64}', { snapshot });
  }
  forgetCourse(store, courseId);
  const [row] = await store.read<{ learner_count: number }>(
    'SELECT learner_count FROM snapshots WHERE course_id = {course:String} AND snapshot = {snapshot:UInt64}',
    { course: courseId, snapshot },
  );
  return row?.learner_count ?? 0;
}

/** Removes learners of snapshots that were replaced a while ago, or that a killed refresh never published. */
async function dropOldSnapshots(store: Store): Promise<void> {
  const stale = await store.read<{ table: string; partition: string }>(
    `WITH
     (SELECT now64(6) - INTERVAL ${KEPT_MINUTES} MINUTE) AS a_while_ago,
     kept AS (
       SELECT max(snapshot) AS snapshot FROM snapshots GROUP BY course_id
       UNION ALL
       SELECT maxIf(snapshot, published_at <= a_while_ago) FROM snapshots GROUP BY course_id
       UNION ALL
       SELECT snapshot FROM snapshots WHERE published_at > a_while_ago
     )
     SELECT DISTINCT table, partition
     FROM system.parts
     WHERE database = currentDatabase() AND active AND table IN ('learners', 'learner_drafts')
       AND toUInt64(partition) < toUnixTimestamp64Micro(a_while_ago)
       AND toUInt64(partition) NOT IN (SELECT snapshot FROM kept)`,
  );
  for (const { table, partition } of stale) {
    await store.run(`ALTER TABLE ${table} DROP PARTITION {partition:UInt64}`, { partition });
  }
  await forgetOldPublications(store);
}

/** Rows of `snapshots` that nobody asks for any more, once they are many: a busy course is published every few seconds. */
async function forgetOldPublications(store: Store): Promise<void> {
  const old = `published_at < now64(6) - INTERVAL 1 DAY
    AND snapshot NOT IN (SELECT max(snapshot) FROM snapshots GROUP BY course_id)`;
  const [counted] = await store.read<{ rows: number }>(`SELECT count() AS rows FROM snapshots WHERE ${old}`);
  if (counted !== undefined && counted.rows > OLD_PUBLICATIONS) await store.run(`DELETE FROM snapshots WHERE ${old}`);
}
