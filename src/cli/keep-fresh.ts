import { dropOldCopies } from '../engagement/drop-old-snapshots.ts';
import type { RefreshResult } from '../engagement/refresh.ts';
import type { Log } from '../log.ts';
import { type Repeating, repeat } from '../repeat.ts';
import { requireKnownVersion } from '../store/known-version.ts';
import type { Store } from '../store/store.ts';

/** How often is looked whether the window moved or somebody else brought in data. */
const REFRESH_MS = 60_000;

/** Where other processes refresh, removes what is left of former publications, now and every minute. */
export function keepTidy(store: Store, log: Log): Repeating {
  return repeat(
    REFRESH_MS,
    async () => {
      await requireKnownVersion(store);
      await dropOldCopies(store);
      return REFRESH_MS;
    },
    (error) => log.error({ err: error }, 'removing old copies failed'),
  );
}

/**
 * Refreshes now and every minute; a failure is logged, and the next time tries again.
 * @param goesOn with what a refresh left, after as long as it took; else whoever follows logs does
 */
export function keepFresh(refreshNow: () => Promise<RefreshResult>, log: Log, goesOn: boolean): Repeating {
  return repeat(
    REFRESH_MS,
    async () => {
      const started = performance.now();
      const { refreshed, left } = await refreshNow();
      if (refreshed > 0) log.info({ refreshed, left }, 'courses were refreshed');
      return goesOn && left > 0 ? performance.now() - started : REFRESH_MS;
    },
    (error) => log.error({ err: error }, 'refreshing failed'),
  );
}
