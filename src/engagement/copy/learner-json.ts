import type { CourseCopy } from './course-copy.ts';
import { findNear } from './near-persons.ts';
import { PERSON_FIELDS } from './people-files.ts';
import type { Doc } from './people.ts';
import { type JsonRecord, RecordWriter } from './record-writer.ts';
import { RECORD_WORDS, formatDay, formatInstant, wordOf } from './state-records.ts';
import type { Course } from '../course.ts';
import { type Learner, PROFILE_FIELDS } from '../learner.ts';
import { COUNTED_METRIC_NAMES, type CountedMetric, LEADING_METRICS, METRICS, RATIO_METRIC } from '../metrics.ts';
import { type Distributions, LEVELS, type Level, type Ranges, cutRanges, levelOf } from '../ranges.ts';
import { SEGMENTS, type Segment, nameSegments } from '../segments.ts';

// Of a page, making objects, then their JSON, then bytes of that took longer than all else. So a learner is put together of pieces: the
// profile as it lies in the copy, numbers, and words that are ready. Objects are read from it where they are wanted.

/** The values of a `Learner`, in order, nested ones dotted; the reasons for segments are one of them, as there are not always the same. */
export const LEARNER_VALUES = [
  'last_updated',
  'username',
  'user_id',
  'name',
  'email',
  'account_url',
  'enrollment_mode',
  'enrollment_date',
  'cohort',
  'segments',
  'segment_reasons',
  'last_active',
  ...PROFILE_FIELDS,
  'engagements.date_range.start',
  'engagements.date_range.end',
  ...METRICS.map((metric) => `engagements.${metric}`),
  ...METRICS.map((metric) => `engagements.levels.${metric}`),
] as const;

/** The same memory each time: that of thousands of pages a second would have to be collected. */
const out = new RecordWriter(65_536, LEARNER_VALUES);

export interface TellOptions {
  /** The LMS to whose accounts learners are linked, without a trailing slash; null without. */
  readonly lmsUrl: string | null;
}

/**
 * Learners of a copy as the API tells of them, in the order of `numbers`, with the metrics of the course's range.
 * @returns a JSON array of `Learner`s, in UTF-8, valid until the next call
 */
export function tellLearners(
  copy: CourseCopy,
  course: Course,
  numbers: Uint32Array,
  options: TellOptions,
): Buffer<ArrayBuffer> {
  out.clear();
  // of another range they are told as seldom as it is asked for
  const kept = course.numbers === undefined ? copy.kept.require(`${course.lastUpdated} ${options.lmsUrl}`) : null;
  let tell: ReturnType<typeof openTeller> | undefined;
  for (let index = 0; index < numbers.length; index += 1) {
    out.putAscii(index === 0 ? '[' : ',');
    const number = numbers[index]!;
    const known = kept?.get(number);
    if (known !== undefined) {
      out.put(known);
      continue;
    }
    tell ??= openTeller(copy, course, numbers, options);
    const start = out.length;
    tell(index);
    kept?.note(number, out, start);
  }
  out.putAscii(numbers.length === 0 ? '[]' : ']');
  return out.read();
}

/** The learners of such an array. */
export function readLearners(json: Buffer): Learner[] {
  return JSON.parse(json.toString()) as Learner[];
}

/** The same one by one: `take` gets the values of `LEARNER_VALUES`, valid until it returns. */
export function tellEach(
  copy: CourseCopy,
  course: Course,
  numbers: Uint32Array,
  options: TellOptions,
  take: (learner: JsonRecord) => void,
): void {
  const tell = openTeller(copy, course, numbers, options);
  for (let index = 0; index < numbers.length; index += 1) {
    out.clear();
    tell(index);
    take(out.record);
  }
}

