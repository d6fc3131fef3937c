import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { Asker } from './caller.ts';
import { clearCookie, readCookie, writeCookie } from './cookies.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { LmsVoucher } from './lms-login.ts';
import type { Seal } from './seal.ts';

/** For whom somebody vouches, and for how long. */
export interface Vouched {
  readonly username: string;
  readonly name: string | null;
  readonly isGlobalStaff: boolean;
  /** Without an LMS, at the demonstration site; counts nowhere else. */
  readonly isDemo: boolean;
  /** A JWT with which the LMS can be asked in this person's name; null where there is none. */
  readonly lmsToken: string | null;
  readonly refreshToken: string | null;
  /** Seconds since 1970 from when on the LMS has to vouch again; null: never. */
  readonly vouchedUntil: number | null;
}

/** Who logged in, as the browser keeps it for us, sealed. */
export interface Session extends Vouched {
  /** Of this login; another login is another session. */
  readonly id: string;
  /** Seconds since 1970: of the login, and of the latest sealing. */
  readonly startedAt: number;
  readonly seenAt: number;
}

export interface SessionRules {
  /** A session ends when nobody used it for so long, and in any case so long after the login. */
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
  /** Whether this process is a demonstration: its sessions count here alone, and others do not. */
  readonly demo: boolean;
}

/** Has the LMS vouch again for somebody who is logged in. */
export type RenewVoucher = (refreshToken: string) => Promise<LmsVoucher>;

/** The latest use of a session is noted this often, not with every request. */
const NOTE_USE_SECONDS = 60;
/** So long before its end a voucher is renewed. */
const RENEW_EARLY_SECONDS = 30;
/** So long requests under way may still come with the cookie from before a renewal, whose refresh token is used up. */
const RENEWAL_KEPT_MS = 120_000;
/** So long an LMS that could not vouch is not asked again for the same session. */
const FAILURE_KEPT_MS = 2000;

/** Of so many sessions that were logged out of, the last ones, is known that they are over. */
const MOST_ENDED = 50_000;

/** So long a logout waits until others can know of it; a store that is away learns of it later. */
const NOTED_MS = 2000;

/** Of 4096 with the name, which browsers keep. */
const LONGEST_COOKIE = 4000;

/** Login sessions, kept by browsers in a sealed cookie. */
export class Sessions {
  readonly #seal: Seal;
  readonly #rules: SessionRules;
  readonly #renew: RenewVoucher | null;
  readonly #elsewhere: EndedSessions | null;
  readonly #now: () => Date;
  readonly #renewals = new Map<string, Promise<Vouched | null>>();
  /** Those logged out of, by id: here, or elsewhere and met here since. */
  readonly #ended = new Set<string>();

  /** @param elsewhere what other processes know; null: there are none */
  constructor(
    seal: Seal,
    rules: SessionRules,
    renew: RenewVoucher | null,
    elsewhere: EndedSessions | null,
    now: () => Date = () => new Date(),
  ) {
    this.#seal = seal;
    this.#rules = rules;
    this.#renew = renew;
    this.#elsewhere = elsewhere;
    this.#now = now;
  }

  /** Begins a session, whatever the browser had before. Gives the value of `Set-Cookie`. */
  async start(publicUrl: URL, who: Vouched): Promise<string> {
    const now = this.#seconds();
    return this.#write(publicUrl, { ...who, id: randomUUID(), startedAt: now, seenAt: now });
  }

  /** What a session needs to know of whom the LMS vouches for. */
  describe({ bearer, refreshToken }: LmsVoucher): Vouched {
    const { username, name, isGlobalStaff, lmsToken, expiresAt } = bearer;
    return { username, name, isGlobalStaff, isDemo: false, lmsToken, refreshToken, vouchedUntil: expiresAt };
  }

