import { closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, isOfSystem } from '../../errors.ts';
import { keepLatest } from '../../keep-latest.ts';
import { COUNTED_METRIC_NAMES, type CountedMetric } from '../metrics.ts';
import type { RosterOrder } from '../roster-order.ts';
import type { DistributionRow } from '../stored-distributions.ts';
import { CutShort, openWhole, readFully } from './binary-files.ts';
import type { GroupCounts } from './count-groups.ts';
import { History } from './history.ts';
import { KeptLearners } from './kept-learners.ts';
import { LearnerOrder } from './learner-order.ts';
import type { People } from './people.ts';
import type { PersonSet } from './person-set.ts';
import { PLACES, RECORD_BYTES, RECORD_WORDS, STATE_FILE, type StateWord } from './state-records.ts';

export const META_FILE = 'meta.json';

/** What is known of a copy without opening its other files. */
export interface CopyMeta {
  readonly count: number;
  /** Names of the course in the order of their numbers, which begin at 1. */
  readonly cohorts: readonly string[];
  readonly modes: readonly string[];
  readonly groups: GroupCounts;
  /** Name of the folder of its persons. */
  readonly people: string;
  /** Where the ranges of its window lie. */
  readonly ranges: readonly DistributionRow[];
  /** The same where the engine tells records in the same way: a hash. */
  readonly source: string;
  /** CRC-32 of the records. */
  readonly checksum: number;
}

/** @throws Error where there is none, or it is damaged */
export function readMeta(folder: string): CopyMeta {
  return JSON.parse(readFileSync(join(folder, META_FILE), 'utf8')) as CopyMeta;
}

/** A column per counted metric, of the window or of another range. */
export type Numbers = (metric: CountedMetric) => Uint32Array;

/** So many selections are remembered. */
const SELECTIONS = 16;
const BLOCK_RECORDS = 65_536;

let opened = 0;

/** The learners of one published snapshot as local files, numbered in the order of their usernames. Never changes. */
export class CourseCopy {
  /** Tells it from all that were opened before, of the same snapshot too: what is made again after somebody was forgotten tells less. */
  readonly serial: number;
  readonly meta: CopyMeta;
  readonly people: People;
  readonly history: History;
  readonly kept: KeptLearners;
  /** The open file of what the snapshot says of learners. */
  readonly #stateFile: number;
  /** Its words, while they are in memory. */
  #state: Uint32Array | null = null;
  readonly #columns = new Map<StateWord, Uint32Array>();
  readonly #orders = new Map<RosterOrder, LearnerOrder>();
  /** What filters found lately, by filter. */
  readonly #selections = new Map<string, PersonSet | null>();
  #users = 0;
  #closing = false;
  #isDoubtful = false;

  /** @throws Error where a file is absent or has another length */
  constructor(folder: string, meta: CopyMeta, people: People) {
    opened += 1;
    this.serial = opened;
    this.meta = meta;
    this.people = people;
    this.history = new History(folder, meta.count);
    this.kept = new KeptLearners(meta.count);
    try {
      this.#stateFile = openWhole(join(folder, STATE_FILE), meta.count * RECORD_BYTES);
    } catch (error) {
      this.history.close();
      throw error;
    }
  }

