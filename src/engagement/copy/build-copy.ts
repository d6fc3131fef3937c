import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awaitAll } from '../../await-all.ts';
import { AppError } from '../../errors.ts';
import { onDisk } from '../../store/engine-errors.ts';
import type { Limits, Store } from '../../store/store.ts';
import type { Course } from '../course.ts';
import type { Distributions } from '../ranges.ts';
import { type Renames, findRenames } from '../renames.ts';
import { type SnapshotRows, countLearners, inSnapshotSql, snapshotParams } from '../snapshot-rows.ts';
import { linkFile, syncFolder } from './binary-files.ts';
import { clearHistory, prepareHistory, tidyHistory } from './build-history.ts';
import type { HistorySetup } from './history-facts.ts';
import { type CopyMeta, META_FILE, readMeta } from './course-copy.ts';
import { doStep } from './do-step.ts';
import { PEOPLE_EXPORTS, PEOPLE_FILES } from './people-files.ts';
import { personExports } from './person-exports.ts';
import { type Told, saveOrTake } from './told.ts';
import { type HistoryStep, measureHistory } from './write-history.ts';
import { type StateMeta, writeState } from './write-state.ts';

/** So often a copy is begun while learners are removed from its snapshot. */
const TRIES = 3;
const REMOVED = 'Learners of the course were removed while it was copied to this machine. Try again.';

/** Which snapshot of which course, and what its segments follow from. */
export interface SnapshotKey extends Pick<Course, 'courseId' | 'snapshot' | 'rest' | 'window'> {
  /** Null where they are not known yet: measured while files are made. */
  readonly windowDistributions: Distributions | null;
}

export type CountedPeople = Omit<CopyMeta, keyof StateMeta>;

interface CopyOptions {
  readonly limits?: Limits;
  /** Those by which the snapshot was made, where they are at hand. */
  readonly renames?: Renames;
  /** What an earlier copy says that learners did is held against all facts before it is taken over. */
  readonly fromFacts?: boolean;
  /** The snapshot whose learners are those of this one, but for those who have rows of their own in this one. */
  readonly carriedFrom?: number | undefined;
  /** What `countPeopleOf` has told of it, where that was asked, and what else is told of it already. */
  readonly counted?: CountedPeople | undefined;
  readonly told?: Told | undefined;
  /** Whoever asks counts the learners again afterwards, and does without the copy where some are gone. */
  readonly isCounted?: boolean;
}

/**
 * Writes the local copy of a snapshot whose learners are in the store, published or not, unless it is there. Persons are
 * shared between snapshots in which they are the same, and what learners did is carried over from an earlier one. Whole or not
 * there: a folder gets its name when all of it is on disk. Where somebody is forgotten meanwhile, it is made of the others.
 * @throws AppError `store_unavailable`, also where the disk is full
 */
export async function buildCopy(store: Store, key: SnapshotKey, options: CopyOptions = {}): Promise<void> {
  if (existsSync(copyFolder(store, key.snapshot))) return;
  for (let tries = TRIES; ; tries -= 1) {
    const { counted, told } = tries === TRIES ? options : { counted: undefined, told: undefined };
    const meta = counted ?? (await countPeople(store, key, options));
    try {
      await makeCopy(store, key, meta, { ...options, told });
      return;
    } catch (error) {
      if (tries === 1 || (await countPeople(store, key, options)).people === meta.people) throw error;
    }
  }
}

/** SQL of what a copy says of its learners, over their rows. */
const PEOPLE_SQL = `count() AS count,
  arraySort(groupUniqArray(cohort)) AS cohorts,
  arraySort(groupUniqArray(enrollment_mode)) AS modes,
  concat('people-', toString(count()), '-', lower(hex(groupBitXor(person))), '-', lower(hex(sum(person)))) AS people`;

/** The learners that the snapshot has now. */
async function countPeople(store: Store, key: SnapshotRows, { limits = {} }: CopyOptions): Promise<CountedPeople> {
  const [learners] = await store.read<CountedPeople>(
    `SELECT ${PEOPLE_SQL}
     FROM (
       SELECT person, cohort, enrollment_mode FROM learners WHERE ${inSnapshotSql(key)}
     )`,
    snapshotParams(key),
    limits,
  );
  if (learners === undefined) throw new Error('the engine counted no learners');
  return learners;
}

/** The same of several snapshots that have all of their rows, by their numbers; those without learners are absent. */
export async function countPeopleOf(
  store: Store,
  snapshots: readonly number[],
): Promise<ReadonlyMap<number, CountedPeople>> {
  const rows = await store.read<CountedPeople & { readonly snapshot: number }>(
    `SELECT snapshot, ${PEOPLE_SQL}
     FROM learners WHERE snapshot IN {snapshots:Array(UInt64)} GROUP BY snapshot`,
    { snapshots },
  );
  return new Map(rows.map(({ snapshot, ...learners }) => [snapshot, learners]));
}

