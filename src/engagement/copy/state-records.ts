import { perName } from '../../per-name.ts';
import { nameDay } from '../days.ts';
import { COUNTED_METRIC_NAMES } from '../metrics.ts';
import { SEGMENT_BITS } from '../segments.ts';
import { ByteWriter } from './byte-writer.ts';

export const STATE_FILE = 'state';

/** No day. */
export const NO_DAY = 65_535;

/** Added to an instant in microseconds since 1970, so that those before it sort before the others. */
const BIAS = 2n ** 62n;
const DAY_SECONDS = 86_400;

/**
 * What a snapshot says of a learner, apart from the person: 32-bit words in this order, from SQL over `learners`. Those of
 * no cohort, mode or day sort last.
 */
const WORDS = {
  ...perName(COUNTED_METRIC_NAMES, (name) => `toUInt32(${name})`),
  /** `SEGMENT_BITS`, of which the engine gives `unenrolled` alone: the others are judged when all are known. */
  segments: `if(enrolled, toUInt32(0), toUInt32(${SEGMENT_BITS.unenrolled}))`,
  /** Place in the sorted names from 1 on; 0: none. */
  cohort: "toUInt32(transform(ifNull(cohort, ''), {cohorts:Array(String)}, {cohort_numbers:Array(UInt32)}, 0))",
  mode: "toUInt32(transform(ifNull(enrollment_mode, ''), {modes:Array(String)}, {mode_numbers:Array(UInt32)}, 0))",
  /** Two words, the lower first: microseconds and `BIAS`; all bits: not known. */
  enrolled_low: `ifNull(toUInt64(toUnixTimestamp64Micro(enrollment_date) + ${BIAS}), 18446744073709551615)`,
  enrolled_high: null,
  /** Days since 1970, or `NO_DAY`. */
  last_active: `toUInt32(ifNull(toUInt16(last_active), ${NO_DAY}))`,
  unenrolled_on: `toUInt32(ifNull(toUInt16(unenrolled_on), ${NO_DAY}))`,
} as const satisfies Record<string, string | null>;

export type StateWord = keyof typeof WORDS;

const STATE_WORDS = Object.keys(WORDS) as StateWord[];

/** Where each word is in a record. */
export const PLACES: Readonly<Record<StateWord, number>> = perName(STATE_WORDS, (_, place) => place);

/** The words of one learner in a row. */
export const RECORD_WORDS = STATE_WORDS.length;
export const RECORD_BYTES = RECORD_WORDS * 4;

/** The columns of a SELECT from `learners` that gives the records. Takes `nameParams`. */
export const STATE_SQL = Object.values(WORDS)
  .filter((sql) => sql !== null)
  .join(',\n  ');

/** Parameters by which names become numbers. */
export function nameParams(cohorts: readonly string[], modes: readonly string[]) {
  return {
    cohorts: ['', ...cohorts],
    cohort_numbers: [...Array(cohorts.length + 1).keys()],
    modes: ['', ...modes],
    mode_numbers: [...Array(modes.length + 1).keys()],
  };
}

/** The higher word of 1970, and what one more is, in seconds and microseconds. */
const EPOCH_STEPS = Number(BIAS >> 32n);
const [STEP_SECONDS, STEP_MICROS] = [4294, 967_296];

/** Puts an instant as JSON: ISO 8601 with microseconds; null where it is not known. */
export function putInstant(out: ByteWriter, low: number, high: number): void {
  if (high === 0xff_ff_ff_ff) {
    out.putAscii('null');
    return;
  }
  // all of it in one number would be more than a float tells exactly
  const steps = high - EPOCH_STEPS;
  const micros = steps * STEP_MICROS + low;
  const carried = Math.floor(micros / 1e6);
  const seconds = steps * STEP_SECONDS + carried;
  const day = Math.floor(seconds / DAY_SECONDS);
  const second = seconds - day * DAY_SECONDS;
  const fraction = micros - carried * 1e6;
  // piece by piece: a string of all of them would be made for nothing else
  out.putAscii('"');
  out.putAscii(nameDay(day));
  out.putAscii('T');
  out.putAscii(PAIRS[Math.floor(second / 3600)]!);
  out.putAscii(':');
  out.putAscii(PAIRS[Math.floor(second / 60) % 60]!);
  out.putAscii(':');
  out.putAscii(PAIRS[second % 60]!);
  out.putAscii('.');
  out.putAscii(PAIRS[Math.floor(fraction / 10_000)]!);
  out.putAscii(PAIRS[Math.floor(fraction / 100) % 100]!);
  out.putAscii(PAIRS[fraction % 100]!);
  out.putAscii('Z"');
}

/** 00 to 99. */
const PAIRS = Array.from({ length: 100 }, (_, count) => String(count).padStart(2, '0'));

/** Puts when the learner of the record was enrolled. */
export function putEnrolled(out: ByteWriter, record: Uint32Array): void {
  putInstant(out, record[PLACES.enrolled_low]!, record[PLACES.enrolled_high]!);
}

const INSTANT_BYTES = '"2026-11-20T10:00:00.123456Z"'.length;

/** The same as a text. */
export function tellEnrolled(record: Uint32Array): string | null {
  const out = new ByteWriter(INSTANT_BYTES);
  putEnrolled(out, record);
  return JSON.parse(out.read().toString()) as string | null;
}

/** `YYYY-MM-DD` of days since 1970; null for `NO_DAY`. */
export function formatDay(day: number): string | null {
  return day === NO_DAY ? null : nameDay(day);
}
