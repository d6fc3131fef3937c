import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awaitAll } from '../../await-all.ts';
import type { Limits, Store } from '../../store/store.ts';
import { type SnapshotRows, inSnapshotSql, snapshotParams } from '../snapshot-rows.ts';
import { doStep } from './do-step.ts';
import { measureRows, readEntities } from './history-files.ts';
import {
  type Base,
  FACT_SETTINGS,
  type FoundCopy,
  type HistorySetup,
  PACKED,
  SUMS_SQL,
  allFacts,
  findEntities,
  newcomersSql,
  numberedSql,
} from './history-facts.ts';

/** The renames by which facts were given to learners: a hash. */
export const RENAMES_FILE = 'renames';

/** Of more changed learners than this, and more than this share of a course, taking in all costs less. */
const MANY = 1000;
const MANY_OF_ALL = 0.2;
const MANY_DAYS = 60;
/** Their numbers are told to the engine, which takes them in an address. */
const MOST_WRONG = 500;
/** So many days what is held of an earlier snapshot is carried over; touches of learners are kept for longer. */
export const BASE_DAYS = 7;

/** A snapshot that was published of a course before another one. */
export interface Earlier extends SnapshotRows {
  /** When it was begun: an instant as the engine writes it. */
  readonly started: string;
  /** Whether what came since is told: it was not begun long ago, nor was the clock set back then or later. */
  readonly told: boolean;
}

/** What was published of each of the courses before a snapshot, the latest first; courses of which nothing was are absent. */
export async function findEarlier(
  store: Store,
  courses: ReadonlyArray<Pick<HistorySetup, 'courseId' | 'snapshot'>>,
  limits: Limits,
): Promise<ReadonlyMap<string, readonly Earlier[]>> {
  if (courses.length === 0) return new Map();
  const rows = await store.read<Earlier & { readonly course_id: string }>(
    `SELECT
       course_id, snapshot, rest, toString(started_at) AS started,
       toBool(started_at > now64(6) - INTERVAL ${BASE_DAYS} DAY AND started_at = min(started_at) OVER later AND started_at <= now64(6)) AS told
     FROM snapshots
     WHERE course_id IN {courses:Array(String)}
       AND snapshot < {snapshots:Array(UInt64)}[indexOf({courses:Array(String)}, course_id)]
     WINDOW later AS (PARTITION BY course_id ORDER BY snapshot DESC)
     ORDER BY course_id, snapshot DESC
     LIMIT 5 BY course_id`,
    { courses: courses.map(({ courseId }) => courseId), snapshots: courses.map(({ snapshot }) => snapshot) },
    limits,
  );
  return Map.groupBy(rows, (row) => row.course_id);
}

/** The latest of those whose copy is here and told by the same renames; null where there is none, or it is not told what came since. */
export function chooseEarlier(
  earlier: readonly Earlier[],
  findCopy: HistorySetup['findCopy'],
  renames: string,
): { readonly earlier: Earlier; readonly copy: FoundCopy } | null {
  for (const each of earlier) {
    if (!each.told) return null;
    const copy = findCopy(each.snapshot);
    if (copy !== null && readText(join(copy.folder, RENAMES_FILE)) === renames) return { earlier: each, copy };
  }
  return null;
}

/** What came of a course since an earlier snapshot was begun. */
export interface Came {
  /** Whether facts of anybody came or went. */
  readonly all: boolean;
  readonly learners: number;
  /** Days of the facts. */
  readonly days: readonly string[];
}

export const NOTHING_CAME: Came = { all: false, learners: 0, days: [] };

/** The same of each of the courses; those of which nothing came are absent. */
export async function findChanges(
  store: Store,
  since: ReadonlyArray<{ readonly courseId: string; readonly started: string }>,
  limits: Limits,
): Promise<ReadonlyMap<string, Came>> {
  if (since.length === 0) return new Map();
  const rows = await store.read<Came & { readonly course_id: string }>(
    `SELECT course_id, toBool(countIf(username = '') > 0) AS all, uniqExact(username) AS learners, groupUniqArray(day) AS days
     FROM (
       SELECT DISTINCT course_id, username, day FROM touched_learners
       WHERE course_id IN {courses:Array(String)} AND day < toDate(65535)
         -- the first alone says which parts need not be read
         AND touched_at >= arrayMin({started:Array(DateTime64(6, 'UTC'))})
         AND touched_at >= {started:Array(DateTime64(6, 'UTC'))}[indexOf({courses:Array(String)}, course_id)])
     GROUP BY course_id`,
    { courses: since.map(({ courseId }) => courseId), started: since.map(({ started }) => started) },
    limits,
  );
  return new Map(rows.map((row) => [row.course_id, row]));
}

