import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a folder that are in memory, as far as any was asked for. */
export class LoadedFiles {
  readonly #folder: string;
  readonly #loaded = new Map<string, Uint32Array | Float64Array | Uint8Array>();
  #bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  has(name: string): boolean {
    return this.#loaded.has(name);
  }

  bytesOf(name: string): Uint8Array {
    return this.#load(name, (bytes) => bytes);
  }

  /** As 32-bit numbers. */
  words(name: string): Uint32Array {
    return this.#load(name, (bytes) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
  }

  floats(name: string): Float64Array {
    return this.#load(name, (bytes) => new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8));
  }

  /** Gives the memory back; what is needed again is loaded again. */
  forget(): void {
    this.#loaded.clear();
    this.#bytes = 0;
  }

  #load<Data extends Uint32Array | Float64Array | Uint8Array>(name: string, view: (bytes: Uint8Array) => Data): Data {
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) return loaded as Data;
    const data = view(readFileSync(join(this.#folder, name)));
    this.#loaded.set(name, data);
    this.#bytes += data.byteLength;
    return data;
  }
}
