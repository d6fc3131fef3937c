import type { Course } from './course.ts';
import { PERSON_FIELDS } from './copy/build-copy.ts';
import type { CourseCopy } from './copy/course-copy.ts';
import { STATE_WORDS, type StateWord, formatDay, formatInstant } from './copy/state-records.ts';
import { type Learner, PROFILE_FIELDS } from './learner.ts';
import {
  COUNTED_METRIC_NAMES,
  type CountedMetric,
  LEADING_METRICS,
  METRICS,
  type Metric,
  RATIO_METRIC,
} from './metrics.ts';
import { type Distributions, type Level, type Ranges, cutRanges, highThresholds, levelOf } from './ranges.ts';
import { SEGMENTS, type Segment } from './segments.ts';

type Metrics = { readonly [metric in Metric]: number | null };

/** One learner of a copy as the API tells of them, with the metrics of the course's range. */
export function describeLearner(copy: CourseCopy, course: Course, number: number): Learner {
  const record = copy.record(number);
  const word = (name: StateWord) => record[STATE_WORDS.indexOf(name)] ?? 0;
  const window = rate((metric) => word(metric));
  const metrics =
    course.numbers === undefined ? window : rate((metric) => course.numbers?.numbers(metric)[number] ?? 0);
  const person = readPerson(copy, number);
  const lastActive = formatDay(word('last_active'));
  const reasons = {
    highly_engaged: () => findLeading(window, course.windowDistributions),
    disengaging: () => [lastActive ?? ''],
    struggling: () => [RATIO_METRIC],
    inactive: () => [lastActive ?? 'never'],
    unenrolled: () => [formatDay(word('unenrolled_on'))].filter((day) => day !== null),
  } as const satisfies Record<Segment, () => readonly string[]>;
  const segments = SEGMENTS.filter((_, index) => (word('segments') & (1 << index)) !== 0);
  return {
    last_updated: course.lastUpdated,
    username: person['username'],
    user_id: person['user_id'],
    name: person['name'],
    email: person['email'],
    enrollment_mode: copy.meta.modes[word('mode') - 1] ?? null,
    enrollment_date: formatInstant(word('enrolled_low'), word('enrolled_high')),
    cohort: copy.meta.cohorts[word('cohort') - 1] ?? null,
    segments,
    segment_reasons: Object.fromEntries(segments.map((segment) => [segment, reasons[segment]()])),
    last_active: lastActive,
    ...Object.fromEntries(PROFILE_FIELDS.map((field) => [field, person[field]])),
    engagements: { date_range: course.range, ...metrics, levels: describeLevels(metrics, course.distributions) },
  } as unknown as Learner;
}

function readPerson(copy: CourseCopy, number: number): Record<string, unknown> {
  const values = copy.people.doc(number);
  return Object.fromEntries(PERSON_FIELDS.map((field, index) => [field, values[index]]));
}

/** The counted metrics and the ratio, null where nothing was completed. */
function rate(count: (metric: CountedMetric) => number): Metrics {
  const counts = Object.fromEntries(COUNTED_METRIC_NAMES.map((metric) => [metric, count(metric)])) as Record<
    CountedMetric,
    number
  >;
  const { problem_attempts: attempts, problems_completed: completed } = counts;
  return { ...counts, [RATIO_METRIC]: completed === 0 ? null : attempts / completed };
}

function findLeading(metrics: Metrics, distributions: Distributions): string[] {
  const thresholds = highThresholds(distributions);
  return LEADING_METRICS.filter((metric) => (metrics[metric] ?? 0) >= thresholds[metric]);
}

function describeLevels(metrics: Metrics, distributions: Distributions): { readonly [metric in Metric]: Level | null } {
  const ranges = rangesOf(distributions);
  const ratio =
    (metrics.problem_attempts ?? 0) > 0 && metrics.problems_completed === 0 ? Infinity : metrics[RATIO_METRIC];
  return Object.fromEntries(
    METRICS.map((metric) => [metric, levelOf(metric === RATIO_METRIC ? ratio : metrics[metric], ranges[metric])]),
  ) as { [metric in Metric]: Level | null };
}

const cutOnce = new WeakMap<Distributions, { readonly [metric in Metric]: Ranges }>();

function rangesOf(distributions: Distributions): { readonly [metric in Metric]: Ranges } {
  let ranges = cutOnce.get(distributions);
  if (ranges === undefined) {
    ranges = Object.fromEntries(
      METRICS.map((metric) => [metric, cutRanges(distributions[metric].p15, distributions[metric].p85)]),
    ) as { [metric in Metric]: Ranges };
    cutOnce.set(distributions, ranges);
  }
  return ranges;
}
