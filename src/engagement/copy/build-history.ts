import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits, Params, Store } from '../../store/store.ts';
import { spillSql } from '../metrics.ts';
import { type Renames, presentNameSql, renameParams, withAllNamesSql } from '../renames.ts';
import { NUMBER_SQL, type SnapshotRows, inSnapshotSql, snapshotParams } from '../snapshot-rows.ts';
import { ENTITIES_FILE, type Entity, readEntities } from './history-files.ts';
import type { HistoryStep } from './write-history.ts';

/** The renames by which facts were given to learners: a hash. */
const RENAMES_FILE = 'renames';

/** Which learners a copy has: equal for copies with the same numbers. */
export interface HistorySetup extends SnapshotRows {
  readonly courseId: string;
  readonly count: number;
  /** Name of the persons' folder. */
  readonly people: string;
  /** By which facts are given to learners. */
  readonly renames: Renames;
  /** Folder of the copy under way. */
  readonly folder: string;
  /** Folder of the copy of another snapshot, and what it says of its persons; null without. */
  readonly findCopy: (
    snapshot: number,
  ) => { readonly folder: string; readonly count: number; readonly people: string } | null;
}

/** Of more changed learners than this, and more than this share of a course, taking in all costs less. */
const MANY = 1000;
const MANY_OF_ALL = 0.2;
const MANY_DAYS = 60;
/** So many days what is held of an earlier snapshot is carried over; touches of learners are kept for longer. */
export const BASE_DAYS = 7;

/**
 * What is to be done for the history of a snapshot: writes the facts of all its learners, or, where there is a copy of an
 * earlier snapshot of the course, of those for whom any came since.
 * @throws AppError `store_unavailable`
 */
export async function prepareHistory(store: Store, setup: HistorySetup, limits: Limits): Promise<HistoryStep> {
  const { folder, count, renames } = setup;
  writeFileSync(join(folder, RENAMES_FILE), renames.hash, { flush: true });
  const base = await findBase(store, setup, limits);
  const facts = join(folder, 'facts');
  const known = base === null ? [] : readEntities(base.folder);
  // at the turn of the day nothing came in most courses
  const cameAny = base === null || base.days.length > 0 || base.newcomers > 0;
  if (cameAny) await saveFacts(store, setup, base, facts, limits);
  if (!existsSync(facts)) writeFileSync(facts, '');
  // after the facts, so that the problems and videos of all of them are among these
  const entities = cameAny ? [...known, ...(await findEntities(store, setup, base, known, limits))] : known;
  writeFileSync(join(folder, ENTITIES_FILE), JSON.stringify(entities), { flush: true });
  return { folder, count, facts, base: base && { folder: base.folder, numbers: base.numbers } };
}

async function saveFacts(
  store: Store,
  setup: HistorySetup,
  base: Base | null,
  path: string,
  limits: Limits,
): Promise<void> {
  const source = base === null ? allFacts(setup, setup.renames) : changedFacts(setup, base, setup.renames);
  const told = `(
    SELECT username, max(whole) AS is_whole, arraySort(groupArray(${PACKED})) AS packed
    FROM ${source.sql}
    GROUP BY username) AS told`;
  const listed = `(${numberedSql(setup, 'snapshot')}) AS listed`;
  await store.save(
    { path, format: 'RowBinary' },
    `SELECT toUInt32(number), toUInt8(is_whole), packed
     -- all learners' facts are read once; those of a few are looked up
     FROM ${base === null ? `${told} INNER JOIN ${listed}` : `${listed} INNER JOIN ${told}`} ON listed.username = told.username
     ORDER BY number
     SETTINGS ${spillSql(0.8e9)}, do_not_merge_across_partitions_select_final = 1`,
    source.params,
    limits,
  );
}

/** Removes what only the making of a history needs. */
export function tidyHistory(folder: string): void {
  for (const name of ['facts', 'numbers']) rmSync(join(folder, name), { force: true });
}

/** Removes all that was made of a history; the rows may be links to those of another. */
export function clearHistory(folder: string): void {
  tidyHistory(folder);
  for (const name of readdirSync(folder)) if (/^(rows|entities)-\d+$/.test(name)) rmSync(join(folder, name));
}

/**
 * SQL of what tells problems and videos apart: 46 bits of a hash. Two of ten thousand would be taken for one in one course of a
 * million.
 */
const ENTITY_HASH = 'bitAnd(cityHash64(entity), 70368744177663)';

/** SQL of a fact as 64 bits: kind (2), hash of the problem or video (46), day (15), whether it completed the problem (1). */
const PACKED = `bitOr(bitShiftLeft(toUInt64(kind), 62), bitOr(
  bitShiftLeft(if(kind = 'discussion', toUInt64(0), ${ENTITY_HASH}), 16),
  bitOr(bitShiftLeft(toUInt64(toUInt16(day)), 1), toUInt64(completed))))`;

/** SQL of the learners of a snapshot with their numbers. */
function numberedSql(rows: SnapshotRows, name: 'snapshot' | 'base'): string {
  return `SELECT ${NUMBER_SQL} AS number, username FROM learners WHERE ${inSnapshotSql(rows, name)}`;
}

interface Base extends SnapshotRows {
  /** When it was begun: an instant as the engine writes it. */
  readonly started: string;
  readonly folder: string;
  readonly numbers: string | null;
  /** Days of the facts that came since. */
  readonly days: readonly string[];
  /** Learners who were not in it. */
  readonly newcomers: number;
}

