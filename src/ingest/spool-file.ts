import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { describeEngineError } from '../store/engine-errors.ts';

/** A file on its way into the store. A full disk and the like are told as the store's. */
export class SpoolFile {
  readonly path: string;
  readonly folder: string;
  #handle: FileHandle | undefined;
  #bytes = 0;

  /** @param folder the store's spool, which exists */
  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, `input-${randomBytes(8).toString('hex')}.log`);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(data: Buffer): Promise<void> {
    if (data.length === 0) return;
    try {
      this.#handle ??= await open(this.path, 'w');
      await this.#handle.appendFile(data);
    } catch (error) {
      throw describeEngineError(error, this.folder);
    }
    this.#bytes += data.length;
  }

  /** Ends the writing; the file stays. */
  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.path, { force: true });
  }
}
