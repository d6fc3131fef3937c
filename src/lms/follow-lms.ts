import { tellFailure } from '../errors.ts';
import { type Repeating, repeat } from '../repeat.ts';
import { RETIRED_AS, type RetiredAs } from '../retired-as.ts';
import type { Store } from '../store/store.ts';
import { recordImport } from './import-history.ts';
import { importMysql } from './import-mysql.ts';
import type { LmsResult } from './lms-result.ts';

const MINUTE_MS = 60_000;
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
  /** Told after each import; what changed is to be refreshed. The next one waits for it; it does not fail. */
  readonly onImport: (result: LmsResult) => void | Promise<void>;
  /** Told when an import failed; the next one tries again. */
  readonly onFailure: (error: unknown) => void;
  readonly retiredAs?: RetiredAs;
}

export interface LmsFollowing extends Repeating {
  status(): LmsStatus;
}

/** Takes in the LMS's database now and `minutes` after each import has ended, until stopped. A failed import leaves the roster as it was. */
export function followLms(
  store: Store,
  url: string,
  minutes: number,
  { onImport, onFailure, retiredAs = RETIRED_AS }: FollowOptions,
): LmsFollowing {
  let status: LmsStatus = { minutes, imported_at: null, failure: null };
  const { stop } = repeat(
    Math.min(minutes, RETRY_MINUTES) * MINUTE_MS,
    async (signal) => {
      const take = async () => importMysql(store, url, { signal, retiredAs });
      const result = await recordImport(store, 'mysql', take, signal);
      status = { minutes, imported_at: new Date().toISOString(), failure: null };
      await onImport(result);
      return minutes * MINUTE_MS;
    },
    (error) => {
      status = { ...status, failure: tellFailure(error) };
      onFailure(error);
    },
  );
  return { status: () => status, stop };
}
