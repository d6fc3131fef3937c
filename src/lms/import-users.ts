import type { Store } from '../store/store.ts';
import { PROFILE_COLUMNS } from './lms-tables.ts';
import { BOUNDED_MEMORY, type Scratch, type StagedTable } from './scratch.ts';
import { convertCell } from './convert-cell.ts';

const COLUMNS = ['user_id', ...PROFILE_COLUMNS] as const;

/** What an import changes of the people: tables like those of the store, with the new and the different rows alone. */
export interface UserChanges {
  /** Good rows of the source, changed or not. */
  readonly users: number;
  /** Like `lms_users`. */
  readonly changed: string;
  /** Like `identities`: pairs that are not what the LMS said last. */
  readonly identities: string;
}

/**
 * Compares the good rows of `staged` with what is stored. Several rows of one username count as one, the last that says something.
 * @param seenAt when the import saw them: `readInstant`
 */
export async function findUserChanges(
  store: Store,
  scratch: Scratch,
  { table, columns }: StagedTable,
  seenAt: string,
): Promise<UserChanges> {
  const changed = await scratch.create('AS lms_users ENGINE = MergeTree ORDER BY tuple()');
  const identities = await scratch.create('AS identities ENGINE = MergeTree ORDER BY tuple()');
  const given = COLUMNS.filter((name) => columns.includes(name));
  const hash = `cityHash64(tuple(${["''", ...given].join(', ')}))`;
  const [counted] = await store.read<{ rows: number; users: number }>(
    `SELECT count() AS rows, uniqExact(username) AS users FROM ${table} WHERE reject = ''`,
  );
  const { rows, users } = counted ?? { rows: 0, users: 0 };
  // a CSV file repeats people with every enrolment; elsewhere they stand once, and grouping millions takes its time
  const last = (sql: string) => (rows === users ? sql : `anyLast(${sql})`);
  await store.run(
    `INSERT INTO ${changed} (${['username', ...given].join(', ')})
     WITH given AS (
       SELECT ${['username', ...given.map((name) => `${last(convertCell(name))} AS ${name}`)].join(', ')}
       FROM ${table}
       WHERE reject = ''
       ${rows === users ? '' : 'GROUP BY username'}
     )
     SELECT ${['username', ...given].join(', ')}
     FROM given
     LEFT JOIN (SELECT username, ${hash} AS hash FROM lms_users FINAL) AS known ON known.username = given.username
     WHERE known.hash IS NULL OR known.hash != ${hash}
     SETTINGS ${BOUNDED_MEMORY}`,
  );
  if (given.includes('user_id')) {
    await store.run(
      `INSERT INTO ${identities} (user_id, username, from_lms, last_seen)
       SELECT given.id, given.username, true, {seen_at:DateTime64(6, 'UTC')}
       FROM (SELECT ${rows === users ? '' : 'DISTINCT'} toUInt64(user_id) AS id, username FROM ${table} WHERE reject = '' AND user_id != '') AS given
       LEFT JOIN (
         SELECT user_id, argMax(username, (last_seen, username)) AS username
         FROM identities
         WHERE from_lms
         GROUP BY user_id
       ) AS known ON known.user_id = given.id
       WHERE known.username IS NULL OR known.username != given.username
       SETTINGS ${BOUNDED_MEMORY}`,
      { seen_at: seenAt },
    );
  }
  return { users, changed, identities };
}

/** The present of the engine; where several share the courses, all are to note the same. */
export async function readInstant(store: Store): Promise<string> {
  const [row] = await store.read<{ now: string }>("SELECT toString(now64(6, 'UTC')) AS now");
  if (row === undefined) throw new Error('the engine gave no time');
  return row.now;
}
