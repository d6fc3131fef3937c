import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import type * as ChdbConnectionModule from 'chdb/connection';
import { AppError } from '../errors.ts';
import { StoreInUse } from './engine-errors.ts';
import { isRunning } from './is-running.ts';
import { removeUnfinishedTables } from './remove-unfinished.ts';

/**
 * Has the allocator of the embedded engine, which reads this variable when it is loaded, ask Linux for pages of 2 MB, and keep for
 * half a minute what is free again: for a process that does bulk work and ends. The first write to each page costs a fault. Such
 * pages take 7 % off an ingest and a full refresh, with 8 % more memory; that they are kept, and not given back after five seconds, a
 * quarter off a full refresh of a million learners (14 s), with another 8 %. One that serves would have all that more for good.
 */
export function useMuchMemory(): void {
  // oxlint-disable-next-line node/no-process-env -- no setting of ours: the library has no other way to be told
  process.env['JE_MALLOC_CONF'] ??= 'thp:always,dirty_decay_ms:30000';
}

/** What opens connections to the engine in this process, with its store in the folder `path`. */
export function embeddedConnector(path: string): () => ClickHouseClient {
  // Loaded only here: the engine's library is half a gigabyte, and a server URL does not need it.
  const { createChdbConnection } = createRequire(import.meta.url)('chdb/connection') as typeof ChdbConnectionModule;
  return () => {
    mkdirSync(path, { recursive: true });
    // Asked first where the system can tell: when refused, the engine itself writes to standard error.
    if (isLocked(join(path, 'status'))) throw explainRefusal(path, undefined);
    removeUnfinishedTables(path);
    try {
      return createClient({ connection: createChdbConnection({ path }) as never });
    } catch (error) {
      throw explainRefusal(path, error);
    }
  };
}

/** The engine says why on standard error alone; its file `status` names the process that has the directory. */
function explainRefusal(path: string, cause: unknown): AppError {
  const owner = readOwner(join(path, 'status'));
  if (owner !== null && owner !== process.pid && isRunning(owner)) {
    return new StoreInUse(`data directory ${dirname(path)}`, owner, cause);
  }
  return new AppError(
    'store_unavailable',
    `The embedded store in ${path} could not be opened; the engine's reason is above.`,
    { cause },
  );
}

/** Whether another process holds a lock on the file, as Linux lists them; false where that is not known. */
function isLocked(path: string): boolean {
  try {
    const { dev, ino } = statSync(path);
    // inode numbers are only unique on their device, which is listed as `major:minor`, hexadecimal
    const device = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
    const file = ` ${device.map((part) => part.toString(16).padStart(2, '0')).join(':')}:${ino} `;
    const locks = readFileSync('/proc/locks', 'utf8').split('\n');
    return locks.some((lock) => lock.includes(file) && !lock.includes(` ${process.pid} `));
  } catch {
    // no such file, or another system
    return false;
  }
}

function readOwner(statusFile: string): number | null {
  try {
    return Number(/^PID: (\d+)/m.exec(readFileSync(statusFile, 'utf8'))?.[1] ?? NaN) || null;
  } catch {
    // no such file: nobody has it
    return null;
  }
}
