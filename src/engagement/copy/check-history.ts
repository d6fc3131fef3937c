import { readFileSync } from 'node:fs';
import { readRecords } from './binary-files.ts';
import { HistoryFiles, readEntities } from './history-files.ts';
import { KINDS, LAST_DAY, MOST, type Rows, completedOf, dayOf, factsOf, isFirstRow, kindOf } from './history-rows.ts';

interface SumsStep {
  /** Of the history. */
  readonly folder: string;
  /** Learners now. */
  readonly count: number;
  /** The number in the history of each of them, 32 bits, all bits for none; null: the same. */
  readonly numbers: string | null;
}

/** Facts, and the sum of their hashes. */
type Sums = readonly [facts: number, hashes: number];

const NOTHING: Sums = [0, 0];
/** Of rows that are not as they are made: nobody has so many facts. */
const UNSOUND: Sums = [0xff_ff_ff_ff, 0xff_ff_ff_ff];
/** Three words. */
const RECORD = 12;

/**
 * What a history tells of each learner, by their numbers now: two words, as SUMS_SQL of history-facts.ts. Needs no engine.
 * @throws Error where the files do not fit together
 */
export function sumHistory({ folder, count, numbers }: SumsStep): Uint32Array {
  const history = new HistoryFiles(folder);
  try {
    const before = numbers === null ? null : readFileSync(numbers);
    const reader = new RowReader(readEntities(folder).map(([hash]) => hash));
    const sums = new Uint32Array(count * 2);
    for (let number = 0; number < count; number += 1) {
      const own = before === null ? number : before.readUInt32LE(number * 4);
      if (own >= history.count) continue;
      const place = history.place(own);
      if (place.length > 0) sums.set(reader.add(history.read(place)) ?? UNSOUND, number * 2);
    }
    return sums;
  } finally {
    history.close();
  }
}

interface CompareStep {
  /** Learners. */
  readonly count: number;
  /** Of a history, by `sumHistory`. */
  readonly told: Uint32Array;
  /** A file of what the facts of all who have any come to, in the order of their numbers: SUMS_SQL as RowBinary, each after the number. */
  readonly sums: string;
  /** Of how many the history may tell wrongly. */
  readonly most: number;
}

/**
 * The learners of whom a history tells other than the facts, or not as rows are made; null where they are more than `most`.
 * @throws Error where the file ends within a learner
 */
export function compareSums({ count, told, sums, most }: CompareStep): number[] | null {
  const expecting = readSums(sums);
  try {
    let next = take(expecting);
    const wrong: number[] = [];
    for (let number = 0; number < count; number += 1) {
      const expected = next?.number === number ? next.sums : NOTHING;
      if (next?.number === number) next = take(expecting);
      if (told[number * 2] === expected[0] && told[number * 2 + 1] === expected[1]) continue;
      wrong.push(number);
      if (wrong.length > most) return null;
    }
    return wrong;
  } finally {
    expecting.return();
  }
}

function take<Item>(items: Iterator<Item, void>): Item | null {
  const { value, done } = items.next();
  return done === true ? null : value;
}

function readSums(
  path: string,
): Generator<{ readonly number: number; readonly sums: Sums; readonly end: number }, void> {
  return readRecords(path, 'learner', (bytes, at) => {
    if (at + RECORD > bytes.length) return null;
    const word = (index: number) => bytes.readUInt32LE(at + index * 4);
    return { number: word(0), sums: [word(1), word(2)] as const, end: at + RECORD };
  });
}

/** Adds up the rows of one learner after the other, and looks whether they are as RowWriter makes them. */
class RowReader {
  readonly #lows: Uint32Array;
  readonly #highs: Uint32Array;
  /** At which learner each problem or video of each kind was met last, and each day: in the rows of days, and in others. */
  readonly #seen: readonly Uint32Array[];
  readonly #listed = new Uint32Array(LAST_DAY + 1);
  readonly #active = new Uint32Array(LAST_DAY + 1);
  #learner = 0;

  constructor(hashes: readonly number[]) {
    const all = [0, ...hashes];
    this.#lows = Uint32Array.from(all, (hash) => (hash % 65_536) << 16);
    this.#highs = Uint32Array.from(all, (hash) => Math.floor(hash / 65_536));
    this.#seen = Object.values(KINDS).map(() => new Uint32Array(all.length));
  }

  /** What the facts come to; null for rows that are not as they should be. Without objects: there may be a hundred million rows. */
  add({ rows, entities }: Rows): Sums | null {
    this.#learner += 1;
    let [all, hashes, days] = [0, 0, 0];
    let [lastKind, lastEntity, lastDay, lastFacts] = [KINDS.day as number, 0, -1, 0];
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[at]!;
      const entity = entities[at]!;
      const kind = kindOf(row);
      const day = dayOf(row);
      const facts = factsOf(row);
      const completed = completedOf(row);
      const isNew = kind !== lastKind || entity !== lastEntity;
      if (kind === KINDS.day) {
        if (lastKind !== KINDS.day || day <= lastDay || facts + completed > 0 || isFirstRow(row)) return null;
        this.#listed[day] = this.#learner;
        days += 1;
      } else {
        const isNext = isNew
          ? this.#isNew(kind, entity) && kind >= lastKind
          : day > lastDay || (day === lastDay && lastFacts === MOST);
        const isSound = facts > 0 && completed <= facts && this.#listed[day] === this.#learner;
        if (isFirstRow(row) !== isNew || !isNext || !isSound) return null;
        if (this.#active[day] !== this.#learner) days -= 1;
        this.#active[day] = this.#learner;
        const low = this.#lows[entity]! | (day << 1);
        const high = (kind << 30) | this.#highs[entity]!;
        all += facts;
        if (facts > completed) hashes = (hashes + Math.imul(facts - completed, hashWords(low, high))) | 0;
        if (completed > 0) hashes = (hashes + Math.imul(completed, hashWords(low | 1, high))) | 0;
      }
      lastKind = kind;
      lastEntity = entity;
      lastDay = day;
      lastFacts = facts;
    }
    // each day of the others was listed, and each that was listed has others
    return days === 0 ? [all >>> 0, hashes >>> 0] : null;
  }

  #isNew(kind: number, entity: number): boolean {
    const seen = this.#seen[kind]!;
    if (entity >= seen.length || seen[entity] === this.#learner) return false;
    seen[entity] = this.#learner;
    return true;
  }
}

/** XXH32 of eight bytes, the lower word first, which the engine knows as well: sums of hashes do not cancel as sums of facts would. */
function hashWords(low: number, high: number): number {
  let hash = round((0x165667b1 + 8) | 0, low);
  hash = round(hash, high);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae3d);
  return hash ^ (hash >>> 16);
}

function round(hash: number, word: number): number {
  const sum = (hash + Math.imul(word, 0xc2b2ae3d)) | 0;
  return Math.imul((sum << 17) | (sum >>> 15), 0x27d4eb2f);
}
