import { rmSync } from 'node:fs';
import { AppError } from '../../errors.ts';
import type { Limits, Store } from '../../store/store.ts';
import { type SnapshotKey, buildCopy, copyFolder, peopleFolder } from './build-copy.ts';
import { CourseCopy, readMeta } from './course-copy.ts';
import { limitOpened, listOpened } from './opened-copies.ts';
import { People } from './people.ts';

/** The memory is looked at again after so many questions. */
const QUESTIONS = 64;

/**
 * Somebody waits: not behind a long ingest. As much memory as a refresh has for it: the history of a million learners with
 * sixty million facts takes 2.3 GB.
 */
const URGENT: Limits = { urgent: true, seconds: 120, memoryBytes: 4e9 };

let questions = 0;

/**
 * The copy of a published snapshot, made if it is not there yet or damaged. Use it within `copy.use`.
 * @throws AppError `store_unavailable`, also where the store has no such snapshot, and where the copy cannot be written
 */
export async function openCopy(store: Store, key: SnapshotKey): Promise<CourseCopy> {
  const { snapshot } = key;
  const copies = listOpened(store);
  const known = copies.get(snapshot);
  const isDoubtful = known?.copy?.isDoubtful === true;
  if (isDoubtful) known.copy?.close();
  const entry = known !== undefined && !isDoubtful ? known : { opening: open(store, key), copy: null };
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
  if (questions === 0) limitOpened(copies, entry.copy);
  questions = (questions + 1) % QUESTIONS;
  return entry.copy;
}

async function open(store: Store, key: SnapshotKey): Promise<CourseCopy> {
  const folder = copyFolder(store, key.snapshot);
  try {
    return read(store, folder);
  } catch (error) {
    refuseShortage(error);
    // not there, or damaged: both are mended by making it
    for (const damaged of [folder, ...findDamagedPeople(store, folder)])
      rmSync(damaged, { recursive: true, force: true });
  }
  await requireSnapshot(store, key);
  await buildCopy(store, key, { limits: URGENT });
  try {
    return read(store, folder);
  } catch (error) {
    refuseShortage(error);
    // its persons are damaged
    const meta = readMeta(folder);
    for (const damaged of [folder, peopleFolder(store, meta)]) rmSync(damaged, { recursive: true, force: true });
  }
  await buildCopy(store, key, { limits: URGENT });
  return read(store, folder);
}

/** The numbers of snapshots are a ClickHouse's own: of one that another has, a copy without anybody would be made here. */
async function requireSnapshot(store: Store, { courseId, snapshot }: SnapshotKey): Promise<void> {
  const [found] = await store.read(
    'SELECT 1 FROM snapshots WHERE course_id = {course:String} AND snapshot = {snapshot:UInt64} LIMIT 1',
    { course: courseId, snapshot },
    URGENT,
  );
  if (found === undefined)
    throw new AppError(
      'store_unavailable',
      'What was published of the course is not here, or not any more. Ask again.',
    );
}

/** The persons of a copy, where it is for them that it cannot be read: as after an update by which they are other files. */
function findDamagedPeople(store: Store, folder: string): string[] {
  try {
    const meta = readMeta(folder);
    const people = peopleFolder(store, meta);
    try {
      new People(people, meta.count).close();
      return [];
    } catch (error) {
      refuseShortage(error);
      return [people];
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    // nothing tells of whom it was
    return [];
  }
}

/** That no file could be opened says nothing about a copy. */
function refuseShortage(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EMFILE' && code !== 'ENFILE') return;
  const whose = code === 'EMFILE' ? 'This process' : 'The system';
  const text = `${whose} has as many files open as it may (${code}), and cannot read a local copy. Raise the limit (ulimit -n).`;
  throw new AppError('store_unavailable', text, { cause: error });
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
