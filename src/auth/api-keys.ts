import { createHash, randomBytes } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** What is told about a key once it exists; the key itself is kept nowhere. */
export interface ApiKey {
  readonly name: string;
  /** Instants, ISO 8601 UTC. */
  readonly created_at: string;
  readonly revoked_at: string | null;
}

const KEY = /^la_[\w-]{43}$/;
const NAME = /^[\p{L}\p{M}\p{N}_.@+ -]{1,100}$/u;

/** Whether the text could be a key at all, before anything is looked up. */
export function isKeyShaped(text: string): boolean {
  return KEY.test(text);
}

/** How a key is kept: 256 random bits need no slow hash. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/**
 * Makes a key of 256 random bits. This is the only time that it can be seen. The name of a revoked key is free again.
 * @throws AppError `usage` when the name is taken or is not a name
 */
export async function createKey(store: Store, name: string): Promise<{ name: string; key: string }> {
  if (!NAME.test(name) || name.trim() !== name) {
    throw new AppError(
      'usage',
      `${JSON.stringify(name)} cannot name a key; give 1 to 100 letters, digits, spaces or any of _ . @ + -`,
    );
  }
  const taken = await findKey(store, name);
  if (taken?.revoked_at === null) {
    throw new AppError(
      'usage',
      `There is already a key named "${name}"; choose another name or revoke that one first.`,
    );
  }
  const key = `la_${randomBytes(32).toString('base64url')}`;
  await store.run(
    `
    INSERT INTO api_keys (name, hash, created_at, version)
    SELECT {name: String}, {hash: String}, now64(3), now64(6)
    `,
    { name, hash: hashKey(key) },
  );
  return { name, key };
}

/** All keys ever made, revoked ones too, by name. */
export async function listKeys(store: Store): Promise<ApiKey[]> {
  return store.query<ApiKey>(`
    SELECT name, created_at, revoked_at
    FROM api_keys FINAL
    ORDER BY name
  `);
}

/**
 * Ends a key. Running servers refuse it within two seconds.
 * @throws AppError `usage` when no key of that name is in force
 */
export async function revokeKey(store: Store, name: string): Promise<void> {
  const key = await findKey(store, name);
  if (key === undefined) {
    throw new AppError('usage', `There is no key named ${JSON.stringify(name)}; "keys list" shows those there are.`);
  }
  if (key.revoked_at !== null) {
    throw new AppError('usage', `The key "${name}" was revoked already, at ${key.revoked_at}.`);
  }
  await store.run(
    `
    INSERT INTO api_keys (name, hash, created_at, revoked_at, version)
    SELECT name, hash, created_at, now64(3), now64(6)
    FROM api_keys FINAL
    WHERE name = {name: String}
    `,
    { name },
  );
}

async function findKey(store: Store, name: string): Promise<ApiKey | undefined> {
  const rows = await store.query<ApiKey>(
    `
    SELECT name, created_at, revoked_at
    FROM api_keys FINAL
    WHERE name = {name: String}
    `,
    { name },
  );
  return rows[0];
}
