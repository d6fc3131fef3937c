import type { Store } from '../store/store.ts';
import { getCourse } from './course.ts';
import { nextDay } from './days.ts';
import type { DateRange } from './learner.ts';
import { findOwnFacts } from './own-facts.ts';
import { type CountedMetric, RATIO_METRIC, countedMetricsSql, ownFactsSql } from './metrics.ts';

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
 * What a learner did day by day, days without anything as zeros: from the first to the last active day before the
 * window's end, or over exactly the days of `range`. Empty for a learner who did nothing, if no range is given; null
 * when the course or its roster has no such learner.
 */
export async function getTimeline(
  store: Store,
  courseId: string,
  username: string,
  range?: DateRange,
): Promise<readonly TimelineDay[] | null> {
  const course = await getCourse(store, courseId);
  if (course === null) return null;
  const end = range !== undefined && range.end < course.window.end ? range.end : course.window.end;
  const own = await findOwnFacts(store, course, username);
  if (own === null) return null;
  const days = await store.query<TimelineDay>(
    `SELECT
       day AS date,
       ${countedMetricsSql(TIMELINE_METRICS)},
       if(problems_completed = 0, NULL, problem_attempts / problems_completed) AS ${RATIO_METRIC}
     FROM ${ownFactsSql(`${own.where} AND day >= {start:Date} AND day < {end:Date}`)}
     GROUP BY day
     ORDER BY day
     SETTINGS max_threads = 1`,
    { ...own.params, start: range?.start ?? '1970-01-01', end },
  );
  const [first] = days;
  const last = days.at(-1);
  if (range !== undefined) return fillDays(days, range.start, range.end);
  return first === undefined || last === undefined ? [] : fillDays(days, first.date, nextDay(last.date));
}

/** The days of `[start, end)`, those without anything as zeros. */
function fillDays(days: readonly TimelineDay[], start: string, end: string): TimelineDay[] {
  const active = new Map(days.map((day) => [day.date, day]));
  const filled: TimelineDay[] = [];
  for (let date = start; date < end; date = nextDay(date)) filled.push(active.get(date) ?? { date, ...EMPTY_DAY });
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
