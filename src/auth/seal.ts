import { hash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from 'jose';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';

/** What is sealed, so that one kind of cookie is never taken for another. */
export type SealedKind = 'session' | 'login';

/** Encrypts what a browser keeps for us (AES-256-GCM): it can neither read nor change it, nor keep it for too long. */
export class Seal {
  readonly #key: Uint8Array;

  /** @param key 32 bytes */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @param expiresAt seconds since 1970 */
  async close(kind: SealedKind, value: JWTPayload, expiresAt: number): Promise<string> {
    return new EncryptJWT(value)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: kind })
      .setExpirationTime(Math.floor(expiresAt))
      .encrypt(this.#key);
  }

  /** What was sealed; null for anything else, and once it is over. */
  async open(kind: SealedKind, text: string, now: Date): Promise<JWTPayload | null> {
    try {
      const { payload } = await jwtDecrypt(text, this.#key, {
        typ: kind,
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        requiredClaims: ['exp'],
        currentDate: now,
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }
}

/**
 * The key that seals cookies: from the configuration, or made once and kept beside the data for its owner alone.
 * @throws AppError `store_unavailable` where it can be neither read nor made
 */
export function loadSealKey({ sessionSecret, dataDir }: Pick<Config, 'sessionSecret' | 'dataDir'>): Uint8Array {
  if (sessionSecret !== null) return hash('sha256', sessionSecret, 'buffer');
  const path = join(resolve(dataDir), 'session.key');
  try {
    return readKey(path) ?? makeKey(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof AppError || code === undefined) throw error;
    const remedy =
      code === 'EACCES' || code === 'EPERM'
        ? 'Let it belong to the user who runs this (chown)'
        : 'Make it writable, or free some of its disk';
    throw new AppError(
      'store_unavailable',
      `The key of login sessions, ${path}, can be neither read nor made (${code}). ${remedy}, or set SESSION_SECRET.`,
      { cause: error },
    );
  }
}

/** Null where there is none. */
function readKey(path: string): Uint8Array | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length === 32) return key;
  throw new AppError(
    'store_unavailable',
    `${path} does not hold the key of login sessions. Delete it to have one made: whoever is logged in logs in again.`,
  );
}

/** Linked into place, so that of two processes that start at once both get the key of the first. */
function makeKey(path: string): Uint8Array {
  const made = randomBytes(32);
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  mkdirSync(resolve(path, '..'), { recursive: true });
  try {
    writeFileSync(partial, made.toString('base64url'), { mode: 0o600 });
    linkSync(partial, path);
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const key = readKey(path);
    if (key === null) throw error;
    return key;
  } finally {
    rmSync(partial, { force: true });
  }
}
