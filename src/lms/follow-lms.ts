import { setTimeout as wait } from 'node:timers/promises';
import type { Store } from '../store/store.ts';
import { importMysql } from './import-mysql.ts';
import type { LmsResult } from './lms-result.ts';

export interface FollowOptions {
  /** Told after each import; what changed is to be refreshed. */
  readonly onImport: (result: LmsResult) => void | Promise<void>;
  /** Told when an import failed; the roster is as it was, and the next one tries again. */
  readonly onFailure: (error: unknown) => void;
}

/** Takes in the LMS's database now and `minutes` after each import has ended, until stopped. */
export function followLms(
  store: Store,
  url: string,
  minutes: number,
  { onImport, onFailure }: FollowOptions,
): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      try {
        await onImport(await importMysql(store, url, { signal }));
      } catch (error) {
        if (!signal.aborted) onFailure(error);
      }
      // an aborted wait is over
      await wait(minutes * 60_000, undefined, { signal }).catch(() => {});
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
