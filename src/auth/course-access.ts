import { keepLatest } from '../keep-latest.ts';
import { allows, type Grants, NO_GRANTS } from './grants.ts';

/** Somebody who is known, and what is known about them. */
export interface Person {
  readonly username: string;
  /** By the word of whoever vouches for the person. */
  readonly isGlobalStaff: boolean;
  /** A JWT of the LMS with which it can be asked in the person's own name; null without one. */
  readonly lmsToken: string | null;
}

/** Which courses a person may see. */
export interface CourseAccess {
  /** @throws AppError `store_unavailable` when that cannot be found out, which is never a yes */
  maySee(person: Person, courseId: string): Promise<boolean>;
  maySeeAll(person: Person): Promise<boolean>;
}

/** One that knows what people may see. */
export interface GrantSource {
  /** What the person may see; null where this source cannot tell. */
  read(person: Person): Promise<Grants | null>;
}

/** Everybody sees the same courses: those of the demonstration. */
export function createFixedAccess(courseIds: readonly string[]): CourseAccess {
  const grants: Grants = { ...NO_GRANTS, courseIds: new Set(courseIds) };
  return { maySee: async (_person, courseId) => allows(grants, courseId), maySeeAll: async () => false };
}

/** A refusal is looked into again after this long, so that who was made staff a moment ago gets in soon. */
const KEEP_REFUSAL_MS = 15_000;
const KEPT_PEOPLE = 10_000;

interface Kept {
  readonly readAt: number;
  readonly grants: Promise<Grants | null>;
}

/** Asks several sources; what any of them grants is granted. Answers are kept for a while. */
export class GrantedAccess implements CourseAccess {
  readonly #sources: ReadonlyArray<{ readonly source: GrantSource; readonly kept: Map<string, Kept> }>;
  readonly #keepMs: number;
  readonly #now: () => number;

  constructor(sources: readonly GrantSource[], keepSeconds: number, now: () => number = () => performance.now()) {
    this.#sources = sources.map((source) => ({ source, kept: new Map() }));
    this.#keepMs = keepSeconds * 1000;
    this.#now = now;
  }

  async maySee(person: Person, courseId: string): Promise<boolean> {
    return person.isGlobalStaff || this.#anyGrants(person, (grants) => allows(grants, courseId));
  }

  async maySeeAll(person: Person): Promise<boolean> {
    return person.isGlobalStaff || this.#anyGrants(person, (grants) => grants.everything);
  }

  /** One source after the other, so that those behind a yes are not troubled. */
  async #anyGrants(person: Person, grant: (grants: Grants) => boolean): Promise<boolean> {
    for (const { source, kept } of this.#sources) {
      for (const keepMs of [this.#keepMs, KEEP_REFUSAL_MS]) {
        if (grant((await this.#read(source, kept, person, keepMs)) ?? NO_GRANTS)) return true;
      }
    }
    return false;
  }

  /** Requests that come while a source is being asked wait for the same answer; a failure is not kept. */
  async #read(source: GrantSource, kept: Map<string, Kept>, person: Person, keepMs: number): Promise<Grants | null> {
    const found = kept.get(person.username);
    if (found !== undefined && this.#now() - found.readAt < keepMs) return found.grants;
    const reading: Kept = { readAt: this.#now(), grants: source.read(person) };
    keepLatest(kept, person.username, reading, KEPT_PEOPLE);
    const forget = (): void => {
      if (kept.get(person.username) === reading) kept.delete(person.username);
    };
    // what this person's credential cannot tell, another one's may
    reading.grants.then((grants) => grants ?? forget(), forget);
    return reading.grants;
  }
}
