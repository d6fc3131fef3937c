import { closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openWhole, readFully, readNumber, takeBytes } from './binary-files.ts';
import { SEGMENT } from './gram-index.ts';
import type { LoadedFiles } from './loaded-files.ts';
import { gramFiles } from './people-files.ts';

/** Where a list begins and ends in the file of its segment. */
export type ListPlace = readonly [start: number, end: number];

/** The lists of an index of grams, in its open files. */
export class GramLists {
  readonly #loaded: LoadedFiles;
  /** Of each segment. */
  readonly #files: number[] = [];
  /** Where lists are read, two at a time: memory that nobody used before takes longer than what is done in it. */
  readonly #memory = [Buffer.alloc(0), Buffer.alloc(0)];

  /** @throws Error where a file is absent, or not as long as it should be */
  constructor(folder: string, count: number, loaded: LoadedFiles) {
    this.#loaded = loaded;
    try {
      for (let segment = 0; segment * SEGMENT < count; segment += 1) {
        const { grams, starts, lists } = gramFiles(segment);
        const known = statSync(join(folder, grams)).size / Uint32Array.BYTES_PER_ELEMENT;
        const length = readNumber(join(folder, starts), known, Uint32Array);
        this.#files.push(openWhole(join(folder, lists), length));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get segments(): number {
    return this.#files.length;
  }

  /** Bytes held in memory, apart from files. */
  get bytes(): number {
    return this.#memory.reduce((sum, { length }) => sum + length, 0);
  }

  forget(): void {
    this.#memory.fill(Buffer.alloc(0));
  }

  close(): void {
    for (const file of this.#files) closeSync(file);
  }

  /** Where the list of each gram is; null where one of them has none. */
  find(segment: number, grams: readonly number[]): ListPlace[] | null {
    const files = gramFiles(segment);
    const [known, starts] = [this.#loaded.words(files.grams), this.#loaded.words(files.starts)];
    const places = grams.map((gram) => findGram(known, gram));
    return places.includes(-1) ? null : places.map((place) => [starts[place]!, starts[place + 1]!]);
  }

  /** A list, valid until the next is read in the same memory, of which there are two. */
  read(segment: number, [start, end]: ListPlace, memory: 0 | 1 = 0): Uint8Array {
    const length = end - start;
    const bytes = (this.#memory[memory] = takeBytes(this.#memory[memory]!, length));
    readFully(this.#files[segment]!, bytes, length, start);
    return bytes.subarray(0, length);
  }
}

/** How many bytes each list has. */
export function lengthsOf(places: readonly ListPlace[]): number[] {
  return places.map(([start, end]) => end - start);
}

function findGram(grams: Uint32Array, gram: number): number {
  let [low, high] = [0, grams.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = grams[middle]!;
    if (found === gram) return middle;
    if (found < gram) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
