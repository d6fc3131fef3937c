import { regardless } from '../store/give-up.ts';
import type { Store } from '../store/store.ts';
import { removeCopy } from './copy/tidy-copies.ts';
import type { WrittenCourse } from './write-learners.ts';

/**
 * Removes what a refresh wrote of snapshots that it does not publish, as a course that fails is tried again and again; and whom it
 * fixed. What is left where that fails goes with old snapshots, and is no reason to tell another failure than the first.
 */
export async function dropUnpublished(
  store: Store,
  begun: readonly WrittenCourse[],
  published: readonly WrittenCourse[],
): Promise<void> {
  const drop = async (table: 'learners' | 'learner_scopes', snapshot: number) =>
    store.run(`ALTER TABLE ${table} DROP PARTITION {snapshot:UInt64}`, { snapshot });
  const stay = new Set(published.map(({ snapshot }) => snapshot));
  const dropAll = async () => {
    const [only, ...others] = begun;
    // of several, nobody was fixed
    if (only !== undefined && others.length === 0) await drop('learner_scopes', only.snapshot);
    for (const { snapshot } of begun) {
      if (stay.has(snapshot)) continue;
      removeCopy(store, snapshot);
      await drop('learners', snapshot);
    }
  };
  // it fails where the store is away, or the next statement would as well
  await regardless(dropAll).catch(() => {});
}
