import { randomBytes } from 'node:crypto';
import { removeCopies } from '../../engagement/copy/tidy-copies.ts';
import { removeStagings } from '../../ingest/staging.ts';
import { removeScratch } from '../../lms/scratch.ts';
import { FORGOTTEN, idHashSql, nameHashSql } from '../../store/forgotten.ts';
import type { Params, Store } from '../../store/store.ts';
import { touchCourses } from '../../store/touch.ts';
import {
  HELD_TABLES,
  HELD_TABLE_NAMES,
  type HeldTableName,
  type Person,
  findPerson,
  ownRowsByHashSql,
  ownRowsSql,
  personParams,
} from './person.ts';
import { UNFINISHED } from '../unfinished-tables.ts';
import { removeReplacedFiles } from './remove-replaced-files.ts';

export interface Forgotten extends Person {
  /** How many rows were removed, by table. */
  readonly removed: Readonly<Partial<Record<HeldTableName, number>>>;
  /** The courses that are to be refreshed. */
  readonly courses: readonly string[];
  /** Tables of ingests and imports that are under way elsewhere, or were killed lately, and may hold more. */
  readonly unfinished: number;
}

/**
 * Removes all that is held about a person, and sees to it that no log or roster brings it back. What somebody looked at
 * stays in the audit log, for the sake of those who were looked at, without the name. Broken off, it is done by running it again.
 */
export async function forgetPerson(store: Store, username: string): Promise<Forgotten> {
  return store.exclusively(async () => {
    const mark = randomBytes(16).toString('hex');
    const shards = await store.everywhere(async (node) => forgetIn(node, username, mark));
    const [first] = shards;
    if (first === undefined) throw new Error('nobody was forgotten anywhere');
    const removed: Partial<Record<HeldTableName, number>> = {};
    for (const table of HELD_TABLE_NAMES) {
      const rows = shards.map((shard) => shard.removed[table] ?? 0);
      // where courses are shared, all have the same of what is about none
      const total = HELD_TABLES[table].byCourse ? rows.reduce((sum, count) => sum + count) : Math.max(...rows);
      if (total > 0) removed[table] = total;
    }
    const unfinished = Math.max(...shards.map((shard) => shard.unfinished));
    return { ...first, removed, courses: shards.flatMap(({ courses }) => courses).toSorted(), unfinished };
  });
}

async function forgetIn(store: Store, username: string, mark: string): Promise<Forgotten> {
  const person = await findPerson(store, username);
  const entry = await putOnList(store, person, mark);
  // on the list already, it may have been broken off where that could no longer be told
  const others = entry.isNew ? await listOtherSnapshots(store, person) : null;
  const courses = await listCourses(store, person);
  const removed: Partial<Record<HeldTableName, number>> = {};
  const unfinished = await clearUnfinished(store);
  // before, for a kill in between; after, for a refresh that runs elsewhere
  await touchCourses(store, courses, { facts: true });
  for (const table of HELD_TABLE_NAMES) {
    const rows = await removeRows(store, table, person, entry);
    if (rows > 0) removed[table] = rows;
  }
  // those of snapshots that another process is about to publish, too
  removeCopies(store, others && ((snapshot) => !others.has(snapshot)));
  if (store.embedded) await removeReplacedFiles(store, HELD_TABLE_NAMES);
  await touchCourses(store, courses, { facts: true });
  return { ...person, removed, courses, unfinished };
}

/** Removes what killed ingests and imports left; gives how many of their tables are there still. */
async function clearUnfinished(store: Store): Promise<number> {
  await removeStagings(store);
  await removeScratch(store);
  const [left] = await store.read<{ tables: number }>(`SELECT count() AS tables ${UNFINISHED}`);
  return left?.tables ?? 0;
}

/** Who is meant on the forget list, without a name. */
interface Entry {
  readonly salt: string;
  readonly person: string;
  /** Whether nobody was on the list by any of the names and ids. */
  readonly isNew: boolean;
  /** Of the ids that are shared with others, which are not on the list; in hexadecimal. */
  readonly sharedHashes: readonly string[];
}

