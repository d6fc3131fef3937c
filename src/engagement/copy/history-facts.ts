import type { Limits, Params, Store } from '../../store/store.ts';
import { spillSql } from '../metrics.ts';
import { type Renames, presentNameSql, renameParams, withAllNamesSql } from '../renames.ts';
import { NUMBER_SQL, type SnapshotRows, inSnapshotSql, snapshotParams } from '../snapshot-rows.ts';
import type { Entity } from './history-files.ts';

/** The copy of another snapshot. */
export interface FoundCopy {
  readonly folder: string;
  readonly count: number;
  readonly people: string;
}

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
  readonly findCopy: (snapshot: number) => FoundCopy | null;
  /** Whether another history is held against all facts, for not to trust what was marked as changed. */
  readonly isChecked: boolean;
  /** What the engine has told already; absent: it is asked. */
  readonly told?: ToldHistory | undefined;
}

/** What a history is made of. */
export interface ToldHistory {
  /** By which facts were given to learners: a hash. */
  readonly renames: string;
  /** The earlier history whose learners stay as they were but for the facts, with the number there of each; null: `facts` is all there is. */
  readonly base: Pick<Base, 'folder' | 'numbers'> | null;
  /** As read-facts.ts has them. */
  readonly facts: Buffer;
  /** Problems and videos of the facts, and others that have numbers in the base maybe. */
  readonly entities: readonly Entity[];
}

/** An earlier history of the course, and what is to be made anew of it. */
export interface Base extends SnapshotRows {
  /** When it was begun: an instant as the engine writes it. */
  readonly started: string;
  readonly folder: string;
  readonly numbers: string | null;
  /** Days of the facts that came since. */
  readonly days: readonly string[];
  /** Learners who were not in it. */
  readonly newcomers: number;
  /** All of whom it tells other than the facts, by their numbers now; null where that was not looked at. */
  readonly wrong: readonly number[] | null;
}

/**
 * SQL of what tells problems and videos apart: 46 bits of a hash. Two of ten thousand would be taken for one in one course of a
 * million.
 */
const ENTITY_HASH = 'bitAnd(cityHash64(entity), 70368744177663)';

/** SQL of a fact as 64 bits: kind (2), hash of the problem or video (46), day (15), whether it completed the problem (1). */
export const PACKED = `bitOr(bitShiftLeft(toUInt64(kind), 62), bitOr(
  bitShiftLeft(if(kind = 'discussion', toUInt64(0), ${ENTITY_HASH}), 16),
  bitOr(bitShiftLeft(toUInt64(toUInt16(day)), 1), toUInt64(completed))))`;

/** SQL of facts as a learner's have them in a file: username, whether they are all, and PACKED. `key` is what else tells learners apart. */
export function packedSql(facts: string, key = ''): string {
  return `(
    SELECT ${key}username, max(whole) AS is_whole, arraySort(groupArray(${PACKED})) AS packed
    FROM ${facts}
    GROUP BY ${key}username) AS told`;
}

/** Settings of statements that group all facts. */
export const FACT_SETTINGS = `SETTINGS ${spillSql(0.8e9)}, do_not_merge_across_partitions_select_final = 1`;

/** SQL of what facts, as PACKED, come to: how many, and the sum of their hashes as 32 bits. sumHistory makes the same of rows. */
export const SUMS_SQL = 'toUInt32(count()), toUInt32(sum(xxHash32(packed)))';

/** SQL of the learners of a snapshot with their numbers. */
export function numberedSql(rows: SnapshotRows, name: 'snapshot' | 'base'): string {
  return `SELECT ${NUMBER_SQL} AS number, username FROM learners WHERE ${inSnapshotSql(rows, name)}`;
}

/** Names, as stated, and days of the facts that came since a snapshot was begun; without a name: facts of anybody came or went. */
const TOUCHED = `SELECT DISTINCT username, day FROM touched_learners
  WHERE course_id = {course:String} AND day < toDate(65535) AND touched_at >= {started:DateTime64(6, 'UTC')}`;

/** SQL of the learners of the snapshot who were not in the base. */
export function newcomersSql(rows: SnapshotRows, base: SnapshotRows): string {
  return `SELECT username FROM learners
    WHERE ${inSnapshotSql(rows)} AND username NOT IN (SELECT username FROM learners WHERE ${inSnapshotSql(base, 'base')})`;
}

