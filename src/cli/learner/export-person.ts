import { segmentNamesSql } from '../../engagement/segments.ts';
import type { Store } from '../../store/store.ts';
import { HELD_TABLES, HELD_TABLE_NAMES, type HeldTableName, findPerson, ownRowsSql, personParams } from './person.ts';

/** All that is held about one person: rows by table. Of the published learners, those in force, with their course. */
export interface PersonExport {
  readonly username: string;
  readonly usernames: readonly string[];
  readonly user_ids: readonly string[];
  readonly held: Readonly<Partial<Record<HeldTableName, readonly object[]>>>;
}

export async function exportPerson(store: Store, username: string): Promise<PersonExport> {
  const person = await findPerson(store, username);
  const held: Partial<Record<HeldTableName, readonly object[]>> = {};
  for (const table of HELD_TABLE_NAMES) {
    const ask = async (own: Store) => own.read<object>(selectOwn(table), personParams(person));
    const rows = HELD_TABLES[table].byCourse ? (await store.shards(ask)).flat() : await ask(store);
    if (rows.length > 0) held[table] = rows;
  }
  return { username, usernames: person.usernames, user_ids: person.userIds, held };
}

function selectOwn(table: HeldTableName): string {
  if (table === 'learners') {
    return `SELECT s.course_id AS course_id, l.* EXCEPT snapshot REPLACE (${segmentNamesSql()} AS segments)
      FROM (SELECT * FROM learners WHERE ${ownRowsSql(table)}) AS l
      INNER JOIN (SELECT course_id, max(snapshot) AS snapshot FROM snapshots GROUP BY course_id) AS s ON s.snapshot = l.snapshot
      ORDER BY course_id`;
  }
  // a hash is larger than a number of JSON holds
  const columns = table === 'facts' || table === 'roster_changes' ? '* REPLACE (toString(hash) AS hash)' : '*';
  return `SELECT ${columns} FROM ${table} ${HELD_TABLES[table].final ? 'FINAL' : ''} WHERE ${ownRowsSql(table)} ORDER BY ALL`;
}