/** What tells of each of these learners, by its place among them. */
function openTeller(copy: CourseCopy, course: Course, numbers: Uint32Array, options: TellOptions) {
  const pieces = makePieces(copy, course, options);
  let near = findNear(copy.people, numbers, 0);
  let docs = copy.people.docs(near.first, near.end);
  const [words, base] = near.isAll ? [copy.records(near.first, near.end), near.first] : [copy.allRecords(), 0];
  const record = new Uint32Array(RECORD_WORDS);
  return (index: number): void => {
    const number = numbers[index]!;
    if (number < near.first || number >= near.end) {
      near = findNear(copy.people, numbers, index);
      docs = copy.people.docs(near.first, near.end);
    }
    // a view of each would take longer
    for (let word = 0, at = (number - base) * RECORD_WORDS; word < RECORD_WORDS; word += 1, at += 1)
      record[word] = words[at]!;
    putLearner(pieces, { number, record, doc: docs(number - near.first) });
  };
}

interface Told {
  readonly number: number;
  /** The words of the learner, in the order of `PLACES`. */
  readonly record: Uint32Array;
  readonly doc: Doc;
}

/** What is the same for all learners of a page, as JSON. */
interface Pieces extends TellOptions {
  readonly course: Course;
  readonly modes: readonly Buffer[];
  readonly cohorts: readonly Buffer[];
  readonly lastUpdated: Buffer;
  readonly start: Buffer;
  readonly end: Buffer;
}

function makePieces({ meta }: CourseCopy, course: Course, { lmsUrl }: TellOptions): Pieces {
  const { lastUpdated, range } = course;
  return {
    course,
    lmsUrl,
    modes: quoteNames(meta.modes),
    cohorts: quoteNames(meta.cohorts),
    lastUpdated: Buffer.from(quote(lastUpdated)),
    start: Buffer.from(quote(range.start)),
    end: Buffer.from(quote(range.end)),
  };
}

const NULL = Buffer.from('null');

/** Values in the order of `LEARNER_VALUES`. */
function putLearner(pieces: Pieces, { number, record, doc }: Told): void {
  const { course, modes, cohorts, lmsUrl } = pieces;
  const { numbers } = course;
  const window = rate((metric) => wordOf(record, metric));
  const metrics = numbers === undefined ? window : rate((metric) => numbers.numbers(metric)[number] ?? 0);
  const lastActive = formatDay(wordOf(record, 'last_active'));

  out.begin();
  out.put(pieces.lastUpdated);
  let at = doc.start + 1;
  out.next();
  const start = out.length;
  at = out.putValue(doc.bytes, at, doc.end);
  const account = lmsUrl === null ? NULL : linkAccount(lmsUrl, out.read(start));
  at = putProfile(doc, at, NAMES);
  out.next();
  out.put(account);
  out.next();
  out.put(modes[wordOf(record, 'mode')] ?? NULL);
  out.next();
  out.putAscii(quote(formatInstant(wordOf(record, 'enrolled_low'), wordOf(record, 'enrolled_high'))));
  out.next();
  out.put(cohorts[wordOf(record, 'cohort')] ?? NULL);
  putSegments({ course, record, window, lastActive });
  out.next();
  out.putAscii(quote(lastActive));
  at = putProfile(doc, at, PROFILE_FIELDS.length);
  if (at !== doc.end) throw new Error('a profile of a local copy is damaged');
  out.next();
  out.put(pieces.start);
  out.next();
  out.put(pieces.end);
  putMetrics(metrics);
  putLevels(metrics, course.distributions);
  out.end();
}

/** What is known of a person by name, besides the username. */
const NAMES = PERSON_FIELDS.length - PROFILE_FIELDS.length - 1;

/** The next `count` values of a profile, from `start` on; gives where the next begins. */
function putProfile({ bytes, end }: Doc, start: number, count: number): number {
  let at = start;
  for (let index = 0; index < count; index += 1) {
    out.next();
    at = out.putValue(bytes, at, end);
  }
  return at;
}

/** A word without letters that JSON escapes. */
function quote(word: string | null): string {
  return word === null ? 'null' : `"${word}"`;
}

/** @param username as JSON */
function linkAccount(lmsUrl: string, username: Buffer): Buffer {
  const name = encodeURIComponent(JSON.parse(username.toString()) as string);
  return Buffer.from(JSON.stringify(`${lmsUrl}/api/user/v1/accounts/${name}`));
}