/** The latest copy of the course that tells of most learners what is true; null without. */
async function findBase(store: Store, setup: HistorySetup, limits: Limits): Promise<Base | null> {
  const { courseId: course, snapshot, renames } = setup;
  const earlier = await store.read<SnapshotRows & { started: string }>(
    `SELECT snapshot, rest, toString(started_at) AS started FROM snapshots
     WHERE course_id = {course:String} AND snapshot < {snapshot:UInt64} AND started_at > now64(6) - INTERVAL ${BASE_DAYS} DAY
     ORDER BY snapshot DESC LIMIT 5`,
    { course, snapshot },
    limits,
  );
  for (const { started, ...rows } of earlier) {
    const copy = setup.findCopy(rows.snapshot);
    if (copy === null || readText(join(copy.folder, RENAMES_FILE)) !== renames.hash) continue;
    const [came] = await store.read<{ all: boolean; learners: number; days: string[] }>(
      `SELECT toBool(countIf(username = '') > 0) AS all, uniqExact(username) AS learners, groupUniqArray(day) AS days FROM (${TOUCHED})`,
      { course, started },
      limits,
    );
    if (came === undefined || came.all || came.learners > Math.max(MANY, MANY_OF_ALL * setup.count)) return null;
    if (came.days.length > MANY_DAYS) return null;
    const found = { ...rows, started, folder: copy.folder, days: came.days };
    if (copy.people === setup.people) return { ...found, numbers: null, newcomers: 0 };
    const numbers = await matchNumbers(store, setup, { rows, count: copy.count }, limits);
    return numbers && { ...found, ...numbers };
  }
  return null;
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
  if (!existsSync(numbers)) writeFileSync(numbers, '');
  // Learners of a snapshot only ever go: what is whole now was so when the numbers were read.
  return (await countBoth()) && { numbers, newcomers: found.newcomers };
}

/** Names, as stated, and days of the facts that came since a snapshot was begun; without a name: facts of anybody came or went. */
const TOUCHED = `SELECT DISTINCT username, day FROM touched_learners
  WHERE course_id = {course:String} AND day < toDate(65535) AND touched_at >= {started:DateTime64(6, 'UTC')}`;

/** SQL of the learners of the snapshot who were not in the base. */
function newcomersSql(rows: SnapshotRows, base: SnapshotRows): string {
  return `SELECT username FROM learners
    WHERE ${inSnapshotSql(rows)} AND username NOT IN (SELECT username FROM learners WHERE ${inSnapshotSql(base, 'base')})`;
}

/** Facts to take in: username, kind, entity, day, completed, and whether they are all of that learner. */
interface Source {
  readonly sql: string;
  readonly params: Params;
}

const COLUMNS = 'kind, entity, day, completed';

function allFacts(setup: HistorySetup, renames: Renames): Source {
  return {
    sql: `(
      SELECT ${presentNameSql(renames, 'stated_name', 'user_id')} AS username, true AS whole, ${COLUMNS}
      FROM (SELECT username AS stated_name, user_id, ${COLUMNS} FROM facts FINAL WHERE course_id = {course:String}))`,
    params: { course: setup.courseId, ...snapshotParams(setup), ...renameParams(renames) },
  };
}

function changedFacts(setup: HistorySetup, base: Base, renames: Renames): Source {
  const parts = [
    `SELECT username AS stated_name, user_id, hash, false AS whole, ${COLUMNS} FROM facts
     WHERE course_id = {course:String} AND day IN {days:Array(Date)} AND (username, day) IN (${withAllNamesSql(renames, TOUCHED)})`,
    ...(base.newcomers === 0
      ? []
      : [
          `SELECT username, user_id, hash, true, ${COLUMNS} FROM facts
           WHERE course_id = {course:String} AND username IN (
             SELECT username FROM (${withAllNamesSql(renames, `SELECT username, toDate(0) AS day FROM (${newcomersSql(setup, base)})`)}))`,
        ]),
  ];
  return {
    sql: `(
      SELECT ${presentNameSql(renames, 'stated_name', 'user_id')} AS username, whole, ${COLUMNS}
      FROM (${parts.join(' UNION ALL ')})
      -- of facts that are there twice, those by which the learner is told as a whole
      ORDER BY whole DESC
      LIMIT 1 BY hash)`,
    params: {
      course: setup.courseId,
      ...snapshotParams(setup),
      ...snapshotParams(base, 'base'),
      started: base.started,
      days: base.days,
      ...renameParams(renames),
    },
  };
}

/**
 * Problems and videos that have no number yet: of all facts of the course, or of the days on which any came; whoever they are of,
 * so that those of a later learner have theirs.
 */
async function findEntities(
  store: Store,
  { courseId }: HistorySetup,
  base: Base | null,
  known: readonly Entity[],
  limits: Limits,
): Promise<Entity[]> {
  const rows = await store.read<{ hash: number; id: string }>(
    `SELECT ${ENTITY_HASH} AS hash, any(entity) AS id FROM facts
     WHERE course_id = {course:String} AND kind != 'discussion' ${base === null ? '' : 'AND day IN {days:Array(Date)}'}
     GROUP BY hash
     ORDER BY hash`,
    { course: courseId, ...(base !== null && { days: base.days }) },
    limits,
  );
  const numbered = new Set(known.map(([hash]) => hash));
  return rows.filter(({ hash }) => !numbered.has(hash)).map(({ hash, id }) => [hash, id]);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // not there: a copy of an earlier version, or damaged
    return null;
  }
}
