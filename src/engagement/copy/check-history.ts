import { readFileSync } from 'node:fs';
import { readRecords } from './binary-files.ts';
import { HistoryFiles, readEntities } from './history-files.ts';
import { type Rows, eachRow } from './history-rows.ts';

export interface HistoryCheck {
  /** Of the history. */
  readonly folder: string;
  /** Learners now. */
  readonly count: number;
  /** The number in the history of each of them, 32 bits, all bits for none; null: the same. */
  readonly numbers: string | null;
  /** The facts of all who have any, summed up, in the order of their numbers: SUMS_SQL of build-history.ts as RowBinary, each after the number. */
  readonly sums: string;
  /** Of how many it may tell wrongly. */
  readonly most: number;
}

/** Facts, and the sums of the lower and the upper halves of them as 64 bits, each as 32 bits. */
type Sums = readonly [facts: number, low: number, high: number];

const NOTHING: Sums = [0, 0, 0];
/** Four words. */
const RECORD = 16;

/**
 * The learners, by their numbers now, of whom a history tells other than the facts; null where they are more than `most`. Needs no engine.
 * @throws Error where the files do not fit together
 */
export function checkHistory({ folder, count, numbers, sums, most }: HistoryCheck): number[] | null {
  const history = new HistoryFiles(folder);
  try {
    const before = numbers === null ? null : readFileSync(numbers);
    const sum = sumRows(readEntities(folder).map(([hash]) => hash));
    const told = readSums(sums);
    let next = take(told);
    const wrong: number[] = [];
    for (let number = 0; number < count; number += 1) {
      const own = before === null ? number : before.readUInt32LE(number * 4);
      const place = own < history.count ? history.place(own) : null;
      const found = place === null || place.length === 0 ? NOTHING : sum(history.read(place));
      const expected = next?.number === number ? next.sums : NOTHING;
      if (next?.number === number) next = take(told);
      if (found.every((value, index) => value === expected[index])) continue;
      wrong.push(number);
      if (wrong.length > most) return null;
    }
    return wrong;
  } finally {
    history.close();
  }
}

function take<Item>(items: Iterator<Item, void>): Item | null {
  const { value, done } = items.next();
  return done === true ? null : value;
}

function readSums(path: string): Generator<{ readonly number: number; readonly sums: Sums; readonly end: number }> {
  return readRecords(path, 'learner', (bytes, at) => {
    if (at + RECORD > bytes.length) return null;
    const word = (index: number) => bytes.readUInt32LE(at + index * 4);
    return { number: word(0), sums: [word(1), word(2), word(3)] as const, end: at + RECORD };
  });
}

/** What the facts of rows come to, from what each problem and video of the course adds. */
function sumRows(hashes: readonly number[]): (rows: Rows) => Sums {
  const lows = Uint32Array.from([0, ...hashes], (hash) => (hash % 65_536) << 16);
  const highs = Uint32Array.from([0, ...hashes], (hash) => Math.floor(hash / 65_536));
  return ({ rows, entities }) => {
    let [all, low, high] = [0, 0, 0];
    eachRow(rows, (at, kind, day, facts, completed) => {
      const entity = entities[at]!;
      all += facts;
      low = (low + Math.imul(facts, lows[entity]! | (day << 1)) + completed) | 0;
      high = (high + Math.imul(facts, (kind << 30) | highs[entity]!)) | 0;
    });
    return [all >>> 0, low >>> 0, high >>> 0];
  };
}
