/**
 * What a learner did, as rows of 32 bits: one per active day, then one per problem, video or discussion and day. The rows of one
 * problem or video follow each other in the order of the days, so that how many different ones lie in any range of days is counted
 * in one pass. From the highest bit: 15 of the day since 1970, 2 of the kind, 1 that is set at the first row of a problem or video,
 * 7 of the facts, 7 of those that completed a problem. More than fit are in a further row of the same day.
 */
export const KINDS = { day: 0, problem: 1, video: 2, discussion: 3 } as const;

const FIRST = 1 << 14;
const KIND_BITS = 3 << 15;
/** Facts in one row. */
export const MOST = 127;
export const LAST_DAY = 32_767;
/**
 * Rows that are kept of one learner: those of the latest days, each day as a whole. It takes 700 problems and videos on every day of a
 * year to have more, which a program does that is logged in; whoever looks at its timeline has all of them in memory.
 */
const KEPT_ROWS = 262_144;

/** Facts of one kind, of one problem or video, on one day. */
export interface HistoryEntry {
  readonly kind: number;
  /** Number of the problem or video in the course; 0 for discussions. */
  readonly entity: number;
  /** Days since 1970. */
  readonly day: number;
  readonly facts: number;
  /** How many of the facts completed the problem. */
  readonly completed: number;
}

/** Rows, and what problem or video each is about. */
export interface Rows {
  readonly rows: Uint32Array;
  readonly entities: Uint32Array;
}

/** Order of entries within a learner. */
export function compareEntries(a: HistoryEntry, b: HistoryEntry): number {
  return a.kind - b.kind || a.entity - b.entity || a.day - b.day;
}

// What the bits of a row say.
/** One of `KINDS`. */
export const kindOf = (row: number): number => (row >>> 15) & 3;
/** Days since 1970. */
export const dayOf = (row: number): number => row >>> 17;
/** Whether it is the first of its problem or video, or of the discussions. */
export const isFirstRow = (row: number): boolean => (row & FIRST) !== 0;
/** How many facts of the day it stands for, at most `MOST`. */
export const factsOf = (row: number): number => (row >>> 7) & MOST;
/** How many of these facts completed the problem. */
export const completedOf = (row: number): number => row & MOST;

/** The entries of a learner's rows, in order. */
export function readEntries({ rows, entities }: Rows): HistoryEntry[] {
  const entries: Array<{ -readonly [key in keyof HistoryEntry]: HistoryEntry[key] }> = [];
  for (const [at, row] of rows.entries()) {
    const kind = kindOf(row);
    if (kind === KINDS.day) continue;
    const [day, entity, facts, completed] = [dayOf(row), entities[at] ?? 0, factsOf(row), completedOf(row)];
    const last = entries.at(-1);
    if (last?.kind === kind && last.entity === entity && last.day === day) {
      last.facts += facts;
      last.completed += completed;
    } else entries.push({ kind, entity, day, facts, completed });
  }
  return entries;
}

/** Makes rows of facts that come learner by learner, in the order of `compareEntries`. */
export class RowWriter {
  #rows = new Uint32Array(1024);
  #entities = new Uint32Array(1024);
  #length = 0;
  /** Where the rows of the learner begin. */
  #start = 0;
  #first = true;
  #kind = 0;
  #entity = 0;
  #day = -1;
  #facts = 0;
  #completed = 0;
  readonly #seen = new Uint8Array(LAST_DAY + 1);
  readonly #days: number[] = [];
  readonly #kept: number;

  constructor(kept = KEPT_ROWS) {
    this.#kept = kept;
  }

  /** How many rows there are since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** @throws RangeError for a day after 2059 */
  add(kind: number, entity: number, day: number, facts: number, completed: number): void {
    if (kind === this.#kind && entity === this.#entity) {
      if (day === this.#day) {
        this.#facts += facts;
        this.#completed += completed;
        return;
      }
      this.#flush();
    } else {
      this.#flush();
      this.#first = true;
      this.#kind = kind;
      this.#entity = entity;
    }
    if (day > LAST_DAY) throw new RangeError(`day ${day} is too late`);
    this.#day = day;
    this.#facts = facts;
    this.#completed = completed;
    this.#noteDay(day);
  }

  /** A row of a problem or video of which nothing else is added, as it was but for whether it is the first. */
  keep(row: number, entity: number, isFirst: boolean): void {
    this.#flush();
    // what is added next is another one
    this.#kind = 0;
    this.#push(isFirst ? row | FIRST : row & ~FIRST, entity);
    this.#noteDay(dayOf(row));
  }

  #noteDay(day: number): void {
    if (this.#seen[day] === 1) return;
    this.#seen[day] = 1;
    this.#days.push(day);
  }

  /** Ends the rows of one learner. */
  endLearner(): void {
    this.#flush();
    this.#kind = 0;
    this.#entity = 0;
    const all = this.#days.toSorted((a, b) => a - b);
    for (const day of all) this.#seen[day] = 0;
    this.#days.length = 0;
    const days = this.#length - this.#start + all.length > this.#kept ? this.#keepLatest(all) : all;
    this.#reserve(days.length);
    this.#rows.copyWithin(this.#start + days.length, this.#start, this.#length);
    this.#entities.copyWithin(this.#start + days.length, this.#start, this.#length);
    for (const [index, day] of days.entries()) {
      this.#rows[this.#start + index] = day << 17;
      this.#entities[this.#start + index] = 0;
    }
    this.#length += days.length;
    this.#start = this.#length;
  }

