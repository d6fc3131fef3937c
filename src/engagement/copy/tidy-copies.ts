import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as takeTurns } from 'node:timers/promises';
import { listFolder } from '../../list-folder.ts';
import type { Store } from '../../store/store.ts';
import type { JudgedSnapshots } from '../judge-snapshots.ts';
import { readMeta } from './course-copy.ts';
import { closeCopies } from './opened-copies.ts';

/** What is younger may be about to be published, or is being made. */
const YOUNG_MS = 15 * 60_000;

/** There may be ten thousand copies: after so long requests have their turn. */
const TURN_MS = 10;

/** Which persons a folder of a copy was seen to be of. */
interface SeenCopy {
  /** Tells the folder from one that was made anew under its name. */
  readonly made: string;
  readonly people: string;
}

/** By the folder's name: what is in it never changes, and to read it takes ten times as long as to look whether it is the same. */
const seenCopies = new WeakMap<Store, ReadonlyMap<string, SeenCopy>>();

/**
 * Removes the copies of snapshots that were replaced or never published, the persons that no copy is of, and what a kill
 * left half made. Whoever has one open reads on.
 */
export async function tidyCopies(store: Store, { kept, old, replaced }: JudgedSnapshots): Promise<void> {
  const [staying, going] = [new Set(kept), new Set(replaced)];
  const isGone = (snapshot: number) => !staying.has(snapshot) && (snapshot < old || going.has(snapshot));
  closeCopies(store, isGone);
  const seen = new Map<string, SeenCopy>();
  let since = performance.now();
  for (const name of copiesOf(listFolder(store.copies))) {
    if (performance.now() - since > TURN_MS) {
      await takeTurns();
      since = performance.now();
    }
    if (isGone(Number(name))) remove(store, name);
    else seen.set(name, seeCopy(join(store.copies, name), seenCopies.get(store)?.get(name)));
  }
  seenCopies.set(store, seen);
  // with those that were made meanwhile, and nobody else's turn until the end
  const names = listFolder(store.copies);
  const people = new Set(copiesOf(names).map((name) => seen.get(name)?.people ?? readPeople(join(store.copies, name))));
  for (const name of names) {
    const isUnused = name.endsWith('.making') || (name.startsWith('people-') && !people.has(name));
    if (isUnused && ageOf(join(store.copies, name)) > YOUNG_MS) remove(store, name);
  }
}

/** Removes copies, and the persons that no other copy is of: somebody in them is to be forgotten. Null: all copies. */
export function removeCopies(store: Store, which: ((snapshot: number) => boolean) | null): void {
  const isGone = which ?? (() => true);
  closeCopies(store, isGone);
  const names = listFolder(store.copies);
  const stay = new Set<string>();
  for (const name of copiesOf(names)) {
    if (isGone(Number(name))) remove(store, name);
    else stay.add(readPeople(join(store.copies, name)));
  }
  // those of a copy that is being made are made again with it, or when it is opened
  for (const name of names) if (name.startsWith('people-') && !stay.has(name)) remove(store, name);
}

/** Removes one copy, and its persons where no other copy is of them; what is being made of other courses stays. */
export function removeCopy(store: Store, snapshot: number): void {
  closeCopies(store, (each) => each === snapshot);
  const people = readPeople(join(store.copies, String(snapshot)));
  remove(store, String(snapshot));
  const others = copiesOf(listFolder(store.copies));
  if (people !== '' && !others.some((name) => readPeople(join(store.copies, name)) === people)) remove(store, people);
}

function remove(store: Store, name: string): void {
  rmSync(join(store.copies, name), { recursive: true, force: true });
}

function copiesOf(names: readonly string[]): string[] {
  return names.filter((name) => /^\d+$/.test(name));
}

function seeCopy(folder: string, before: SeenCopy | undefined): SeenCopy {
  const { ino, mtimeMs } = statSync(folder, { throwIfNoEntry: false }) ?? { ino: 0, mtimeMs: 0 };
  const made = `${ino} ${mtimeMs}`;
  return before?.made === made ? before : { made, people: readPeople(folder) };
}

function readPeople(folder: string): string {
  try {
    return readMeta(folder).people;
  } catch {
    // damaged: it is made again when somebody asks for it
    return '';
  }
}

function ageOf(path: string): number {
  const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return changed === undefined ? 0 : Date.now() - changed;
}
