import type { Store } from '../store/store.ts';
import { linkCopy } from './copy/build-copy.ts';
import { forgetCourse } from './course.ts';
import { INACTIVE_DAYS } from './days.ts';
import { takeNumbers } from './snapshot-numbers.ts';
import { type SnapshotRows, latestSql } from './snapshot-rows.ts';

/** A course as it was published last. */
interface Published extends SnapshotRows {
  readonly course_id: string;
}

/**
 * Those of the courses that tell the same in a later window as in the one they are published for: nobody did anything in its
 * last fourteen days or since, and no enrolment or cohort changed after its end.
 */
export async function findIdle<Course extends Published>(store: Store, courses: readonly Course[]): Promise<Course[]> {
  if (courses.length === 0) return [];
  const idle = await store.read<{ course_id: string }>(
    `WITH
     published AS (${latestSql(['rest', 'window_end', 'learner_count'])}),
     written AS (
       SELECT toUInt64(partition) FROM system.parts WHERE database = currentDatabase() AND active AND table = 'learners'
     )
     SELECT p.course_id AS course_id
     FROM published AS p
     LEFT JOIN (SELECT course_id, max(last_day) AS last_day FROM learner_activity GROUP BY course_id) AS a ON a.course_id = p.course_id
     LEFT JOIN (SELECT course_id, max(time) AS last_change FROM roster_changes GROUP BY course_id) AS r ON r.course_id = p.course_id
     WHERE ifNull(a.last_day < p.window_end - ${INACTIVE_DAYS}, true)
       AND ifNull(toDate(r.last_change) < p.window_end, true)
       -- all rows are in one snapshot, which is there
       AND (p.learner_count = 0 OR if(p.rest = 0, p.latest, p.rest) IN (written))
       AND (p.rest = 0 OR p.latest NOT IN (written))`,
  );
  const ids = new Set(idle.map((row) => row.course_id));
  return courses.filter((course) => ids.has(course.course_id));
}

/**
 * Publishes courses, at most TOLD_AT_ONCE, as they are for the window that ends at `end`: their learners, and the files of their copies,
 * are those of before.
 * @param looked from before it was looked what happened to them, in microseconds since 1970
 */
export async function publishAgain(
  store: Store,
  courses: readonly Published[],
  { end, looked }: { readonly end: string; readonly looked: number },
): Promise<void> {
  // what others publish of a later look stays the newest
  const first = await takeNumbers(store, looked, courses.length);
  for (const [index, { snapshot }] of courses.entries()) await linkCopy(store, snapshot, first + index);
  await store.run(
    `INSERT INTO snapshots (course_id, snapshot, rest, started_at, published_at, window_end, data_until, ranges,
       include_staff, enrollment_known, learner_count, cohorts, enrollment_modes, segments, display_name)
     SELECT
       course_id, {first:UInt64} + indexOf({courses:Array(String)}, course_id) - 1, if(rest = 0, snapshot, rest),
       fromUnixTimestamp64Micro({looked:Int64}), now64(6), {end:Date}, data_until, ranges,
       include_staff, enrollment_known, learner_count, cohorts, enrollment_modes, segments, display_name
     FROM snapshots
     WHERE snapshot = {snapshots:Array(UInt64)}[indexOf({courses:Array(String)}, course_id)]`,
    {
      first,
      looked,
      end,
      courses: courses.map((course) => course.course_id),
      snapshots: courses.map(({ snapshot }) => snapshot),
    },
  );
  for (const course of courses) forgetCourse(store, course.course_id);
}