  /**
   * The session of a request; null without one in force. `cookie` is set when the browser should keep a new one.
   * @throws AppError `store_unavailable` when the LMS has to vouch again and does not answer, or the store does not tell whether it is over
   */
  async read(asker: Asker): Promise<{ session: Session; cookie: string | null } | null> {
    const session = await this.#open(asker);
    if (session === null) return null;
    if ((await this.#elsewhere?.has(session.id)) === true) this.#forget(session);
    if (this.hasEnded(session)) return null;
    const now = this.#seconds();
    const { vouchedUntil } = session;
    if (vouchedUntil !== null && now >= vouchedUntil - RENEW_EARLY_SECONDS) {
      const vouched = await this.#renewOnce(session);
      if (vouched === null || this.hasEnded(session)) return null;
      const renewed: Session = { ...session, ...vouched, seenAt: now };
      return { session: renewed, cookie: await this.#write(asker.publicUrl, renewed) };
    }
    const stale = now - session.seenAt >= Math.min(NOTE_USE_SECONDS, this.#rules.idleSeconds / 2);
    return { session, cookie: stale ? await this.#write(asker.publicUrl, { ...session, seenAt: now }) : null };
  }

  /**
   * Ends the session of a request: it counts no more in this process, whatever a request under way has the browser keep, and soon in no
   * other. Gives the refresh token that the LMS is to take back; null without one.
   * @param fail is told why others may not learn of it
   */
  async end(asker: Asker, fail: (error: unknown) => void): Promise<string | null> {
    const session = await this.#open(asker);
    if (session === null) return null;
    this.#forget(session);
    const noted = this.#elsewhere?.note(session.id, session.startedAt + this.#rules.absoluteSeconds).catch(fail);
    await Promise.race([noted, wait(NOTED_MS, undefined, { ref: false })]);
    // a renewal has used up the token of the cookie
    const key = keyOf(session);
    const renewed = await this.#renewals.get(key)?.catch(() => null);
    this.#renewals.delete(key);
    return renewed?.refreshToken ?? session.refreshToken;
  }

  /** Whether somebody logged out of it: no answer should have a browser keep it any more. */
  hasEnded({ id }: Session): boolean {
    return this.#ended.has(id);
  }

  #forget({ id }: Session): void {
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (oldest !== undefined && this.#ended.size > MOST_ENDED) this.#ended.delete(oldest);
  }

  /** Has the browser forget its session. */
  clear(publicUrl: URL): string {
    return clearCookie(publicUrl, 'la_session');
  }

  /** The session of a request as it was sealed; null without one in force. */
  async #open(asker: Asker): Promise<Session | null> {
    const text = readCookie(asker, 'la_session');
    if (text === undefined) return null;
    // what we sealed has the shape that we gave it
    const session = (await this.#seal.open('session', text, this.#now()))?.['session'] as Session | undefined;
    if (session === undefined || session.isDemo !== this.#rules.demo || this.hasEnded(session)) return null;
    return this.#seconds() < this.#endOf(session) ? session : null;
  }

  /** A refresh token can be used once, so that requests that need its renewal at the same time share it. */
  async #renewOnce(session: Session): Promise<Vouched | null> {
    const key = keyOf(session);
    const renewal = this.#renewals.get(key) ?? this.#askAgain(session);
    if (!this.#renewals.has(key)) {
      this.#renewals.set(key, renewal);
      const forget = (): void => void this.#renewals.delete(key);
      const keep = (milliseconds: number) => () => void setTimeout(forget, milliseconds).unref();
      renewal.then(keep(RENEWAL_KEPT_MS), keep(FAILURE_KEPT_MS));
    }
    return renewal;
  }

  async #askAgain({ username, refreshToken }: Session): Promise<Vouched | null> {
    if (refreshToken === null || this.#renew === null) return null;
    try {
      const vouched = this.describe(await this.#renew(refreshToken));
      return vouched.username === username ? vouched : null;
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid_credentials') return null;
      throw error;
    }
  }

  async #write(publicUrl: URL, session: Session): Promise<string> {
    const end = this.#endOf(session);
    const text = await this.#seal.close('session', { session }, end);
    // a browser would do without it, and not say so
    if (text.length > LONGEST_COOKIE)
      throw new AppError(
        'internal_error',
        `What the LMS tells of you takes ${text.length} characters, and a cookie has ${LONGEST_COOKIE}: its token names very many roles.`,
      );
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

/** Of the renewal of what is vouched for in a session. */
function keyOf({ id, vouchedUntil }: Session): string {
  return `${id} ${vouchedUntil}`;
}
