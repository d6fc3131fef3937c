import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../errors.ts';
import { describeEngineError } from '../../store/engine-errors.ts';
import type { Limits, SaveTarget, Store } from '../../store/store.ts';
import { PROFILE_FIELDS } from '../learner.ts';
import { type Renames, findRenames } from '../renames.ts';
import { foldSql } from '../search-text.ts';
import { syncFile } from './binary-files.ts';
import { type HistorySetup, clearHistory, prepareHistory, tidyHistory } from './build-history.ts';
import { COPY_STEPS, type CopyStep } from './copy-steps.ts';
import { type CopyMeta, META_FILE, STATE_FILE } from './course-copy.ts';
import { PEOPLE_EXPORTS } from './people-files.ts';
import { STATE_SQL, nameParams } from './state-records.ts';
import { measureHistory } from './write-history.ts';

/** The values of a person's doc. */
export const PERSON_FIELDS = ['username', 'user_id', 'name', 'email', ...PROFILE_FIELDS] as const;

/** What is searched: username, name and e-mail, folded, a line each. */
const SEARCH_TEXT = ['username', "ifNull(name, '')", "ifNull(email, '')"].map(foldSql).join(" || '\\n' || ");

/** The files of more learners than this, or of more bytes of facts, are made in a thread of its own, so that requests go on. */
const MANY = 5000;
const MANY_BYTES = 1_000_000;

/** So often a copy is begun while learners are removed from its snapshot. */
const TRIES = 3;
const REMOVED = 'Learners of the course were removed while it was copied to this machine. Try again.';

/** Which snapshot of which course. */
export interface SnapshotKey {
  readonly courseId: string;
  readonly snapshot: number;
}

interface CopyOptions {
  readonly limits?: Limits;
  /** Those by which the snapshot was made, where they are at hand. */
  readonly renames?: Renames;
  /** What learners did is taken from all facts, nothing of it from an earlier copy. */
  readonly fromFacts?: boolean;
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
    const meta = await describeLearners(store, key, options);
    try {
      await makeCopy(store, key, meta, options);
      return;
    } catch (error) {
      if (tries === 1 || (await describeLearners(store, key, options)).people === meta.people) throw error;
    }
  }
}

/** The learners that the snapshot has now. */
async function describeLearners(
  store: Store,
  { snapshot }: SnapshotKey,
  { limits = {} }: CopyOptions,
): Promise<CopyMeta> {
  const [learners] = await store.read<{ count: number; cohorts: string[]; modes: string[]; people: string }>(
    `SELECT count() AS count,
       arraySort(groupUniqArray(cohort)) AS cohorts,
       arraySort(groupUniqArray(enrollment_mode)) AS modes,
       concat(toString(count()), '-', lower(hex(groupBitXor(person))), '-', lower(hex(sum(person)))) AS people
     FROM (
       SELECT person, cohort, enrollment_mode FROM learners WHERE snapshot = {snapshot:UInt64}
     )`,
    { snapshot },
    limits,
  );
  if (learners === undefined) throw new Error('the engine counted no learners');
  return {
    count: learners.count,
    cohorts: learners.cohorts,
    modes: learners.modes,
    people: `people-${learners.people}`,
  };
}

async function makeCopy(
  store: Store,
  { courseId, snapshot }: SnapshotKey,
  meta: CopyMeta,
  { limits = {}, renames, fromFacts = false }: CopyOptions,
): Promise<void> {
  await buildPeople(store, snapshot, meta, limits);
  await appear(store, copyFolder(store, snapshot), async (making) => {
    await store.save(
      { path: join(making, STATE_FILE), format: 'RowBinary' },
      `SELECT ${STATE_SQL} FROM learners WHERE snapshot = {snapshot:UInt64} ORDER BY username`,
      { snapshot, ...nameParams(meta.cohorts, meta.modes) },
      limits,
    );
    if (meta.count === 0) writeFileSync(join(making, STATE_FILE), '');
    syncFile(join(making, STATE_FILE));
    const { count, people } = meta;
    const given = renames ?? (await findRenames(store, limits));
    const setup = {
      courseId,
      snapshot,
      count,
      people,
      renames: given,
      folder: making,
      findCopy: (other: number) => (fromFacts ? null : findCopy(store, other)),
    };
    await buildHistory(store, setup, limits);
    // Learners of a snapshot only ever go: if all are there still, they had the same numbers in every file.
    const now = await describeLearners(store, { courseId, snapshot }, { limits });
    if (now.people !== people) throw new AppError('store_unavailable', REMOVED);
    writeFileSync(join(making, META_FILE), JSON.stringify(meta), { flush: true });
  });
}

