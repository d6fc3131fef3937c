import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkFile, readWords, writeAll } from './binary-files.ts';
import {
  HistoryFiles,
  MOST_ROWS,
  PARTS_FILE,
  PLACES_FILE,
  type Place,
  partFiles,
  measureRows,
  readEntities,
  readPlace,
} from './history-files.ts';
import { type HistoryEntry, RowWriter } from './history-rows.ts';
import { mergeDays } from './merge-days.ts';
import { type Change, eachFact, readFacts } from './read-facts.ts';

/** More parts than this are made one, but for the first and largest. */
const MOST_PARTS = 8;
/** All is written anew when so many rows per row in use are nobody's any more. */
const WASTE = 0.5;
/** So few rows are always written anew. */
const SMALL = 262_144;
/** Rows in memory at once. */
const FLUSH_ROWS = 1_000_000;

export interface HistoryStep {
  /** Where the files go. */
  readonly folder: string;
  /** Learners. */
  readonly count: number;
  /** Facts by learner, as build-history.ts has the engine write them, in the order of their numbers: of all who did anything, or of those who changed. */
  readonly facts: string;
  /** An earlier history of the course, whose learners stay as they were; null: `facts` is all there is. */
  readonly base: null | {
    readonly folder: string;
    /** The number there of each learner, 32 bits, all bits for none; null: the same. */
    readonly numbers: string | null;
  };
  /** Of a base of so few rows all are written anew. */
  readonly small?: number;
}

/** How much there is to do, in bytes of facts. */
export function measureHistory({ facts, base }: HistoryStep): number {
  return statSync(facts).size + (base === null ? 0 : measureRows(base.folder));
}

/**
 * Makes the files of a history. Needs no engine.
 * @throws Error where the files do not fit together, or the system cannot write
 */
export function writeHistory({ folder, count, facts, base, small = SMALL }: HistoryStep): void {
  const from = base === null ? null : new HistoryFiles(base.folder);
  try {
    const places = new Places(from === null ? new Uint32Array(count * 2) : carryPlaces(from, base, count));
    const kept = from === null ? 0 : chooseKept(from, places, small);
    if (from !== null) for (let part = 0; part < kept; part += 1) share(from.folder, folder, part);
    const out = new PartWriter(folder, kept);
    try {
      const numberOf = numberEntities(folder);
      // in the order of their numbers, so that who reads all of them reads on and on
      let next = 0;
      const carryUntil = (end: number) => {
        if (from === null || kept === from.parts.length) return;
        for (; next < end; next += 1) {
          const place = places.get(next);
          if (place.length > 0 && place.part >= kept) out.put(next, places, (writer) => writer.copy(from.read(place)));
        }
      };
      for (const change of readFacts(facts)) {
        const { number } = change;
        if (number >= count) throw new Error(`there is no learner ${number}`);
        carryUntil(number);
        out.put(number, places, (writer) =>
          writeChange(writer, change, from, { before: places.get(number), numberOf }),
        );
        next = number + 1;
      }
      carryUntil(count);
      const rows = [...(from?.parts.slice(0, kept) ?? []), out.end()];
      writeFileSync(join(folder, PARTS_FILE), JSON.stringify(rows));
      writeFileSync(join(folder, PLACES_FILE), places.words);
    } finally {
      out.close();
    }
  } finally {
    from?.close();
  }
}

/** Where the rows of each learner are. */
class Places {
  readonly #words: Uint32Array;

  /** @param words becomes theirs */
  constructor(words: Uint32Array) {
    this.#words = words;
  }

  get words(): Uint32Array {
    return this.#words;
  }

