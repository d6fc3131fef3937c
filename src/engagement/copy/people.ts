import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { SEGMENT, gramsOf, intersect, readList } from './gram-index.ts';
import { PEOPLE_EXPORTS, PEOPLE_FILES, gramFiles } from './people-files.ts';

/** Of so many found texts each is read by itself to look for the terms; for more of them all texts are loaded. */
const FEW = 500;
/** Usernames that a search for one by halves comes by every time. */
const PIVOTS = 4096;

/** The persons of a snapshot, in the order of their usernames: profiles, what is searched, and their order by name. */
export class People {
  readonly count: number;
  readonly #folder: string;
  /** All files that are open. */
  readonly #files: number[] = [];
  readonly #docs: number;
  readonly #texts: number;
  /** The lists of each segment of the index. */
  readonly #lists: number[] = [];
  readonly #pivots = new Map<number, Buffer>();
  /** What was loaded so far, by file. */
  readonly #loaded = new Map<string, Uint32Array | Float64Array | Uint8Array>();
  #bytes = 0;
  /** What was read last of the profiles. */
  #read = Buffer.alloc(0);

  /** @throws Error where a file is absent */
  constructor(folder: string, count: number) {
    this.count = count;
    this.#folder = folder;
    try {
      this.#docs = this.#open(join(folder, PEOPLE_EXPORTS.docs));
      this.#texts = this.#open(join(folder, PEOPLE_FILES.texts));
      for (let segment = 0; segment * SEGMENT < count; segment += 1)
        this.#lists.push(this.#open(gramFiles(folder, segment).lists));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gives the memory back; what is needed again is loaded again. */
  forget(): void {
    this.#loaded.clear();
    this.#bytes = 0;
  }

  close(): void {
    for (const file of this.#files) closeSync(file);
  }

  /** The profiles of the persons `[first, end)`, by their places there: of each the values of `PERSON_FIELDS`. Valid until the next call. */
  docs(first: number, end: number): (place: number) => unknown[] {
    const offsets = this.#floats(PEOPLE_FILES.docOffsets);
    const start = offsets[first]!;
    const length = offsets[end]! - start;
    // the same memory each time: a file of a million would leave half a gigabyte of it behind
    if (this.#read.length < length) this.#read = Buffer.allocUnsafeSlow(length);
    const bytes = this.#read;
    readSync(this.#docs, bytes, 0, length, start);
    return (place) => {
      const [from, to] = [offsets[first + place]!, offsets[first + place + 1]! - 1];
      return JSON.parse(bytes.toString('utf8', from - start, to - start)) as unknown[];
    };
  }

  /** The number of the person of that username, -1 without. */
  find(username: string): number {
    const wanted = Buffer.from(username);
    let [low, high] = [0, this.count - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = Buffer.compare(this.#username(middle), wanted);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  get nameRanks(): Uint32Array {
    return this.#words(join(this.#folder, PEOPLE_FILES.nameRanks));
  }

  get emailRanks(): Uint32Array {
    return this.#words(join(this.#folder, PEOPLE_FILES.emailRanks));
  }

  /** The persons whose text has all of the folded terms, in ascending order. */
  search(terms: readonly string[]): Uint32Array {
    const wanted = terms.map((term) => Buffer.from(term));
    const grams = [...new Set(wanted.flatMap(gramsOf))];
    const areGrams = wanted.every(({ length }) => length <= 3);
    const parts: Uint32Array[] = [];
    for (const [segment, lists] of this.#lists.entries()) {
      const { found, left } = this.#searchSegment(segment, lists, grams);
      parts.push(areGrams && left === 0 ? found : this.#check(found, wanted));
    }
    return concat(parts);
  }

  #open(path: string): number {
    const file = openSync(path, 'r');
    this.#files.push(file);
    return file;
  }

  #username(person: number): Buffer {
    const known = this.#pivots.get(person);
    if (known !== undefined) return known;
    const username = Buffer.from(String(this.docs(person, person + 1)(0)[0]));
    if (this.#pivots.size < PIVOTS) this.#pivots.set(person, username);
    return username;
  }

  /** Those who have all the grams but the most frequent ones that were `left`. */
  #searchSegment(
    segment: number,
    file: number,
    grams: readonly number[],
  ): { readonly found: Uint32Array; readonly left: number } {
    const files = gramFiles(this.#folder, segment);
    const known = this.#words(files.grams);
    const starts = this.#words(files.starts);
    const places = grams.map((gram) => findGram(known, gram));
    if (places.includes(-1)) return { found: new Uint32Array(), left: 0 };
    const [first = [0, 0] as const, ...others] = places
      .map((place) => [starts[place]!, starts[place + 1]!] as const)
      .toSorted(([a, b], [c, d]) => b - a - (d - c));
    let found = readList(read(file, ...first), segment * SEGMENT);
    for (const [index, [start, end]] of others.entries()) {
      // looking at the texts costs less than at a list much longer than what is found
      if (found.length * 20 < end - start) return { found, left: others.length - index };
      found = intersect(found, readList(read(file, start, end), segment * SEGMENT));
    }
    return { found, left: 0 };
  }

  /** Those of `found` whose text has each of the terms in one piece. */
  #check(found: Uint32Array, terms: readonly Buffer[]): Uint32Array {
    if (found.length === 0) return found;
    const offsets = this.#floats(PEOPLE_FILES.textOffsets);
    const all = found.length > FEW ? this.#load(join(this.#folder, PEOPLE_FILES.texts), asBytes) : null;
    const kept = new Uint32Array(found.length);
    let count = 0;
    for (const person of found) {
      const [start, end] = [offsets[person]!, offsets[person + 1]!];
      const text = all ?? read(this.#texts, start, end);
      const [from, to] = all === null ? [0, text.length] : [start, end];
      if (!terms.every((term) => contains(text, from, to, term))) continue;
      kept[count] = person;
      count += 1;
    }
    return kept.subarray(0, count);
  }

  #words(path: string): Uint32Array {
    return this.#load(path, (bytes) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  }

  #floats(name: string): Float64Array {
    return this.#load(
      join(this.#folder, name),
      (bytes) => new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8),
    );
  }

  #load<Data extends Uint32Array | Float64Array | Uint8Array>(path: string, view: (bytes: Uint8Array) => Data): Data {
    const loaded = this.#loaded.get(path);
    if (loaded !== undefined) return loaded as Data;
    const data = view(readFileSync(path));
    this.#loaded.set(path, data);
    this.#bytes += data.byteLength;
    return data;
  }
}

function asBytes(bytes: Uint8Array): Uint8Array {
  return bytes;
}

function read(file: number, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start);
  readSync(file, bytes, 0, bytes.length, start);
  return bytes;
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

function concat(parts: readonly Uint32Array[]): Uint32Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const all = new Uint32Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