const quotedOnce = new WeakMap<readonly string[], readonly Buffer[]>();

/** Names that course staff chose, as JSON, by their numbers from 1 on; 0 is none. */
function quoteNames(names: readonly string[]): readonly Buffer[] {
  let quoted = quotedOnce.get(names);
  if (quoted === undefined) {
    quoted = [NULL, ...names.map((name) => Buffer.from(JSON.stringify(name)))];
    quotedOnce.set(names, quoted);
  }
  return quoted;
}

/** In the order of `METRICS`; the ratio is infinite where attempts led to no completion, and not a number without any. */
type Metrics = readonly number[];

function rate(count: (metric: CountedMetric) => number): Metrics {
  const metrics = COUNTED_METRIC_NAMES.map(count);
  metrics.push(count('problem_attempts') / count('problems_completed'));
  return metrics;
}

function putMetrics(metrics: Metrics): void {
  for (let index = 0; index < metrics.length; index += 1) {
    out.next();
    out.putNumber(metrics[index]!);
  }
}

const QUOTED_LEVELS = Object.fromEntries(LEVELS.map((level) => [level, Buffer.from(quote(level))])) as {
  [level in Level]: Buffer;
};

function putLevels(metrics: Metrics, distributions: Distributions): void {
  const ranges = rangesOf(distributions);
  for (let index = 0; index < metrics.length; index += 1) {
    const level = levelOf(metrics[index]!, ranges[index]!);
    out.next();
    out.put(level === null ? NULL : QUOTED_LEVELS[level]);
  }
}

interface Reason {
  readonly course: Course;
  readonly record: Uint32Array;
  /** The metrics of the current window. */
  readonly window: Metrics;
  readonly lastActive: string | null;
}

/** Why a learner is in a segment: JSON, of ASCII. */
const REASONS: { readonly [segment in Segment]: (reason: Reason) => string } = {
  highly_engaged: ({ window, course }) => JSON.stringify(findLeading(window, course.windowDistributions)),
  disengaging: ({ lastActive }) => `["${lastActive ?? ''}"]`,
  struggling: () => `["${RATIO_METRIC}"]`,
  inactive: ({ lastActive }) => `["${lastActive ?? 'never'}"]`,
  unenrolled: ({ record }) => {
    const day = formatDay(wordOf(record, 'unenrolled_on'));
    return day === null ? '[]' : `["${day}"]`;
  },
};

/** The segments by their bits. */
const SEGMENT_LISTS = Array.from({ length: 1 << SEGMENTS.length }, (_, bits) => {
  const segments = nameSegments(bits);
  return { segments, quoted: Buffer.from(JSON.stringify(segments)) };
});

function putSegments(reason: Reason): void {
  const { segments, quoted } = SEGMENT_LISTS[wordOf(reason.record, 'segments')]!;
  out.next();
  out.put(quoted);
  out.next();
  let separator = '{';
  for (const segment of segments) {
    out.putAscii(`${separator}"${segment}":${REASONS[segment](reason)}`);
    separator = ',';
  }
  out.putAscii(segments.length === 0 ? '{}' : '}');
}

function findLeading(metrics: Metrics, distributions: Distributions): string[] {
  const ranges = rangesOf(distributions);
  return LEADING_METRICS.filter((metric) => {
    const index = METRICS.indexOf(metric);
    return metrics[index]! >= (ranges[index]!.high?.[0] ?? Infinity);
  });
}

const cutOnce = new WeakMap<Distributions, readonly Ranges[]>();

/** The ranges of each of `METRICS`. */
function rangesOf(distributions: Distributions): readonly Ranges[] {
  let ranges = cutOnce.get(distributions);
  if (ranges === undefined) {
    ranges = METRICS.map((metric) => cutRanges(distributions[metric].p15, distributions[metric].p85));
    cutOnce.set(distributions, ranges);
  }
  return ranges;
}
