import type { CourseCopy } from './copy/course-copy.ts';
import { type HistoryEntry, KINDS } from './copy/history-rows.ts';
import { PLACES, tellEnrolled } from './copy/state-records.ts';
import type { Course } from './course.ts';
import { WINDOW_DAYS, addDays, daysBetween, nameDay, numberDay } from './days.ts';

/** Facts to open a message with, the most useful first; each with when it is told, for users. */
export const TIDBITS = {
  stuck_on_problem:
    'Submitted at least five answers to a problem, none of them correct so far; of several such, one tried within fourteen days.',
  went_quiet: 'Did nothing this week, but something before.',
  falling_behind:
    'Did less than half this week of what it was the week before: attempts, problems solved, videos and posts, each time.',
  new_and_inactive: 'Enrolled at most fourteen days before the last day of the window and did nothing yet.',
  videos_not_viewed:
    'Was active this week without playing a video, while active learners played 0.1 or more on average.',
  top_contributor:
    "Is in the course's high range of discussion contributions this week, and among its five most active there.",
  back_again: 'Is active this week after at least fourteen days without anything.',
} as const;

export type TidbitCode = keyof typeof TIDBITS;

export interface Tidbit {
  readonly code: TidbitCode;
  /** A plain sentence, in English. */
  readonly message: string;
  readonly data: Readonly<Record<string, string | number>>;
}

const MOST = 5;
const STUCK_ATTEMPTS = 5;
const RECENT_DAYS = 14;
const TOP_RANK = 5;

/** One active day of a learner. Facts count attempted and completed apart. */
export interface ActiveDay {
  readonly day: string;
  readonly facts: number;
  readonly videos: number;
  readonly contributions: number;
}

/** What the rules look at; days in ascending order, all before `end`, the exclusive end of the window. */
export interface LearnerHistory {
  readonly end: string;
  /** UTC day of enrolment; null if not known. */
  readonly enrolledOn: string | null;
  readonly days: readonly ActiveDay[];
  /** The unsolved problem with the most attempts, of those tried within fourteen days if there are any; null without any of five or more. */
  readonly stuck: { readonly problem_id: string; readonly attempts: number } | null;
  /** How many learners contributed more this week; where that is five or more, it may be told as five. */
  readonly contributedMore: number;
  /** From how many contributions on a learner is in the high range; null where there is none. */
  readonly highContributions: number | null;
  /** The mean number of videos that active learners played this week. */
  readonly videosMean: number;
}

/** What there is to say about a learner of a copy now, at most five things. */
export function tellTidbits(copy: CourseCopy, course: Course, number: number): readonly Tidbit[] {
  const { window, windowDistributions } = course;
  const { discussion_contributions: contributions, videos_viewed: videos } = windowDistributions;
  const highContributions = contributions.p85 === contributions.p15 ? null : contributions.p85;
  const record = copy.records(number, number + 1);
  const enrolledOn = tellEnrolled(record)?.slice(0, 10) ?? null;
  const contributed = record[PLACES.discussion_contributions] ?? 0;
  const done = copy.history.entries(number, window.end);
  return chooseTidbits({
    end: window.end,
    enrolledOn,
    days: sumDays(done),
    stuck: findStuck(done, window.end, (entity) => copy.history.entity(entity)),
    contributedMore:
      contributed >= (highContributions ?? Infinity) ? findMost(copy).filter((count) => count > contributed).length : 0,
    highContributions,
    videosMean: videos.mean ?? 0,
  });
}

function sumDays(entries: readonly HistoryEntry[]): ActiveDay[] {
  const days = new Map<number, { facts: number; videos: number; contributions: number }>();
  for (const { kind, day, facts, completed } of entries) {
    let sums = days.get(day);
    if (sums === undefined) days.set(day, (sums = { facts: 0, videos: 0, contributions: 0 }));
    sums.facts += facts + completed;
    if (kind === KINDS.video) sums.videos += facts;
    if (kind === KINDS.discussion) sums.contributions += facts;
  }
  return [...days].toSorted(([a], [b]) => a - b).map(([day, sums]) => ({ day: nameDay(day), ...sums }));
}

function findStuck(
  entries: readonly HistoryEntry[],
  end: string,
  nameProblem: (entity: number) => string,
): LearnerHistory['stuck'] {
  const problems = new Map<number, { attempts: number; completed: number; last: number }>();
  for (const { kind, entity, day, facts, completed } of entries) {
    if (kind !== KINDS.problem) continue;
    let sums = problems.get(entity);
    if (sums === undefined) problems.set(entity, (sums = { attempts: 0, completed: 0, last: 0 }));
    sums.attempts += facts;
    sums.completed += completed;
    sums.last = Math.max(sums.last, day);
  }
  const recent = numberDay(end) - RECENT_DAYS;
  const unsolved = [...problems]
    .filter(([, { attempts, completed }]) => completed === 0 && attempts >= STUCK_ATTEMPTS)
    .map(([entity, { attempts, last }]) => ({ entity, attempts, isRecent: last >= recent }));
  const [first] = unsolved.toSorted((a, b) => compareStuck(a, b));
  if (first === undefined) return null;
  const [problem_id = ''] = unsolved
    .filter((each) => compareStuck(each, first) === 0)
    .map(({ entity }) => nameProblem(entity))
    .toSorted();
  return { problem_id, attempts: first.attempts };
}

interface Unsolved {
  readonly attempts: number;
  readonly isRecent: boolean;
}

function compareStuck(a: Unsolved, b: Unsolved): number {
  return Number(b.isRecent) - Number(a.isRecent) || b.attempts - a.attempts;
}

