import type { Store } from '../store/store.ts';

/** How long a course that failed is left alone; each time that it fails again, twice as long. */
const FIRST_MS = 5000;
const MOST_MS = 5 * 60_000;

interface Rest {
  readonly ms: number;
  readonly until: number;
}

/** The courses of each store that failed when they were refreshed last. */
const rests = new WeakMap<Store, Map<string, Rest>>();

/** Whether a course failed so lately that it would only take the machine from the others. */
export function isResting(store: Store, courseId: string): boolean {
  return (rests.get(store)?.get(courseId)?.until ?? -Infinity) > performance.now();
}

/** Notes what became of courses that were refreshed. */
export function noteOutcome(
  store: Store,
  { failed, done }: { readonly failed: ReadonlySet<string>; readonly done: readonly string[] },
): void {
  const known = rests.get(store) ?? new Map<string, Rest>();
  rests.set(store, known);
  for (const courseId of done) if (!failed.has(courseId)) known.delete(courseId);
  for (const courseId of failed) {
    const ms = Math.min(MOST_MS, (known.get(courseId)?.ms ?? FIRST_MS / 2) * 2);
    known.set(courseId, { ms, until: performance.now() + ms });
  }
}