  /** Bytes held in memory. */
  get bytes(): number {
    let bytes = this.people.bytes + this.history.bytes + this.kept.bytes + (this.#state?.byteLength ?? 0);
    for (const column of this.#columns.values()) bytes += column.byteLength;
    for (const order of this.#orders.values()) bytes += order.bytes;
    for (const selection of this.#selections.values()) bytes += selection?.bytes ?? 0;
    return bytes;
  }

  forget(): void {
    this.#state = null;
    this.#columns.clear();
    this.#orders.clear();
    this.#selections.clear();
    this.kept.forget();
    this.people.forget();
    this.history.forget();
  }

  /** Keeps the files open for as long as the work takes, also when nobody else wants the copy any more. */
  async use<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    this.retain();
    try {
      return await work();
    } catch (error) {
      throw this.doubt(error);
    } finally {
      this.release();
    }
  }

  /** Whether something of it could not be read, and it is opened anew for the next question. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Takes note of what failed as it was read; gives what to throw. */
  doubt(error: unknown): unknown {
    if (error instanceof AppError) return error;
    this.#isDoubtful = true;
    // what is there and says nothing that can be is there the next time as well
    if (!isOfSystem(error) && !(error instanceof CutShort)) return error;
    return new AppError('store_unavailable', 'A local copy could not be read. Ask again: it is opened anew, or made.', {
      cause: error,
    });
  }

  retain(): void {
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
    this.#closeIfDone();
  }

  /** Closes the files when nobody uses them any more. */
  close(): void {
    this.#closing = true;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (!this.#closing || this.#users > 0) return;
    this.#closing = false;
    closeSync(this.#stateFile);
    this.people.close();
    this.history.close();
  }

  /** The words of the learners `[first, end)`, of each in the order of `PLACES`. */
  records(first: number, end: number): Uint32Array {
    if (this.#state !== null) return this.#state.subarray(first * RECORD_WORDS, end * RECORD_WORDS);
    const words = new Uint32Array((end - first) * RECORD_WORDS);
    readFully(this.#stateFile, words, words.byteLength, first * RECORD_BYTES);
    return words;
  }

  /** The same of all learners, from now on in memory: for a page of learners far from each other, to read them took a quarter of the time. */
  allRecords(): Uint32Array {
    this.#state ??= this.records(0, this.meta.count);
    return this.#state;
  }

  /** One word of every learner. */
  column(name: StateWord): Uint32Array {
    return remember(this.#columns, name, () => this.#pick(name));
  }

  #pick(name: StateWord): Uint32Array {
    const place = PLACES[name];
    const column = new Uint32Array(this.meta.count);
    for (let start = 0; start < column.length; start += BLOCK_RECORDS) {
      const records = Math.min(BLOCK_RECORDS, column.length - start);
      const words = this.records(start, start + records);
      for (let record = 0, at = place; record < records; record += 1, at += RECORD_WORDS)
        column[start + record] = words[at]!;
    }
    return column;
  }

  readonly numbers: Numbers = (metric) => this.column(metric);

  /** All learners in an order by the current window's numbers. */
  ordered(orderBy: RosterOrder): LearnerOrder {
    return remember(this.#orders, orderBy, () => this.sort(orderBy, (metric) => this.#pick(metric)));
  }

  /** All learners in an order, by these numbers. */
  sort(orderBy: RosterOrder, numbers: Numbers): LearnerOrder {
    return new LearnerOrder(this.meta.count, this.#keys(orderBy, numbers));
  }

  /** The keys of an order; usernames need none. What is absent is last. */
  #keys(orderBy: RosterOrder, numbers: Numbers): Uint32Array[] {
    if (isCounted(orderBy)) return [numbers(orderBy)];
    const keys: { readonly [order in Exclude<RosterOrder, CountedMetric>]: () => Uint32Array[] } = {
      // learners are numbered by it
      username: () => [],
      name: () => [this.people.readNameRanks()],
      email: () => [this.people.readEmailRanks()],
      cohort: () => [noneLast(this.#pick('cohort'))],
      enrollment_mode: () => [noneLast(this.#pick('mode'))],
      enrollment_date: () => [this.#pick('enrolled_high'), this.#pick('enrolled_low')],
      last_active: () => [this.#pick('last_active')],
      attempt_ratio_order: () => [ratioOrder(numbers)],
      // of equal ratios who needed more attempts is before the others
      problem_attempts_per_completed: () => [...ratio(numbers), ratioOrder(numbers).map((order) => ~order)],
    };
    return keys[orderBy]();
  }

  /** What a filter finds, remembered for its other pages. */
  selection(filter: string, find: () => PersonSet | null): PersonSet | null {
    let found = this.#selections.get(filter);
    if (found === undefined) found = find();
    keepLatest(this.#selections, filter, found, SELECTIONS);
    return found;
  }
}

function remember<Name, Value>(known: Map<Name, Value>, name: Name, make: () => Value): Value {
  const found = known.get(name) ?? make();
  known.set(name, found);
  return found;
}

function isCounted(orderBy: RosterOrder): orderBy is CountedMetric {
  return (COUNTED_METRIC_NAMES as readonly string[]).includes(orderBy);
}

/** Numbers of names with those of no name at the end. */
function noneLast(column: Uint32Array): Uint32Array {
  return column.map((number) => number - 1);
}

/** Attempts per completed problem, as two columns whose order is that of the floats; where nothing was completed, the highest. */
function ratio(numbers: Numbers): [Uint32Array, Uint32Array] {
  const [attempts, completed] = [numbers('problem_attempts'), numbers('problems_completed')];
  const [high, low] = [new Uint32Array(attempts.length), new Uint32Array(attempts.length)];
  const float = new Float64Array(1);
  const words = new Uint32Array(float.buffer);
  for (let learner = 0; learner < attempts.length; learner += 1) {
    float[0] = attempts[learner]! / completed[learner]!;
    const none = completed[learner] === 0;
    high[learner] = none ? 0xff_ff_ff_ff : words[1]!;
    low[learner] = none ? 0xff_ff_ff_ff : words[0]!;
  }
  return [high, low];
}

/** Attempts, negative where none led to completion, moved up so that none is below zero. */
function ratioOrder(numbers: Numbers): Uint32Array {
  const [attempts, completed] = [numbers('problem_attempts'), numbers('problems_completed')];
  return attempts.map((count, learner) => (completed[learner] === 0 ? 0x80_00_00_00 - count : 0x80_00_00_00 + count));
}
