import { closeSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openWhole, readFully } from './binary-files.ts';
import type { Rows } from './history-rows.ts';

/** Two words per learner, in the order of their numbers: the first of the rows, then which part has them (8 bits) and how many they are (24). */
export const PLACES_FILE = 'places';
/** How many rows each part has: a JSON array. */
export const PARTS_FILE = 'parts.json';

/** The problems and videos of the course, and topics, which no row is about, in the order of their numbers, which begin at 1: a JSON array. */
export const ENTITIES_FILE = 'entities.json';

/** A problem, video or topic: what it is told apart by, and its id. */
export type Entity = readonly [hash: number, id: string];

/** What `ENTITIES_FILE` has. */
export function readEntities(folder: string): Entity[] {
  return JSON.parse(readFileSync(join(folder, ENTITIES_FILE), 'utf8')) as Entity[];
}

/** How many rows each part has. */
function readParts(folder: string): number[] {
  return JSON.parse(readFileSync(join(folder, PARTS_FILE), 'utf8')) as number[];
}

/** How many rows there are: to read or copy one takes an eighth of what it takes to make one, of eight bytes of facts. */
export function measureRows(folder: string): number {
  return readParts(folder).reduce((sum, part) => sum + part, 0);
}

/** A part of the rows, and the entity of each. Copies of the same course share the files of parts. */
export function partFiles(folder: string, part: number) {
  return { rows: join(folder, `rows-${part}`), entities: join(folder, `entities-${part}`) };
}

/** Rows of one learner. */
export const MOST_ROWS = 2 ** 24 - 1;
/** Words of a file in memory at once. */
const WINDOW = 262_144;
/** Who reads on skips no more than so many, but for a few times. */
const GAP = 1024;
/** Where the rows of a learner are. */
export interface Place {
  readonly part: number;
  readonly offset: number;
  readonly length: number;
}

/** The place that two words tell of. */
export function readPlace(words: Uint32Array, at: number): Place {
  const word = words[at + 1] ?? 0;
  return { part: word >>> 24, offset: words[at] ?? 0, length: word & MOST_ROWS };
}

/** The files of a history, all of them open, for reading from any place of them. */
export class HistoryFiles {
  readonly folder: string;
  /** How many rows each part has. */
  readonly parts: readonly number[];
  readonly count: number;
  readonly #places: WordFile;
  readonly #rows: WordFile[] = [];
  readonly #entities: WordFile[] = [];

  /** @throws Error where a file is absent or has another length */
  constructor(folder: string) {
    this.folder = folder;
    this.parts = readParts(folder);
    this.#places = new WordFile(join(folder, PLACES_FILE));
    this.count = this.#places.length / 2;
    try {
      for (const [part, rows] of this.parts.entries()) {
        const files = partFiles(folder, part);
        this.#rows.push(new WordFile(files.rows, rows));
        this.#entities.push(new WordFile(files.entities, rows));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  place(number: number): Place {
    const at = this.#places.seek(number * 2, 2);
    return readPlace(this.#places.words, at);
  }

  /** Rows of a learner and their entities; valid until the next call. */
  read({ part, offset, length }: Place): Rows {
    const [rows, entities] = [this.#rows[part], this.#entities[part]];
    if (rows === undefined || entities === undefined) throw new Error(`there is no part ${part}`);
    return { rows: rows.read(offset, length), entities: entities.read(offset, length) };
  }

  /** Gives the rows `[from, to)` of `words`, learner by learner, of the learners `[first, last)` who have any. */
  scan(
    first: number,
    last: number,
    take: (learner: number, words: Int32Array, from: number, to: number) => void,
  ): void {
    for (let learner = first; learner < last; learner += 1) {
      const at = this.#places.seek(learner * 2, 2);
      const word = this.#places.words[at + 1]!;
      const length = word & MOST_ROWS;
      if (length === 0) continue;
      const rows = this.#rows[word >>> 24]!;
      const from = rows.seek(this.#places.words[at]!, length);
      take(learner, rows.signed, from, from + length);
    }
  }

  /** Gives the memory back. */
  forget(): void {
    for (const file of this.#all()) file.forget();
  }

  close(): void {
    for (const file of this.#all()) file.close();
  }

  #all(): WordFile[] {
    return [this.#places, ...this.#rows, ...this.#entities];
  }
}

/** A file of 32-bit words, of which the part around what was read last is in memory. */
class WordFile {
  readonly length: number;
  readonly #file: number;
  readonly #path: string;
  /** The same memory for as long as it is enough: a few words each of thousands of learners would take longer to make room for than to read. */
  #words = new Uint32Array(0);
  #signed = new Int32Array(0);
  /** Which words of the file are in memory. */
  #start = 0;
  #held = 0;

  /** @throws Error where it is absent, or has not `length` words */
  constructor(path: string, length?: number) {
    this.#path = path;
    this.length = length ?? statSync(path).size / 4;
    this.#file = openWhole(path, this.length * 4);
  }

  /** What is in memory. */
  get words(): Uint32Array {
    return this.#words;
  }

  /** The same, as signed numbers. */
  get signed(): Int32Array {
    return this.#signed;
  }

  /** Has some words in memory, and tells where in `words` they begin. */
  seek(offset: number, length: number): number {
    const at = offset - this.#start;
    if (at >= 0 && at + length <= this.#held) return at;
    if (offset + length > this.length)
      throw new Error(`${this.#path} has ${this.length} words, not ${offset + length}`);
    // who reads on and on is given larger and larger pieces; two who are near each other by chance are not yet that
    const follows = at >= 0 && at <= this.#held + GAP;
    const ahead = follows ? Math.min(this.#held * 2, WINDOW) : 0;
    const wanted = Math.min(Math.max(length, ahead), this.length - offset);
    if (wanted > this.#words.length) {
      this.#words = new Uint32Array(wanted);
      this.#signed = new Int32Array(this.#words.buffer);
    }
    // nothing, should it fail
    this.#held = 0;
    readFully(this.#file, this.#words, wanted * 4, offset * 4);
    this.#start = offset;
    this.#held = wanted;
    return 0;
  }

  /** Some words; valid until the next call. */
  read(offset: number, length: number): Uint32Array {
    const at = this.seek(offset, length);
    return this.#words.subarray(at, at + length);
  }

  /** Gives the memory back. */
  forget(): void {
    this.#words = new Uint32Array(0);
    this.#signed = new Int32Array(0);
    this.#held = 0;
  }

  close(): void {
    closeSync(this.#file);
  }
}
