import { hash } from 'node:crypto';
import { PRESENT_NAME } from '../store/present-name.ts';
import type { Limits, Params, Store } from '../store/store.ts';

/**
 * Learners whose username changed, by the LMS's own word about their user_id: facts and enrolments under another name with that id are
 * theirs. Logs alone do not tell of it: logs of several sites, or of one that was set up anew, have one id under the names of several people.
 */
export interface Renames {
  readonly ids: readonly number[];
  /** The present usernames of `ids`, in the same order. */
  readonly names: readonly string[];
  /** Equal for those of `ids` who had a name in common, be it through others: names are given to somebody else at times. */
  readonly groups: readonly number[];
}

/** Everyone whom the LMS knows by an id that has several usernames (to find out who, hashes of the names are compared: an id has a row for each ingest that met it); what the LMS told last is the present one. */
export async function findRenames(store: Store, limits: Limits = {}): Promise<Renames> {
  const rows = await store.read<{ user_id: number; name: string; all: string[] }>(
    `SELECT user_id, ${PRESENT_NAME} AS name, arraySort(groupUniqArray(username)) AS all
     FROM identities
     WHERE user_id IN (
       SELECT user_id FROM identities GROUP BY user_id
       HAVING min(cityHash64(username)) != max(cityHash64(username)) AND max(from_lms))
     GROUP BY user_id
     HAVING length(all) > 1
     ORDER BY user_id
     -- the table is in this order: a table of everybody's ids in memory would take twice as long
     SETTINGS optimize_aggregation_in_order = 1`,
    {},
    limits,
  );
  return {
    ids: rows.map((row) => row.user_id),
    names: rows.map((row) => row.name),
    groups: groupByNames(rows.map((row) => row.all)),
  };
}

/**
 * Of each of the courses a text, the same for the same renames of those who did anything in it: what was made of its facts by the one is
 * true by the other.
 */
export async function hashRenames(
  store: Store,
  { ids, names }: Renames,
  courseIds: readonly string[],
  limits: Limits = {},
): Promise<string[]> {
  const found = await (ids.length === 0
    ? []
    : store.read<{ course_id: string; active: number[] }>(
        `SELECT course_id, groupUniqArray(user_id) AS active FROM learner_activity
         WHERE course_id IN {courses:Array(String)} AND user_id IN {renamed_ids:Array(UInt64)}
         GROUP BY course_id`,
        { courses: courseIds, renamed_ids: ids },
        limits,
      ));
  const activeIn = new Map(found.map(({ course_id: courseId, active }) => [courseId, new Set(active)]));
  return courseIds.map((courseId) => {
    const pairs = ids.flatMap((id, index) => (activeIn.get(courseId)?.has(id) ? [[id, names[index]]] : []));
    return hash('sha1', JSON.stringify(pairs));
  });
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
export function presentNameSql({ ids }: Renames, username: string, userId: string): string {
  if (ids.length === 0) return username;
  return `transform(${userId}, {renamed_ids:Array(UInt64)}, {renamed_names:Array(String)}, ${username})`;
}

/** The parameters of SQL that goes by the present names; none where nobody was renamed. */
export function renameParams({ ids, names, groups }: Renames): Params {
  return ids.length === 0 ? {} : { renamed_ids: ids, renamed_names: names, renamed_groups: groups };
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
