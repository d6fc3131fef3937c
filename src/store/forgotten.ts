import type { Store } from './store.ts';

/** Stands for the name of who was forgotten, where a row is kept for the sake of others. */
export const FORGOTTEN = '(forgotten)';

/** The salt of the hashes of the forget list, also when nobody is on it. @throws Error where there is none */
export async function readSalt(store: Store): Promise<string> {
  const [row] = await store.read<{ salt: string }>('SELECT min(salt) AS salt FROM forgotten_salt');
  if (row === undefined) throw new Error('the forget list has no salt');
  return row.salt;
}

/** The salt of the hashes of the forget list; null when nobody is on it, and nothing needs to be asked. */
export async function readForgetSalt(store: Store): Promise<string | null> {
  const [row] = await store.read<{ salt: string; hashes: number }>(
    'SELECT (SELECT min(salt) FROM forgotten_salt) AS salt, (SELECT count() FROM forgotten) AS hashes',
  );
  return row === undefined || row.hashes === 0 ? null : row.salt;
}

/** SQL of the hash under which a name stands on the forget list; takes the parameter `salt`. */
export function nameHashSql(username: string): string {
  return `SHA256(concat({salt:String}, ' name ', ${username}))`;
}

/** The same for a user id, given as text. */
export function idHashSql(userId: string): string {
  return `SHA256(concat({salt:String}, ' id ', ${userId}))`;
}

/** The same for a name that is somebody's under this id, which is others' under other names. */
export function pairHashSql(username: string, userId: string): string {
  return `SHA256(concat({salt:String}, ' id ', ${userId}, ' name ', ${username}))`;
}

/**
 * The condition that somebody is on the forget list, by SQL of the username and, where it is known, of the user id as
 * text; takes the parameter `salt`.
 */
export function isForgottenSql(username: string, userId: string | null): string {
  const hashes = [nameHashSql(username), ...(userId === null ? [] : [idHashSql(userId)])];
  return `(${hashes.map((hash) => `${hash} IN (SELECT hash FROM forgotten)`).join(' OR ')})`;
}
