import { timingSafeEqual } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { hashKey, isOver, noteUse } from './api-keys.ts';
import type { Grants } from './grants.ts';

/** How old the ring may grow: a key that was revoked elsewhere stops to count within this time. */
const FRESH_MS = 1000;

/** How old it may be to say that a key is not in it: one that was made a moment ago should work. */
const FRESH_TO_REFUSE_MS = 100;

/** The latest use of a key is noted this often, not with every request. */
const NOTE_USE_MS = 60_000;

/** A key in force. */
export interface HeldKey {
  readonly name: string;
  /** What it is for. */
  readonly grants: Grants;
}

interface RingKey extends HeldKey {
  readonly hash: Buffer;
  readonly expires_at: string | null;
}

/** The API keys in force, as a running server knows them. */
export class KeyRing {
  readonly #store: Store;
  #keys: Promise<readonly RingKey[]> | null = null;
  #readAt = -Infinity;
  readonly #usedAt = new Map<string, number>();

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * The key, or null when it is not in force.
   * @throws AppError `store_unavailable`: without the store no key counts
   */
  async find(key: string): Promise<HeldKey | null> {
    const name = hashKey(key);
    const hash = Buffer.from(name, 'hex');
    const found = findKey(await this.#read(FRESH_MS), hash) ?? findKey(await this.#read(FRESH_TO_REFUSE_MS), hash);
    if (found === null || isOver(found)) return null;
    this.#note(name);
    return found;
  }

  /** Requests that come while the ring is being read wait for the same reading. */
  async #read(freshMs: number): Promise<readonly RingKey[]> {
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

  /** Nobody waits for that, and no request fails for it. */
  #note(hash: string): void {
    const now = performance.now();
    if (now - (this.#usedAt.get(hash) ?? -Infinity) < NOTE_USE_MS) return;
    this.#usedAt.set(hash, now);
    noteUse(this.#store, hash).catch(() => this.#usedAt.delete(hash));
  }
}

/** Looks at every key, and at every byte of it, so that the time taken says nothing. */
function findKey(keys: readonly RingKey[], hash: Buffer): RingKey | null {
  let found: RingKey | null = null;
  for (const held of keys) {
    if (timingSafeEqual(held.hash, hash)) found = held;
  }
  return found;
}

interface KeyRow {
  readonly name: string;
  readonly hash: string;
  readonly expires_at: string | null;
  readonly course_ids: readonly string[];
  readonly orgs: readonly string[];
}

async function readKeys(store: Store): Promise<readonly RingKey[]> {
  const rows = await store.query<KeyRow>(`
    SELECT name, hash, expires_at, course_ids, orgs
    FROM api_keys FINAL
    WHERE revoked_at IS NULL
  `);
  return rows.map(({ name, hash, expires_at, course_ids: courseIds, orgs }) => ({
    name,
    hash: Buffer.from(hash, 'hex'),
    expires_at,
    grants: {
      everything: courseIds.length === 0 && orgs.length === 0,
      courseIds: new Set(courseIds),
      orgs: new Set(orgs),
    },
  }));
}
