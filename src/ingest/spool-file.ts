import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../store/engine-errors.ts';

/** Less than so much waits for more to come, so that a stream of small pieces takes few writes. */
const BUFFER_BYTES = 1024 * 1024;

/** A file on its way into the store. */
export class SpoolFile {
  readonly path: string;
  readonly folder: string;
  #handle: FileHandle | undefined;
  #bytes = 0;
  /** Made when first needed; its beginning waits to be written. */
  #waiting: Buffer | undefined;
  #waitingBytes = 0;

  /** @param folder the store's spool, which exists */
  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, `input-${randomBytes(8).toString('hex')}.log`);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(data: Buffer): Promise<void> {
    this.#waiting ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
    for (let from = 0; from < data.length;) {
      const copied = data.copy(this.#waiting, this.#waitingBytes, from);
      this.#waitingBytes += copied;
      from += copied;
      if (this.#waitingBytes === BUFFER_BYTES) await this.#writeWaiting();
    }
    this.#bytes += data.length;
  }

  /** Ends the writing; the file stays. */
  async close(): Promise<void> {
    await this.#writeWaiting();
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async remove(): Promise<void> {
    this.#waitingBytes = 0;
    await this.close();
    rmSync(this.path, { force: true });
  }

  async #writeWaiting(): Promise<void> {
    if (this.#waiting === undefined || this.#waitingBytes === 0) return;
    const data = this.#waiting.subarray(0, this.#waitingBytes);
    this.#waitingBytes = 0;
    await onDisk(this.path, async () => {
      this.#handle ??= await open(this.path, 'w');
      await this.#handle.appendFile(data);
    });
  }
}
