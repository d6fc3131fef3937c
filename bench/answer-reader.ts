/** What is told of an HTTP answer whose body was read over. */
export interface AnswerHead {
  readonly status: number;
  readonly etag: string | null;
  /** Of the body. */
  readonly bytes: number;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * Reads HTTP/1.1 answers off a connection and passes over their bodies, without the cost of a client that one could use
 * for anything else: of two cores, what asks must leave as much as it can to what answers.
 */
export class AnswerReader {
  readonly #onAnswer: (answer: AnswerHead) => void;
  #kept: Buffer = NOTHING;
  #state: 'head' | 'body' | 'size' | 'chunk' = 'head';
  /** Bytes of the body, or of the chunk and its line end, that are still to come. */
  #left = 0;
  #status = 0;
  #etag: string | null = null;
  #bytes = 0;

  constructor(onAnswer: (answer: AnswerHead) => void) {
    this.#onAnswer = onAnswer;
  }

  read(arrived: Buffer): void {
    let data = this.#kept.length === 0 ? arrived : Buffer.concat([this.#kept, arrived]);
    this.#kept = NOTHING;
    while (data.length > 0) {
      const used = this.#step(data);
      if (used === 0) {
        this.#kept = data;
        return;
      }
      data = data.subarray(used);
    }
  }

  /** Takes what it can from the beginning and answers how much that was; 0: more has to arrive first. */
  #step(data: Buffer): number {
    if (this.#state === 'head') return this.#readHead(data);
    if (this.#state === 'size') return this.#readSize(data);
    const used = Math.min(this.#left, data.length);
    this.#left -= used;
    if (this.#left === 0 && this.#state === 'body') this.#finish();
    else if (this.#left === 0) this.#state = 'size';
    return used;
  }

  #readHead(data: Buffer): number {
    const end = data.indexOf(END_OF_HEAD);
    if (end === -1) return 0;
    const head = data.toString('latin1', 0, end + 2);
    this.#status = Number(head.slice(9, 12));
    this.#etag = /\r\netag: (.*)\r\n/i.exec(head)?.[1] ?? null;
    this.#bytes = 0;
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
    if (length === undefined && /\r\ntransfer-encoding: chunked\r\n/i.test(head)) {
      this.#state = 'size';
      return end + 4;
    }
    this.#left = this.#status === 304 ? 0 : Number(length ?? 0);
    this.#bytes = this.#left;
    if (this.#left === 0) this.#finish();
    else this.#state = 'body';
    return end + 4;
  }

  #readSize(data: Buffer): number {
    const end = data.indexOf('\r\n');
    if (end === -1) return 0;
    const size = Number.parseInt(data.toString('latin1', 0, end), 16);
    if (size > 0) {
      this.#bytes += size;
      this.#left = size + 2;
      this.#state = 'chunk';
      return end + 2;
    }
    // the empty line after the last chunk
    if (data.length < end + 4) return 0;
    this.#finish();
    return end + 4;
  }

  #finish(): void {
    this.#state = 'head';
    this.#onAnswer({ status: this.#status, etag: this.#etag, bytes: this.#bytes });
  }
}
