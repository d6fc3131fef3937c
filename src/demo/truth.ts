import { countEngagement, findAverage, findBorders, findLevel, listRanges, METRICS, valueOf } from './truth-metrics.ts';
import type { DatedFact, Engagement, LeveledEngagement, Metric, MetricAverage, MetricRanges } from './truth-metrics.ts';
import { listRoster, listStaff, pairUserIds } from './truth-roster.ts';
import type { RosterEntry } from './truth-roster.ts';
import { findSegments, SEGMENTS } from './truth-segments.ts';
import type { Segment, SegmentReasons } from './truth-segments.ts';
import { readSite } from './truth-site.ts';
import type { LineCounts, SiteRecords } from './truth-site.ts';
import { addDays, dayOf } from './truth-values.ts';
import type { Window } from './truth-values.ts';

/** The right answers for a site. */
export interface Truth {
  as_of: string;
  window: Window;
  lines: LineCounts;
  courses: Record<string, CourseTruth>;
}

/** What is true of a course in a range of days. */
export interface CourseRangeTruth {
  engagement_ranges: Record<Metric, MetricRanges>;
  engagement_averages: Record<Metric, MetricAverage>;
  learners: Record<string, { engagements: LeveledEngagement }>;
}

export interface CourseTruth extends CourseRangeTruth {
  /** Null: the LMS did not tell it. */
  name: string | null;
  learner_count: number;
  cohorts: Record<string, number>;
  enrollment_modes: Record<string, number>;
  segments: Record<Segment, number>;
  learners: Record<string, LearnerTruth>;
}

export interface LearnerTruth extends Omit<RosterEntry, 'is_active' | 'unenrolled_on'> {
  segments: Segment[];
  segment_reasons: SegmentReasons;
  last_active: string | null;
  engagements: LeveledEngagement;
  timeline: TimelineDay[];
}

export type TimelineDay = Omit<Engagement, 'days_active'> & { date: string };

/** Everybody of a course and what they did, before a date. */
interface CourseRecords {
  roster: Map<string, RosterEntry>;
  facts: Map<string, DatedFact[]>;
}

/** Reads a site's files and computes every answer for the 7 days before `asOf` (`YYYY-MM-DD`, exclusive). */
export async function readTruth(dir: string, asOf: string, now: Date): Promise<Truth> {
  return computeTruth(await readSite(dir, now), asOf);
}

/** The answers for the 7 days before `asOf`, from records that were read before. */
export function computeTruth(site: SiteRecords, asOf: string): Truth {
  const window = { start: addDays(asOf, -7), end: asOf };
  const courses: Truth['courses'] = {};
  for (const [courseId, course] of listCourses(site, asOf))
    courses[courseId] = { name: site.names.get(courseId) ?? null, ...describeCourse(course, window) };
  return { as_of: asOf, window, lines: site.lines, courses };
}

/** The same for any range of days, without what describes the current window only. */
export function computeRangeTruth(site: SiteRecords, range: Window, asOf: string): Record<string, CourseRangeTruth> {
  const courses: Record<string, CourseRangeTruth> = {};
  for (const [courseId, course] of listCourses(site, asOf)) courses[courseId] = describeRange(course, range);
  return courses;
}

function listCourses(site: SiteRecords, asOf: string): Map<string, CourseRecords> {
  const end = Date.parse(`${asOf}T00:00:00Z`) * 1000;
  const records = site.records.filter((record) => record.at < end);
  const users = pairUserIds(site, records);
  const ids = new Set(records.map((record) => record.courseId));
  for (const row of site.enrollments) ids.add(row.get('course_id') ?? '');
  ids.delete('');
  const byCourse = Map.groupBy(records, (record) => record.courseId);

  const courses = new Map<string, CourseRecords>();
  for (const courseId of [...ids].toSorted()) {
    const own = byCourse.get(courseId) ?? [];
    const facts = new Map<string, DatedFact[]>();
    for (const { fact, at } of own) {
      if (fact === null) continue;
      const list = facts.get(fact.username) ?? [];
      list.push({ ...fact, day: dayOf(at) });
      facts.set(fact.username, list);
    }
    const roster = listRoster(site, courseId, { records: own, active: facts.keys() }, users);
    for (const username of listStaff(site, courseId)) roster.delete(username);
    courses.set(courseId, { roster, facts });
  }
  return courses;
}

function perMetric<T>(make: (metric: Metric) => T): Record<Metric, T> {
  return Object.fromEntries(METRICS.map((metric) => [metric, make(metric)])) as Record<Metric, T>;
}

function describeRange(course: CourseRecords, range: Window): CourseRangeTruth {
  const engagements = new Map<string, Engagement>();
  for (const username of course.roster.keys()) {
    const facts = course.facts.get(username) ?? [];
    engagements.set(username, countEngagement(facts.filter(({ day }) => day >= range.start && day < range.end)));
  }
  const all = [...engagements.values()];
  const borders = perMetric((metric) => findBorders(all, metric));
  const learners: CourseRangeTruth['learners'] = {};
  for (const [username, engagement] of engagements) {
    const levels = perMetric((metric) => findLevel(valueOf(engagement, metric), borders[metric]));
    learners[username] = { engagements: { ...engagement, levels } };
  }
  return {
    engagement_ranges: perMetric((metric) => listRanges(borders[metric], metric)),
    engagement_averages: perMetric((metric) => findAverage(all, metric)),
    learners,
  };
}

function describeCourse(course: CourseRecords, window: Window): Omit<CourseTruth, 'name'> {
  const range = describeRange(course, window);
  const learners: Record<string, LearnerTruth> = {};
  const segments = Object.fromEntries(SEGMENTS.map((segment) => [segment, 0])) as Record<Segment, number>;
  const cohorts: Record<string, number> = {};
  const modes: Record<string, number> = {};
  for (const [username, { is_active, unenrolled_on, ...entry }] of course.roster) {
    const facts = course.facts.get(username) ?? [];
    const days = [...new Set(facts.map((fact) => fact.day))].toSorted();
    const { engagements } = range.learners[username]!;
    const reasons = findSegments(engagements, days, window, is_active ? null : { on: unenrolled_on });
    learners[username] = {
      ...entry,
      segments: SEGMENTS.filter((segment) => reasons[segment] !== undefined),
      segment_reasons: reasons,
      last_active: days.at(-1) ?? null,
      engagements,
      timeline: listTimeline(facts, days),
    };
    for (const segment of learners[username].segments) segments[segment] += 1;
    if (entry.cohort !== null) cohorts[entry.cohort] = (cohorts[entry.cohort] ?? 0) + 1;
    if (entry.enrollment_mode !== null) modes[entry.enrollment_mode] = (modes[entry.enrollment_mode] ?? 0) + 1;
  }
  return { ...range, learner_count: course.roster.size, cohorts, enrollment_modes: modes, segments, learners };
}

/** Every day from the first active day to the last. */
function listTimeline(facts: readonly DatedFact[], days: readonly string[]): TimelineDay[] {
  const timeline: TimelineDay[] = [];
  const last = days.at(-1) ?? '';
  for (let date = days[0] ?? '9999'; date <= last; date = addDays(date, 1)) {
    const { days_active: _, ...engagement } = countEngagement(facts.filter((fact) => fact.day === date));
    timeline.push({ date, ...engagement });
  }
  return timeline;
}
