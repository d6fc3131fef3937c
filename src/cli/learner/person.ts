import { AppError } from '../../errors.ts';
import { idHashSql, nameHashSql } from '../../store/forgotten.ts';
import { PRESENT_NAME } from '../../store/present-name.ts';
import type { Store } from '../../store/store.ts';

/** One person, as far as the store knows who that is. */
export interface Person {
  /** The name that was asked for. */
  readonly username: string;
  /** That and all names of the same ids, former ones too, but for those that somebody else has now. */
  readonly usernames: readonly string[];
  /** As text: they may be larger than what a number holds. */
  readonly userIds: readonly string[];
  /** Ids that the logs have under this name and others, and the LMS under none: under them the name stands for itself. */
  readonly sharedIds: readonly string[];
}

/**
 * Who is called by a name: whoever has it now; if nobody does, whoever had it.
 * @throws AppError `usage` when several people had it, and none has it now
 */
export async function findPerson(store: Store, username: string): Promise<Person> {
  const known = await store.read<{ id: string; present: string; isShared: boolean }>(
    `SELECT toString(user_id) AS id, ${PRESENT_NAME} AS present,
       toBool(NOT max(from_lms) AND uniqExact(username) > 1) AS isShared
     FROM identities
     WHERE user_id IN (SELECT user_id FROM identities WHERE username = {username:String})
     GROUP BY user_id`,
    { username },
  );
  const bearers = known.filter(({ isShared }) => !isShared);
  const present = bearers.filter((each) => each.present === username);
  const own = present.length > 0 ? present : bearers;
  const others = [...new Set(own.map((each) => each.present))];
  if (others.length > 1) {
    throw new AppError(
      'usage',
      `${JSON.stringify(username)} was the name of several people, who are now called ${others.join(', ')}. Which of them?`,
    );
  }
  const userIds = own.map(({ id }) => id);
  const names = await store.read<{ username: string }>(
    `WITH own AS (SELECT DISTINCT username FROM identities WHERE toString(user_id) IN {ids:Array(String)})
     SELECT username FROM own
     WHERE username NOT IN (
       SELECT ${PRESENT_NAME}
       FROM identities
       WHERE user_id IN (SELECT user_id FROM identities WHERE username IN (SELECT username FROM own))
         AND toString(user_id) NOT IN {ids:Array(String)}
       GROUP BY user_id)
     ORDER BY username`,
    { ids: userIds },
  );
  const sharedIds = known.filter(({ isShared }) => isShared).map(({ id }) => id);
  return { username, userIds, sharedIds, usernames: [...new Set([username, ...names.map((row) => row.username)])] };
}

interface HeldTable {
  /** SQL of the columns that say whose a row is; `id` is null where there is none. */
  readonly name: string;
  readonly id: string | null;
  /** Whether rows of one key are put together as they are read. */
  readonly final: boolean;
  /** Whether its rows are where the course is, and not in every ClickHouse of several. */
  readonly byCourse: boolean;
}

/**
 * Every table with rows about people. What tells who somebody is comes last, so that a removal that was broken off
 * finds the rest when it is run again.
 */
export const HELD_TABLES = {
  facts: { name: 'username', id: 'user_id', final: true, byCourse: true },
  learner_activity: { name: 'username', id: 'user_id', final: true, byCourse: true },
  roster_changes: { name: 'username', id: 'user_id', final: true, byCourse: true },
  lms_enrollments: { name: 'username', id: 'user_id', final: true, byCourse: true },
  course_roles: { name: 'username', id: null, final: false, byCourse: false },
  learners: { name: 'username', id: 'user_id', final: false, byCourse: true },
  learner_scopes: { name: 'username', id: null, final: false, byCourse: true },
  touched_learners: { name: 'username', id: null, final: true, byCourse: true },
  audit_log: { name: "if(kind = 'person', name, '')", id: null, final: false, byCourse: false },
  lms_users: { name: 'username', id: 'user_id', final: true, byCourse: false },
  identities: { name: 'username', id: 'user_id', final: true, byCourse: false },
} as const satisfies Record<string, HeldTable>;

export type HeldTableName = keyof typeof HELD_TABLES;

export const HELD_TABLE_NAMES = Object.keys(HELD_TABLES) as HeldTableName[];

/** The condition on the rows of a person; takes `personParams`. Rows of the same name and another id are somebody else's. */
export function ownRowsSql(table: HeldTableName): string {
  const { name, id }: HeldTable = HELD_TABLES[table];
  const named = `${name} IN {usernames:Array(String)}`;
  if (id === null) return named;
  const text = `ifNull(toString(${id}), '')`;
  return `((${named} AND (ifNull(${id}, 0) = 0 OR ${text} IN {shared_ids:Array(String)})) OR ${text} IN {user_ids:Array(String)})`;
}

export function personParams({ usernames, userIds, sharedIds }: Person) {
  return { usernames, user_ids: userIds, shared_ids: sharedIds };
}

/**
 * The same condition by the hashes under which a person stands on the forget list; takes `salt`, `person`, and as `shared_hashes` those of the
 * shared ids in hexadecimal. The engine writes the text of a deletion beside the data and keeps it: it must not name anybody.
 */
export function ownRowsByHashSql(table: HeldTableName): string {
  const { name, id }: HeldTable = HELD_TABLES[table];
  const hashes = '(SELECT hash FROM forgotten WHERE person = {person:String})';
  const named = `${nameHashSql(name)} IN ${hashes}`;
  if (id === null) return named;
  const hash = idHashSql(`ifNull(toString(${id}), '')`);
  return `((${named} AND (ifNull(${id}, 0) = 0 OR hex(${hash}) IN {shared_hashes:Array(String)})) OR ${hash} IN ${hashes})`;
}
