import { readFile, stat } from 'node:fs/promises';
import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from 'jose';
import { AppError } from '../errors.ts';

/** The public keys that fit the header of a token; usually one. */
export type FindKeys = (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<readonly CryptoKey[]>;

type JwkSet = (header: JWTHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/** How often is looked whether the file was changed. */
const LOOK_MS = 1000;

/**
 * The LMS's public keys, from a file or an address. New keys count without a restart: a file is read again when it was
 * changed, an address when a token names a key that is not known, at most every 30 seconds, and every ten minutes.
 * @param now gives ms, from any time on
 */
export function openJwkSet(place: string, now: () => number = () => performance.now()): FindKeys {
  const open = /^https?:/i.test(place) ? openRemote(new URL(place)) : openFile(place, now);
  return async function findKeys(header, token) {
    try {
      const jwkSet = await open();
      return [await jwkSet(header, token)];
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return [];
      if (error instanceof errors.JWKSMultipleMatchingKeys) return collect(error);
      throw new AppError('store_unavailable', 'The key set of the LMS (JWT_JWK_SET) cannot be read.', { cause: error });
    }
  };
}

function openRemote(url: URL): () => Promise<JwkSet> {
  const remote = createRemoteJWKSet(url, { timeoutDuration: 5000, cooldownDuration: 30_000, cacheMaxAge: 600_000 });
  return async () => remote;
}

function openFile(path: string, now: () => number): () => Promise<JwkSet> {
  let lookedAt = -Infinity;
  let changedAt = NaN;
  let jwkSet: JwkSet | undefined;
  return async () => {
    if (jwkSet !== undefined && now() - lookedAt < LOOK_MS) return jwkSet;
    const { mtimeMs } = await stat(path);
    if (jwkSet === undefined || mtimeMs !== changedAt) {
      jwkSet = createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet);
      changedAt = mtimeMs;
    }
    lookedAt = now();
    return jwkSet;
  };
}

/** Keys without ids: any of them may be the one. */
async function collect(keys: AsyncIterable<CryptoKey>): Promise<CryptoKey[]> {
  const all: CryptoKey[] = [];
  for await (const key of keys) all.push(key);
  return all;
}