  get(number: number): Place {
    return readPlace(this.#words, number * 2);
  }

  set(number: number, { part, offset, length }: Place): void {
    if (length > MOST_ROWS) throw new Error(`${length} rows of one learner`);
    this.#words[number * 2] = offset;
    this.#words[number * 2 + 1] = ((part << 24) | length) >>> 0;
  }

  /** Rows of all learners. */
  count(): number {
    let rows = 0;
    for (let at = 1; at < this.#words.length; at += 2) rows += this.#words[at]! & MOST_ROWS;
    return rows;
  }
}

class PartWriter {
  readonly #writer = new RowWriter();
  readonly #part: number;
  readonly #rows: number;
  readonly #entities: number;
  #written = 0;

  constructor(folder: string, part: number) {
    const files = partFiles(folder, part);
    this.#part = part;
    this.#rows = openSync(files.rows, 'w');
    this.#entities = openSync(files.entities, 'w');
  }

  /** Writes the rows of a learner, and tells `places` of them. */
  put(number: number, places: Places, write: (writer: RowWriter) => void): void {
    const before = this.#writer.length;
    write(this.#writer);
    const length = this.#writer.length - before;
    places.set(number, { part: this.#part, offset: this.#written + before, length });
    if (this.#writer.length >= FLUSH_ROWS) this.#flush();
  }

  /** Gives the number of rows. */
  end(): number {
    this.#flush();
    return this.#written;
  }

  close(): void {
    closeSync(this.#rows);
    closeSync(this.#entities);
  }

  #flush(): void {
    const { rows, entities } = this.#writer.take();
    writeAll(this.#rows, rows);
    writeAll(this.#entities, entities);
    this.#written += rows.length;
  }
}

/** The places in another history, under the numbers that learners have now. */
function carryPlaces(from: HistoryFiles, base: HistoryStep['base'], count: number): Uint32Array {
  const old = readWords(join(from.folder, PLACES_FILE));
  const numbers = readNumbers(base, count);
  if (numbers === null) {
    if (from.count !== count) throw new Error(`${from.folder} is about ${from.count} learners, not ${count}`);
    return old;
  }
  const words = new Uint32Array(count * 2);
  for (const [number, before] of numbers.entries()) {
    if (before >= from.count) continue;
    words[number * 2] = old[before * 2] ?? 0;
    words[number * 2 + 1] = old[before * 2 + 1] ?? 0;
  }
  return words;
}

/** The number that each learner had; null where they are the same. */
function readNumbers(base: HistoryStep['base'], count: number): Uint32Array | null {
  const path = base?.numbers;
  if (typeof path !== 'string') return null;
  const numbers = readWords(path);
  if (numbers.length !== count) throw new Error(`${path} is about ${numbers.length} learners, not ${count}`);
  return numbers;
}

/** How many of the first parts stay as they are. */
function chooseKept({ parts }: HistoryFiles, places: Places, small: number): number {
  const all = parts.reduce((sum, rows) => sum + rows, 0);
  if (all <= small || all > (1 + WASTE) * places.count()) return 0;
  return parts.length < MOST_PARTS ? parts.length : 1;
}

function share(from: string, to: string, part: number): void {
  const [old, own] = [partFiles(from, part), partFiles(to, part)];
  linkFile(old.rows, own.rows);
  linkFile(old.entities, own.entities);
}

type Numbers = (hash: number) => number;

/** The numbers of problems and videos by their hashes; 0 for what is none. */
function numberEntities(folder: string): Numbers {
  const numbers = new Map(readEntities(folder).map(([hash], index) => [hash, index + 1]));
  let [last, number] = [0, 0];
  return (hash) => {
    if (hash === last) return number;
    const found = hash === 0 ? 0 : numbers.get(hash);
    if (found === undefined) throw new Error(`no problem or video has the hash ${hash}`);
    [last, number] = [hash, found];
    return number;
  };
}

function writeChange(
  writer: RowWriter,
  change: Change,
  from: HistoryFiles | null,
  { before, numberOf }: { readonly before: Place; readonly numberOf: Numbers },
): void {
  if (change.whole || from === null || before.length === 0) {
    eachFact(change.facts, (kind, hash, day, completed) => writer.add(kind, numberOf(hash), day, 1, completed));
  } else {
    const entries: HistoryEntry[] = [];
    eachFact(change.facts, (kind, hash, day, completed) => {
      entries.push({ kind, entity: numberOf(hash), day, facts: 1, completed });
    });
    mergeDays(writer, from.read(before), entries);
  }
  writer.endLearner();
}
