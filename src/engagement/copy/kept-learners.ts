import type { ByteWriter } from './byte-writer.ts';
import { MemoryBlocks } from './memory-blocks.ts';

/** Bytes that are kept of one copy: some ten thousand learners, those of the pages that staff look at. */
const MOST_BYTES = 12_000_000;

/** They lie in blocks of so many bytes, which go all at once. */
const BLOCK = 16_384;

/** Who takes more is not kept. */
const MOST_OF_ONE = BLOCK;

/** Bytes that keeping one takes besides. */
const ENTRY_BYTES = 200;

/** Learners of a copy as they were told, by number: who was looked at twice is looked at again, most often on the same page. */
export class KeptLearners {
  readonly #learners = new Map<number, Buffer>();
  /** A bit for each that was told; to keep all of them takes longer than to tell those anew who are not asked for again. */
  #told: Uint8Array | null = null;
  readonly #count: number;
  #blocks = new MemoryBlocks(BLOCK);
  #said = '';

  /** @param count of the learners of the copy */
  constructor(count: number) {
    this.#count = count;
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return this.#keptBytes + (this.#told?.byteLength ?? 0);
  }

  /** Makes sure that what is kept says this besides what is in the copy, or nothing is. */
  require(said: string): this {
    if (said !== this.#said) this.forget();
    this.#said = said;
    return this;
  }

  get(number: number): Buffer | undefined {
    return this.#learners.get(number);
  }

  /** Keeps one who was told before. Once they are too many, all go: to know the oldest of them would take longer than to tell of them anew. */
  note(number: number, written: ByteWriter, start: number): void {
    this.#told ??= new Uint8Array(Math.ceil(this.#count / 8));
    const [byte, bit] = [number >>> 3, 1 << (number & 7)];
    const told = this.#told[byte]!;
    this.#told[byte] = told | bit;
    if ((told & bit) === 0 || written.length - start > MOST_OF_ONE) return;
    const length = written.length - start;
    if (this.#keptBytes + BLOCK + ENTRY_BYTES > MOST_BYTES) this.forget();
    const json = this.#blocks.take(length);
    json.set(written.read(start));
    this.#learners.set(number, json);
  }

  get #keptBytes(): number {
    return this.#blocks.bytes + this.#learners.size * ENTRY_BYTES;
  }

  forget(): void {
    this.#learners.clear();
    this.#told = null;
    this.#blocks = new MemoryBlocks(BLOCK);
  }
}
