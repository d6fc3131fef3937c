const ZERO = 0x30;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const SPACE = 0x20;
const CLOSING = 0x5d;

/** A table of all bytes, in which those of a text are 1. */
export function markBytes(text: string): Uint8Array {
  const marked = new Uint8Array(256);
  for (const byte of Buffer.from(text)) marked[byte] = 1;
  return marked;
}

/** Bytes of memory that are used again. */
const MOST_KEPT = 1_048_576;

/** The first bytes of texts, numbers and null. */
const VALUE_STARTS = markBytes('"-0123456789n');

/**
 * Text as bytes, put together of pieces without a string of it: of texts in most scripts a string takes twice the bytes, and is
 * encoded in the end.
 */
export class ByteWriter {
  #bytes: Buffer<ArrayBuffer>;
  readonly #size: number;
  #length = 0;

  /** @param size in bytes; where it is not enough, it grows */
  constructor(size: number) {
    this.#size = size;
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  get length(): number {
    return this.#length;
  }

  /** Begins again, in the same memory, unless it became much. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > MOST_KEPT) this.#bytes = Buffer.allocUnsafeSlow(this.#size);
  }

  /** What was written from `start` on. Valid while nothing more is. */
  read(start = 0): Buffer<ArrayBuffer> {
    return this.#bytes.subarray(start, this.#length);
  }

  put(piece: Uint8Array): void {
    this.#reserve(piece.length);
    this.#bytes.set(piece, this.#length);
    this.#length += piece.length;
  }

  /** A short text in ASCII. */
  putAscii(text: string): void {
    this.#reserve(text.length);
    const bytes: Uint8Array = this.#bytes;
    let to = this.#length;
    for (let index = 0; index < text.length; index += 1, to += 1) bytes[to] = text.charCodeAt(index);
    this.#length = to;
  }

  /** A number as JSON; what is none becomes null. */
  putNumber(number: number): void {
    // most are digits
    if (number >= 0 && number <= 9 && Number.isInteger(number)) {
      this.#reserve(1);
      this.#bytes[this.#length] = ZERO + number;
      this.#length += 1;
    } else this.putAscii(JSON.stringify(number));
  }

  /**
   * A value of a JSON array in which none is an array or an object.
   * @param from where it begins
   * @param end where the array does
   * @returns where the next begins, or `end` after the last
   * @throws Error where there is none
   */
  putValue(array: Uint8Array, from: number, end: number): number {
    if (VALUE_STARTS[array[from] ?? 0] === 0) throw new Error('a value is damaged');
    this.#reserve(end - from);
    const bytes: Uint8Array = this.#bytes;
    let at = from;
    let to = this.#length;
    let byte = array[at]!;
    if (byte === QUOTE) {
      do {
        bytes[to] = byte;
        at += 1;
        to += 1;
        if (byte === BACKSLASH) {
          bytes[to] = array[at]!;
          at += 1;
          to += 1;
        }
        byte = array[at]!;
      } while (byte !== QUOTE && at < end);
    }
    while (byte !== COMMA && byte !== CLOSING && at < end) {
      bytes[to] = byte;
      at += 1;
      to += 1;
      byte = array[at]!;
    }
    this.#length = to;
    do at += 1;
    while (array[at] === SPACE);
    return at;
  }

  /** Puts `[start, end)` of other bytes, unless one of them is marked in `stops`, by its value. Whether it was put. */
  putUnless(stops: Uint8Array, source: Uint8Array, start: number, end: number): boolean {
    this.#reserve(end - start);
    const bytes: Uint8Array = this.#bytes;
    let to = this.#length;
    for (let at = start; at < end; at += 1, to += 1) {
      const byte = source[at]!;
      if (stops[byte] !== 0) return false;
      bytes[to] = byte;
    }
    this.#length = to;
    return true;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(2 * (this.#length + more));
    bytes.set(this.read());
    this.#bytes = bytes;
  }
}
