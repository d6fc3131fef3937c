import { isUtf8 } from 'node:buffer';
import { closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWhole, readFully, readNumber, takeBytes } from './binary-files.ts';
import { LoadedFiles } from './loaded-files.ts';
import { PEOPLE_EXPORTS, PEOPLE_FILES } from './people-files.ts';
import type { PersonSet } from './person-set.ts';
import { TextSearch } from './text-search.ts';

/** So many persons are read at once where a search for one has come down to them. */
const BLOCK = 32;
/** Usernames that a search for one by halves comes by every time. */
const PIVOTS = 16_384;
/** What one of them takes in memory, about. */
const PIVOT_BYTES = 240;

const OPENING = 0x5b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A profile: a JSON array of the values of `PERSON_FIELDS`, in UTF-8. */
export interface Doc {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Profiles that were read: of the persons `[first, end)`. */
interface ReadDocs {
  readonly bytes: Buffer<ArrayBuffer>;
  /** Whether they are UTF-8. */
  readonly isValid: boolean;
  readonly first: number;
  readonly end: number;
}

const NOTHING_READ: ReadDocs = { bytes: Buffer.alloc(0), isValid: true, first: 0, end: 0 };

/** The persons of a snapshot, in the order of their usernames: profiles, what is searched, and their order by name. */
export class People {
  readonly count: number;
  readonly #folder: string;
  readonly #docs: number;
  readonly #files: LoadedFiles;
  readonly #texts: TextSearch;
  readonly #pivots = new Map<number, Buffer>();
  /** The profiles that were read last. */
  #read: ReadDocs = NOTHING_READ;

  /** @throws Error where a file is absent, or not as long as it should be */
  constructor(folder: string, count: number) {
    this.count = count;
    this.#folder = folder;
    this.#files = new LoadedFiles(folder);
    this.#texts = new TextSearch(folder, count, this.#files);
    try {
      const length = readNumber(join(folder, PEOPLE_FILES.docOffsets), count, Float64Array);
      this.#docs = openWhole(join(folder, PEOPLE_EXPORTS.docs), length);
    } catch (error) {
      this.#texts.close();
      throw error;
    }
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return this.#files.bytes + this.#texts.bytes + this.#read.bytes.length + this.#pivots.size * PIVOT_BYTES;
  }

  /** Gives the memory back; what is needed again is loaded again. */
  forget(): void {
    this.#files.forget();
    this.#texts.forget();
    this.#pivots.clear();
    this.#read = NOTHING_READ;
  }

  close(): void {
    closeSync(this.#docs);
    this.#texts.close();
  }

  /** How long the profiles of the persons `[first, end)` are; below zero where `end` is before `first`. */
  bytesOf(first: number, end: number): number {
    const offsets = this.#files.floats(PEOPLE_FILES.docOffsets);
    return offsets[end]! - offsets[first]!;
  }

  /** The profiles of the persons `[first, end)`, by their places there; one that is damaged throws. Valid until the next call. */
  docs(first: number, end: number): (place: number) => Doc {
    const offsets = this.#files.floats(PEOPLE_FILES.docOffsets);
    if (first < this.#read.first || end > this.#read.end) this.#readDocs(first, end, offsets);
    const { bytes, isValid } = this.#read;
    const start = offsets[this.#read.first]!;
    return (place) => {
      const doc = { bytes, start: offsets[first + place]! - start, end: offsets[first + place + 1]! - 1 - start };
      if (bytes[doc.start] !== OPENING) throw new Error('a profile of a local copy is damaged');
      return isValid ? doc : repair(doc);
    };
  }

  #readDocs(first: number, end: number, offsets: Float64Array): void {
    const start = offsets[first]!;
    const length = offsets[end]! - start;
    // the same memory each time: a file of a million would leave half a gigabyte of it behind
    const bytes = takeBytes(this.#read.bytes, length);
    // nothing, should it fail
    this.#read = { ...NOTHING_READ, bytes };
    readFully(this.#docs, bytes, length, start);
    this.#read = { bytes, isValid: isUtf8(bytes.subarray(0, length)), first, end };
  }

  /** The number of the person of that username, -1 without. */
  find(username: string): number {
    const wanted = Buffer.from(username);
    let [first, end] = [0, this.count];
    const narrow = (most: number, readName: (person: number) => Buffer) => {
      while (end - first > most) {
        const middle = (first + end) >>> 1;
        if (Buffer.compare(readName(middle), wanted) > 0) end = middle;
        else first = middle;
      }
    };
    narrow(BLOCK, (person) => this.#username(person));
    const [start, doc] = [first, this.docs(first, end)];
    const readName = (person: number) => usernameOf(doc(person - start));
    narrow(1, readName);
    return first < end && readName(first).equals(wanted) ? first : -1;
  }

  /** The place of each person in the order of the names; read anew each time. */
  readNameRanks(): Uint32Array {
    return this.#readRanks(PEOPLE_FILES.nameRanks);
  }

  readEmailRanks(): Uint32Array {
    return this.#readRanks(PEOPLE_FILES.emailRanks);
  }

  #readRanks(name: string): Uint32Array {
    const { buffer, byteOffset } = readFileSync(join(this.#folder, name));
    return new Uint32Array(buffer, byteOffset, this.count);
  }

  /** The persons whose text has all of the folded terms. */
  search(terms: readonly string[]): PersonSet {
    return this.#texts.search(terms);
  }

  #username(person: number): Buffer {
    const known = this.#pivots.get(person);
    if (known !== undefined) return known;
    const username = Buffer.from(usernameOf(this.docs(person, person + 1)(0)));
    if (this.#pivots.size < PIVOTS) this.#pivots.set(person, username);
    return username;
  }
}

/** The same with U+FFFD for what is no UTF-8. */
function repair({ bytes, start, end }: Doc): Doc {
  const repaired = Buffer.from(bytes.toString('utf8', start, end));
  return { bytes: repaired, start: 0, end: repaired.length };
}

/** The username of a profile: the first of its values. Valid as long as the profile. */
function usernameOf({ bytes, start, end }: Doc): Buffer {
  const from = start + '["'.length;
  const closing = bytes.indexOf(QUOTE, from);
  if (bytes[from - 1] !== QUOTE || closing === -1 || closing >= end)
    throw new Error('a profile of a local copy is damaged');
  const username = bytes.subarray(from, closing);
  if (!username.includes(BACKSLASH)) return username;
  const [escaped] = JSON.parse(bytes.toString('utf8', start, end)) as [string];
  return Buffer.from(escaped);
}
