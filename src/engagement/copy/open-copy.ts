import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../store/store.ts';
import { buildCopy, copyFolder, peopleFolder } from './build-copy.ts';
import { CourseCopy, type CopyMeta, META_FILE } from './course-copy.ts';
import { People } from './people.ts';

/** Copies kept open, of six files each or a few more. */
const OPEN_COPIES = 100;
/** Bytes that all of them may hold in memory. */
const MEMORY = 256_000_000;

/** The memory is looked at again after so many questions. */
const QUESTIONS = 64;

interface Entry {
  readonly opening: Promise<CourseCopy>;
  copy: CourseCopy | null;
}

const opened = new WeakMap<Store, Map<number, Entry>>();
let questions = 0;

/**
 * The copy of a snapshot that is in the store, made if it is not there yet or damaged. Use it within `copy.use`.
 * @throws AppError `store_unavailable`; Error where it cannot be written
 */
export async function openCopy(store: Store, snapshot: number): Promise<CourseCopy> {
  const copies = opened.get(store) ?? new Map<number, Entry>();
  opened.set(store, copies);
  const entry = copies.get(snapshot) ?? { opening: open(store, snapshot), copy: null };
  // the latest used is the last
  copies.delete(snapshot);
  copies.set(snapshot, entry);
  if (entry.copy === null) {
    try {
      entry.copy = await entry.opening;
    } catch (error) {
      copies.delete(snapshot);
      throw error;
    }
    questions = 0;
  }
  if (questions === 0) limit(copies, entry.copy);
  questions = (questions + 1) % QUESTIONS;
  return entry.copy;
}

async function open(store: Store, snapshot: number): Promise<CourseCopy> {
  const folder = copyFolder(store, snapshot);
  try {
    return read(store, folder);
  } catch {
    // not there, or damaged: both are mended by making it
    rmSync(folder, { recursive: true, force: true });
  }
  await buildCopy(store, snapshot);
  try {
    return read(store, folder);
  } catch {
    // its persons are damaged
    const meta = readMeta(folder);
    for (const damaged of [folder, peopleFolder(store, meta)]) rmSync(damaged, { recursive: true, force: true });
  }
  await buildCopy(store, snapshot);
  return read(store, folder);
}

function readMeta(folder: string): CopyMeta {
  return JSON.parse(readFileSync(join(folder, META_FILE), 'utf8')) as CopyMeta;
}

function read(store: Store, folder: string): CourseCopy {
  const meta = readMeta(folder);
  const people = new People(peopleFolder(store, meta), meta.count);
  try {
    return new CourseCopy(folder, meta, people);
  } catch (error) {
    people.close();
    throw error;
  }
}

/** Lets go of what was used longest ago; `current` stays. */
function limit(copies: Map<number, Entry>, current: CourseCopy): void {
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
  const copies = opened.get(store);
  for (const [snapshot, { copy }] of copies ?? []) {
    if (copy === null || !isGone(snapshot)) continue;
    copies?.delete(snapshot);
    copy.close();
  }
}
