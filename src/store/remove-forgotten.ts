import { FORGOTTEN, idHashSql, nameHashSql, pairHashSql } from './forgotten.ts';
import { HELD_TABLES, HELD_TABLE_NAMES, type HeldTable, type HeldTableName } from './held-tables.ts';
import { replacePartitions } from './replace-partitions.ts';
import type { Store } from './store.ts';
import { touchCourses } from './touch.ts';

/** Who of those on the forget list is meant. */
export type Listed = {
  readonly salt: string;
  /** As whom the names and ids of one person stand there; empty: everybody. */
  readonly person: string;
};

const LISTED = "(person = {person:String} OR {person:String} = '')";
const HASHES = `(SELECT hash FROM forgotten WHERE ${LISTED})`;

/**
 * The condition on the rows of those who are on the forget list; takes `Listed`. Rows of the same name and another id are somebody
 * else's. Each name is hashed once, as that takes longer than to read a hundred rows.
 */
function listedRowsSql(table: HeldTableName): string {
  const { name, id } = ownColumns(table);
  return `(${name}, ${id}) IN (
    WITH toString(own_id) AS id_text
    SELECT own_name, own_id
    FROM (SELECT DISTINCT ${name} AS own_name, ${id} AS own_id FROM ${table})
    WHERE (${nameHashSql('own_name')} IN ${HASHES} AND (own_id = 0 OR ${pairHashSql('own_name', 'id_text')} IN ${HASHES}))
      OR (own_id != 0 AND ${idHashSql('id_text')} IN ${HASHES})
  )`;
}

function ownColumns(table: HeldTableName): { readonly name: string; readonly id: string } {
  const { name, id }: HeldTable = HELD_TABLES[table];
  return { name, id: id === null ? 'toUInt64(0)' : `ifNull(${id}, 0)` };
}

/** How many rows there are of them, by table. */
export async function countForgotten(
  store: Store,
  listed: Listed,
): Promise<Readonly<Partial<Record<HeldTableName, number>>>> {
  const counts: Partial<Record<HeldTableName, number>> = {};
  for (const table of HELD_TABLE_NAMES) {
    const rows = table === 'audit_log' ? await findLooks(store, listed) : await countRows(store, table, listed);
    const total = rows.reduce((sum, each) => sum + each.rows, 0);
    if (total > 0) counts[table] = total;
  }
  return counts;
}

async function countRows(store: Store, table: HeldTableName, listed: Listed): Promise<{ rows: number }[]> {
  const final = HELD_TABLES[table].final ? 'FINAL' : '';
  return store.read(`SELECT count() AS rows FROM ${table} ${final} WHERE ${listedRowsSql(table)}`, listed);
}

/** The published snapshots that have none of them. */
export async function listOtherSnapshots(store: Store, listed: Listed): Promise<Set<number>> {
  const rows = await store.read<{ snapshot: number }>(`SELECT snapshot FROM snapshots WHERE NOT ${NAMING}`, listed);
  return new Set(rows.map(({ snapshot }) => snapshot));
}

const NAMING = `hasAny([snapshot, rest], (SELECT groupUniqArray(snapshot) FROM learners WHERE ${listedRowsSql('learners')}))`;

/**
 * Removes what is held of them, and marks the courses that they were in; gives these. What they looked at until they were put on the
 * list stays, under no name.
 */
export async function removeForgotten(store: Store, listed: Listed): Promise<string[]> {
  const courses = await listCourses(store, listed);
  // before, for a kill in between; after, for a refresh that runs elsewhere
  await touchCourses(store, courses, { facts: true });
  for (const table of HELD_TABLE_NAMES) {
    if (table === 'audit_log') await takeNames(store, listed);
    else await removeRows(store, table, listed);
  }
  await touchCourses(store, courses, { facts: true });
  return courses;
}

/** A deletion that is given more takes the square of their number. */
const KEYS_AT_ONCE = 4000;

/**
 * Writes the parts of the table anew without the rows, unlike DELETE, which hides them until some later merge. The engine keeps the
 * text beside the data: it must not name anybody. What it would have to look up, it looks up for each part again.
 */
async function removeRows(store: Store, table: HeldTableName, listed: Listed): Promise<void> {
  const { name, id } = ownColumns(table);
  const key = `toString(sipHash64({salt:String}, ${name}, ${id}))`;
  const rows = await store.read<{ own: string }>(
    `SELECT DISTINCT ${key} AS own FROM ${table} WHERE ${listedRowsSql(table)}`,
    listed,
  );
  const { salt } = listed;
  for (let at = 0; at < rows.length; at += KEYS_AT_ONCE) {
    const params = { salt, keys: rows.slice(at, at + KEYS_AT_ONCE).map(({ own }) => own) };
    const removed = `${key} IN {keys:Array(String)}`;
    const isBySnapshot = table === 'learners' || table === 'learner_scopes';
    if (store.embedded && isBySnapshot) await replacePartitions(store, { table, removed, params });
    else await store.run(`ALTER TABLE ${table} DELETE WHERE ${removed} SETTINGS mutations_sync = 1`, params);
  }
}

/** Every course that has anything of them. */
async function listCourses(store: Store, listed: Listed): Promise<string[]> {
  const tables = ['facts', 'learner_activity', 'roster_changes', 'lms_enrollments'] as const;
  const rows = await store.read<{ course_id: string }>(
    `${tables.map((table) => `SELECT course_id FROM ${table} WHERE ${listedRowsSql(table)}`).join(' UNION DISTINCT ')}
     UNION DISTINCT
     SELECT course_id FROM snapshots WHERE ${NAMING}`,
    listed,
  );
  return rows.map((row) => row.course_id).toSorted();
}

/** What somebody looked at until they were put on the list. */
interface Looks {
  /** Of the name, in hexadecimal. */
  readonly name_hash: string;
  readonly until: string;
  readonly rows: number;
}

async function findLooks(store: Store, listed: Listed): Promise<Looks[]> {
  return store.read<Looks>(
    `SELECT hex(audited.hash) AS name_hash, toString(entry.forgotten_at) AS until, count() AS rows
     FROM (SELECT time, ${nameHashSql('name')} AS hash FROM audit_log WHERE kind = 'person') AS audited
     INNER JOIN (SELECT hash, forgotten_at FROM forgotten FINAL WHERE ${LISTED}) AS entry ON entry.hash = audited.hash
     WHERE audited.time <= entry.forgotten_at
     GROUP BY name_hash, until`,
    listed,
  );
}

async function takeNames(store: Store, listed: Listed): Promise<void> {
  const own = `kind = 'person' AND hex(${nameHashSql('name')}) = {name_hash:String} AND time <= {until:DateTime64(3, 'UTC')}`;
  for (const { name_hash, until } of await findLooks(store, listed)) {
    const params = { salt: listed.salt, name_hash, until };
    // it was broken off before, or another node has them already
    await store.run(
      `INSERT INTO audit_log
       SELECT * FROM (SELECT DISTINCT * REPLACE ('${FORGOTTEN}' AS name) FROM (SELECT * FROM audit_log WHERE ${own}))
       WHERE cityHash64(tuple(*)) NOT IN (SELECT cityHash64(tuple(*)) FROM audit_log WHERE name = '${FORGOTTEN}')`,
      params,
    );
    await store.run(`ALTER TABLE audit_log DELETE WHERE ${own} SETTINGS mutations_sync = 1`, params);
  }
}
