import { randomUUID } from 'node:crypto';
import type { Asker } from './caller.ts';
import { clearCookie, readCookie, writeCookie } from './cookies.ts';
import type { Seal } from './seal.ts';

/** Who logged in, as the browser keeps it for us, sealed. */
export interface Session {
  /** Of this login; another login is another session. */
  readonly id: string;
  readonly username: string;
  readonly name: string | null;
  readonly isGlobalStaff: boolean;
  /** Without an LMS, at the demonstration site; counts nowhere else. */
  readonly isDemo: boolean;
  /** A JWT with which the LMS can be asked in this person's name; null where there is none. */
  readonly lmsToken: string | null;
  /** Seconds since 1970: of the login, and of the latest sealing. */
  readonly startedAt: number;
  readonly seenAt: number;
}

export type NewSession = Omit<Session, 'id' | 'startedAt' | 'seenAt'>;

export interface SessionRules {
  /** A session ends when nobody used it for so long, and in any case so long after the login. */
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
  /** Whether this process is a demonstration: its sessions count here alone, and others do not. */
  readonly demo: boolean;
}

/** The latest use of a session is noted this often, not with every request. */
const NOTE_USE_SECONDS = 60;

/** Login sessions, kept by browsers in a sealed cookie. */
export class Sessions {
  readonly #seal: Seal;
  readonly #rules: SessionRules;
  readonly #now: () => Date;

  constructor(seal: Seal, rules: SessionRules, now: () => Date = () => new Date()) {
    this.#seal = seal;
    this.#rules = rules;
    this.#now = now;
  }

  /** Begins a session, whatever the browser had before. Gives the value of `Set-Cookie`. */
  async start(publicUrl: URL, who: NewSession): Promise<string> {
    const now = this.#seconds();
    return this.#write(publicUrl, { ...who, id: randomUUID(), startedAt: now, seenAt: now });
  }

  /** The session of a request; null without one in force. `cookie` is set when the browser should keep a new one. */
  async read(asker: Asker): Promise<{ session: Session; cookie: string | null } | null> {
    const text = readCookie(asker, 'la_session');
    if (text === undefined) return null;
    // what we sealed has the shape that we gave it
    const session = (await this.#seal.open('session', text, this.#now()))?.['session'] as Session | undefined;
    if (session === undefined || session.isDemo !== this.#rules.demo) return null;
    const now = this.#seconds();
    if (now >= this.#endOf(session)) return null;
    const stale = now - session.seenAt >= Math.min(NOTE_USE_SECONDS, this.#rules.idleSeconds / 2);
    return { session, cookie: stale ? await this.#write(asker.publicUrl, { ...session, seenAt: now }) : null };
  }

  /** Has the browser forget its session. */
  clear(publicUrl: URL): string {
    return clearCookie(publicUrl, 'la_session');
  }

  async #write(publicUrl: URL, session: Session): Promise<string> {
    const end = this.#endOf(session);
    const text = await this.#seal.close('session', { session }, end);
    return writeCookie(publicUrl, 'la_session', text, Math.floor(end - session.seenAt));
  }

  /** Reckoned again when a session is read: the rules may have become stricter since it was sealed. */
  #endOf({ startedAt, seenAt }: Session): number {
    const { idleSeconds, absoluteSeconds } = this.#rules;
    return Math.min(seenAt + idleSeconds, startedAt + absoluteSeconds);
  }

  #seconds(): number {
    return Math.floor(this.#now().getTime() / 1000);
  }
}
