/** Some of the persons of a course: as a list, as a bit per person, or both, whichever was asked for and is not much larger. */
export class PersonSet {
  readonly size: number;
  readonly #count: number;
  #list: Uint32Array | null;
  #bits: Uint32Array | null = null;

  /**
   * @param list in ascending order
   * @param count how many persons there are
   */
  constructor(list: Uint32Array, count: number) {
    this.size = list.length;
    this.#count = count;
    this.#list = list;
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
    const bits = (this.#bits ??= this.#makeBits());
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
    other.#bits ??= other.#makeBits();
    return readBits(this.#bits!, other.#bits, into);
  }

  #makeBits(): Uint32Array {
    const bits = new Uint32Array(Math.ceil(this.#count / 32));
    const list = this.list();
    for (let index = 0; index < list.length; index += 1) bits[list[index]! >>> 5]! |= 1 << (list[index]! & 31);
    if (this.size > bits.length) this.#list = null;
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
