import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from 'jose';
import type { Config } from '../config.ts';

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

/** The key that seals cookies: from the configuration, or made once and kept beside the data for its owner alone. */
export function loadSealKey({ sessionSecret, dataDir }: Pick<Config, 'sessionSecret' | 'dataDir'>): Uint8Array {
  if (sessionSecret !== null) return createHash('sha256').update(sessionSecret).digest();
  const path = join(resolve(dataDir), 'session.key');
  return readKey(path) ?? makeKey(path);
}

function readKey(path: string): Uint8Array | null {
  try {
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
    return key.length === 32 ? key : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Linked into place, so that of two processes that start at once both get the key of the first. */
function makeKey(path: string): Uint8Array {
  const made = randomBytes(32);
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  mkdirSync(resolve(path, '..'), { recursive: true });
  writeFileSync(partial, made.toString('base64url'), { mode: 0o600 });
  try {
    linkSync(partial, path);
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const key = readKey(path);
    if (key === null) throw new Error(`${path} does not hold a key; delete it to have one made`, { cause: error });
    return key;
  } finally {
    rmSync(partial);
  }
}
