import { timingSafeEqual } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { hashKey } from './api-keys.ts';

/** How old the ring may grow: a key that was revoked elsewhere stops to count within this time. */
const FRESH_MS = 1000;

/** How old it may be to say that a key is not in it: one that was made a moment ago should work. */
const FRESH_TO_REFUSE_MS = 100;

interface HeldKey {
  readonly name: string;
  readonly hash: Buffer;
}

/** The API keys in force, as a running server knows them. */
export class KeyRing {
  readonly #store: Store;
  #keys: Promise<readonly HeldKey[]> | null = null;
  #readAt = -Infinity;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * The name of the key, or null when it is not in force.
   * @throws AppError `store_unavailable`: without the store no key counts
   */
  async find(key: string): Promise<string | null> {
    const hash = Buffer.from(hashKey(key), 'hex');
    return findName(await this.#read(FRESH_MS), hash) ?? findName(await this.#read(FRESH_TO_REFUSE_MS), hash);
  }

  /** Requests that come while the ring is being read wait for the same reading. */
  async #read(freshMs: number): Promise<readonly HeldKey[]> {
    if (this.#keys === null || performance.now() - this.#readAt > freshMs) {
      this.#readAt = performance.now();
      const reading = readKeys(this.#store);
      this.#keys = reading;
      reading.catch(() => {
        if (this.#keys === reading) this.#keys = null;
      });
    }
    return this.#keys;
  }
}

/** Looks at every key, and at every byte of it, so that the time taken says nothing. */
function findName(keys: readonly HeldKey[], hash: Buffer): string | null {
  let found: string | null = null;
  for (const held of keys) {
    if (timingSafeEqual(held.hash, hash)) found = held.name;
  }
  return found;
}

async function readKeys(store: Store): Promise<readonly HeldKey[]> {
  const rows = await store.query<{ name: string; hash: string }>(`
    SELECT name, hash
    FROM api_keys FINAL
    WHERE revoked_at IS NULL
  `);
  return rows.map(({ name, hash }) => ({ name, hash: Buffer.from(hash, 'hex') }));
}
