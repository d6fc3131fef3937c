import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { SEGMENT, gramsOf, keepListed, readList } from './gram-index.ts';
import type { LoadedFiles } from './loaded-files.ts';
import { PersonSet } from './person-set.ts';
import { PEOPLE_FILES, gramFiles } from './people-files.ts';

/** Of so many found texts each is read by itself to look for a term; for more of them all texts are loaded. */
const FEW = 500;
/** Looking at a text takes as long as so many entries of a list. */
const TEXT_ENTRIES = 20;
/** Of grams the list is worth more, as it serves others who look for the same. */
const GRAM_ENTRIES = 200;
/** So many texts are fetched at once. */
const FETCHED = 64;
/** Bytes of what was found lately that are kept. */
const KEPT_BYTES = 32_000_000;
/** What a term takes besides its letters and who has it, about. */
const TERM_BYTES = 500;

/** Which persons have a term in their text. What is found of a term is kept: names are searched for again, and typed letter by letter. */
export class TextSearch {
  readonly #count: number;
  readonly #keptBytes: number;
  readonly #loaded: LoadedFiles;
  readonly #texts: number;
  /** The lists of each segment of the index. */
  readonly #lists: number[] = [];
  /** Where lists are made shorter: to take memory for each would take longer than that. */
  #work = new Uint32Array();
  /** Where lists are read, and put together: memory that nobody used before takes longer than what is done in it. */
  #listed = Buffer.alloc(0);
  #found = new Uint32Array();
  /** Who has a term, by term; the one used last is the last. */
  readonly #kept = new Map<string, PersonSet>();
  /** What those take. */
  #bytes = 0;

