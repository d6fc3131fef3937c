import { timingSafeEqual } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { hashKey } from './api-keys.ts';

/** How old the ring may grow before it is read again: a key made or revoked elsewhere counts within this time. */
const FRESH_MS = 1000;

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
    let found: string | null = null;
    for (const held of await this.#read()) {
      if (timingSafeEqual(held.hash, hash)) found = held.name;
    }
    return found;
  }

  /** Requests that come while the ring is being read wait for the same reading. */
  async #read(): Promise<readonly HeldKey[]> {
    if (this.#keys === null || performance.now() - this.#readAt > FRESH_MS) {
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

async function readKeys(store: Store): Promise<readonly HeldKey[]> {
  const rows = await store.query<{ name: string; hash: string }>(`
    SELECT name, hash
    FROM api_keys FINAL
    WHERE revoked_at IS NULL
  `);
  return rows.map(({ name, hash }) => ({ name, hash: Buffer.from(hash, 'hex') }));
}