/** Who is on the list under one of these names or ids already stays the same person; others are called `mark` there. */
async function putOnList(store: Store, { usernames, userIds, sharedIds }: Person, mark: string): Promise<Entry> {
  const hashes = `SELECT ${nameHashSql('arrayJoin({usernames:Array(String)})')} AS hash
    UNION ALL
    SELECT ${idHashSql('arrayJoin({user_ids:Array(String)})')}`;
  const salt = await readSalt(store);
  const params = { salt, usernames, user_ids: userIds };
  const [known] = await store.read<{ person: string }>(
    `SELECT person FROM forgotten WHERE hash IN (${hashes}) ORDER BY forgotten_at LIMIT 1`,
    params,
  );
  const person = known?.person ?? mark;
  await store.run(
    `INSERT INTO forgotten (hash, person, forgotten_at)
     SELECT hash, {person:String}, now64(3) FROM (${hashes})`,
    { ...params, person },
  );
  const shared = await store.read<{ hash: string }>(
    `SELECT hex(${idHashSql('arrayJoin({shared_ids:Array(String)})')}) AS hash`,
    { salt, shared_ids: sharedIds },
  );
  return { salt, person, isNew: known === undefined, sharedHashes: shared.map(({ hash }) => hash) };
}

async function readSalt(store: Store): Promise<string> {
  const [row] = await store.read<{ salt: string }>('SELECT min(salt) AS salt FROM forgotten_salt');
  if (row === undefined) throw new Error('the forget list has no salt');
  return row.salt;
}

/** Takes a person off the list; gives whether anybody was on it under that name. What was removed stays so. */
export async function rememberPerson(store: Store, username: string): Promise<boolean> {
  return store.exclusively(async () => {
    const found = await store.everywhere(async (node) => takeOffList(node, username));
    return found.includes(true);
  });
}

async function takeOffList(store: Store, username: string): Promise<boolean> {
  const [found] = await store.read<{ person: string }>(
    `SELECT person FROM forgotten WHERE hash = ${nameHashSql('{username:String}')}`,
    { username, salt: await readSalt(store) },
  );
  if (found === undefined) return false;
  await deleteRows(store, 'forgotten', 'person = {person:String}', found);
  return true;
}

/** The published snapshots that have not the person. */
async function listOtherSnapshots(store: Store, person: Person): Promise<Set<number>> {
  const rows = await store.read<{ snapshot: number }>(
    `SELECT snapshot FROM snapshots
     WHERE NOT hasAny([snapshot, rest], (SELECT groupUniqArray(snapshot) FROM learners WHERE ${ownRowsSql('learners')}))`,
    personParams(person),
  );
  return new Set(rows.map(({ snapshot }) => snapshot));
}

/** Every course that has anything of the person. */
async function listCourses(store: Store, person: Person): Promise<string[]> {
  const tables = ['facts', 'roster_changes', 'lms_enrollments'] as const;
  const rows = await store.read<{ course_id: string }>(
    `${tables.map((table) => `SELECT course_id FROM ${table} WHERE ${ownRowsSql(table)}`).join(' UNION DISTINCT ')}
     UNION DISTINCT
     SELECT course_id FROM snapshots
     WHERE hasAny([snapshot, rest], (SELECT groupUniqArray(snapshot) FROM learners WHERE ${ownRowsSql('learners')}))`,
    personParams(person),
  );
  return rows.map((row) => row.course_id).toSorted();
}

async function removeRows(store: Store, table: HeldTableName, person: Person, entry: Entry): Promise<number> {
  const own = ownRowsSql(table);
  const params = personParams(person);
  const [counted] = await store.read<{ rows: number }>(
    `SELECT count() AS rows FROM ${table} ${HELD_TABLES[table].final ? 'FINAL' : ''} WHERE ${own}`,
    params,
  );
  const rows = counted?.rows ?? 0;
  if (rows === 0) return 0;
  if (table === 'audit_log')
    await store.run(
      `INSERT INTO audit_log SELECT * REPLACE ('${FORGOTTEN}' AS name) FROM (SELECT * FROM audit_log WHERE ${own})`,
      params,
    );
  const { salt, person: entryOf, sharedHashes } = entry;
  await deleteRows(store, table, ownRowsByHashSql(table), { salt, person: entryOf, shared_hashes: sharedHashes });
  return rows;
}

/** Writes the parts of the table anew without the rows, unlike DELETE, which hides them until some later merge. */
async function deleteRows(store: Store, table: string, condition: string, params: Params): Promise<void> {
  await store.run(`ALTER TABLE ${table} DELETE WHERE ${condition} SETTINGS mutations_sync = 2`, params);
}
