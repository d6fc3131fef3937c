import type { RetiredAs } from '../retired-as.ts';
import { PRESENT_NAME } from '../store/present-name.ts';
import { NAMES_OF_RETIRED, PRESENT_ID, RETIRED_NAMES } from '../store/retired.ts';
import type { Store } from '../store/store.ts';
import { ENROLLMENT_CHECKS, rejectSql } from './checks.ts';
import { PROFILE_COLUMNS } from './lms-tables.ts';
import type { Scratch, StagedTable } from './scratch.ts';

/** The parameters of the statements here. */
export function retiredParams(as: RetiredAs) {
  return {
    retired_starts: as.filter((mark) => !mark.startsWith('@')),
    retired_ends: as.filter((mark) => mark.startsWith('@')),
  };
}

const startsSo = (column: string) =>
  `arrayExists(mark -> startsWith(ifNull(${column}, ''), mark), {retired_starts:Array(String)})`;

/** What every site makes of the name of a retired account: a SHA-1 in hex, with more before or after it (`RETIRED_USERNAME_FMT`). */
const HASHED = '[^0-9a-f][0-9a-f]{40}$|^[0-9a-f]{40}[^0-9a-f]';

/**
 * The condition that a name of the LMS is of an account that it retired, whatever the site calls those; takes `retiredParams`. That a
 * name is too long for the LMS does not tell it: a file may have addresses in place of names, or the ids or hashes of another system.
 */
export function isRetiredSql(username = 'username'): string {
  return `(${startsSo(username)} OR match(${username}, '${HASHED}') AND NOT match(${username}, '[@\\\\s]'))`;
}

/** Other addresses may begin so, too. */
const EMAIL_IS_RETIRED = `(${startsSo('people.email')} AND match(ifNull(people.email, ''), '[0-9a-f]{40}@')
  OR arrayExists(mark -> endsWith(ifNull(people.email, ''), mark), {retired_ends:Array(String)}))`;

/**
 * SQL of subqueries `known` and `former`, which has by `id` what the retired among `people` were called, whom nobody else is called
 * by now. `people` has `user_id` as text and `username`; takes `retiredParams`.
 */
export function formerSql(people: string): string {
  return `known AS (
       SELECT * FROM identities
       WHERE user_id != 0 AND user_id IN (SELECT toUInt64OrZero(user_id) FROM ${people} WHERE ${isRetiredSql()})
     ),
     former AS (
       SELECT user_id AS id, ${PRESENT_NAME} AS former_name
       FROM known
       GROUP BY user_id
       HAVING former_name NOT IN (SELECT username FROM ${people} WHERE username IN (SELECT username FROM known))
         -- a package does not tell of everybody
         AND (former_name, user_id) IN (
           SELECT username, ${PRESENT_ID} FROM identities
           WHERE username IN (SELECT username FROM known) GROUP BY username)
     )`;
}

/** SQL of what says of a column of text that there is nothing. */
const nothing = (column: string) => (column === 'year_of_birth' ? "'0'" : "''");

/** SQL of a column of `people`, joined with `former` by its `id`: whoever is there, without what tells who that was. */
export function namelessSql(column: string): string {
  switch (column) {
    case 'username':
      return 'ifNull(former.former_name, people.username) AS username';
    case 'retired':
      // a name that is told to be somebody's is no retired one's any more
      return `multiIf(former.former_name IS NOT NULL, '1', people.user_id != '' AND people.username IN (${RETIRED_NAMES}), '0', '') AS retired`;
    case 'email':
      // the address goes when somebody asks to be retired, all else some weeks later
      return `if(former.former_name IS NOT NULL OR ${EMAIL_IS_RETIRED}, '', people.email) AS email`;
    default:
      return `if(former.former_name IS NULL, people.${column}, ${nothing(column)}) AS ${column}`;
  }
}

/** Columns of rows about people that do not tell who somebody is, or only by a number. */
const KEPT = new Set(['user_id', 'course_id', 'enrollment_mode', 'enrollment_date', 'is_active', 'cohort']);

/** Staged rows of a file that names people by their ids, with the retired called as before, and nothing more known of them. */
export async function renameRetired(
  store: Store,
  scratch: Scratch,
  staged: StagedTable,
  as: RetiredAs,
): Promise<StagedTable> {
  if (!staged.columns.includes('user_id')) return staged;
  const marks = retiredParams(as);
  const email = staged.columns.includes('email') ? EMAIL_IS_RETIRED : 'false';
  const [counted] = await store.read<{ rows: number }>(
    `SELECT count() AS rows FROM ${staged.table} AS people
     WHERE ${isRetiredSql()} OR ${email} OR username IN (${RETIRED_NAMES})`,
    marks,
  );
  if (counted?.rows === 0) return staged;
  const columns = [...staged.columns, 'retired'];
  const table = await scratch.createStaged(columns, 'String');
  await store.run(
    `INSERT INTO ${table} (${columns.join(', ')}, reject)
     WITH
     ${formerSql(staged.table)},
     rows AS (
       SELECT ${columns.map((name) => (KEPT.has(name) ? `people.${name} AS ${name}` : namelessSql(name))).join(', ')}
       FROM ${staged.table} AS people
       LEFT JOIN former ON former.id = toUInt64OrZero(people.user_id) AND ${isRetiredSql('people.username')}
     )
     SELECT *, ${rejectSql(ENROLLMENT_CHECKS, columns)} FROM rows
     -- the rows in their order, where one is to be the last
     SETTINGS max_threads = 1, max_insert_threads = 1, join_algorithm = 'hash'`,
    marks,
  );
  return { table, columns };
}

/** Empties the profiles of the retired in staged rows of a file that have no id: the names that they had an LMS gives to nobody else. */
export async function emptyNamed(store: Store, { table, columns }: StagedTable): Promise<void> {
  const given = PROFILE_COLUMNS.filter((name) => columns.includes(name));
  if (given.length === 0) return;
  // a cell without an id tells as little of whose the name is as a file without them
  const named = `${columns.includes('user_id') ? "user_id = '' AND " : ''}username IN (${NAMES_OF_RETIRED})`;
  const [counted] = await store.read<{ rows: number }>(`SELECT count() AS rows FROM ${table} WHERE ${named}`);
  if (counted?.rows === 0) return;
  await store.run(
    `ALTER TABLE ${table} UPDATE ${given.map((name) => `${name} = ${nothing(name)}`).join(', ')}
     WHERE ${named}
     SETTINGS mutations_sync = 1`,
  );
}