const mostOf = new WeakMap<CourseCopy, readonly number[]>();

/** How much each of those five contributed this week who did most in the course; found once of a copy, which never changes. */
function findMost(copy: CourseCopy): readonly number[] {
  const known = mostOf.get(copy);
  if (known !== undefined) return known;
  let found: readonly number[] = [];
  let least = 0;
  for (const value of copy.column('discussion_contributions')) {
    if (value <= least) continue;
    found = [...found, value].toSorted((a, b) => b - a).slice(0, TOP_RANK);
    least = found[TOP_RANK - 1] ?? 0;
  }
  mostOf.set(copy, found);
  return found;
}

/** Applies the rules, in the order of their use. */
export function chooseTidbits(history: LearnerHistory): Tidbit[] {
  const tidbits = [
    tellStuck(history),
    tellQuiet(history),
    tellFallingBehind(history),
    tellNewAndInactive(history),
    tellVideosNotViewed(history),
    tellTopContributor(history),
    tellBackAgain(history),
  ];
  return tidbits.filter((tidbit) => tidbit !== null).slice(0, MOST);
}

function tellStuck({ stuck }: LearnerHistory): Tidbit | null {
  if (stuck === null) return null;
  return {
    code: 'stuck_on_problem',
    message: `Submitted ${stuck.attempts} answers in all to one problem without a correct one so far.`,
    data: { ...stuck },
  };
}

function tellQuiet(history: LearnerHistory): Tidbit | null {
  const last = history.days.at(-1);
  if (last === undefined || thisWeek(history).length > 0) return null;
  const silent = daysBetween(last.day, history.end) - 1;
  const recent = addDays(last.day, -RECENT_DAYS);
  const before = history.days.filter(({ day }) => day > recent).length;
  return {
    code: 'went_quiet',
    message: `Was last active ${silent} days ago, and on ${before} ${before === 1 ? 'day' : 'days'} of the two weeks up to then.`,
    data: { last_active: last.day, days_since: silent, days_active_before: before },
  };
}

function tellFallingBehind(history: LearnerHistory): Tidbit | null {
  const now = sumFacts(thisWeek(history));
  const before = sumFacts(weekBefore(history));
  if (now * 2 >= before) return null;
  return {
    code: 'falling_behind',
    message:
      now === 0
        ? `Did nothing this week, after ${countThings(before)} ${WHAT_COUNTS} the week before.`
        : `Did ${countThings(now)} this week ${WHAT_COUNTS}, after ${before} the week before.`,
    data: { facts: now, facts_before: before },
  };
}

/** What is done, in the words of the numbers of a learner. */
const WHAT_COUNTS = '(attempts, problems solved, videos, posts)';

function countThings(count: number): string {
  return `${count} ${count === 1 ? 'thing' : 'things'}`;
}

function tellNewAndInactive({ end, enrolledOn, days }: LearnerHistory): Tidbit | null {
  if (enrolledOn === null || days.length > 0) return null;
  if (enrolledOn >= end || enrolledOn < addDays(end, -RECENT_DAYS - 1)) return null;
  const since = daysBetween(enrolledOn, end) - 1;
  return {
    code: 'new_and_inactive',
    message: `Enrolled ${since === 0 ? 'today' : `${since} ${since === 1 ? 'day' : 'days'} ago`} and did nothing yet.`,
    data: { enrolled_on: enrolledOn, days_since: since },
  };
}

function tellVideosNotViewed(history: LearnerHistory): Tidbit | null {
  const week = thisWeek(history);
  const mean = Math.round(history.videosMean * 10) / 10;
  if (week.length === 0 || history.videosMean < 0.1 || week.some(({ videos }) => videos > 0)) return null;
  return {
    code: 'videos_not_viewed',
    message: `Played no video this week; active learners played ${mean} on average.`,
    data: { mean },
  };
}

function tellTopContributor(history: LearnerHistory): Tidbit | null {
  const contributions = thisWeek(history).reduce((total, day) => total + day.contributions, 0);
  const rank = history.contributedMore + 1;
  if (history.highContributions === null || contributions < history.highContributions || rank > TOP_RANK) return null;
  return {
    code: 'top_contributor',
    message: `Wrote ${contributions} ${contributions === 1 ? 'contribution' : 'contributions'} to the discussions this week, number ${rank} in the course.`,
    data: { contributions, rank },
  };
}

function tellBackAgain(history: LearnerHistory): Tidbit | null {
  const [first] = thisWeek(history);
  const start = addDays(history.end, -WINDOW_DAYS);
  const before = history.days.findLast(({ day }) => day < start);
  if (first === undefined || before === undefined) return null;
  const silent = daysBetween(before.day, first.day) - 1;
  if (silent < RECENT_DAYS) return null;
  return {
    code: 'back_again',
    message: `Is active again since ${first.day}, after ${silent} days without anything.`,
    data: { since: first.day, days_silent: silent },
  };
}

function thisWeek({ days, end }: LearnerHistory): readonly ActiveDay[] {
  const start = addDays(end, -WINDOW_DAYS);
  return days.filter(({ day }) => day >= start);
}

function weekBefore({ days, end }: LearnerHistory): readonly ActiveDay[] {
  const [start, stop] = [addDays(end, -2 * WINDOW_DAYS), addDays(end, -WINDOW_DAYS)];
  return days.filter(({ day }) => day >= start && day < stop);
}

function sumFacts(days: readonly ActiveDay[]): number {
  return days.reduce((total, { facts }) => total + facts, 0);
}
