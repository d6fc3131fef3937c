/** Memory in pieces of blocks: taken for each piece, it takes longer than what is done in it, and the collector looks at everything more often. */
export class MemoryBlocks {
  readonly #size: number;
  #block = Buffer.alloc(0);
  #end = 0;
  #taken = 0;

  /** @param size of a block in bytes, and of the largest piece */
  constructor(size: number) {
    this.#size = size;
  }

  /** What the blocks take in which pieces were, in bytes. */
  get bytes(): number {
    return this.#taken;
  }

  /** A piece with whatever is in it. A block goes when nobody has a piece of it any more. */
  take(length: number): Buffer<ArrayBuffer> {
    if (this.#end + length > this.#block.length) {
      [this.#block, this.#end] = [Buffer.allocUnsafeSlow(this.#size), 0];
      this.#taken += this.#size;
    }
    this.#end += length;
    return this.#block.subarray(this.#end - length, this.#end);
  }
}