async function makeCopy(
  store: Store,
  key: SnapshotKey,
  learners: CountedPeople,
  { limits = {}, renames, fromFacts = false, isCounted = false, carriedFrom, told }: CopyOptions,
): Promise<void> {
  const { courseId, snapshot, rest } = key;
  const { count, people } = learners;
  await buildPeople(store, key, { ...learners, told }, limits);
  await appear(copyFolder(store, snapshot), async (making) => {
    const setup = {
      courseId,
      snapshot,
      rest,
      count,
      people,
      renames: renames ?? (await findRenames(store, limits)),
      folder: making,
      findCopy: (other: number) => findCopy(store, other),
      isChecked: fromFacts,
      told: told?.history,
    };
    const base = carriedFrom === undefined ? null : findCopy(store, carriedFrom);
    const stateSetup = { key, learners, folder: making, base, told };
    // What needs the engine for the history goes first, so that a thread makes the history while the state is written here. One that is
    // held against all facts is so by the engine and a thread at once, and mostly nothing is left to be made after that.
    const prepared = Promise.withResolvers<void>();
    if (fromFacts) prepared.resolve();
    const history = writeWhole(store, setup, limits, prepared.resolve);
    // at the latest when it is made: what was told first may not have fitted
    history.then(prepared.resolve, prepared.reject);
    const writing = prepared.promise.then(async () => writeState(store, stateSetup, limits));
    const [state] = await awaitAll([writing, history]);
    tidyHistory(making);
    // Learners of a snapshot only ever go: if all are there still, they had the same numbers in every file.
    if (!isCounted && (await countLearners(store, key, limits)) !== count)
      throw new AppError('store_unavailable', REMOVED);
    const meta: CopyMeta = { ...learners, ...state };
    writeFileSync(join(making, META_FILE), JSON.stringify(meta));
    await syncFolder(making);
  });
}

/**
 * Makes a history of what an earlier copy has; where that does not fit, or goes away meanwhile, of the facts alone.
 * @param onPrepared is called when the engine has told what the history is made of
 */
async function writeWhole(store: Store, setup: HistorySetup, limits: Limits, onPrepared: () => void): Promise<void> {
  try {
    const step = await prepareHistory(store, setup, limits);
    onPrepared();
    await writeRows(step);
  } catch (error) {
    // the store would fail again
    if (error instanceof AppError) throw error;
    clearHistory(setup.folder);
    await writeRows(await prepareHistory(store, { ...setup, told: undefined, findCopy: () => null }, limits));
  }
}

async function writeRows(step: HistoryStep): Promise<void> {
  await doStep('history', step, measureHistory(step));
}

/** The copy of a snapshot, with what it says of itself; null where it is not there, or damaged. */
export function findCopy(store: Store, snapshot: number) {
  const folder = copyFolder(store, snapshot);
  try {
    const meta = readMeta(folder);
    return { folder, count: meta.count, people: meta.people, meta };
  } catch {
    // not there, or damaged: another will do
    return null;
  }
}

/** Where the copy of a snapshot is, once it was made. */
export function copyFolder(store: Store, snapshot: number): string {
  return join(store.copies, String(snapshot));
}

/** Where the people of a copy are, which copies of several snapshots may share. */
export function peopleFolder(store: Store, { people }: Pick<CopyMeta, 'people'>): string {
  return join(store.copies, people);
}

/** Whether the people of a copy are here, as this version has them. */
export function hasPeople(store: Store, meta: Pick<CopyMeta, 'people'>): boolean {
  return existsSync(join(peopleFolder(store, meta), PEOPLE_FILES.texts));
}

async function buildPeople(
  store: Store,
  rows: SnapshotRows,
  { told, ...meta }: Pick<CopyMeta, 'count' | 'people'> & { readonly told: Told | undefined },
  limits: Limits,
): Promise<void> {
  const folder = peopleFolder(store, meta);
  if (hasPeople(store, meta)) return;
  // of another version of the product
  rmSync(folder, { recursive: true, force: true });
  const { texts, docs, nameOrder, emailOrder } = personExports(inSnapshotSql(rows), 'one');
  await appear(folder, async (making) => {
    const save = async ({ name, sql, format }: typeof docs) =>
      saveOrTake(store, told, { path: join(making, name), format }, { sql, params: snapshotParams(rows), limits });
    await save(texts);
    const indexing = doStep('texts', { folder: making, count: meta.count });
    const exporting = (async () => {
      for (const each of [docs, nameOrder, emailOrder]) await save(each);
    })();
    // before the folder may go away
    await awaitAll([indexing, exporting]);
    await doStep('rest', { folder: making, count: meta.count });
    for (const name of [PEOPLE_EXPORTS.texts, PEOPLE_EXPORTS.nameOrder, PEOPLE_EXPORTS.emailOrder])
      rmSync(join(making, name));
    await syncFolder(making);
  });
}

/**
 * Gives a snapshot in which all learners are as in another one the files of its copy. Where there is none, or its files cannot be
 * given, it is made when somebody asks for it.
 */
export async function linkCopy(store: Store, from: number, to: number): Promise<void> {
  const folder = copyFolder(store, from);
  if (!existsSync(folder)) return;
  try {
    await appear(copyFolder(store, to), (making) => {
      for (const name of readdirSync(folder)) linkFile(join(folder, name), join(making, name));
    });
  } catch {
    // one that is damaged is as none
  }
}

/** Makes a folder under another name first; where somebody else was faster, theirs stays. */
async function appear(folder: string, fill: (making: string) => void | Promise<void>): Promise<void> {
  const making = `${folder}.${randomBytes(6).toString('hex')}.making`;
  try {
    // a full disk is no fault of whoever asks
    await onDisk(folder, async () => {
      mkdirSync(making, { recursive: true });
      await fill(making);
      try {
        renameSync(making, folder);
      } catch (error) {
        if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
      }
    });
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
