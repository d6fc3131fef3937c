import { readSalt } from '../store/forgotten.ts';
import { removeReplacedFiles } from '../store/remove-replaced-files.ts';
import type { Store } from '../store/store.ts';
import { PROFILE_COLUMNS } from './lms-tables.ts';

/** A statement that is given more takes the square of their number. */
const KEYS_AT_ONCE = 4000;

/** SQL of the value that says that the LMS has nothing there. */
const nothing = (column: string) => (column === 'year_of_birth' ? '0' : "''");

/**
 * Empties the profiles that are here of the retired, under former names too, in all rows there are: a source may not tell of each
 * column, and what a later row says the engine puts in the place of an earlier one in its own time. It keeps the text of the
 * statement beside the data: that must not name anybody.
 * @param retired SQL of whom: `username`, and `user_id` as text
 */
export async function emptyRetired(store: Store, retired: string): Promise<void> {
  const filled = PROFILE_COLUMNS.map((name) => `ifNull(${name}, ${nothing(name)}) != ${nothing(name)}`);
  const key = 'toString(sipHash64({salt:String}, username, ifNull(user_id, 0)))';
  const salt = await readSalt(store);
  const rows = await store.read<{ own: string }>(
    `SELECT DISTINCT ${key} AS own
     FROM lms_users
     -- profiles are read of these alone
     PREWHERE username IN (SELECT username FROM (${retired})) OR user_id IN (SELECT toUInt64(user_id) FROM (${retired}))
     WHERE ${filled.join(' OR ')}`,
    { salt },
  );
  for (let at = 0; at < rows.length; at += KEYS_AT_ONCE) {
    await store.run(
      `ALTER TABLE lms_users UPDATE ${PROFILE_COLUMNS.map((name) => `${name} = ${nothing(name)}`).join(', ')}
       WHERE ${key} IN {keys:Array(String)}
       SETTINGS mutations_sync = 1`,
      { salt, keys: rows.slice(at, at + KEYS_AT_ONCE).map(({ own }) => own) },
    );
  }
  if (store.embedded && rows.length > 0) await removeReplacedFiles(store, ['lms_users']);
}
