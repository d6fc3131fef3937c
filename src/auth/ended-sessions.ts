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

/** Sessions that are asked about together. */
interface Question {
  readonly ids: string[];
  /** Those of them that are over. */
  readonly ended: Promise<ReadonlySet<string>>;
}

/** Which sessions were logged out of, in whatever process that shares the store. */
export class EndedSessions {
  readonly #store: Store;
  readonly #now: () => number;
  /** The answers of the last seconds, by the session's id. */
  readonly #asked = new Map<string, Asked>();
  /** Is over when the store answered, or not, what it was asked last. */
  #underWay: Promise<unknown> = Promise.resolve();
  /** Asked next, together: many people at once are not to keep the store from all else. */
  #next: Question | null = null;

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
          // a ClickHouse whose clock is ahead of that of this process is not to let go of it before
          "INSERT INTO ended_sessions SELECT toUUID({id: String}), toDateTime({endsAt: UInt32}, 'UTC') + INTERVAL 1 DAY",
          { id, endsAt },
          { urgent: true, seconds: 10 },
        ),
      isPassing,
    );
  }

  async #read(id: string): Promise<boolean> {
    const question = (this.#next ??= this.#prepare());
    question.ids.push(id);
    return (await question.ended).has(id);
  }

  /** Where the question before is not answered, neither is this one: nobody waits for two. */
  #prepare(): Question {
    const ids: string[] = [];
    const ended = this.#underWay
      .finally(() => (this.#next = null))
      .then(async () => {
        const rows = await this.#store.query<{ session: string }>(
          `SELECT DISTINCT toString(session) AS session FROM ended_sessions
           WHERE session IN (SELECT toUUID(arrayJoin({ids: Array(String)})))`,
          { ids },
        );
        return new Set(rows.map(({ session }) => session));
      });
    this.#underWay = ended;
    ended.catch(() => {
      if (this.#underWay === ended) this.#underWay = Promise.resolve();
    });
    return { ids, ended };
  }
}
