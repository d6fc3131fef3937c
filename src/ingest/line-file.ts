import { LONGEST_LINE } from './decoder.ts';
import { SpoolFile } from './spool-file.ts';

/** A spool file of lines as they come: what stands after the last line's end is held back, so that a file can end there. */
export class LineFile extends SpoolFile {
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Of a line that is longer than any we want, the beginning is written: it is not to fill the memory. */
  #inLongLine = false;

  /** Whether the file holds whole lines and nothing else. */
  get isWhole(): boolean {
    return this.bytes > 0 && !this.#inLongLine;
  }

  async add(part: Buffer): Promise<void> {
    const end = part.lastIndexOf(0x0a) + 1;
    if (end > 0) {
      await this.#writeRest();
      await this.write(part.subarray(0, end));
      this.#inLongLine = false;
    }
    this.#rest.push(part.subarray(end));
    this.#restBytes += part.length - end;
    if (this.#restBytes > LONGEST_LINE) {
      await this.#writeRest();
      this.#inLongLine = true;
    }
  }

  /** Ends the file after its last whole line; gives the one that begins with what is left. */
  async cut(): Promise<LineFile> {
    const next = new LineFile(this.folder);
    next.#rest = this.#rest;
    next.#restBytes = this.#restBytes;
    await this.close();
    return next;
  }

  /** Ends the file with what is left, a line without an end. */
  async end(): Promise<void> {
    await this.#writeRest();
    await this.close();
  }

  async #writeRest(): Promise<void> {
    const rest = this.#rest;
    this.#rest = [];
    this.#restBytes = 0;
    for (const part of rest) await this.write(part);
  }
}
