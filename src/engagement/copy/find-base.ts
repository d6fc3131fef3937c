import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awaitAll } from '../../await-all.ts';
import type { Limits, Store } from '../../store/store.ts';
import { spillSql } from '../metrics.ts';
import { type SnapshotRows, inSnapshotSql, snapshotParams } from '../snapshot-rows.ts';
import { doStep } from './do-step.ts';
import { measureRows, readEntities } from './history-files.ts';
import {
  type Base,
  type HistorySetup,
  PACKED,
  SUMS_SQL,
  TOUCHED,
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
  const { courseId: course, snapshot, isChecked } = setup;
  const earlier = await store.read<SnapshotRows & { started: string; told: boolean }>(
    `SELECT
       snapshot, rest, toString(started_at) AS started,
       -- touches do not tell what came since: it was begun long ago, or the clock was set back then or later
       toBool(started_at > now64(6) - INTERVAL ${BASE_DAYS} DAY AND started_at = min(started_at) OVER later AND started_at <= now64(6)) AS told
     FROM snapshots
     WHERE course_id = {course:String} AND snapshot < {snapshot:UInt64}
     WINDOW later AS (ORDER BY snapshot DESC)
     ORDER BY snapshot DESC LIMIT 5`,
    { course, snapshot },
    limits,
  );
  for (const { started, told, ...rows } of earlier) {
    if (!told) return null;
    const copy = setup.findCopy(rows.snapshot);
    if (copy === null || readText(join(copy.folder, RENAMES_FILE)) !== renames) continue;
    const days = isChecked ? [] : await findChangedDays(store, setup, started, limits);
    if (days === null) return null;
    const numbers =
      copy.people === setup.people
        ? { numbers: null, newcomers: 0 }
        : await matchNumbers(store, setup, { rows, count: copy.count }, limits);
    if (numbers === null) return null;
    const base = { ...rows, ...numbers, started, folder: copy.folder, days, wrong: null };
    return isChecked ? checkBase(store, setup, base, limits) : base;
  }
  return null;
}

/** Days of the facts that came since; null where that is more than to take in all. */
async function findChangedDays(
  store: Store,
  { courseId: course, count }: HistorySetup,
  started: string,
  limits: Limits,
): Promise<string[] | null> {
  const [came] = await store.read<{ all: boolean; learners: number; days: string[] }>(
    `SELECT toBool(countIf(username = '') > 0) AS all, uniqExact(username) AS learners, groupUniqArray(day) AS days FROM (${TOUCHED})`,
    { course, started },
    limits,
  );
  const isMuch =
    came === undefined ||
    came.all ||
    came.learners > Math.max(MANY, MANY_OF_ALL * count) ||
    came.days.length > MANY_DAYS;
  return isMuch ? null : came.days;
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
       SETTINGS ${spillSql(0.8e9)}, do_not_merge_across_partitions_select_final = 1`,
      source.params,
      limits,
    );
  const [told] = await awaitAll([
    doStep('sums', { folder: base.folder, count, numbers: base.numbers }, measureRows(base.folder)),
    saveSums(),
  ]);
  const [wrong, entities] = await awaitAll([
    doStep('compare', { count, told, sums, most: MOST_WRONG }),
    findEntities(store, setup, { base: null, known: [] }, limits),
  ]);
  const ids = new Map(entities);
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
