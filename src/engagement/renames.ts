import { createHash } from 'node:crypto';
import type { Limits, Params, Store } from '../store/store.ts';

/**
 * Learners whose username changed, by the LMS's own word about their user_id: facts and enrolments under another name with that id are
 * theirs. Logs alone do not tell of it. They have one id under several names where staff look at a course as a learner does, and where
 * they are of two sites.
 */
export interface Renames {
  readonly ids: readonly number[];
  /** The present usernames of `ids`, in the same order. */
  readonly names: readonly string[];
  /** Equal for those of `ids` who had a name in common, be it through others: names are given to somebody else at times. */
  readonly groups: readonly number[];
  /** Pairs of an id among `ids` and a name that the LMS knows as somebody else's, as `pairHashSql` has them. */
  readonly foreign: readonly number[];
  /** The same for the same renames. */
  readonly hash: string;
}

/** The ids that logs and LMS know by several usernames (to find out which, hashes of the names are compared: an id has a row for each ingest that met it). */
const SEVERAL = `SELECT user_id FROM identities GROUP BY user_id
  HAVING min(cityHash64(username)) != max(cityHash64(username)) AND max(from_lms)`;

/** As a number that JavaScript keeps exactly. */
function pairHashSql(userId: string, username: string): string {
  return `bitAnd(cityHash64(toUInt64(${userId}), ${username}), 9007199254740991)`;
}

/** Everyone whom the LMS knows by an id that has several usernames; the LMS's latest word is the present one. A name that it never told of that id, and tells of another, is that other's. */
export async function findRenames(store: Store, limits: Limits = {}): Promise<Renames> {
  const told = await store.read<{ user_id: number; name: string; all: string[]; stated: string[] }>(
    `SELECT user_id, argMaxIf(username, (last_seen, username), from_lms) AS name, arraySort(groupUniqArray(username)) AS all,
       arraySort(arrayFilter(stated -> NOT has(groupUniqArrayIf(username, from_lms), stated), all)) AS stated
     FROM identities
     WHERE user_id IN (${SEVERAL})
     GROUP BY user_id
     ORDER BY user_id
     -- the table is in this order: a table of everybody's ids in memory would take twice as long
     SETTINGS optimize_aggregation_in_order = 1`,
    {},
    limits,
  );
  const others = told.some(({ stated }) => stated.length > 0)
    ? await findOthers(store, limits)
    : new Map<string, number>();
  const ofSomebodyElse = (userId: number, name: string) => others.get(`${userId} ${name}`);
  const rows = told.filter(({ user_id: id, name, all }) =>
    all.some((each) => each !== name && ofSomebodyElse(id, each) === undefined),
  );
  const foreign = rows.flatMap(({ user_id: id, stated }) =>
    stated.map((name) => ofSomebodyElse(id, name)).filter((hash) => hash !== undefined),
  );
  return {
    ids: rows.map((row) => row.user_id),
    names: rows.map((row) => row.name),
    groups: groupByNames(rows.map((row) => row.all)),
    foreign,
    hash: createHash('sha1')
      .update(JSON.stringify([rows, foreign]))
      .digest('hex'),
  };
}

/** Pairs that only logs tell, of a name that the LMS knows under another id: their hashes by `id name`. */
async function findOthers(store: Store, limits: Limits): Promise<Map<string, number>> {
  const rows = await store.read<{ user_id: number; username: string; hash: number }>(
    `WITH pairs AS (SELECT user_id, username FROM identities WHERE user_id IN (${SEVERAL}) GROUP BY user_id, username HAVING NOT max(from_lms))
     SELECT user_id, username, ${pairHashSql('user_id', 'username')} AS hash
     FROM pairs
     INNER JOIN (SELECT username, user_id AS own_id FROM lms_users FINAL WHERE username IN (SELECT username FROM pairs)) AS known USING username
     WHERE own_id != user_id`,
    {},
    limits,
  );
  return new Map(rows.map(({ user_id: id, username, hash }) => [`${id} ${username}`, hash]));
}

/** A number for each list of names, the same for lists that have a name in common, and for those that others connect. */
function groupByNames(lists: ReadonlyArray<readonly string[]>): number[] {
  const groups = lists.map((_, index) => index);
  const find = (index: number) => {
    let [group, above] = [index, groups[index] ?? index];
    while (above !== group) [group, above] = [above, groups[above] ?? above];
    groups[index] = group;
    return group;
  };
  const first = new Map<string, number>();
  for (const [index, names] of lists.entries()) {
    for (const name of names) {
      const other = first.get(name);
      if (other === undefined) first.set(name, index);
      else groups[find(index)] = find(other);
    }
  }
  return groups.map((_, index) => find(index));
}

/** SQL of a row's present username, which takes `renameParams`: the stated one, where nobody was renamed. */
export function presentNameSql({ ids, foreign }: Renames, username: string, userId: string): string {
  if (ids.length === 0) return username;
  const present = `transform(${userId}, {renamed_ids:Array(UInt64)}, {renamed_names:Array(String)}, ${username})`;
  if (foreign.length === 0) return present;
  return `if(${pairHashSql(userId, username)} IN {foreign_pairs:Array(UInt64)}, ${username}, ${present})`;
}

export function renameParams({ ids, names, groups, foreign }: Renames): Params {
  if (ids.length === 0) return {};
  return {
    renamed_ids: ids,
    renamed_names: names,
    renamed_groups: groups,
    ...(foreign.length > 0 && { foreign_pairs: foreign }),
  };
}

/**
 * SQL of usernames with days, and of the same days under every other name of the same person, or of somebody who had one of the
 * names: whoever is told by any of the rows is told by all of them. Takes `renameParams`.
 */
export function withAllNamesSql({ ids }: Renames, named: string): string {
  if (ids.length === 0) return named;
  const grouped = `SELECT DISTINCT transform(user_id, {renamed_ids:Array(UInt64)}, {renamed_groups:Array(UInt64)}) AS names_of, username
    FROM identities WHERE user_id IN {renamed_ids:Array(UInt64)}`;
  return `SELECT username, day FROM (${named})
    UNION DISTINCT
    SELECT other.username, own.day FROM (${named}) AS own
    INNER JOIN (${grouped}) AS known ON known.username = own.username
    INNER JOIN (${grouped}) AS other ON other.names_of = known.names_of`;
}
