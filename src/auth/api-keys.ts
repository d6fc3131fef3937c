import { hash as digest, randomBytes, randomInt } from 'node:crypto';
import { Turns } from '../await-all.ts';
import { AppError } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** What is told about a key once it exists; the key itself is kept nowhere. */
export interface ApiKey {
  readonly name: string;
  /** Instants, ISO 8601 UTC. */
  readonly created_at: string;
  readonly revoked_at: string | null;
  /** Counts no more from then on; null: until it is revoked. */
  readonly expires_at: string | null;
  /** To the minute. */
  readonly last_used_at: string | null;
  /** What the key is for; all courses when both are empty. */
  readonly course_ids: readonly string[];
  readonly orgs: readonly string[];
}

/** What a key is made for. */
export interface KeyLimits {
  /** First day, `YYYY-MM-DD` UTC, on which it counts no more. */
  readonly expires?: string | undefined;
  readonly courseIds?: readonly string[];
  readonly orgs?: readonly string[];
}

const KEY = /^la_[\w-]{43}$/;
const NAME = /^[\p{L}\p{M}\p{N}_.@+ -]{1,100}$/u;

/** Whether the text could be a key at all, before anything is looked up. */
export function isKeyShaped(text: string): boolean {
  return KEY.test(text);
}

/** How a key is kept: 256 random bits need no slow hash. */
export function hashKey(key: string): string {
  return digest('sha256', key);
}

/** By store: the next key looks for its name when the one before is there. */
const making = new WeakMap<Store, Turns>();

/**
 * Makes a key of 256 random bits. This is the only time that it can be seen. The name of a revoked key is free again.
 * @throws AppError `usage` when the name is taken or is not a name, or the key would have ended already
 */
export async function createKey(
  store: Store,
  name: string,
  limits: KeyLimits = {},
): Promise<{ name: string; key: string }> {
  const turns = making.get(store) ?? new Turns();
  making.set(store, turns);
  return turns.take(async () => makeKey(store, name, limits));
}

async function makeKey(
  store: Store,
  name: string,
  { expires, courseIds = [], orgs = [] }: KeyLimits,
): Promise<{ name: string; key: string }> {
  if (!NAME.test(name) || name.trim() !== name) {
    throw new AppError(
      'usage',
      `${JSON.stringify(name)} cannot name a key; give 1 to 100 letters, digits, spaces or any of _ . @ + -`,
    );
  }
  if (expires !== undefined && Date.parse(expires) <= Date.now()) {
    throw new AppError('usage', `The key would have ended already: ${expires} is not after today.`);
  }
  const taken = await findKey(store, name);
  if (taken?.revoked_at === null && !isOver(taken)) throw nameTaken(name);
  const key = `la_${randomBytes(32).toString('base64url')}`;
  await store.run(
    `
    INSERT INTO api_keys (name, hash, created_at, version, expires_at, course_ids, orgs)
    SELECT {name: String}, {hash: String}, fromUnixTimestamp64Milli({now: Int64}, 'UTC'),
      greatest(fromUnixTimestamp64Micro({version: Int64}, 'UTC'), (SELECT max(version) FROM api_keys WHERE name = {name: String}) + toIntervalMicrosecond(1)),
      if({expires: Int64} = 0, NULL, fromUnixTimestamp64Milli({expires: Int64}, 'UTC')),
      {courseIds: Array(String)}, {orgs: Array(String)}
    `,
    {
      name,
      hash: hashKey(key),
      ...tellTime(),
      expires: expires === undefined ? 0 : Date.parse(expires),
      courseIds,
      orgs,
    },
  );
  // another process may have made one of the name meanwhile, which counts instead
  if ((await findKey(store, name))?.hash !== hashKey(key)) throw nameTaken(name);
  return { name, key };
}

/** One time for all nodes of a cluster, by which the later of two rows is told; of two of the same millisecond any one, on all of them. */
function tellTime(): { readonly now: number; readonly version: number } {
  const now = Date.now();
  return { now, version: now * 1000 + randomInt(1000) };
}

function nameTaken(name: string): AppError {
  return new AppError('usage', `There is already a key named "${name}"; choose another name or revoke that one first.`);
}

/** All keys ever made, revoked ones too, by name. */
export async function listKeys(store: Store): Promise<ApiKey[]> {
  return store.query<ApiKey>(`
    SELECT name, created_at, revoked_at, expires_at, last_used_at, course_ids, orgs
    FROM (SELECT * FROM api_keys FINAL) AS keys
    LEFT JOIN (
      SELECT hash, max(used_at) AS last_used_at
      FROM api_key_uses
      GROUP BY hash
    ) AS uses ON keys.hash = uses.hash
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
    INSERT INTO api_keys (name, hash, created_at, revoked_at, version, expires_at, course_ids, orgs)
    SELECT name, hash, created_at, fromUnixTimestamp64Milli({now: Int64}, 'UTC'),
      -- also where the clock was ahead when the key was made
      greatest(fromUnixTimestamp64Micro({version: Int64}, 'UTC'), version + toIntervalMicrosecond(1)), expires_at, course_ids, orgs
    FROM api_keys FINAL
    WHERE name = {name: String}
    `,
    { name, ...tellTime() },
  );
}

/** Whether a key has ended by itself. */
export function isOver({ expires_at: end }: Pick<ApiKey, 'expires_at'>): boolean {
  return end !== null && Date.parse(end) <= Date.now();
}

/** Notes that the key of this hash is in use. */
export async function noteUse(store: Store, hash: string): Promise<void> {
  await store.run(
    `
    INSERT INTO api_key_uses (hash, used_at)
    SELECT {hash: String}, fromUnixTimestamp64Milli({now: Int64}, 'UTC')
    `,
    { hash, now: Date.now() },
    { urgent: true, seconds: 10 },
  );
}

async function findKey(
  store: Store,
  name: string,
): Promise<(Pick<ApiKey, 'name' | 'revoked_at' | 'expires_at'> & { readonly hash: string }) | undefined> {
  const rows = await store.query<Pick<ApiKey, 'name' | 'revoked_at' | 'expires_at'> & { readonly hash: string }>(
    `
    SELECT name, hash, revoked_at, expires_at
    FROM api_keys FINAL
    WHERE name = {name: String}
    `,
    { name },
  );
  return rows[0];
}
