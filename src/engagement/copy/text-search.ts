import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { openWhole, readFully, readNumber, takeBytes } from './binary-files.ts';
import { SEGMENT, SOMEWHERE, coverTerm, gramsOf } from './gram-index.ts';
import { GramLists, lengthsOf, type ListPlace } from './gram-lists.ts';
import type { LoadedFiles } from './loaded-files.ts';
import { meetLists, meetPlaces, readPlaces, readTexts, textsOf } from './meet-lists.ts';
import { PersonSet } from './person-set.ts';
import { PEOPLE_FILES } from './people-files.ts';

/** Looking at a text takes as long as so many bytes of lists. */
const TEXT_BYTES = 1000;
/** Bytes of what was found lately that are kept. */
const KEPT_BYTES = 16_000_000;
/** What a term takes besides its letters and who has it, about. */
const TERM_BYTES = 500;

interface Kept {
  readonly holders: PersonSet;
  /** What it was counted with. */
  bytes: number;
}

/** Which persons have a term in their text. What is found of a term is kept: names are searched for again, and typed letter by letter. */
export class TextSearch {
  readonly #count: number;
  readonly #keptBytes: number;
  readonly #loaded: LoadedFiles;
  readonly #texts: number;
  readonly #lists: GramLists;
  /** Where lists are made shorter: to take memory for each would take longer than that. */
  #work = new Uint32Array();
  /** Where a text is read. */
  #text = Buffer.alloc(0);
  /** Where lists are put together: memory that nobody used before takes longer than what is done in it. */
  #found = new Uint32Array();
  /** Where a term may begin in the texts of a segment. */
  #begins = new Uint32Array();
  /** Who has a term, by term; the one used last is the last. */
  readonly #kept = new Map<string, Kept>();
  /** What those take. */
  #bytes = 0;

