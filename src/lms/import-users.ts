import { PRESENT_NAME } from '../store/present-name.ts';
import type { Store } from '../store/store.ts';
import { compareRows } from './compare-rows.ts';
import { PROFILE_COLUMNS } from './lms-tables.ts';
import { BOUNDED_MEMORY, type Scratch, type StagedTable } from './scratch.ts';

const COLUMNS = ['user_id', ...PROFILE_COLUMNS, 'retired'] as const;

/** What an import changes of the people: tables like those of the store, with the new and the different rows alone. */
export interface UserChanges {
  /** Good rows of the source, changed or not. */
  readonly users: number;
  /** Like `lms_users`. */
  readonly changed: string;
  /** SQL of whom the source tells to be retired: `username`, and `user_id` as text. Null where it tells of nobody. */
  readonly retired: string | null;
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
  staged: StagedTable,
  seenAt: string,
): Promise<UserChanges> {
  const { rows, distinct, changed } = await compareRows(store, scratch, staged, {
    stored: 'lms_users',
    keys: ['username'],
    columns: COLUMNS,
  });
  const identities = await scratch.create('AS identities ENGINE = MergeTree ORDER BY tuple()');
  if (staged.columns.includes('user_id')) {
    const named = `FROM ${staged.table} WHERE reject = '' AND user_id != ''`;
    const [counted] = await store.read<{ ids: number }>(
      `SELECT count() AS ids
       FROM (SELECT 1 ${named} GROUP BY toUInt64(user_id) HAVING min(cityHash64(username)) != max(cityHash64(username)))
       SETTINGS ${BOUNDED_MEMORY}`,
    );
    const hasSeveral = (counted?.ids ?? 0) > 0;
    // to group millions of names for it takes seconds
    const given = hasSeveral
      ? `SELECT toUInt64(user_id) AS id, anyLast(username) AS present, groupUniqArray(username) AS names ${named} GROUP BY id`
      : `SELECT ${rows === distinct ? '' : 'DISTINCT'} toUInt64(user_id) AS id, username AS present, [username] AS names ${named}`;
    await store.run(
      `INSERT INTO ${identities} (user_id, username, from_lms, last_seen)
       -- of several names of one id the last is the present one, each time that they are told
       SELECT id, arrayJoin(names) AS name, true, {seen_at:DateTime64(6, 'UTC')} - toIntervalMicrosecond(name != given.present)
       FROM (${given}) AS given
       LEFT JOIN (
         SELECT user_id, ${PRESENT_NAME} AS known_as
         FROM identities
         WHERE from_lms
         GROUP BY user_id
       ) AS known ON known.user_id = given.id
       WHERE known.known_as IS NULL OR known.known_as != given.present
       -- the rows in their order, where one is to be the last
       SETTINGS ${BOUNDED_MEMORY}${hasSeveral ? ', max_threads = 1' : ''}`,
      { seen_at: seenAt },
    );
  }
  const retired = staged.columns.includes('retired')
    ? `SELECT username, user_id FROM ${staged.table} WHERE reject = '' AND retired = '1'`
    : null;
  return { users: distinct, changed, retired, identities };
}

/**
 * The present of the engine, or just after what was told before: that may have been noted by a node, or at a time, whose clock was ahead. Where several
 * share the courses, all are to note the same.
 */
export async function readInstant(store: Store): Promise<string> {
  const [row] = await store.read<{ now: string }>(
    "SELECT toString(greatest(now64(6, 'UTC'), (SELECT max(told_at) FROM identities) + toIntervalMillisecond(1))) AS now",
  );
  if (row === undefined) throw new Error('the engine gave no time');
  return row.now;
}
