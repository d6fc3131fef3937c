import { type WriteStream, createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

const CHUNK = 1 << 20;

/**
 * A folder of tracking logs as logrotate leaves it: `tracking.log` is the live one, `tracking.log-YYYYMMDD` those of
 * earlier days, named after the day of their rotation; all but the newest of these may be compressed (`delaycompress`).
 */
export class LogFolder {
  readonly #folder: string;
  readonly #gzip: boolean;
  #stream: WriteStream;
  #chunk = Buffer.allocUnsafe(CHUNK);
  #used = 0;
  readonly #filled: Buffer[] = [];
  #uncompressed: string | null = null;
  #compressing: Promise<void> = Promise.resolve();
  #error: Error | null = null;
  /** Totals so far: bytes before compression. */
  bytes = 0;
  lines = 0;
  files = 1;

  constructor(folder: string, gzip: boolean) {
    this.#folder = folder;
    this.#gzip = gzip;
    this.#stream = this.#open();
  }

  /** Adds a line; true when `flush` should be awaited before more are added. */
  add(line: string): boolean {
    // A character of a line is at most three bytes.
    if (this.#used + line.length * 3 + 1 > this.#chunk.length) this.#fill(line.length * 3 + 1);
    const before = this.#used;
    this.#used += this.#chunk.write(line, this.#used);
    this.#chunk[this.#used] = 10;
    this.#used += 1;
    this.bytes += this.#used - before;
    this.lines += 1;
    return this.#filled.length > 0;
  }

  /** Writes what is buffered in full chunks, as fast as the disk takes it. */
  async flush(): Promise<void> {
    for (const chunk of this.#filled.splice(0)) {
      if (this.#error !== null) throw this.#error;
      if (!this.#stream.write(chunk)) await once(this.#stream, 'drain');
    }
  }

  /** Ends the file of a day; `day` is the one that starts, `YYYY-MM-DD`. */
  async rotate(day: string): Promise<void> {
    await this.#end();
    const rotated = join(this.#folder, `tracking.log-${day.replaceAll('-', '')}`);
    await rename(join(this.#folder, 'tracking.log'), rotated);
    await this.#compressFormer();
    this.#uncompressed = rotated;
    this.#stream = this.#open();
    this.files += 1;
  }

  /** Ends the live file. */
  async close(): Promise<void> {
    await this.#end();
    await this.#compressing;
  }

  #open(): WriteStream {
    const stream = createWriteStream(join(this.#folder, 'tracking.log'), { flags: 'wx', highWaterMark: 4 * CHUNK });
    stream.on('error', (error) => (this.#error = error));
    return stream;
  }

  #fill(room: number): void {
    this.#filled.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.allocUnsafe(Math.max(CHUNK, room));
    this.#used = 0;
  }

  async #end(): Promise<void> {
    this.#fill(0);
    await this.flush();
    this.#stream.end();
    if (!this.#stream.closed) await once(this.#stream, 'close');
    if (this.#error !== null) throw this.#error;
  }

  /** Compresses, beside the writing of the next day, the file that was rotated a day ago. */
  async #compressFormer(): Promise<void> {
    const path = this.#uncompressed;
    if (!this.#gzip || path === null) return;
    await this.#compressing;
    this.#compressing = pipeline(
      createReadStream(path),
      createGzip({ level: 4 }),
      createWriteStream(`${path}.gz`),
    ).then(() => rm(path));
    // A failure is reported by whoever awaits next; until then it must not count as unhandled.
    this.#compressing.catch(() => {});
  }
}
