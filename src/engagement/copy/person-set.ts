const LAST_BIT = 31;

/** Persons are put together, where that is done, if there are so many to a word or more. */
const PER_WORD = 4;

/** Which of some in an order: `limit` of them after the first `offset`. */
export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/**
 * Some of the persons of a course: as a bit per person where that is less, else as a list; and, once it is held against another set,
 * as bits too, or as those words of them that are not empty: namesakes often have usernames that begin alike, so they are few.
 */
export class PersonSet {
  readonly size: number;
  readonly #count: number;
  readonly #list: Uint32Array | null;
  #bits: Uint32Array | null = null;
  /** Which word of the bits, and that word, in ascending order; null where they are too many; undefined where it was not asked for. */
  #words: Uint32Array | null | undefined;

  /**
   * @param found in ascending order; it is copied
   * @param count how many persons there are
   */
  constructor(found: Uint32Array, count: number) {
    this.size = found.length;
    this.#count = count;
    this.#list = found.length > Math.ceil(count / 32) ? null : found.slice();
    // not the list first: memory that nobody used before takes longer than what is done in it
    if (this.#list === null) this.#bits = makeBits(found, count);
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return (this.#list?.byteLength ?? 0) + (this.#bits?.byteLength ?? 0) + (this.#words?.byteLength ?? 0);
  }

  /** All of them in ascending order, in the memory of `into` where there is no list. Not to be changed. */
  list(into: Uint32Array = new Uint32Array(this.size)): Uint32Array {
    return this.#list ?? readBits(this.#bits!, this.#bits!, into);
  }

  /** `limit` of them after the first `offset`, in ascending order. */
  page({ offset, limit }: Page): Uint32Array {
    if (this.#list !== null) return this.#list.slice(offset, offset + limit);
    const bits = this.#bits!;
    const wanted = Math.min(limit, this.size - offset);
    if (wanted <= 0) return new Uint32Array();
    let [before, word] = [0, 0];
    for (let next = countBits(bits[0]!); next <= offset; next += countBits(bits[word]!)) {
      before = next;
      word += 1;
    }
    const start = offset - before;
    const read = new Uint32Array(start + wanted + LAST_BIT);
    for (let size = 0; size < start + wanted; word += 1) size = readWord(word, bits[word]!, read, size);
    return read.slice(start, start + wanted);
  }

  /** A bit for each of the persons that there are; made anew where they are not held. Not to be changed. */
  bits(): Uint32Array {
    return this.#bits ?? makeBits(this.#list!, this.#count);
  }

  /** Those of `found` who are in the set, in the memory of `into`, which may be `found` itself. */
  keep(found: Uint32Array, into: Uint32Array): Uint32Array {
    const bits = this.#heldBits();
    let size = 0;
    // an iterator would take twice the time
    for (let index = 0; index < found.length; index += 1) {
      const person = found[index]!;
      into[size] = person;
      // a jump could not be foreseen
      size += (bits[person >>> 5]! >>> (person & 31)) & 1;
    }
    return into.subarray(0, size);
  }

  /** Those who are in both sets, in the memory of `into`. */
  both(other: PersonSet, into: Uint32Array): Uint32Array {
    if (this.#list === null) return readBits(this.#heldBits(), other.#heldBits(), into);
    const own = this.#fewWords(this.#list);
    if (own === null) return other.keep(this.#list, into);
    const others = other.#list === null ? null : other.#fewWords(other.#list);
    return others === null ? readWords(own, other.#heldBits(), into) : meetWords(own, others, into);
  }

  #heldBits(): Uint32Array {
    return (this.#bits ??= this.bits());
  }

  #fewWords(list: Uint32Array): Uint32Array | null {
    if (this.#words === undefined) this.#words = collectWords(list);
    return this.#words;
  }
}

/** A bit for each of so many persons: whether they are in the list. */
function makeBits(list: Uint32Array, count: number): Uint32Array {
  const bits = new Uint32Array(Math.ceil(count / 32));
  if (list.length === count) return setAll(bits, count);
  for (let index = 0; index < list.length; index += 1) bits[list[index]! >>> 5]! |= 1 << (list[index]! & 31);
  return bits;
}

function setAll(bits: Uint32Array, count: number): Uint32Array {
  bits.fill(0xff_ff_ff_ff);
  if (count % 32 !== 0) bits[bits.length - 1] = 2 ** (count % 32) - 1;
  return bits;
}

/** The persons whose bits are in both, in the memory of `into`. */
function readBits(bits: Uint32Array, others: Uint32Array, into: Uint32Array): Uint32Array {
  let size = 0;
  for (let word = 0; word < bits.length; word += 1) size = readWord(word, bits[word]! & others[word]!, into, size);
  return into.subarray(0, size);
}

/** The words of the bits of some persons that are not empty; null where they are too many. */
function collectWords(list: Uint32Array): Uint32Array | null {
  let count = 0;
  for (let index = 0, last = -1; index < list.length; index += 1) {
    const word = list[index]! >>> 5;
    if (word !== last) count += 1;
    last = word;
  }
  if (count * PER_WORD > list.length) return null;
  const words = new Uint32Array(2 * count);
  for (let index = 0, at = -2, last = -1; index < list.length; index += 1) {
    const person = list[index]!;
    const word = person >>> 5;
    if (word !== last) {
      at += 2;
      words[at] = word;
      last = word;
    }
    words[at + 1]! |= 1 << (person & 31);
  }
  return words;
}

/** The persons of the words whose bits are set, in the memory of `into`. */
function readWords(words: Uint32Array, bits: Uint32Array, into: Uint32Array): Uint32Array {
  let size = 0;
  for (let at = 0; at < words.length; at += 2) {
    const word = words[at]!;
    size = readWord(word, words[at + 1]! & bits[word]!, into, size);
  }
  return into.subarray(0, size);
}

/** The persons who are in the words of both, in the memory of `into`. */
function meetWords(words: Uint32Array, others: Uint32Array, into: Uint32Array): Uint32Array {
  let size = 0;
  for (let at = 0, other = 0; at < words.length && other < others.length;) {
    const [word, wanted] = [words[at]!, others[other]!];
    if (word === wanted) size = readWord(word, words[at + 1]! & others[other + 1]!, into, size);
    if (word <= wanted) at += 2;
    if (wanted <= word) other += 2;
  }
  return into.subarray(0, size);
}

/** Adds the persons of one word; gives where they end. */
function readWord(word: number, bits: number, into: Uint32Array, start: number): number {
  let size = start;
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    into[size] = word * 32 + (LAST_BIT - Math.clz32(rest & -rest));
    size += 1;
  }
  return size;
}

function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55_55_55_55);
  const fours = (pairs & 0x33_33_33_33) + ((pairs >>> 2) & 0x33_33_33_33);
  return Math.imul((fours + (fours >>> 4)) & 0x0f_0f_0f_0f, 0x01_01_01_01) >>> 24;
}
