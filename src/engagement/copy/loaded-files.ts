import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readWords } from './binary-files.ts';

/** Files of a folder that are in memory, as far as any was asked for. */
export class LoadedFiles {
  readonly #folder: string;
  readonly #loaded = new Map<string, Uint32Array | Float64Array>();
  #bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** As 32-bit numbers. */
  words(name: string): Uint32Array {
    return this.#load(name, readWords);
  }

  floats(name: string): Float64Array {
    return this.#load(name, (path) => {
      const { buffer, byteOffset, length } = readFileSync(path);
      return new Float64Array(buffer, byteOffset, length / 8);
    });
  }

  /** Gives the memory back; what is needed again is loaded again. */
  forget(): void {
    this.#loaded.clear();
    this.#bytes = 0;
  }

  #load<Data extends Uint32Array | Float64Array>(name: string, read: (path: string) => Data): Data {
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) return loaded as Data;
    const data = read(join(this.#folder, name));
    this.#loaded.set(name, data);
    this.#bytes += data.byteLength;
    return data;
  }
}