/**
 * The latest copy of the course that tells of most learners what is true; null without.
 * @param renames by which its facts must have been given to learners: a hash
 */
export async function findBase(
  store: Store,
  setup: HistorySetup,
  renames: string,
  limits: Limits,
): Promise<Base | null> {
  const { courseId, isChecked, people } = setup;
  const published = (await findEarlier(store, [setup], limits)).get(courseId) ?? [];
  const chosen = chooseEarlier(published, setup.findCopy, renames);
  if (chosen === null) return null;
  const { copy } = chosen;
  const { snapshot, rest, started } = chosen.earlier;
  const rows = { snapshot, rest };
  const changes = await findChanges(store, isChecked ? [] : [{ courseId, started }], limits);
  const { all, learners, days } = changes.get(courseId) ?? NOTHING_CAME;
  if (all || learners > Math.max(MANY, MANY_OF_ALL * setup.count) || days.length > MANY_DAYS) return null;
  const numbers =
    copy.people === people
      ? { numbers: null, newcomers: 0 }
      : await matchNumbers(store, setup, { rows, count: copy.count }, limits);
  if (numbers === null) return null;
  const base = { ...rows, ...numbers, started, folder: copy.folder, days, wrong: null };
  return isChecked ? checkBase(store, setup, base, limits) : base;
}

/** Finds those of whom it tells wrongly; null where they are many, or what it calls a problem or video is another. */
async function checkBase(store: Store, setup: HistorySetup, base: Base, limits: Limits): Promise<Base | null> {
  const { folder, count } = setup;
  const sums = join(folder, 'sums');
  const source = allFacts(setup);
  const saveSums = async () =>
    store.save(
      { path: sums, format: 'RowBinary' },
      `SELECT toUInt32(number), sums.1, sums.2
       FROM (SELECT username, (${SUMS_SQL}) AS sums FROM (SELECT username, ${PACKED} AS packed FROM ${source.sql}) GROUP BY username) AS told
       INNER JOIN (${numberedSql(setup, 'snapshot')}) AS listed ON listed.username = told.username
       ORDER BY number
       ${FACT_SETTINGS}`,
      source.params,
      limits,
    );
  const [told] = await awaitAll([
    doStep('sums', { folder: base.folder, count, numbers: base.numbers }, measureRows(base.folder)),
    saveSums(),
  ]);
  const [wrong, entities] = await awaitAll([
    doStep('compare', { count, told, sums, most: MOST_WRONG }),
    findEntities(store, [setup.courseId], null, limits),
  ]);
  const ids = new Map(entities.get(setup.courseId));
  const isNamed = readEntities(base.folder).every(([hash, id]) => (ids.get(hash) ?? id) === id);
  return wrong !== null && isNamed ? { ...base, wrong } : null;
}

/** The number of each learner in an earlier snapshot, as a file; null when that snapshot is gone, or some of it. */
async function matchNumbers(
  store: Store,
  setup: HistorySetup,
  base: { readonly rows: SnapshotRows; readonly count: number },
  limits: Limits,
): Promise<{ readonly numbers: string; readonly newcomers: number } | null> {
  const { folder, count } = setup;
  const params = { ...snapshotParams(setup), ...snapshotParams(base.rows, 'base') };
  const countBoth = async () => {
    const [found] = await store.read<{ learners: number; newcomers: number }>(
      `SELECT (SELECT count() FROM learners WHERE ${inSnapshotSql(base.rows, 'base')}) AS learners,
         (SELECT count() FROM (${newcomersSql(setup, base.rows)})) AS newcomers`,
      params,
      limits,
    );
    return found?.learners === base.count ? found : null;
  };
  const found = await countBoth();
  if (found === null || found.newcomers > Math.max(MANY, MANY_OF_ALL * count)) return null;
  const numbers = join(folder, 'numbers');
  await store.save(
    { path: numbers, format: 'RowBinary' },
    `SELECT toUInt32(before) FROM (
       SELECT now.number AS number, ifNull(was.number, 4294967295) AS before
       FROM (${numberedSql(setup, 'snapshot')}) AS now
       LEFT JOIN (${numberedSql(base.rows, 'base')}) AS was ON was.username = now.username
     ) ORDER BY number`,
    params,
    limits,
  );
  // Learners of a snapshot only ever go: what is whole now was so when the numbers were read.
  return (await countBoth()) && { numbers, newcomers: found.newcomers };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // not there: a copy of an earlier version, or damaged
    return null;
  }
}
