import type { Store } from '../store/store.ts';
import { type HistoryEntry, KINDS } from './copy/history-rows.ts';
import { openCopy } from './copy/open-copy.ts';
import { getCourse } from './course.ts';
import { addDays, nameDay, numberDay } from './days.ts';
import { type CountedMetric, RATIO_METRIC } from './metrics.ts';
import type { RosterQuery } from './roster.ts';

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
  { range, snapshot }: Pick<RosterQuery, 'range' | 'snapshot'> = {},
): Promise<readonly TimelineDay[] | null> {
  const course = await getCourse(store, courseId, snapshot);
  if (course === null) return null;
  const end = range !== undefined && range.end < course.window.end ? range.end : course.window.end;
  const copy = await openCopy(store, course);
  const entries = await copy.use(() => {
    const learner = copy.people.find(username);
    return learner === -1 ? null : copy.history.entries(learner, end);
  });
  if (entries === null) return null;
  const days = describeDays(entries);
  if (range !== undefined) return fillDays(days, range.start, range.end);
  const [first, last] = [days[0], days.at(-1)];
  return first === undefined || last === undefined ? [] : fillDays(days, first.date, addDays(last.date, 1));
}

/** The days on which there was anything. */
function describeDays(entries: readonly HistoryEntry[]): TimelineDay[] {
  const days = Map.groupBy(entries, ({ day }) => day);
  return [...days.keys()]
    .toSorted((a, b) => a - b)
    .map((day) => {
      const done = days.get(day) ?? [];
      const ofKind = (kind: number) => done.filter((entry) => entry.kind === kind);
      const problems = ofKind(KINDS.problem);
      const attempts = sumFacts(problems);
      const completed = problems.filter((entry) => entry.completed > 0).length;
      return {
        date: nameDay(day),
        discussion_contributions: sumFacts(ofKind(KINDS.discussion)),
        problems_attempted: problems.length,
        problems_completed: completed,
        problem_attempts: attempts,
        videos_viewed: ofKind(KINDS.video).length,
        [RATIO_METRIC]: completed === 0 ? null : attempts / completed,
      };
    });
}

function sumFacts(entries: readonly HistoryEntry[]): number {
  return entries.reduce((total, { facts }) => total + facts, 0);
}

/** The days of `[start, end)`, those without anything as zeros. */
function fillDays(days: readonly TimelineDay[], start: string, end: string): TimelineDay[] {
  const active = new Map(days.map((day) => [day.date, day]));
  const filled: TimelineDay[] = [];
  const stop = numberDay(end);
  for (let day = numberDay(start); day < stop; day += 1) {
    const date = nameDay(day);
    filled.push(active.get(date) ?? { date, ...EMPTY_DAY });
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
