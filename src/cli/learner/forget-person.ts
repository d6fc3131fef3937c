import { randomBytes } from 'node:crypto';
import { removeCopies } from '../../engagement/copy/tidy-copies.ts';
import { formatTime } from '../../store/format-time.ts';
import { idHashSql, nameHashSql, pairHashSql, readSalt } from '../../store/forgotten.ts';
import { HELD_TABLES, HELD_TABLE_NAMES, type HeldTableName } from '../../store/held-tables.ts';
import { type Listed, countForgotten, listOtherSnapshots, removeForgotten } from '../../store/remove-forgotten.ts';
import { removeReplacedFiles } from '../../store/remove-replaced-files.ts';
import { STILL_RETIRED } from '../../store/retired.ts';
import type { Store } from '../../store/store.ts';
import { clearUnfinished } from '../unfinished-tables.ts';
import { type Person, findPeople } from './person.ts';

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
  // of this process, as what somebody looked at
  const now = formatTime(new Date());
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
  const usernames = [...marks.keys()];
  const put: Put[] = [];
  for (let at = 0; at < usernames.length; at += PEOPLE_AT_ONCE) {
    const people = await findPeople(store, usernames.slice(at, at + PEOPLE_AT_ONCE));
    put.push(...(await putOnList(store, people, marks, now)));
  }
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

/** So many are put on the list by one statement, which is given their names and ids. */
const PEOPLE_AT_ONCE = 1000;

/** Somebody who was put on the list. */
interface Put {
  readonly listed: Listed;
  /** Nobody was on it by any of these names and ids. */
  readonly isNew: boolean;
}

/** Hashes of names, of ids (without a name), and of names under an id that others have under other names, each with whose it is. */
const HASHES = `
  SELECT multiIf(id = '', ${nameHashSql('name')}, name = '', ${idHashSql('id')}, ${pairHashSql('name', 'id')}) AS hash, whose
  FROM (
    SELECT arrayJoin(arrayZip({names:Array(String)}, {ids:Array(String)}, {whose:Array(String)})) AS entry,
      entry.1 AS name, entry.2 AS id, entry.3 AS whose)`;

/** Who is on the list under one of their names or ids already stays the same person; others are called as `marks` say. */
async function putOnList(
  store: Store,
  people: readonly Person[],
  marks: ReadonlyMap<string, string>,
  now: string,
): Promise<Put[]> {
  const salt = await readSalt(store);
  const entries = people.flatMap(({ username, usernames, userIds, sharedIds }) =>
    [
      ...usernames.map((name) => ({ name, id: '' })),
      ...userIds.map((id) => ({ name: '', id })),
      ...usernames.flatMap((name) => sharedIds.map((id) => ({ name, id }))),
    ].map((entry) => ({ ...entry, username })),
  );
  const bind = (whose: readonly string[]) => ({
    salt,
    names: entries.map(({ name }) => name),
    ids: entries.map(({ id }) => id),
    whose,
  });
  const known = await store.read<{ username: string; person: string }>(
    `SELECT whose AS username, argMin(person, (forgotten_at, person)) AS person
     FROM forgotten INNER JOIN (${HASHES}) AS entry USING (hash)
     GROUP BY whose`,
    bind(entries.map(({ username }) => username)),
  );
  const persons = new Map(known.map(({ username, person }) => [username, person]));
  const sharing = new Map<string, string>();
  for (const [username, own] of Map.groupBy(entries, (entry) => entry.username)) {
    const keys = own.map(({ name, id }) => JSON.stringify([name, id]));
    const shared = keys.map((key) => sharing.get(key)).find((person) => person !== undefined);
    const person = persons.get(username) ?? shared ?? marks.get(username) ?? '';
    persons.set(username, person);
    for (const key of keys) sharing.set(key, person);
  }
  await store.run(
    `INSERT INTO forgotten (hash, person, forgotten_at)
     SELECT hash, whose, {now:DateTime64(3, 'UTC')} FROM (${HASHES})`,
    { ...bind(entries.map(({ username }) => persons.get(username) ?? '')), now },
  );
  const wasThere = new Set(known.map(({ username }) => username));
  return people.map(({ username }) => ({
    listed: { salt, person: persons.get(username) ?? '' },
    isNew: !wasThere.has(username),
  }));
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
  await store.run('ALTER TABLE forgotten DELETE WHERE person = {person:String} SETTINGS mutations_sync = 1', found);
  return true;
}
