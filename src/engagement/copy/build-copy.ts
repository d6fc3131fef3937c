import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../errors.ts';
import { describeEngineError } from '../../store/engine-errors.ts';
import type { Limits, SaveTarget, Store } from '../../store/store.ts';
import type { Course } from '../course.ts';
import { PROFILE_FIELDS } from '../learner.ts';
import { type Renames, findRenames } from '../renames.ts';
import { foldSql } from '../search-text.ts';
import { segmentParams } from '../segments.ts';
import { NUMBER_SQL, type SnapshotRows, countLearners, inSnapshotSql, snapshotParams } from '../snapshot-rows.ts';
import { clearHistory, prepareHistory, tidyHistory } from './build-history.ts';
import type { HistoryCheck } from './check-history.ts';
import { measureRows } from './history-files.ts';
import type { HistorySetup } from './history-facts.ts';
import { COPY_STEPS, type CopyStep } from './copy-steps.ts';
import { type CopyMeta, META_FILE, readMeta } from './course-copy.ts';
import { PEOPLE_EXPORTS } from './people-files.ts';
import { STATE_FILE, STATE_SQL, nameParams } from './state-records.ts';
import { type HistoryStep, measureHistory } from './write-history.ts';

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

/** Which snapshot of which course, and what its segments follow from. */
export type SnapshotKey = Pick<Course, 'courseId' | 'snapshot' | 'rest' | 'window' | 'windowDistributions'>;

interface CopyOptions {
  readonly limits?: Limits;
  /** Those by which the snapshot was made, where they are at hand. */
  readonly renames?: Renames;
  /** What an earlier copy says that learners did is held against all facts before it is taken over. */
  readonly fromFacts?: boolean;
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
  key: SnapshotKey,
  { limits = {} }: CopyOptions,
): Promise<Omit<CopyMeta, 'groups'>> {
  const [learners] = await store.read<{ count: number; cohorts: string[]; modes: string[]; people: string }>(
    `SELECT count() AS count,
       arraySort(groupUniqArray(cohort)) AS cohorts,
       arraySort(groupUniqArray(enrollment_mode)) AS modes,
       concat(toString(count()), '-', lower(hex(groupBitXor(person))), '-', lower(hex(sum(person)))) AS people
     FROM (
       SELECT person, cohort, enrollment_mode FROM learners WHERE ${inSnapshotSql(key)}
     )`,
    snapshotParams(key),
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
  key: SnapshotKey,
  learners: Omit<CopyMeta, 'groups'>,
  { limits = {}, renames, fromFacts = false, isCounted = false }: CopyOptions,
): Promise<void> {
  const { courseId, snapshot, rest } = key;
  const { count, people, cohorts, modes } = learners;
  await buildPeople(store, key, learners, limits);
  await appear(store, copyFolder(store, snapshot), async (making) => {
    const makeState = async () => {
      const path = join(making, STATE_FILE);
      await store.save(
        { path, format: 'RowBinary' },
        `SELECT ${STATE_SQL} FROM learners WHERE ${inSnapshotSql(key)} ORDER BY username`,
        { ...snapshotParams(key), ...nameParams(cohorts, modes), ...segmentParams(key) },
        limits,
      );
      if (count === 0) writeFileSync(path, '');
      return doStep('groups', { folder: making, count, cohorts, modes });
    };
    let state: ReturnType<typeof makeState> | null = null;
    const saveState = async () => (state ??= makeState());
    const setup = {
      courseId,
      snapshot,
      rest,
      count,
      people,
      renames: renames ?? (await findRenames(store, limits)),
      folder: making,
      findCopy: (other: number) => findCopy(store, other),
      check: fromFacts
        ? async (step: HistoryCheck) => {
            // the engine has nothing else to do meanwhile
            const [checked] = await Promise.all([doStep('check', step, measureRows(step.folder)), saveState()]);
            return checked;
          }
        : null,
    };
    const groups = await buildHistory(store, setup, limits, saveState);
    // Learners of a snapshot only ever go: if all are there still, they had the same numbers in every file.
    if (!isCounted && (await countLearners(store, key, limits)) !== count)
      throw new AppError('store_unavailable', REMOVED);
    const meta: CopyMeta = { ...learners, groups };
    writeFileSync(join(making, META_FILE), JSON.stringify(meta), { flush: true });
  });
}

/**
 * What an earlier copy has is taken over; where that does not fit, or goes away meanwhile, all is made of the facts. `meanwhile` is
 * what the engine does once it is no longer needed for this; gives its result.
 */
async function buildHistory<Result>(
  store: Store,
  setup: HistorySetup,
  limits: Limits,
  meanwhile: () => Promise<Result>,
): Promise<Result> {
  const prepareAnew = async () => {
    clearHistory(setup.folder);
    return prepareHistory(store, { ...setup, findCopy: () => null }, limits);
  };
  const prepared = await prepareHistory(store, setup, limits).catch(async (error: unknown) => {
    // the store would fail again
    if (error instanceof AppError) throw error;
    return prepareAnew();
  });
  const [history, other] = await Promise.allSettled([writeRows(prepared), meanwhile()]);
  if (other.status === 'rejected') throw other.reason;
  if (history.status === 'rejected') await writeRows(await prepareAnew());
  tidyHistory(setup.folder);
  return other.value;
}

async function writeRows(step: HistoryStep): Promise<void> {
  await doStep('history', step, measureHistory(step));
}

function findCopy(store: Store, snapshot: number) {
  const folder = copyFolder(store, snapshot);
  try {
    const { count, people } = readMeta(folder);
    return { folder, count, people };
  } catch {
    // not there, or damaged: another will do
    return null;
  }
}

export function copyFolder(store: Store, snapshot: number): string {
  return join(store.copies, String(snapshot));
}

export function peopleFolder(store: Store, { people }: Pick<CopyMeta, 'people'>): string {
  return join(store.copies, people);
}

async function buildPeople(
  store: Store,
  rows: SnapshotRows,
  meta: Pick<CopyMeta, 'count' | 'people'>,
  limits: Limits,
): Promise<void> {
  const folder = peopleFolder(store, meta);
  if (existsSync(folder)) return;
  const from = `FROM learners WHERE ${inSnapshotSql(rows)} ORDER BY username`;
  await appear(store, folder, async (making) => {
    const save = async (name: string, sql: string, format: SaveTarget['format'] = 'RowBinary') => {
      const path = join(making, name);
      await store.save({ path, format }, sql, snapshotParams(rows), limits);
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
           FROM (SELECT ${NUMBER_SQL} AS number, ${key} AS key FROM learners WHERE ${inSnapshotSql(rows)})
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
): Promise<ReturnType<(typeof COPY_STEPS)[Step]>> {
  type Result = ReturnType<(typeof COPY_STEPS)[Step]>;
  if (setup.count <= MANY && bytes <= MANY_BYTES) return (COPY_STEPS[step] as (given: typeof setup) => Result)(setup);
  const worker = new Worker(new URL('./copy-steps.worker.ts', import.meta.url), { workerData: { step, setup } });
  let result: unknown;
  worker.once('message', (message) => {
    result = message;
  });
  const [code] = (await once(worker, 'exit')) as [number];
  if (code !== 0) throw new Error(`step ${step} of a copy of ${setup.count} learners ended with ${code}`);
  return result as Result;
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