  /** @throws Error where a file is absent */
  constructor(folder: string, count: number, loaded: LoadedFiles, keptBytes = KEPT_BYTES) {
    this.#keptBytes = keptBytes;
    this.#count = count;
    this.#loaded = loaded;
    this.#texts = openSync(join(folder, PEOPLE_FILES.texts), 'r');
    try {
      for (let segment = 0; segment * SEGMENT < count; segment += 1)
        this.#lists.push(openSync(join(folder, gramFiles(segment).lists), 'r'));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Bytes held in memory, apart from files. */
  get bytes(): number {
    return this.#bytes + this.#work.byteLength + this.#listed.byteLength + this.#found.byteLength;
  }

  forget(): void {
    this.#kept.clear();
    this.#bytes = 0;
    this.#work = new Uint32Array();
    this.#listed = Buffer.alloc(0);
    this.#found = new Uint32Array();
  }

  close(): void {
    for (const file of [this.#texts, ...this.#lists]) closeSync(file);
  }

  /** Whose text has all of the folded terms, in ascending order; all of them in one piece. Not to be changed. */
  search(terms: readonly string[]): Uint32Array {
    const likely = terms.map((term) => ({ term, most: this.#kept.get(term)?.size ?? this.#limit(term) }));
    const [first, ...others] = likely.toSorted((a, b) => a.most - b.most);
    if (first === undefined) throw new Error('nothing is searched for');
    const holders = this.#hold(first.term);
    if (this.#work.length < holders.size) this.#work = new Uint32Array(holders.size);
    let found: Uint32Array | null = null;
    for (const { term, most } of others) {
      const size: number = found?.length ?? holders.size;
      if (size === 0) break;
      const bytes = Buffer.from(term);
      const entries = bytes.length <= 3 ? GRAM_ENTRIES : TEXT_ENTRIES;
      const isLong = most > size * entries && !this.#kept.has(term);
      found = isLong ? this.#check(found ?? holders.list(), bytes, this.#work) : this.#keep(found ?? holders, term);
    }
    return found?.slice() ?? holders.list();
  }

  /** How many can have a term at most, about: as long as the shortest list of its grams. */
  #limit(term: string): number {
    const grams = gramsOf(Buffer.from(term));
    let most = 0;
    for (const segment of this.#lists.keys()) {
      const lengths = this.#places(segment, grams)?.map(([start, end]) => end - start) ?? [0];
      most += Math.min(...lengths);
    }
    return most;
  }

  /** Everyone who has the term. */
  #hold(term: string): PersonSet {
    const kept = this.#kept.get(term);
    const holders = kept ?? new PersonSet(this.#find(Buffer.from(term)), this.#count);
    this.#kept.delete(term);
    this.#kept.set(term, holders);
    if (kept === undefined) this.#account(sizeOf(term, holders));
    return holders;
  }

  /** Those of `found` who have the term, in the memory where lists are made shorter. */
  #keep(found: Uint32Array | PersonSet, term: string): Uint32Array {
    const holders = this.#hold(term);
    const sets = found instanceof PersonSet ? [found, holders] : [holders];
    const before = sumBytes(sets);
    const kept = found instanceof PersonSet ? found.both(holders, this.#work) : holders.keep(found, this.#work);
    this.#account(sumBytes(sets) - before);
    return kept;
  }

  /** Notes that more is held, and lets go of the terms that were used longest ago where it is too much; the latest stays. */
  #account(more: number): void {
    this.#bytes += more;
    for (const [term, holders] of this.#kept) {
      if (this.#bytes <= this.#keptBytes || this.#kept.size === 1) return;
      this.#kept.delete(term);
      this.#bytes -= sizeOf(term, holders);
    }
  }

  /** Who has the term, valid until the next is looked for. */
  #find(term: Buffer): Uint32Array {
    const grams = gramsOf(term);
    if (this.#found.length < this.#count) this.#found = new Uint32Array(this.#count);
    let end = 0;
    for (const segment of this.#lists.keys()) end = this.#join(segment, grams, end);
    const found = this.#found.subarray(0, end);
    return term.length <= 3 ? found : this.#check(found, term, found);
  }

  /**
   * Adds those of a segment who have all the grams, but maybe not the most frequent ones, at which to look takes longer than at the
   * texts, to what was found in others, which ends at `start`; gives the new end.
   */
  #join(segment: number, grams: readonly number[], start: number): number {
    const places = this.#places(segment, grams)?.toSorted(([a, b], [c, d]) => b - a - (d - c)) ?? [];
    const base = segment * SEGMENT;
    let end = start;
    for (const [index, [first, last]] of places.entries()) {
      if (index > 0 && (end - start) * TEXT_ENTRIES < last - first) return end;
      const list = this.#read(this.#lists[segment]!, first, last);
      end = index === 0 ? readList(list, base, this.#found, start) : keepListed(list, base, this.#found, start, end);
    }
    return end;
  }

  /** Bytes of a file, valid until the next are read. */
  #read(file: number, start: number, end: number): Uint8Array {
    const length = end - start;
    if (this.#listed.length < length) this.#listed = Buffer.allocUnsafeSlow(length);
    readSync(file, this.#listed, 0, length, start);
    return this.#listed.subarray(0, length);
  }

  /** Where the list of each gram begins and ends; null where one of them has none. */
  #places(segment: number, grams: readonly number[]): Array<readonly [number, number]> | null {
    const files = gramFiles(segment);
    const [known, starts] = [this.#loaded.words(files.grams), this.#loaded.words(files.starts)];
    const places = grams.map((gram) => findGram(known, gram));
    return places.includes(-1) ? null : places.map((place) => [starts[place]!, starts[place + 1]!] as const);
  }

  /** Those of `found` whose text has the term in one piece, in the memory of `into`, which may be `found` itself. */
  #check(found: Uint32Array, term: Uint8Array, into: Uint32Array): Uint32Array {
    const offsets = this.#loaded.floats(PEOPLE_FILES.textOffsets);
    const isLoaded = found.length > FEW || this.#loaded.has(PEOPLE_FILES.texts);
    const all = isLoaded ? this.#loaded.bytesOf(PEOPLE_FILES.texts) : null;
    let count = 0;
    for (let index = 0; index < found.length; index += 1) {
      if (all !== null && index % FETCHED === 0) fetchTexts(all, offsets, found.subarray(index, index + FETCHED));
      const person = found[index]!;
      const [start, end] = [offsets[person]!, offsets[person + 1]!];
      const isHolder =
        all === null
          ? contains(this.#read(this.#texts, start, end), 0, end - start, term)
          : contains(all, start, end, term);
      if (!isHolder) continue;
      into[count] = person;
      count += 1;
    }
    return into.subarray(0, count);
  }
}

/** Bytes that a term and who has it take in memory, about. */
function sizeOf(term: string, holders: PersonSet): number {
  return TERM_BYTES + term.length * 2 + holders.bytes;
}

function sumBytes(sets: readonly PersonSet[]): number {
  return sets.reduce((sum, set) => sum + set.bytes, 0);
}

/** Of what was fetched, so that it is fetched indeed. */
let sum = 0;

/** Looks at the beginning and the end of texts, so that the processor fetches them together: in turns with reading, each is waited for. */
function fetchTexts(texts: Uint8Array, offsets: Float64Array, persons: Uint32Array): void {
  let some = 0;
  for (let index = 0; index < persons.length; index += 1) {
    const person = persons[index]!;
    some ^= texts[offsets[person]!]! ^ texts[offsets[person + 1]! - 1]!;
  }
  sum ^= some;
}

function findGram(grams: Uint32Array, gram: number): number {
  let [low, high] = [0, grams.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = grams[middle]!;
    if (found === gram) return middle;
    if (found < gram) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function contains(texts: Uint8Array, start: number, end: number, term: Uint8Array): boolean {
  const first = term[0];
  for (let at = start; at + term.length <= end; at += 1) {
    if (texts[at] !== first) continue;
    let length = 1;
    while (length < term.length && texts[at + length] === term[length]) length += 1;
    if (length === term.length) return true;
  }
  return false;
}
