import type { Store } from '../../store/store.ts';
import type { CourseCopy } from './course-copy.ts';

/** Copies kept open, of some files each. */
const OPEN_COPIES = 100;
/** Bytes that all of them may hold in memory. */
const MEMORY = 256_000_000;

export interface OpenedCopy {
  readonly opening: Promise<CourseCopy>;
  /** Null until it is open. */
  copy: CourseCopy | null;
}

const opened = new WeakMap<Store, Map<number, OpenedCopy>>();

/** The copies that are open or being opened, by snapshot; the one used last is the last. */
export function listOpened(store: Store): Map<number, OpenedCopy> {
  const copies = opened.get(store) ?? new Map<number, OpenedCopy>();
  opened.set(store, copies);
  return copies;
}

/** Lets go of what was used longest ago; `current` stays. */
export function limitOpened(copies: Map<number, OpenedCopy>, current: CourseCopy): void {
  let bytes = 0;
  for (const { copy } of copies.values()) bytes += copy?.bytes ?? 0;
  for (const [snapshot, { copy }] of copies) {
    if (copy === null || copy === current) continue;
    if (bytes > MEMORY) {
      bytes -= copy.bytes;
      copy.forget();
    }
    if (copies.size > OPEN_COPIES) {
      copies.delete(snapshot);
      copy.close();
    }
  }
}

/** Closes the copies of snapshots that are gone. */
export function closeCopies(store: Store, isGone: (snapshot: number) => boolean): void {
  const copies = listOpened(store);
  for (const [snapshot, { copy }] of copies) {
    if (copy === null || !isGone(snapshot)) continue;
    copies.delete(snapshot);
    copy.close();
  }
}
