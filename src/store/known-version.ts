import { listUnknown, StoreIsNewer } from './migrate.ts';
import { persevere } from './persevere.ts';
import type { Store } from './store.ts';

/** Stores that a newer version of the program was found to have brought up to date since this one opened them. */
const newer = new WeakMap<Store, StoreIsNewer>();

/**
 * Asks before background work whether the store is still of this version: what it has become another program does not know. Of an embedded
 * one no other process can have changed that.
 * @param patient whether a server that is away is waited for, as the work does that follows
 * @throws StoreIsNewer
 */
export async function requireKnownVersion(store: Store, { patient = false } = {}): Promise<void> {
  if (store.embedded) return;
  const ask = async () => store.cluster?.listUnknown() ?? listUnknown(store);
  const unknown = await (patient ? persevere(store, ask) : ask());
  if (unknown.length === 0) newer.delete(store);
  else {
    const reason = new StoreIsNewer(unknown);
    newer.set(store, reason);
    throw reason;
  }
}

/** Whether that was found last. */
export function isNewer(store: Store): boolean {
  return newer.has(store);
}

/** The same for who waits for an answer, by what was found last. @throws StoreIsNewer */
export function refuseNewer(store: Store): void {
  const reason = newer.get(store);
  if (reason !== undefined) throw reason;
}
