import { mkdirSync } from 'node:fs';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { type IngestOptions, type IngestResult, addResults, ingest } from './ingest.ts';
import { LineFile } from './line-file.ts';
import { HEAD_BYTES, recognizeCompression } from './sources.ts';
import { SpoolFile } from './spool-file.ts';

/** So much of a stream is ingested at once, or what came in so many milliseconds: an endless stream is seen as it grows. */
const CHUNK_BYTES = 512 * 1024 * 1024;
const CHUNK_MS = 5000;

export interface StreamOptions extends Pick<IngestOptions, 'now'> {
  readonly chunkBytes?: number;
  readonly chunkMs?: number;
}

type Parts = AsyncIterator<Buffer | string, unknown>;

/**
 * Ingests a stream of lines in constant memory. A plain one, which may never end, is cut at line ends into files of the
 * spool folder, which are ingested one after the other; a packed one is written there as it is, and read like any file.
 * @throws AppError `source_unreadable` when the stream breaks off; the whole lines before that are ingested.
 */
export async function ingestStream(
  store: Store,
  input: AsyncIterable<Buffer | string> & { destroy?: () => unknown },
  options: StreamOptions = {},
): Promise<IngestResult> {
  mkdirSync(store.spool, { recursive: true });
  const parts = input[Symbol.asyncIterator]() as Parts;
  let result = addResults([]);
  let ingesting: Promise<void> = Promise.resolve();
  const take = async (file: SpoolFile) => {
    try {
      const taken = nameInput(await ingest(store, [file.path], options), file.path);
      // at once: the stream may never end
      result = addResults([result, taken]);
    } finally {
      await file.remove();
    }
  };
  try {
    const head = await readHead(parts);
    const packed = recognizeCompression('Standard input', head) !== 'none';
    for await (const file of packed ? spoolWhole(store, head, parts) : spoolChunks(store, head, parts, options)) {
      // the next file fills while this one is ingested, and no more than that
      const before = ingesting;
      ingesting = before.then(
        async () => take(file),
        async () => file.remove(),
      );
      ingesting.catch(() => undefined);
      await before;
    }
    await ingesting;
  } catch (error) {
    // nothing waits for more of it, least of all the end of the process
    input.destroy?.();
    await ingesting.catch(() => undefined);
    throw error;
  }
  return { ...result, files: result.failed.length === 0 ? 1 : 0 };
}

/** The name of a spool file says nothing to whoever reads it. */
function nameInput(result: IngestResult, path: string): IngestResult {
  const failed = result.failed.map(({ reason }) => ({ path: '-', reason: reason.replaceAll(path, 'Standard input') }));
  return { ...result, failed };
}

async function nextPart(parts: Parts): Promise<Buffer | null> {
  try {
    const part = await parts.next();
    if (part.done === true) return null;
    return typeof part.value === 'string' ? Buffer.from(part.value) : part.value;
  } catch (error) {
    throw new AppError(
      'source_unreadable',
      `Standard input broke off (${(error as NodeJS.ErrnoException).code ?? String(error)}); the whole lines before that were taken.`,
      { cause: error },
    );
  }
}

async function readHead(parts: Parts): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const part = await nextPart(parts);
    if (part === null) break;
    head = Buffer.concat([head, part]);
  }
  return head;
}

async function* spoolWhole(store: Store, head: Buffer, parts: Parts): AsyncGenerator<SpoolFile> {
  const file = new SpoolFile(store.spool);
  try {
    for (let part: Buffer | null = head; part !== null; part = await nextPart(parts)) await file.write(part);
    await file.close();
  } catch (error) {
    await file.remove();
    throw error;
  }
  yield file;
}

/** Gives files of whole lines, each when it is full or old enough, and at last what is left; whoever gets one removes it. */
async function* spoolChunks(
  store: Store,
  head: Buffer,
  parts: Parts,
  { chunkBytes = CHUNK_BYTES, chunkMs = CHUNK_MS }: StreamOptions,
): AsyncGenerator<SpoolFile> {
  let file = new LineFile(store.spool);
  let timer = new Timer(chunkMs);
  let coming: Promise<Buffer | null> = Promise.resolve(head);
  try {
    for (;;) {
      const part = await timer.race(coming);
      if (part === null) break;
      if (part !== 'late') {
        await file.add(part);
        coming = nextPart(parts);
        // met at the next turn, which may be after an ingest
        coming.catch(() => undefined);
      }
      if (file.bytes < chunkBytes && part !== 'late') continue;
      if (file.isWhole) {
        const whole = file;
        file = await whole.cut();
        yield whole;
      }
      timer.stop();
      timer = new Timer(chunkMs);
    }
    await file.end();
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'source_unreadable') || file.bytes === 0) {
      await file.remove();
      throw error;
    }
    await file.close();
    yield file;
    throw error;
  } finally {
    timer.stop();
  }
  if (file.bytes > 0) yield file;
}

/** One timer for many parts: making one costs more than reading a part. */
class Timer {
  readonly #timeout: NodeJS.Timeout;
  #isOver = false;
  #tell: (() => void) | undefined;

  constructor(milliseconds: number) {
    this.#timeout = setTimeout(() => {
      this.#isOver = true;
      this.#tell?.();
    }, milliseconds);
  }

  /** What comes, or `late` when the time is over before. (Promise.race would hold every part until then.) */
  async race<Value>(coming: Promise<Value>): Promise<Value | 'late'> {
    if (this.#isOver) return 'late';
    return new Promise((resolve, reject) => {
      this.#tell = () => resolve('late');
      coming.then(resolve, reject);
    });
  }

  stop(): void {
    clearTimeout(this.#timeout);
  }
}