/** Facts to take in: username, kind, entity, day, completed, and whether they are all of that learner. */
export interface Source {
  readonly sql: string;
  readonly params: Params;
  /** Of all learners, of some who have any, or of the listed. */
  readonly of: 'all' | 'some' | 'listed';
}

const COLUMNS = 'kind, entity, day, completed';

/** All facts of several courses, as `allFacts`, with the course key. Takes `courses` and `renameParams`. */
export function allFactsOfSeveral(renames: Renames): string {
  const columns = `course_id, ${COLUMNS}`;
  return presentFacts(
    renames,
    `SELECT username AS stated_name, user_id, ${columns} FROM facts FINAL WHERE course_id IN {courses:Array(String)}`,
    columns,
  );
}

/** All facts of the course, under present names. */
export function allFacts({ courseId, renames, ...rows }: HistorySetup): Source {
  return {
    sql: presentFacts(
      renames,
      `SELECT username AS stated_name, user_id, ${COLUMNS} FROM facts FINAL WHERE course_id = {course:String}`,
    ),
    params: { course: courseId, ...snapshotParams(rows), ...renameParams(renames) },
    of: 'all',
  };
}

function wrongFacts(setup: HistorySetup, wrong: readonly number[]): Source {
  const { courseId, renames } = setup;
  const names = `SELECT username, toDate(0) AS day FROM (${numberedSql(setup, 'snapshot')}) WHERE number IN {wrong:Array(UInt32)}`;
  return {
    sql: presentFacts(
      renames,
      `SELECT username AS stated_name, user_id, ${COLUMNS} FROM facts FINAL
       WHERE course_id = {course:String} AND username IN (SELECT username FROM (${withAllNamesSql(renames, names)}))`,
    ),
    params: { course: courseId, wrong, ...snapshotParams(setup), ...renameParams(renames) },
    of: 'listed',
  };
}

/** All facts of learners, under their present names. */
function presentFacts(renames: Renames, stated: string, columns = COLUMNS): string {
  return `(
      SELECT ${presentNameSql(renames, 'stated_name', 'user_id')} AS username, true AS whole, ${columns}
      FROM (${stated}))`;
}

function changedFacts(setup: HistorySetup, base: Base): Source {
  const { renames } = setup;
  const touched = withAllNamesSql(renames, TOUCHED);
  const parts = [
    `SELECT username AS stated_name, user_id, hash, false AS whole, ${COLUMNS} FROM facts
     -- a pair is looked up at thrice the cost of a name alone, so only of whom there are any
     PREWHERE course_id = {course:String} AND day IN {days:Array(Date)} AND username IN (SELECT username FROM (${touched}))
     WHERE (username, day) IN (${touched})`,
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
    of: 'some',
  };
}

/** The facts to take in; null for none. */
export function findFacts(setup: HistorySetup, base: Base | null): Source | null {
  if (base === null) return allFacts(setup);
  if (base.wrong !== null) return base.wrong.length === 0 ? null : wrongFacts(setup, base.wrong);
  return base.days.length === 0 && base.newcomers === 0 ? null : changedFacts(setup, base);
}

/**
 * Problems and videos of each of the courses: of all its facts, or of those of some days; whoever they are of, so that those of a later
 * learner have theirs. Topics of discussions are among them: to leave those few out takes thrice the time. Courses without are absent.
 */
export async function findEntities(
  store: Store,
  courseIds: readonly string[],
  days: readonly string[] | null,
  limits: Limits,
): Promise<ReadonlyMap<string, Entity[]>> {
  if (courseIds.length === 0) return new Map();
  // one that may be large is not told apart from itself, fact by fact
  const key = courseIds.length === 1 ? '' : 'course_id, ';
  const rows = await store.read<{ course_id?: string; hash: number; id: string }>(
    // different ones first: their names lie in dictionaries
    `SELECT ${key}${ENTITY_HASH} AS hash, any(entity) AS id
     FROM (
       SELECT DISTINCT ${key}entity FROM facts
       WHERE course_id IN {courses:Array(String)} ${days === null ? '' : 'AND day IN {days:Array(Date)}'}
     )
     GROUP BY ${key}hash
     ORDER BY ${key}hash`,
    { courses: courseIds, ...(days !== null && { days }) },
    limits,
  );
  const found = new Map<string, Entity[]>();
  for (const { course_id: courseId = courseIds[0]!, hash, id } of rows) {
    const entities = found.get(courseId);
    if (entities === undefined) found.set(courseId, [[hash, id]]);
    else entities.push([hash, id]);
  }
  return found;
}
