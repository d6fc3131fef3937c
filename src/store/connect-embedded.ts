import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import type * as ChdbConnectionModule from 'chdb/connection';
import { AppError } from '../errors.ts';
import { mendDefinitions } from './definitions.ts';
import { StoreInUse } from './engine-errors.ts';
import { isRunning } from './is-running.ts';

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
    const status = join(path, 'status');
    // Asked first where the system can tell: when refused, the engine itself writes to standard error.
    if (isLocked(status)) throw inUse(path);
    mendDefinitions(path);
    try {
      return createClient({ connection: createChdbConnection({ path }) as never });
    } catch (cause) {
      // taken since it was asked
      if (isLocked(status) || readOtherOwner(status) !== null) throw inUse(path, cause);
      throw new AppError(
        'store_unavailable',
        `The embedded store in ${path} could not be opened; the engine's reason is above.`,
        { cause },
      );
    }
  };
}

/** The process is not named that has only begun to open the store, or to leave it. */
function inUse(path: string, cause?: unknown): StoreInUse {
  return new StoreInUse(`data directory ${dirname(path)}`, readOtherOwner(join(path, 'status')), cause);
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

/** The process that has the store, by the engine's file, which it leaves behind where it is killed; null where that is not known. */
function readOtherOwner(statusFile: string): number | null {
  try {
    const owner = Number(/^PID: (\d+)/m.exec(readFileSync(statusFile, 'utf8'))?.[1] ?? NaN) || null;
    return owner !== null && owner !== process.pid && isRunning(owner) ? owner : null;
  } catch {
    // no such file: nobody has it
    return null;
  }
}
