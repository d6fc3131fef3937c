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

/** A bearer of a name, now or once. */
interface Bearer {
  readonly name: string;
  readonly id: string;
  readonly present: string;
  readonly isShared: boolean;
}

/**
 * Who is called by a name: whoever has it now; if nobody does, whoever had it.
 * @throws AppError `usage` when several people had it, and none has it now
 */
export async function findPerson(store: Store, username: string): Promise<Person> {
  const [person] = await findPeople(store, [username]);
  if (person === undefined) throw new Error('nobody was looked for');
  return person;
}

/** The same of several names, in their order: to look through all people takes as long as for one. */
export async function findPeople(store: Store, usernames: readonly string[]): Promise<Person[]> {
  const bearers = await store.read<Bearer>(
    `WITH asked AS (SELECT DISTINCT username AS name, user_id FROM identities WHERE username IN {usernames:Array(String)})
     SELECT name, toString(user_id) AS id, present, isShared
     FROM asked
     INNER JOIN (
       SELECT user_id, ${PRESENT_NAME} AS present, toBool(NOT max(from_lms) AND uniqExact(username) > 1) AS isShared
       FROM identities
       WHERE user_id IN (SELECT user_id FROM asked)
       GROUP BY user_id
     ) AS known USING (user_id)
     ORDER BY name, user_id`,
    { usernames },
  );
  const byName = Map.groupBy(bearers, ({ name }) => name);
  const people = usernames.map((username) => choosePerson(username, byName.get(username) ?? []));
  const ids = people.flatMap(({ userIds }) => userIds);
  const own = `SELECT username FROM identities WHERE toString(user_id) IN {ids:Array(String)}`;
  const names = await store.read<{ id: string; username: string }>(
    `SELECT DISTINCT toString(user_id) AS id, username FROM identities WHERE id IN {ids:Array(String)} ORDER BY username`,
    { ids },
  );
  const holders = await store.read<{ id: string; present: string }>(
    `SELECT toString(user_id) AS id, ${PRESENT_NAME} AS present
     FROM identities
     WHERE user_id IN (SELECT user_id FROM identities WHERE username IN (${own}))
     GROUP BY user_id
     HAVING present IN (${own})`,
    { ids },
  );
  const namesById = Map.groupBy(names, ({ id }) => id);
  const holdersByName = Map.groupBy(holders, ({ present }) => present);
  return people.map((person) => {
    const { username, userIds } = person;
    const isOthers = (name: string) => holdersByName.get(name)?.some(({ id }) => !userIds.includes(id)) === true;
    const all = userIds.flatMap((id) => namesById.get(id) ?? []).map((row) => row.username);
    return { ...person, usernames: [...new Set([username, ...all.filter((name) => !isOthers(name))])] };
  });
}

function choosePerson(username: string, known: readonly Bearer[]): Omit<Person, 'usernames'> {
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
  const sharedIds = known.filter(({ isShared }) => isShared).map(({ id }) => id);
  return { username, userIds: own.map(({ id }) => id), sharedIds };
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