  /** @throws Error where a file is absent, or not as long as it should be */
  constructor(folder: string, count: number, loaded: LoadedFiles, keptBytes = KEPT_BYTES) {
    this.#keptBytes = keptBytes;
    this.#count = count;
    this.#loaded = loaded;
    const length = readNumber(join(folder, PEOPLE_FILES.textOffsets), count, Float64Array);
    this.#texts = openWhole(join(folder, PEOPLE_FILES.texts), length);
    try {
      this.#lists = new GramLists(folder, count, loaded);
    } catch (error) {
      closeSync(this.#texts);
      throw error;
    }
  }

  /** Bytes held in memory, apart from files. */
  get bytes(): number {
    const working = [this.#work, this.#text, this.#found, this.#begins];
    return working.reduce((sum, { byteLength }) => sum + byteLength, this.#bytes + this.#lists.bytes);
  }

  forget(): void {
    this.#kept.clear();
    this.#bytes = 0;
    this.#work = new Uint32Array();
    this.#lists.forget();
    this.#text = Buffer.alloc(0);
    this.#found = new Uint32Array();
    this.#begins = new Uint32Array();
  }

  close(): void {
    closeSync(this.#texts);
    this.#lists.close();
  }

  /** Whose text has all of the folded terms, each in one piece. */
  search(terms: readonly string[]): PersonSet {
    if (terms.length === 1) return this.#hold(terms[0]!);
    const likely = terms.map((term) => {
      const kept = this.#kept.get(term);
      return kept === undefined ? { term, ...this.#measure(term) } : { term, most: kept.holders.size, bytes: 0 };
    });
    const [first, ...others] = likely.toSorted((a, b) => a.most - b.most);
    if (first === undefined) throw new Error('nothing is searched for');
    const holders = this.#hold(first.term);
    this.#work = atLeast(this.#work, holders.size);
    let found: Uint32Array | null = null;
    for (const { term, bytes } of others) {
      const size: number = found?.length ?? holders.size;
      if (size === 0) break;
      found =
        bytes > size * TEXT_BYTES
          ? this.#check(found ?? holders.list(), Buffer.from(term))
          : this.#keep(found ?? holders, term);
    }
    // it may have been made bits to be held against others
    this.#account(first.term);
    return found === null ? holders : new PersonSet(found, this.#count);
  }

  /** How many can have a term at most, about, and how many bytes of lists tell who has it. */
  #measure(term: string): { readonly most: number; readonly bytes: number } {
    const grams = gramsOf(Buffer.from(term));
    let [most, bytes] = [0, 0];
    for (let segment = 0; segment < this.#lists.segments; segment += 1) {
      const lengths = lengthsOf(this.#lists.find(segment, grams) ?? []);
      most += lengths.length === 0 ? 0 : Math.min(...lengths);
      for (const place of coverTerm(lengths)) bytes += lengths[place]!;
    }
    return { most, bytes };
  }

  /** Everyone who has the term. */
  #hold(term: string): PersonSet {
    const kept = this.#kept.get(term) ?? {
      holders: new PersonSet(this.#find(Buffer.from(term)), this.#count),
      bytes: 0,
    };
    this.#kept.delete(term);
    this.#kept.set(term, kept);
    this.#account(term);
    return kept.holders;
  }

  /** Those of `found` who have the term, in the memory where lists are made shorter. */
  #keep(found: Uint32Array | PersonSet, term: string): Uint32Array {
    const holders = this.#hold(term);
    const kept = found instanceof PersonSet ? found.both(holders, this.#work) : holders.keep(found, this.#work);
    this.#account(term);
    return kept;
  }

  /** Counts what a term takes, and lets go of those that were used longest ago where that is too much; the latest stays. */
  #account(term: string): void {
    const counted = this.#kept.get(term);
    if (counted === undefined) return;
    const bytes = TERM_BYTES + term.length * 2 + counted.holders.bytes;
    this.#bytes += bytes - counted.bytes;
    counted.bytes = bytes;
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.#keptBytes || this.#kept.size === 1) return;
      this.#kept.delete(oldest);
      this.#bytes -= kept.bytes;
    }
  }

  /** Who has the term, valid until the next is looked for. */
  #find(term: Buffer): Uint32Array {
    const grams = gramsOf(term);
    // one more, for whom a person may stand in memory before it is known that they are there already
    this.#found = atLeast(this.#found, this.#count + 1);
    let end = 0;
    for (let segment = 0; segment < this.#lists.segments; segment += 1) {
      const places = this.#lists.find(segment, grams);
      if (places === null) continue;
      if (grams.length > 1) end = this.#join(segment, term, places, end);
      else end = readTexts(grams[0]!, this.#lists.read(segment, places[0]!), segment * SEGMENT, this.#found, end);
    }
    return this.#found.subarray(0, end);
  }

  /**
   * Adds those of a segment who have the term to what was found in others, which ends at `start`; gives the new end. Lists at which to
   * look takes longer than at the texts are left out.
   * @param places of the lists of its grams
   */
  #join(segment: number, term: Buffer, places: readonly ListPlace[], start: number): number {
    const lengths = lengthsOf(places);
    // two at least: a term of one gram has a list of its own
    const [least = 0, next = 0, ...others] = coverTerm(lengths).toSorted((a, b) => lengths[a]! - lengths[b]!);
    this.#begins = atLeast(this.#begins, lengths[least]! / 2);
    const list = (place: number, memory: 0 | 1 = 0) => ({
      list: this.#lists.read(segment, places[place]!, memory),
      place,
    });
    // of a list each text takes two bytes or more
    let isSure = (lengths[least]! / 2) * TEXT_BYTES >= lengths[next]!;
    let count = isSure
      ? meetLists(list(Math.min(least, next)), list(Math.max(least, next), 1), this.#begins)
      : readPlaces(list(least), this.#begins);
    for (const place of others) {
      isSure &&= count * TEXT_BYTES >= lengths[place]!;
      if (!isSure || count === 0) break;
      count = meetPlaces(this.#begins, count, list(place));
    }
    const first = segment * SEGMENT;
    const end = isSure ? textsOf(this.#begins, count, first, this.#found, start) : -1;
    if (end !== -1) return end;
    return textsOf(this.#begins, this.#sift(segment, term, isSure, count), first, this.#found, start);
  }

  /** Keeps of the beginnings one in each text that has the term, looked at as far as they do not say so; gives how many. */
  #sift(segment: number, term: Buffer, isSure: boolean, count: number): number {
    const begins = this.#begins;
    let [kept, last] = [0, -1];
    for (let index = 0; index < count; index += 1) {
      const begin = begins[index]!;
      const text = begin >>> 8;
      if (text === last) continue;
      const isKnown = isSure && (begin & 0xff) !== SOMEWHERE;
      if (!isKnown && !this.#hasTerm(segment * SEGMENT + text, term)) continue;
      begins[kept] = text * 256;
      kept += 1;
      last = text;
    }
    return kept;
  }

  /** Those of `found` whose text has the term in one piece, in the memory where lists are made shorter. */
  #check(found: Uint32Array, term: Buffer): Uint32Array {
    let count = 0;
    for (let index = 0; index < found.length; index += 1) {
      const person = found[index]!;
      if (!this.#hasTerm(person, term)) continue;
      this.#work[count] = person;
      count += 1;
    }
    return this.#work.subarray(0, count);
  }

  #hasTerm(person: number, term: Buffer): boolean {
    const offsets = this.#loaded.floats(PEOPLE_FILES.textOffsets);
    const length = offsets[person + 1]! - offsets[person]!;
    this.#text = takeBytes(this.#text, length);
    readFully(this.#texts, this.#text, length, offsets[person]!);
    return this.#text.subarray(0, length).includes(term);
  }
}

/** The memory, or other where it is too little. */
function atLeast(memory: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  return memory.length < length ? new Uint32Array(length) : memory;
}
