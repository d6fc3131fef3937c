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
  readonly expires_at: string | null;
}

/**
 * By the hash of the key. How long it takes to find one says something about hashes alone, of which nobody can choose the
 * beginning without trying as many keys as there are.
 */
type RingKeys = ReadonlyMap<string, RingKey>;

/** The API keys in force, as a running server knows them. */
export class KeyRing {
  readonly #store: Store;
  readonly #now: () => number;
  #keys: Promise<RingKeys> | null = null;
  #readAt = -Infinity;
  /** Of what was noted lately, the oldest first. */
  readonly #usedAt = new Map<string, number>();

  /** @param now gives ms, from any time on */
  constructor(store: Store, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * The key, or null when it is not in force.
   * @throws AppError `store_unavailable`: without the store no key counts
   */
  async find(key: string): Promise<HeldKey | null> {
    const hash = hashKey(key);
    const found = (await this.#read(FRESH_MS)).get(hash) ?? (await this.#read(FRESH_TO_REFUSE_MS)).get(hash);
    if (found === undefined || isOver(found)) return null;
    this.#note(hash);
    return found;
  }

  /** Requests that come while the ring is being read wait for the same reading. */
  async #read(freshMs: number): Promise<RingKeys> {
    if (this.#keys === null || this.#now() - this.#readAt > freshMs) {
      this.#readAt = this.#now();
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
    const now = this.#now();
    for (const [noted, at] of this.#usedAt) {
      if (now - at < NOTE_USE_MS) break;
      this.#usedAt.delete(noted);
    }
    if (this.#usedAt.has(hash)) return;
    this.#usedAt.set(hash, now);
    noteUse(this.#store, hash).catch(() => this.#usedAt.delete(hash));
  }
}

interface KeyRow {
  readonly name: string;
  readonly hash: string;
  readonly expires_at: string | null;
  readonly course_ids: readonly string[];
  readonly orgs: readonly string[];
}

async function readKeys(store: Store): Promise<RingKeys> {
  const rows = await store.query<KeyRow>(`
    SELECT name, hash, expires_at, course_ids, orgs
    FROM api_keys FINAL
    WHERE revoked_at IS NULL
  `);
  return new Map(
    rows.map(({ name, hash, expires_at, course_ids: courseIds, orgs }) => {
      const everything = courseIds.length === 0 && orgs.length === 0;
      const grants = { everything, courseIds: new Set(courseIds), orgs: new Set(orgs) };
      return [hash, { name, expires_at, grants }];
    }),
  );
}