/** What an earlier copy has is taken over; where that does not fit, or goes away meanwhile, all is made of the facts. */
async function buildHistory(store: Store, setup: HistorySetup, limits: Limits): Promise<void> {
  const build = async (own: HistorySetup) => {
    const step = await prepareHistory(store, own, limits);
    await doStep('history', step, measureHistory(step));
  };
  try {
    await build(setup);
  } catch (error) {
    // the store would fail again
    if (error instanceof AppError) throw error;
    clearHistory(setup.folder);
    await build({ ...setup, findCopy: () => null });
  }
  tidyHistory(setup.folder);
}

function findCopy(store: Store, snapshot: number) {
  const folder = copyFolder(store, snapshot);
  try {
    const { count, people } = JSON.parse(readFileSync(join(folder, META_FILE), 'utf8')) as CopyMeta;
    return { folder, count, people };
  } catch {
    // not there, or damaged: another will do
    return null;
  }
}

export function copyFolder(store: Store, snapshot: number): string {
  return join(store.copies, String(snapshot));
}

export function peopleFolder(store: Store, { people }: CopyMeta): string {
  return join(store.copies, people);
}

async function buildPeople(store: Store, snapshot: number, meta: CopyMeta, limits: Limits): Promise<void> {
  const folder = peopleFolder(store, meta);
  if (existsSync(folder)) return;
  const from = 'FROM learners WHERE snapshot = {snapshot:UInt64} ORDER BY username';
  await appear(store, folder, async (making) => {
    const save = async (name: string, sql: string, format: SaveTarget['format'] = 'RowBinary') => {
      const path = join(making, name);
      await store.save({ path, format }, sql, { snapshot }, limits);
      // nothing is written about nobody
      if (meta.count === 0) writeFileSync(path, '');
    };
    await save(PEOPLE_EXPORTS.texts, `SELECT ${SEARCH_TEXT} ${from}`);
    const indexing = doStep('texts', { folder: making, count: meta.count });
    const exporting = (async () => {
      await save(PEOPLE_EXPORTS.docs, `SELECT ${PERSON_FIELDS.join(', ')} ${from}`, 'JSONCompactEachRow');
      for (const [name, key] of [
        [PEOPLE_EXPORTS.nameOrder, foldSql('name')],
        [PEOPLE_EXPORTS.emailOrder, 'email'],
      ] as const) {
        await save(
          name,
          `SELECT toUInt32(number), toUInt32(key IS NULL), cityHash64(ifNull(key, ''))
           FROM (SELECT rowNumberInAllBlocks() AS number, key FROM (SELECT ${key} AS key ${from}))
           ORDER BY key NULLS LAST, number`,
        );
      }
    })();
    // both come to their end before the folder may go away
    for (const result of await Promise.allSettled([indexing, exporting])) {
      if (result.status === 'rejected') throw result.reason;
    }
    await doStep('rest', { folder: making, count: meta.count });
    for (const name of [PEOPLE_EXPORTS.texts, PEOPLE_EXPORTS.nameOrder, PEOPLE_EXPORTS.emailOrder])
      rmSync(join(making, name));
  });
}

async function doStep<Step extends CopyStep>(
  step: Step,
  setup: Parameters<(typeof COPY_STEPS)[Step]>[0],
  bytes = 0,
): Promise<void> {
  if (setup.count <= MANY && bytes <= MANY_BYTES) {
    (COPY_STEPS[step] as (given: typeof setup) => void)(setup);
    return;
  }
  const worker = new Worker(new URL('./copy-steps.worker.ts', import.meta.url), { workerData: { step, setup } });
  const [code] = (await once(worker, 'exit')) as [number];
  if (code !== 0) throw new Error(`step ${step} of a copy of ${setup.count} learners ended with ${code}`);
}

/** Makes a folder under another name first; where somebody else was faster, theirs stays. */
async function appear(store: Store, folder: string, fill: (making: string) => Promise<void>): Promise<void> {
  const making = `${folder}.${randomBytes(6).toString('hex')}.making`;
  try {
    mkdirSync(making, { recursive: true });
    await fill(making);
    try {
      renameSync(making, folder);
    } catch (error) {
      if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    }
  } catch (error) {
    // a full disk is no fault of whoever asks
    throw describeEngineError(error, store.copies);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
