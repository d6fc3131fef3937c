import { AppError } from '../../errors.ts';
import { HELD_TABLES, type HeldTable, type HeldTableName } from '../../store/held-tables.ts';
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

/** The condition on the rows of a person; takes `personParams`. Rows of the same name and another id are somebody else's. */
export function ownRowsSql(table: HeldTableName): string {
  const { name, id }: HeldTable = HELD_TABLES[table];
  const named = `${name} IN {usernames:Array(String)}`;
  if (id === null) return named;
  const text = `ifNull(toString(${id}), '')`;
  return `((${named} AND (ifNull(${id}, 0) = 0 OR ${text} IN {shared_ids:Array(String)})) OR ${text} IN {user_ids:Array(String)})`;
}

/** What `ownRowsSql` takes. */
export function personParams({ usernames, userIds, sharedIds }: Person) {
  return { usernames, user_ids: userIds, shared_ids: sharedIds };
}
