import { ByteWriter, markBytes } from '../engagement/copy/byte-writer.ts';
import { LEARNER_VALUES } from '../engagement/copy/put-learner.ts';
import type { JsonRecord } from '../engagement/copy/record-writer.ts';
import { LONE_EMPTY_CELL, formatCell, formatRow } from './csv.ts';

const [NULL, QUOTE, ZERO, NINE] = [...Buffer.from('n"09')] as [number, number, number, number];
const [NOTHING, COMMA, END] = ['', ',', '\r\n'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

const LONE = Buffer.from(LONE_EMPTY_CELL);
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Bytes by which the value of a text is not the cell as it is: those that JSON escapes, and what may separate cells. */
const STOPS = markBytes(',;\\');
/** Bytes with which a formula begins, in letters of full width too. */
const FORMULAS = markBytes('=+-@＝');

interface Column {
  /** What stands before its cell. */
  readonly joint: Buffer;
  /** A place in `LEARNER_VALUES`. */
  readonly value: number;
  /** A field of that value. */
  readonly field: string | null;
}

const NOTHING_PARSED = { json: null, start: 0, value: null } as const;

/**
 * Rows of CSV, out of learners as they are told: of a million, most time went into making objects. Cells are those of `formatCell`.
 */
export class LearnerRows {
  readonly #columns: readonly Column[];
  readonly #rows = new ByteWriter(65_536);
  #parsed: { readonly json: Buffer | null; readonly start: number; readonly value: unknown } = NOTHING_PARSED;

  /**
   * @param names of `LEARNER_COLUMNS`; they are the first row
   * @param isMarked whether a byte order mark stands before it
   */
  constructor(names: readonly string[], isMarked = false) {
    this.#columns = names.map(findColumn);
    if (isMarked) this.#rows.put(BYTE_ORDER_MARK);
    this.#rows.put(Buffer.from(formatRow(names)));
  }

  readonly add = ({ json, starts, ends }: JsonRecord): void => {
    const start = this.#rows.length;
    for (const { joint, value, field } of this.#columns) {
      this.#rows.put(joint);
      this.#putCell(json, starts[value] ?? 0, ends[value] ?? 0, field);
    }
    if (this.#columns.length === 1 && this.#rows.length === start) this.#rows.put(LONE);
    this.#rows.put(END);
  };

  /** The rows since it was asked for them. */
  take(): Uint8Array<ArrayBuffer> {
    const rows = new Uint8Array(this.#rows.read());
    this.#rows.clear();
    return rows;
  }

  #putCell(json: Buffer, start: number, end: number, field: string | null): void {
    const first = json[start] ?? 0;
    if (first === NULL) return;
    if (first >= ZERO && first <= NINE) {
      this.#rows.put(json.subarray(start, end));
      return;
    }
    const isPlain = first === QUOTE && FORMULAS[json[start + 1] ?? 0] === 0;
    if (isPlain && this.#rows.putUnless(STOPS, json, start + 1, end - 1)) return;
    const value = this.#parse(json, start, end);
    const told = field === null ? value : (value as Readonly<Record<string, unknown>>)[field];
    if (told !== undefined) this.#rows.put(Buffer.from(formatCell(told)));
  }

  /** A value that is not a cell as it is; those of several columns are one. */
  #parse(json: Buffer, start: number, end: number): unknown {
    if (this.#parsed.json !== json || this.#parsed.start !== start)
      this.#parsed = { json, start, value: JSON.parse(json.toString('utf8', start, end)) };
    return this.#parsed.value;
  }
}

function findColumn(name: string, index: number): Column {
  const joint = index === 0 ? NOTHING : COMMA;
  const values: readonly string[] = LEARNER_VALUES;
  const value = values.indexOf(name);
  if (value !== -1) return { joint, value, field: null };
  const [of = '', field = ''] = name.split('.');
  return { joint, value: values.indexOf(of), field };
}
