import type { Course } from './course.ts';
import type { PersonValues } from './copy/build-copy.ts';
import type { CopyMeta, CourseCopy } from './copy/course-copy.ts';
import { RECORD_WORDS, type StateWord, formatDay, formatInstant, wordOf } from './copy/state-records.ts';
import type { Engagements, Learner } from './learner.ts';
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

type Metrics = Pick<Engagements, Metric>;

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
  readonly values: PersonValues;
}

/** Why a learner is in a segment. */
const REASONS: { readonly [segment in Segment]: (reason: Reason) => readonly string[] } = {
  highly_engaged: ({ window, course }) => findLeading(window, course.windowDistributions),
  disengaging: ({ lastActive }) => [lastActive ?? ''],
  struggling: () => [RATIO_METRIC],
  inactive: ({ lastActive }) => [lastActive ?? 'never'],
  unenrolled: ({ record }) => [formatDay(wordOf(record, 'unenrolled_on'))].filter((day) => day !== null),
};

interface Reason {
  readonly course: Course;
  readonly record: Uint32Array;
  /** The metrics of the current window. */
  readonly window: Metrics;
  readonly lastActive: string | null;
}

function describe(course: Course, number: number, { meta, record, values }: Told): Learner {
  const word = (name: StateWord) => wordOf(record, name);
  const window = rate(word);
  const { numbers } = course;
  const metrics = numbers === undefined ? window : rate((metric) => numbers.numbers(metric)[number] ?? 0);
  const lastActive = formatDay(word('last_active'));
  const segments = SEGMENTS.filter((_, index) => (word('segments') & (1 << index)) !== 0);
  const reasons: { [segment in Segment]?: readonly string[] } = {};
  for (const segment of segments) reasons[segment] = REASONS[segment]({ course, record, window, lastActive });
  const [username, user_id, name, email, language, location, year_of_birth, level_of_education, ...others] = values;
  const [gender, mailing_address, city, country, goals, bio] = others;
  return {
    last_updated: course.lastUpdated,
    username,
    user_id,
    name,
    email,
    account_url: null,
    enrollment_mode: meta.modes[word('mode') - 1] ?? null,
    enrollment_date: formatInstant(word('enrolled_low'), word('enrolled_high')),
    cohort: meta.cohorts[word('cohort') - 1] ?? null,
    segments,
    segment_reasons: reasons,
    last_active: lastActive,
    language,
    location,
    year_of_birth,
    level_of_education,
    gender,
    mailing_address,
    city,
    country,
    goals,
    bio,
    engagements: { date_range: course.range, ...metrics, levels: describeLevels(metrics, course.distributions) },
  };
}

/** The counted metrics and the ratio, null where nothing was completed. */
function rate(count: (metric: CountedMetric) => number): Metrics {
  const metrics = {} as { -readonly [metric in keyof Metrics]: Metrics[metric] };
  for (const metric of COUNTED_METRIC_NAMES) metrics[metric] = count(metric);
  const { problem_attempts: attempts, problems_completed: completed } = metrics;
  metrics[RATIO_METRIC] = completed === 0 ? null : attempts / completed;
  return metrics;
}

function findLeading(metrics: Metrics, distributions: Distributions): string[] {
  const ranges = rangesOf(distributions);
  return LEADING_METRICS.filter((metric) => (metrics[metric] ?? 0) >= (ranges[metric].high?.[0] ?? Infinity));
}

function describeLevels(metrics: Metrics, distributions: Distributions): Engagements['levels'] {
  const ranges = rangesOf(distributions);
  const ratio = metrics.problem_attempts > 0 && metrics.problems_completed === 0 ? Infinity : metrics[RATIO_METRIC];
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