  /** Leaves out the rows of a learner's first days, so that no more stay than are kept; gives the days that stay. */
  #keepLatest(days: readonly number[]): readonly number[] {
    const rowsOf = new Uint32Array(LAST_DAY + 1);
    for (let at = this.#start; at < this.#length; at += 1) rowsOf[this.#rows[at]! >>> 17]! += 1;
    let left = this.#kept;
    const before = days.findLastIndex((day) => {
      left -= rowsOf[day]! + 1;
      return left < 0;
    });
    const first = days[before + 1] ?? LAST_DAY + 1;
    let [to, isFirst] = [this.#start, false];
    for (let at = this.#start; at < this.#length; at += 1) {
      const row = this.#rows[at]!;
      // the first that stays of a problem or video is its first
      isFirst ||= (row & FIRST) !== 0;
      if (row >>> 17 < first) continue;
      this.#rows[to] = isFirst ? row | FIRST : row;
      this.#entities[to] = this.#entities[at]!;
      isFirst = false;
      to += 1;
    }
    this.#length = to;
    return days.slice(before + 1);
  }

  /** Rows as they are elsewhere. */
  copy({ rows, entities }: Rows): void {
    this.#reserve(rows.length);
    this.#rows.set(rows, this.#length);
    this.#entities.set(entities, this.#length);
    this.#length += rows.length;
    this.#start = this.#length;
  }

  /** The rows made so far, and their entities; valid until the next call. */
  take(): Rows {
    const taken = { rows: this.#rows.subarray(0, this.#length), entities: this.#entities.subarray(0, this.#length) };
    this.#length = 0;
    this.#start = 0;
    return taken;
  }

  #flush(): void {
    if (this.#day === -1) return;
    let [facts, completed] = [this.#facts, this.#completed];
    while (facts > 0) {
      const [some, done] = [Math.min(facts, MOST), Math.min(completed, MOST)];
      const first = this.#first ? FIRST : 0;
      this.#push(((this.#day << 17) | (this.#kind << 15) | first | (some << 7) | done) >>> 0, this.#entity);
      this.#first = false;
      facts -= some;
      completed -= done;
    }
    this.#day = -1;
  }

  #push(row: number, entity: number): void {
    if (this.#length === this.#rows.length) this.#reserve(1);
    this.#rows[this.#length] = row;
    this.#entities[this.#length] = entity;
    this.#length += 1;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#rows.length) return;
    const size = Math.max(this.#rows.length * 2, this.#length + more);
    const [rows, entities] = [new Uint32Array(size), new Uint32Array(size)];
    rows.set(this.#rows.subarray(0, this.#length));
    entities.set(this.#entities.subarray(0, this.#length));
    this.#rows = rows;
    this.#entities = entities;
  }
}

/**
 * Counts the rows `[from, to)` of one learner in the days `[start, end)`, since 1970, into place `learner` of the columns of `COUNTED_METRIC_NAMES`. Almost
 * without branches, and in signed numbers of 32 bits: a processor could not guess which rows are within the days, and there may be
 * a hundred million of them.
 */
export function countRows(
  rows: Int32Array,
  from: number,
  to: number,
  [start, end]: readonly [number, number],
  columns: readonly Uint32Array[],
  learner: number,
): void {
  const last = end - 1;
  let at = from;
  let days = 0;
  for (; at < to && (rows[at]! & KIND_BITS) === 0; at += 1) days += isWithin(rows[at]! >>> 17, start, last);
  if (days === 0) return;
  let [attempts, attempted, completed, isCounted, isCompleted] = [0, 0, 0, 0, 0];
  for (; at < to && (rows[at]! & KIND_BITS) === KINDS.problem << 15; at += 1) {
    const row = rows[at]!;
    const same = ((row >>> 14) & 1) - 1;
    const inside = isWithin(row >>> 17, start, last);
    const done = inside & (-(row & MOST) >>> 31);
    isCounted &= same;
    isCompleted &= same;
    attempts = (attempts + ((row >>> 7) & MOST & -inside)) | 0;
    attempted = (attempted + (inside & ~isCounted)) | 0;
    completed = (completed + (done & ~isCompleted)) | 0;
    isCounted |= inside;
    isCompleted |= done;
  }
  let videos = 0;
  isCounted = 0;
  for (; at < to && (rows[at]! & KIND_BITS) === KINDS.video << 15; at += 1) {
    const row = rows[at]!;
    const inside = isWithin(row >>> 17, start, last);
    isCounted &= ((row >>> 14) & 1) - 1;
    videos = (videos + (inside & ~isCounted)) | 0;
    isCounted |= inside;
  }
  let contributions = 0;
  for (; at < to; at += 1) {
    const row = rows[at]!;
    contributions = (contributions + ((row >>> 7) & MOST & -isWithin(row >>> 17, start, last))) | 0;
  }
  columns[0]![learner] = attempts;
  columns[1]![learner] = attempted;
  columns[2]![learner] = completed;
  columns[3]![learner] = videos;
  columns[4]![learner] = contributions;
  columns[5]![learner] = days;
}

/** 1 for a day from `start` to `last`, else 0. */
function isWithin(day: number, start: number, last: number): number {
  return (((day - start) | (last - day)) >>> 31) ^ 1;
}
