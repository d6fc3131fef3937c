import { ByteWriter } from './byte-writer.ts';

/** A JSON object, and where in it the values at some paths begin and end. */
export interface JsonRecord {
  readonly json: Buffer;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Some values of a record, with what stands before each. Where they begin and end is counted from its beginning. */
export type Passage = JsonRecord;

/** JSON objects that all have the same fields, as bytes. */
export class RecordWriter extends ByteWriter {
  /** What stands before each value and after the last: keys and braces. */
  readonly #joints: readonly Buffer[];
  readonly #starts: number[];
  readonly #ends: number[];
  #begun = 0;
  #field = 0;

  /** @param paths of the values that are not objects, in order, nested ones dotted */
  constructor(size: number, paths: readonly string[]) {
    super(size);
    this.#joints = makeJoints(paths);
    this.#starts = paths.map(() => 0);
    this.#ends = paths.map(() => 0);
  }

  begin(): void {
    this.#begun = this.length;
    this.#field = 0;
    this.put(this.#joints[0]!);
    this.#starts[0] = this.length - this.#begun;
  }

  /** Goes on to the next value. */
  next(): void {
    this.#ends[this.#field] = this.length - this.#begun;
    this.#field += 1;
    this.put(this.#joints[this.#field]!);
    this.#starts[this.#field] = this.length - this.#begun;
  }

  /** The values after the first `count`, up to the latest, for records in which they are the same. */
  copy(count: number): Passage {
    const from = this.#ends[count - 1]!;
    const json = Buffer.from(this.read(this.#begun + from));
    const starts = this.#starts.slice(count, this.#field + 1).map((start) => start - from);
    const ends = [...this.#ends.slice(count, this.#field).map((end) => end - from), json.length];
    return { json, starts, ends };
  }

  /** Writes such values again, as the next ones of another record. */
  repeat({ json, starts, ends }: Passage): void {
    const from = this.length - this.#begun;
    this.#ends[this.#field] = from;
    for (let index = 0; index < starts.length; index += 1) {
      this.#field += 1;
      this.#starts[this.#field] = from + starts[index]!;
      this.#ends[this.#field] = from + ends[index]!;
    }
    this.put(json);
  }

  end(): void {
    this.#ends[this.#field] = this.length - this.#begun;
    this.put(this.#joints[this.#field + 1]!);
  }

  /** The latest record. Valid while nothing more is written. */
  get record(): JsonRecord {
    return { json: this.read(this.#begun), starts: this.#starts, ends: this.#ends };
  }
}

function makeJoints(paths: readonly string[]): Buffer[] {
  const names = paths.map((path) => path.split('.'));
  return [...names, []].map((path, index) => Buffer.from(join(names[index - 1] ?? [], path)));
}

/** From one value to another: what is closed, and the keys of what is opened. Before the first and after the last there is nothing. */
function join(from: readonly string[], to: readonly string[]): string {
  const differs = to.findIndex((name, depth) => name !== from[depth]);
  const shared = differs === -1 ? 0 : differs;
  const closed = '}'.repeat(Math.max(0, from.length - (to.length === 0 ? 0 : shared + 1)));
  const opened = to.slice(shared).map((name) => `"${name}":`);
  return `${closed}${from.length === 0 ? '{' : to.length === 0 ? '' : ','}${opened.join('{')}`;
}
