import type { Course } from './course.ts';
import { PERSON_FIELDS } from './copy/build-copy.ts';
import type { CopyMeta, CourseCopy } from './copy/course-copy.ts';
import { RECORD_WORDS, type StateWord, formatDay, formatInstant, wordOf } from './copy/state-records.ts';
import { type Learner, PROFILE_FIELDS } from './learner.ts';
import {
  COUNTED_METRIC_NAMES,
  type CountedMetric,
  LEADING_METRICS,
  METRICS,
  type Metric,
  RATIO_METRIC,
} from './metrics.ts';
import { type Distributions, type Level, type Ranges, cutRanges, levelOf } from './ranges.ts';
import { SEGMENTS, type Segment } from './segments.ts';

type Metrics = { readonly [metric in Metric]: number | null };

/** Learners are neighbours where at most so many times as many lie from the first to the last of them. */
const NEAR = 4;

// Objects are filled field by field: a page has a hundred learners, and lists of entries took most of its time.

/** Learners of a copy as the API tells of them, in the order of `numbers`, with the metrics of the course's range. */
export function describeLearners(copy: CourseCopy, course: Course, numbers: Uint32Array): Learner[] {
  const first = numbers.reduce((least, number) => Math.min(least, number), Infinity);
  const end = numbers.reduce((most, number) => Math.max(most, number), -1) + 1;
  // neighbours are read at once
  if (numbers.length < 2 || end - first > NEAR * numbers.length)
    return Array.from(numbers, (number) => describeLearner(copy, course, number));
  const records = copy.records(first, end);
  const docs = copy.people.docs(first, end);
  return Array.from(numbers, (number) => {
    const at = number - first;
    const record = records.subarray(at * RECORD_WORDS, (at + 1) * RECORD_WORDS);
    return describe(course, number, { meta: copy.meta, record, values: docs(at) });
  });
}

/** One learner of a copy as the API tells of them, with the metrics of the course's range. */
export function describeLearner(copy: CourseCopy, course: Course, number: number): Learner {
  const [record, doc] = [copy.records(number, number + 1), copy.people.docs(number, number + 1)];
  return describe(course, number, { meta: copy.meta, record, values: doc(0) });
}

interface Told {
  readonly meta: CopyMeta;
  /** The words of the learner, in the order of `STATE_WORDS`. */
  readonly record: Uint32Array;
  /** Those of the person, in the order of `PERSON_FIELDS`. */
  readonly values: readonly unknown[];
}

function describe(course: Course, number: number, { meta, record, values }: Told): Learner {
  const word = (name: StateWord) => wordOf(record, name);
  const window = rate((metric) => word(metric));
  const metrics =
    course.numbers === undefined ? window : rate((metric) => course.numbers?.numbers(metric)[number] ?? 0);
  const person: Record<string, unknown> = {};
  for (const [place, field] of PERSON_FIELDS.entries()) person[field] = values[place];
  const profile: Record<string, unknown> = {};
  for (const field of PROFILE_FIELDS) profile[field] = person[field];
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
    enrollment_mode: meta.modes[word('mode') - 1] ?? null,
    enrollment_date: formatInstant(word('enrolled_low'), word('enrolled_high')),
    cohort: meta.cohorts[word('cohort') - 1] ?? null,
    segments,
    segment_reasons: Object.fromEntries(segments.map((segment) => [segment, reasons[segment]()])),
    last_active: lastActive,
    ...profile,
    engagements: { date_range: course.range, ...metrics, levels: describeLevels(metrics, course.distributions) },
  } as unknown as Learner;
}

/** The counted metrics and the ratio, null where nothing was completed. */
function rate(count: (metric: CountedMetric) => number): Metrics {
  const metrics = {} as { -readonly [metric in keyof Metrics]: Metrics[metric] };
  for (const metric of COUNTED_METRIC_NAMES) metrics[metric] = count(metric);
  const { problem_attempts: attempts, problems_completed: completed } = metrics;
  metrics[RATIO_METRIC] = completed === 0 ? null : (attempts ?? 0) / (completed ?? 1);
  return metrics;
}

function findLeading(metrics: Metrics, distributions: Distributions): string[] {
  const ranges = rangesOf(distributions);
  return LEADING_METRICS.filter((metric) => (metrics[metric] ?? 0) >= (ranges[metric].high?.[0] ?? Infinity));
}

function describeLevels(metrics: Metrics, distributions: Distributions): { readonly [metric in Metric]: Level | null } {
  const ranges = rangesOf(distributions);
  const ratio =
    (metrics.problem_attempts ?? 0) > 0 && metrics.problems_completed === 0 ? Infinity : metrics[RATIO_METRIC];
  const levels = {} as { [metric in Metric]: Level | null };
  for (const metric of METRICS)
    levels[metric] = levelOf(metric === RATIO_METRIC ? ratio : metrics[metric], ranges[metric]);
  return levels;
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
