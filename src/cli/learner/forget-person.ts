import { randomBytes } from 'node:crypto';
import { removeCopies } from '../../engagement/copy/tidy-copies.ts';
import { readInstant } from '../../lms/import-users.ts';
import { idHashSql, nameHashSql, pairHashSql, readSalt } from '../../store/forgotten.ts';
import { HELD_TABLES, HELD_TABLE_NAMES, type HeldTableName } from '../../store/held-tables.ts';
import { type Listed, countForgotten, listOtherSnapshots, removeForgotten } from '../../store/remove-forgotten.ts';
import { removeReplacedFiles } from '../../store/remove-replaced-files.ts';
import { STILL_RETIRED } from '../../store/retired.ts';
import type { Store } from '../../store/store.ts';
import { clearUnfinished } from '../unfinished-tables.ts';
import { type Person, findPerson } from './person.ts';

export interface Forgotten {
  /** How many people that were. */
  readonly people: number;
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
  return store.exclusively(async () => forget(store, [username]));
}

/** The same of everybody whom the LMS has retired. */
export async function forgetRetired(store: Store): Promise<Forgotten> {
  return store.exclusively(async () => {
    const retired = await store.read<{ username: string }>(STILL_RETIRED);
    return forget(
      store,
      retired.map(({ username }) => username),
    );
  });
}

async function forget(store: Store, usernames: readonly string[]): Promise<Forgotten> {
  const marks = new Map(usernames.map((username) => [username, randomBytes(16).toString('hex')]));
  const now = await readInstant(store);
  const shards = await store.everywhere(async (node) => forgetIn(node, marks, now));
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
}

/** @param marks by username, as whom somebody is put on the list */
async function forgetIn(store: Store, marks: ReadonlyMap<string, string>, now: string): Promise<Forgotten> {
  const put: Array<Awaited<ReturnType<typeof putOnList>>> = [];
  for (const [username, mark] of marks) put.push(await putOnList(store, await findPerson(store, username), mark, now));
  const [only, ...more] = put;
  // many in one go with all who are on the list, and none for those of an earlier one that was broken off
  const listed = only !== undefined && more.length === 0 ? only.listed : { salt: await readSalt(store), person: '' };
  // on the list already, it may have been broken off where that could no longer be told
  const isNew = put.length > 0 && put.every((each) => each.isNew);
  const others = isNew ? await listOtherSnapshots(store, listed) : null;
  const unfinished = await clearUnfinished(store);
  // by the list, which has names and ids that nothing else tells any more
  const removed = await countForgotten(store, listed);
  if (put.length === 0 && Object.keys(removed).length === 0) return { people: 0, removed, courses: [], unfinished };
  const courses = await removeForgotten(store, listed);
  // those of snapshots that another process is about to publish, too
  removeCopies(store, others && ((snapshot) => !others.has(snapshot)));
  if (store.embedded) await removeReplacedFiles(store, HELD_TABLE_NAMES);
  return { people: marks.size, removed, courses, unfinished };
}

/**
 * Who is on the list under one of these names or ids already stays the same person; others are called `mark` there. `isNew`:
 * nobody was on it by any of them.
 */
async function putOnList(
  store: Store,
  { usernames, userIds, sharedIds }: Person,
  mark: string,
  now: string,
): Promise<{ listed: Listed; isNew: boolean }> {
  const hashes = `SELECT ${nameHashSql('arrayJoin({usernames:Array(String)})')} AS hash
    UNION ALL
    SELECT ${idHashSql('arrayJoin({user_ids:Array(String)})')}
    UNION ALL
    SELECT ${pairHashSql('arrayJoin({usernames:Array(String)})', 'arrayJoin({shared_ids:Array(String)})')}`;
  const salt = await readSalt(store);
  const params = { salt, usernames, user_ids: userIds, shared_ids: sharedIds };
  const [known] = await store.read<{ person: string }>(
    `SELECT person FROM forgotten WHERE hash IN (${hashes}) ORDER BY forgotten_at LIMIT 1`,
    params,
  );
  const person = known?.person ?? mark;
  await store.run(
    `INSERT INTO forgotten (hash, person, forgotten_at)
     SELECT hash, {person:String}, {now:DateTime64(6, 'UTC')} FROM (${hashes})`,
    { ...params, person, now },
  );
  return { listed: { salt, person }, isNew: known === undefined };
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
  await store.run('ALTER TABLE forgotten DELETE WHERE person = {person:String} SETTINGS mutations_sync = 2', found);
  return true;
}
