import type { Store } from '../store/store.ts';
import { getCourse } from './course.ts';
import { nextDay } from './days.ts';
import { COUNTED_METRICS, type CountedMetric, RATIO_METRIC } from './metrics.ts';

/** The metrics of a day; that a day was active says nothing more. */
export const TIMELINE_METRICS = [
  'discussion_contributions',
  'problems_attempted',
  'problems_completed',
  'problem_attempts',
  'videos_viewed',
] as const satisfies readonly CountedMetric[];

export type TimelineDay = { readonly date: string } & {
  readonly [metric in (typeof TIMELINE_METRICS)[number]]: number;
} & { readonly [RATIO_METRIC]: number | null };

/**
 * What a learner did day by day, from the first to the last active day before the window's end, days without anything
 * as zeros. Empty for a learner who did nothing; null when the course or its roster has no such learner.
 */
export async function getTimeline(
  store: Store,
  courseId: string,
  username: string,
): Promise<readonly TimelineDay[] | null> {
  const course = await getCourse(store, courseId);
  if (course === null) return null;
  const params = { course: courseId, username, snapshot: course.snapshot, end: course.window.end };
  const [listed, days] = await Promise.all([
    store.query('SELECT 1 FROM learners WHERE snapshot = {snapshot:UInt64} AND username = {username:String}', params),
    store.query<TimelineDay>(
      `SELECT
         day AS date,
         ${TIMELINE_METRICS.map((metric) => `${COUNTED_METRICS[metric].sql} AS ${metric}`).join(',\n         ')},
         if(problems_completed = 0, NULL, problem_attempts / problems_completed) AS ${RATIO_METRIC}
       FROM facts FINAL
       WHERE course_id = {course:String} AND username = {username:String} AND day < {end:Date}
       GROUP BY day
       ORDER BY day`,
      params,
    ),
  ]);
  return listed.length === 0 ? null : fillGaps(days);
}

function fillGaps(days: readonly TimelineDay[]): TimelineDay[] {
  const filled: TimelineDay[] = [];
  for (const day of days) {
    for (let gap = filled.at(-1)?.date; gap !== undefined && nextDay(gap) < day.date; gap = nextDay(gap)) {
      filled.push({ date: nextDay(gap), ...EMPTY_DAY });
    }
    filled.push(day);
  }
  return filled;
}

const EMPTY_DAY = {
  discussion_contributions: 0,
  problems_attempted: 0,
  problems_completed: 0,
  problem_attempts: 0,
  videos_viewed: 0,
  [RATIO_METRIC]: null,
} as const;
