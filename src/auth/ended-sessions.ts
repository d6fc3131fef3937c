import { againLater } from '../again-later.ts';
import { keepLatest } from '../keep-latest.ts';
import { isPassing } from '../store/engine-errors.ts';
import type { Store } from '../store/store.ts';

/** So long a session that was not over is not asked about again: one that is logged out of elsewhere stops to count within this time. */
const FRESH_MS = 5000;

const MOST_ASKED = 10_000;

interface Asked {
  readonly at: number;
  readonly answer: Promise<boolean>;
}

/** Which sessions were logged out of, in whatever process that shares the store. */
export class EndedSessions {
  readonly #store: Store;
  readonly #now: () => number;
  /** The answers of the last seconds, by the session's id. */
  readonly #asked = new Map<string, Asked>();

  /** @param now gives ms, from any time on */
  constructor(store: Store, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Whether it is over; requests that come while that is asked wait for the same answer.
   * @throws AppError `store_unavailable`: without the store no session counts
   */
  async has(id: string): Promise<boolean> {
    const known = this.#asked.get(id);
    if (known !== undefined && this.#now() - known.at < FRESH_MS) return known.answer;
    const asked: Asked = { at: this.#now(), answer: this.#read(id) };
    keepLatest(this.#asked, id, asked, MOST_ASKED);
    asked.answer.catch(() => {
      if (this.#asked.get(id) === asked) this.#asked.delete(id);
    });
    return asked.answer;
  }

  /**
   * Has others know of it; where the store is away, it is tried again for a minute and a half.
   * @param endsAt seconds since 1970, when it would end by itself
   * @throws AppError `store_unavailable`
   */
  async note(id: string, endsAt: number): Promise<void> {
    await againLater(
      async () =>
        this.#store.run(
          "INSERT INTO ended_sessions SELECT toUUID({id: String}), toDateTime({endsAt: UInt32}, 'UTC')",
          { id, endsAt },
          { urgent: true, seconds: 10 },
        ),
      isPassing,
    );
  }

  async #read(id: string): Promise<boolean> {
    const rows = await this.#store.query('SELECT 1 FROM ended_sessions WHERE session = toUUID({id: String}) LIMIT 1', {
      id,
    });
    return rows.length > 0;
  }
}
