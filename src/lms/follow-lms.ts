import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { RETIRED_AS, type RetiredAs } from '../retired-as.ts';
import type { Store } from '../store/store.ts';
import { recordImport } from './import-history.ts';
import { importMysql } from './import-mysql.ts';
import type { LmsResult } from './lms-result.ts';

/** A failed import is tried again after so long, or sooner where imports are more frequent. */
const RETRY_MINUTES = 5;

/** How the repeating of imports stands, for those who watch over it. */
export interface LmsStatus {
  readonly minutes: number;
  /** When an import last went well since the start, ISO 8601; null before the first. */
  readonly imported_at: string | null;
  /** What was wrong with the last one; null when it went well. */
  readonly failure: string | null;
}

export interface FollowOptions {
  /** Told after each import; what changed is to be refreshed. */
  readonly onImport: (result: LmsResult) => void | Promise<void>;
  /** Told when an import or what follows it failed; the next one tries again. */
  readonly onFailure: (error: unknown) => void;
  readonly retiredAs?: RetiredAs;
}

export interface LmsFollowing {
  status(): LmsStatus;
  /** Breaks off the reading of the database, and resolves when nothing is under way. */
  stop(): Promise<void>;
}

/** Takes in the LMS's database now and `minutes` after each import has ended, until stopped. A failed import leaves the roster as it was. */
export function followLms(
  store: Store,
  url: string,
  minutes: number,
  { onImport, onFailure, retiredAs = RETIRED_AS }: FollowOptions,
): LmsFollowing {
  const stopping = new AbortController();
  const { signal } = stopping;
  let status: LmsStatus = { minutes, imported_at: null, failure: null };
  const step = async (): Promise<number> => {
    try {
      const result = await recordImport(
        store,
        'mysql',
        async () => importMysql(store, url, { signal, retiredAs }),
        signal,
      );
      status = { minutes, imported_at: new Date().toISOString(), failure: null };
      await onImport(result);
      return minutes;
    } catch (error) {
      if (!signal.aborted) {
        status = { ...status, failure: error instanceof AppError ? error.message : 'It failed; the log says why.' };
        onFailure(error);
      }
      return Math.min(minutes, RETRY_MINUTES);
    }
  };
  const running = (async () => {
    while (!signal.aborted) {
      const pause = await step();
      // an aborted wait is over
      await wait(pause * 60_000, undefined, { signal }).catch(() => {});
    }
  })();
  return {
    status: () => status,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
