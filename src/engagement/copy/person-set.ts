/** Some of the persons of a course: as a bit per person where that is less, else as a list, and as bits too once they are asked for. */
export class PersonSet {
  readonly size: number;
  readonly #count: number;
  readonly #list: Uint32Array | null;
  #bits: Uint32Array | null = null;

  /**
   * @param found in ascending order; it is copied
   * @param count how many persons there are
   */
  constructor(found: Uint32Array, count: number) {
    this.size = found.length;
    this.#count = count;
    this.#list = found.length > Math.ceil(count / 32) ? null : found.slice();
    // not the list first: memory that nobody used before takes longer than what is done in it
    if (this.#list === null) this.#bits = this.#makeBits(found);
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return (this.#list?.byteLength ?? 0) + (this.#bits?.byteLength ?? 0);
  }

  /** All of them in ascending order. Not to be changed. */
  list(): Uint32Array {
    return this.#list ?? readBits(this.#bits!, this.#bits!, new Uint32Array(this.size));
  }

  /** Those of `found` who are in the set, in the memory of `into`, which may be `found` itself. */
  keep(found: Uint32Array, into: Uint32Array): Uint32Array {
    const bits = this.#allBits();
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
    if (this.#list !== null) return other.keep(this.#list, into);
    return readBits(this.#allBits(), other.#allBits(), into);
  }

  #allBits(): Uint32Array {
    return (this.#bits ??= this.#makeBits(this.list()));
  }

  #makeBits(list: Uint32Array): Uint32Array {
    const bits = new Uint32Array(Math.ceil(this.#count / 32));
    for (let index = 0; index < list.length; index += 1) bits[list[index]! >>> 5]! |= 1 << (list[index]! & 31);
    return bits;
  }
}

/** The persons whose bits are in both, in the memory of `into`. */
function readBits(bits: Uint32Array, others: Uint32Array, into: Uint32Array): Uint32Array {
  let size = 0;
  for (let word = 0; word < bits.length; word += 1) {
    for (let rest = bits[word]! & others[word]!; rest !== 0; rest &= rest - 1) {
      into[size] = word * 32 + (31 - Math.clz32(rest & -rest));
      size += 1;
    }
  }
  return into.subarray(0, size);
}
