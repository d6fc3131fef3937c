import { perName } from '../../per-name.ts';
import type { CourseCopy } from './course-copy.ts';
import { PERSON_FIELDS } from './people-files.ts';
import type { Doc } from './people.ts';
import { type Passage, RecordWriter } from './record-writer.ts';
import { PLACES, formatDay, putEnrolled } from './state-records.ts';
import type { Course } from '../course.ts';
import { PROFILE_FIELDS } from '../learner.ts';
import { COUNTED_METRIC_NAMES, LEADING_METRICS, METRICS, RATIO_METRIC } from '../metrics.ts';
import { type Distributions, LEVELS, type Ranges, cutRanges, levelOf } from '../ranges.ts';
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
export const out = new RecordWriter(65_536, LEARNER_VALUES);

export interface TellOptions {
  /** The LMS to whose accounts learners are linked, without a trailing slash; null without. */
  readonly lmsUrl: string | null;
}

/** Somebody to be told of. */
interface Told {
  readonly number: number;
  /** The words of the learner, in the order of `PLACES`. */
  readonly record: Uint32Array;
  readonly doc: Doc;
}

/** What is the same for all learners of a page, as JSON. */
export interface Pieces extends TellOptions {
  readonly course: Course;
  readonly modes: readonly Buffer[];
  readonly cohorts: readonly Buffer[];
  readonly lastUpdated: Buffer;
  readonly start: Buffer;
  readonly end: Buffer;
  /** The engagements of who did nothing, once there was one. */
  idle: Passage | null;
}

/** Made once for a page: what each of its learners is told with. */
export function makePieces({ meta }: CourseCopy, course: Course, { lmsUrl }: TellOptions): Pieces {
  const { lastUpdated, range } = course;
  return {
    course,
    lmsUrl,
    modes: quoteNames(meta.modes),
    cohorts: quoteNames(meta.cohorts),
    lastUpdated: quoteWord(lastUpdated),
    start: quoteWord(range.start),
    end: quoteWord(range.end),
    idle: null,
  };
}

const NULL = Buffer.from('null');

/** Puts a learner as the API tells of them: the values in the order of `LEARNER_VALUES`. */
export function putLearner(pieces: Pieces, { number, record, doc }: Told): void {
  const { course, modes, cohorts, lmsUrl } = pieces;
  const { numbers } = course;
  const window = WINDOW;
  for (let index = 0; index < METRIC_PLACES.length; index += 1) window[index] = record[METRIC_PLACES[index]!]!;
  rate(window);
  const metrics = numbers === undefined ? window : RANGE;
  if (numbers !== undefined) {
    for (const [index, metric] of COUNTED_METRIC_NAMES.entries()) metrics[index] = numbers.numbers(metric)[number] ?? 0;
    rate(metrics);
  }
  const lastActive = formatDay(record[PLACES.last_active]!);

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
  out.put(modes[record[PLACES.mode]!] ?? NULL);
  out.next();
  putEnrolled(out, record);
  out.next();
  out.put(cohorts[record[PLACES.cohort]!] ?? NULL);
  putSegments({ course, record, window, lastActive });
  out.next();
  out.putAscii(quote(lastActive));
  at = putProfile(doc, at, PROFILE_FIELDS.length);
  if (at !== doc.end) throw new Error('a profile of a local copy is damaged');
  // most did nothing in a week
  const isIdle = isNothing(metrics);
  if (isIdle && pieces.idle !== null) out.repeat(pieces.idle);
  else {
    putEngagements(pieces, metrics);
    if (isIdle) pieces.idle = out.copy(ENGAGEMENTS);
  }
  out.end();
}

/** The first of `LEARNER_VALUES` that tells of the range. */
const ENGAGEMENTS = LEARNER_VALUES.indexOf('engagements.date_range.start');

function putEngagements({ course, start, end }: Pieces, metrics: Metrics): void {
  out.next();
  out.put(start);
  out.next();
  out.put(end);
  putMetrics(metrics);
  putLevels(metrics, course.distributions);
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

function quoteWord(word: string): Buffer {
  return Buffer.from(quote(word));
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
type Metrics = Float64Array;

/** The metrics of the learner who is told of, in the same memory each time: of the current window, and of another range. */
const [WINDOW, RANGE] = [new Float64Array(METRICS.length), new Float64Array(METRICS.length)];
const METRIC_PLACES = COUNTED_METRIC_NAMES.map((metric) => PLACES[metric]);
const ATTEMPTS = METRICS.indexOf('problem_attempts');
const COMPLETED = METRICS.indexOf('problems_completed');
const RATIO = METRICS.indexOf(RATIO_METRIC);

/** Adds the ratio to the counts. */
function rate(metrics: Metrics): void {
  metrics[RATIO] = metrics[ATTEMPTS]! / metrics[COMPLETED]!;
}

/** Whether nothing was done. */
function isNothing(metrics: Metrics): boolean {
  for (let index = 0; index < metrics.length; index += 1) if (metrics[index]! > 0) return false;
  return true;
}

function putMetrics(metrics: Metrics): void {
  for (let index = 0; index < metrics.length; index += 1) {
    out.next();
    out.putNumber(metrics[index]!);
  }
}

const QUOTED_LEVELS = perName(LEVELS, quoteWord);

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
    const day = formatDay(record[PLACES.unenrolled_on]!);
    return day === null ? '[]' : `["${day}"]`;
  },
};

/** The segments by their bits. */
const SEGMENT_LISTS = Array.from({ length: 1 << SEGMENTS.length }, (_, bits) => {
  const segments = nameSegments(bits);
  return { segments, quoted: Buffer.from(JSON.stringify(segments)) };
});

const QUOTED_SEGMENTS = perName(SEGMENTS, quoteWord);

function putSegments(reason: Reason): void {
  const { segments, quoted } = SEGMENT_LISTS[reason.record[PLACES.segments]!]!;
  out.next();
  out.put(quoted);
  out.next();
  let separator = '{';
  for (const segment of segments) {
    out.putAscii(separator);
    out.put(QUOTED_SEGMENTS[segment]);
    out.putAscii(':');
    out.putAscii(REASONS[segment](reason));
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
