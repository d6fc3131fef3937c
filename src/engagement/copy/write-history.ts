import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { HistoryFiles, MOST_ROWS, NOBODY, PARTS_FILE, PLACES_FILE, type Place, partFiles } from './history-files.ts';
import { type HistoryEntry, RowWriter, compareEntries, readEntries } from './history-rows.ts';
import { type Change, eachFact, readFacts } from './read-facts.ts';

/** More parts than this are made one, but for the first and largest. */
const MOST_PARTS = 8;
/** All is written anew when so many rows per row in use are nobody's any more. */
const WASTE = 0.5;
/** So few rows are always written anew. */
const SMALL = 262_144;
/** Rows in memory at once. */
const FLUSH_ROWS = 1_000_000;

export interface HistoryStep {
  /** Where the files go. */
  readonly folder: string;
  /** Learners. */
  readonly count: number;
  /** Facts by learner, as build-history.ts has the engine write them, in the order of their numbers: of all who did anything, or of those who changed. */
  readonly facts: string;
  /** An earlier history of the course, whose learners stay as they were; null: `facts` is all there is. */
  readonly base: null | {
    readonly folder: string;
    /** The number there of each learner, 32 bits, all bits for none; null: the same. */
    readonly numbers: string | null;
  };
  /** Of a base of so few rows all are written anew. */
  readonly small?: number;
}

/**
 * Makes the files of a history, all of them on disk. Needs no engine.
 * @throws Error where the files do not fit together, or the system cannot write
 */
export function writeHistory({ folder, count, facts, base, small = SMALL }: HistoryStep): void {
  const from = base === null ? null : new HistoryFiles(base.folder);
  try {
    const numbers = readNumbers(base, count);
    const kept = from === null ? 0 : chooseKept(from, small);
    for (let part = 0; part < kept; part += 1) share(from!.folder, folder, part);
    const out = new PartWriter(folder, kept);
    try {
      const places = new Uint32Array(count * 2);
      const place = (number: number, offset: number, length: number) => {
        if (length > MOST_ROWS) throw new Error(`${length} rows of one learner`);
        places[number * 2] = offset;
        places[number * 2 + 1] = ((kept << 24) | length) >>> 0;
      };
      const changes = readFacts(facts);
      let change = changes.next();
      for (let number = 0; number < count; number += 1) {
        const old = from === null ? -1 : numbers === null ? number : (numbers[number] ?? 0xff_ff_ff_ff);
        const before = from === null || old >= from.count ? NOBODY : from.place(old);
        const begin = out.offset;
        if (change.done !== true && change.value.number === number) {
          writeChange(out.writer, change.value, from, before);
          change = changes.next();
        } else if (before.length > 0 && before.part < kept) {
          places[number * 2] = before.offset;
          places[number * 2 + 1] = ((before.part << 24) | before.length) >>> 0;
          continue;
        } else if (before.length > 0 && from !== null) {
          const { rows, entities } = from.read(before);
          out.writer.copy(rows, entities);
        }
        const length = out.offset - begin;
        if (length > 0) place(number, begin, length);
        out.flushIfMany();
      }
      if (change.done !== true) throw new Error(`there is no learner ${change.value.number}`);
      const rows = out.end();
      writeFileSync(join(folder, PARTS_FILE), JSON.stringify([...(from?.parts.slice(0, kept) ?? []), rows]), {
        flush: true,
      });
      writeFileSync(join(folder, PLACES_FILE), new Uint8Array(places.buffer), { flush: true });
    } finally {
      out.close();
    }
  } finally {
    from?.close();
  }
}

class PartWriter {
  readonly writer = new RowWriter();
  readonly #rows: number;
  readonly #entities: number;
  #written = 0;

  constructor(folder: string, part: number) {
    const files = partFiles(folder, part);
    this.#rows = openSync(files.rows, 'w');
    this.#entities = openSync(files.entities, 'w');
  }

  /** Where the next row goes. */
  get offset(): number {
    return this.#written + this.writer.length;
  }

  flushIfMany(): void {
    if (this.writer.length >= FLUSH_ROWS) this.#flush();
  }

  /** Gives the number of rows. */
  end(): number {
    this.#flush();
    fsyncSync(this.#rows);
    fsyncSync(this.#entities);
    return this.#written;
  }

  close(): void {
    closeSync(this.#rows);
    closeSync(this.#entities);
  }

  #flush(): void {
    const { rows, entities } = this.writer.take();
    writeAll(this.#rows, rows);
    writeAll(this.#entities, entities);
    this.#written += rows.length;
  }
}

function writeAll(file: number, words: Uint32Array): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  for (let at = 0; at < bytes.length; at += writeSync(file, bytes, at));
}

/** The number that each learner had; null where they are the same. */
function readNumbers(base: HistoryStep['base'], count: number): Uint32Array | null {
  const path = base?.numbers;
  if (typeof path !== 'string') return null;
  const { buffer, byteOffset, length } = readFileSync(path);
  if (length !== count * 4) throw new Error(`${path} is about ${length / 4} learners, not ${count}`);
  return new Uint32Array(buffer, byteOffset, count);
}

/** How many of the first parts stay as they are. */
function chooseKept(from: HistoryFiles, small: number): number {
  const all = from.parts.reduce((sum, rows) => sum + rows, 0);
  if (all <= small) return 0;
  let live = 0;
  for (let number = 0; number < from.count; number += 1) live += from.place(number).length;
  if (all > (1 + WASTE) * live) return 0;
  return from.parts.length < MOST_PARTS ? from.parts.length : 1;
}

/** The same file under another name, or a copy where there are no links. */
function share(from: string, to: string, part: number): void {
  const [old, own] = [partFiles(from, part), partFiles(to, part)];
  for (const [source, target] of [
    [old.rows, own.rows],
    [old.entities, own.entities],
  ] as const) {
    try {
      linkSync(source, target);
    } catch {
      copyFileSync(source, target);
    }
  }
}

function writeChange(writer: RowWriter, change: Change, from: HistoryFiles | null, before: Place): void {
  if (change.whole || from === null || before.length === 0) {
    eachFact(change.facts, (kind, entity, day, completed) => writer.add(kind, entity, day, 1, completed));
  } else {
    const entries: HistoryEntry[] = [];
    eachFact(change.facts, (kind, entity, day, completed) => {
      entries.push({ kind, entity, day, facts: 1, completed });
    });
    const days = new Set(entries.map(({ day }) => day));
    const { rows, entities } = from.read(before);
    entries.push(...readEntries(rows, entities).filter(({ day }) => !days.has(day)));
    for (const { kind, entity, day, facts, completed } of entries.toSorted(compareEntries))
      writer.add(kind, entity, day, facts, completed);
  }
  writer.endLearner();
}
