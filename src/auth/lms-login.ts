import { randomInt } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { againLater } from '../again-later.ts';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Asker } from './caller.ts';
import { clearCookie, type LoginCookie, readCookie, writeCookie } from './cookies.ts';
import { readUnsignedToken, type TokenBearer } from './lms-tokens.ts';
import type { Seal } from './seal.ts';

/** What the LMS gave for a login or its renewal. */
export interface LmsVoucher {
  readonly bearer: TokenBearer;
  /** With which the LMS vouches again later; null where it gives none. */
  readonly refreshToken: string | null;
}

/** What the browser keeps, sealed, while it is away at the LMS. */
interface LoginUnderWay {
  readonly state: string;
  readonly verifier: string;
  readonly next: string;
}

/** How long somebody may take to log in at the LMS. */
const LOGIN_SECONDS = 600;
const PATIENCE_MS = 10_000;
/** Characters of an address to come back to: all cookies together are to fit into a request. A longer one is come back to without its query. */
const LONGEST_NEXT = 1000;
/** So many logins a minute are finished at most: whoever begins them without end leaves the LMS time for those who are logged in. */
export const LOGINS_A_MINUTE = 60;
/** With it the token tells the name, and who is of the site's own staff. An application gets it unasked; for more, the LMS wants to be told. */
const SCOPE = 'profile';
/** What the LMS may say where somebody comes back without a code (RFC 6749, 4.1.2.1), apart from that they did not want to. */
const REFUSALS = new Set([
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
]);

/** Logging in at the LMS: the authorization code flow of OAuth 2 with PKCE and state. */
export class LmsLogin {
  readonly #server: oauth.AuthorizationServer;
  readonly #client: oauth.Client;
  readonly #authentication: oauth.ClientAuth;
  readonly #insecure: boolean;
  readonly #seal: Seal;
  /** When logins were finished of which the state still counts, in ms since 1970, by state. */
  readonly #finished = new Map<string, number>();

  constructor({ lmsUrl, client }: { lmsUrl: string; client: NonNullable<Config['lmsClient']> }, seal: Seal) {
    this.#server = {
      issuer: lmsUrl,
      authorization_endpoint: `${lmsUrl}/oauth2/authorize/`,
      token_endpoint: `${lmsUrl}/oauth2/access_token/`,
      revocation_endpoint: `${lmsUrl}/oauth2/revoke_token/`,
    };
    this.#client = { client_id: client.id };
    this.#authentication = client.secret === null ? oauth.None() : oauth.ClientSecretPost(client.secret);
    this.#insecure = lmsUrl.startsWith('http:');
    this.#seal = seal;
  }

  /** Where the browser goes to log in, and the value of `Set-Cookie` by which it is known when it comes back. */
  async begin(asker: Asker, redirectUri: string, next: string): Promise<{ location: string; cookie: string }> {
    const slot = chooseSlot(asker);
    const underWay: LoginUnderWay = {
      state: `${slot}.${oauth.generateRandomState()}`,
      verifier: oauth.generateRandomCodeVerifier(),
      next: next.length > LONGEST_NEXT ? next.replace(/[?#].*/, '') : next,
    };
    const location = new URL(String(this.#server.authorization_endpoint));
    location.search = new URLSearchParams({
      client_id: this.#client.client_id,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: SCOPE,
      state: underWay.state,
      code_challenge: await oauth.calculatePKCECodeChallenge(underWay.verifier),
      code_challenge_method: 'S256',
    }).toString();
    const sealed = await this.#seal.close('login', { ...underWay }, Date.now() / 1000 + LOGIN_SECONDS);
    return { location: location.href, cookie: writeCookie(asker.publicUrl, nameCookie(slot), sealed, LOGIN_SECONDS) };
  }

  /**
   * What the LMS says of the browser that comes back from it.
   * @throws AppError `invalid_credentials` when it is not the browser that was sent there, or the LMS refused;
   * `store_unavailable` when the LMS does not answer, `rate_limited` when too many log in
   */
  async finish(asker: Asker, redirectUri: string): Promise<{ voucher: LmsVoucher; next: string }> {
    const { state, verifier, next } = await this.#readUnderWay(asker);
    const params = this.#readAnswer(asker.publicUrl, state);
    this.#admit(state);
    return this.#ask(async (options) => {
      const response = await oauth.authorizationCodeGrantRequest(
        this.#server,
        this.#client,
        this.#authentication,
        params,
        redirectUri,
        verifier,
        { ...options, additionalParameters: { token_type: 'jwt' } },
      );
      const answer = await oauth.processAuthorizationCodeResponse(this.#server, this.#client, response, ANSWERS);
      return { voucher: readVoucher(answer, null), next };
    });
  }

  /**
   * Has the LMS vouch again.
   * @throws AppError `invalid_credentials` when it does not, `store_unavailable`
   */
  async renew(refreshToken: string): Promise<LmsVoucher> {
    return this.#ask(async (options) => {
      const response = await oauth.refreshTokenGrantRequest(
        this.#server,
        this.#client,
        this.#authentication,
        refreshToken,
        { ...options, additionalParameters: { token_type: 'jwt' } },
      );
      return readVoucher(
        await oauth.processRefreshTokenResponse(this.#server, this.#client, response, ANSWERS),
        refreshToken,
      );
    });
  }

  /**
   * Has the LMS take back what it gave.
   * @param pauses in ms, after which an LMS that does not answer is asked again
   * @throws AppError `invalid_credentials` when it refuses, `store_unavailable`
   */
  async revoke(refreshToken: string, pauses?: readonly number[]): Promise<void> {
    await againLater(
      async () =>
        this.#ask(async (options) =>
          oauth.processRevocationResponse(
            await oauth.revocationRequest(this.#server, this.#client, this.#authentication, refreshToken, options),
          ),
        ),
      (error) => error instanceof AppError && error.code === 'store_unavailable',
      pauses,
    );
  }

  /** The value of `Set-Cookie` with which the browser that came back forgets the login. */
  forget({ publicUrl }: Asker): string {
    return clearCookie(publicUrl, nameCookie(readSlot(publicUrl)));
  }

  /** What the LMS gave to the browser to bring; the state binds it to the login that was begun there. */
  #readAnswer(url: URL, state: string): URLSearchParams {
    try {
      return oauth.validateAuthResponse(this.#server, this.#client, url, state);
    } catch (error) {
      throw error instanceof oauth.AuthorizationResponseError
        ? new AppError('invalid_credentials', `The LMS did not let the login happen${nameRefusal(error)}.`, {
            cause: error,
          })
        : new AppError('invalid_credentials', 'The answer is not one to the login that is under way.', {
            cause: error,
          });
    }
  }

  /** The LMS limits how often it is asked from here, so each login asks once. */
  #admit(state: string): void {
    const now = Date.now();
    for (const [finished, at] of this.#finished) {
      if (at > now - LOGIN_SECONDS * 1000) break;
      this.#finished.delete(finished);
    }
    if (this.#finished.has(state)) throw new AppError('invalid_credentials', 'This login was finished already.');
    const lately = [...this.#finished.values()].filter((at) => at > now - 60_000);
    if (lately.length >= LOGINS_A_MINUTE) throw new AppError('rate_limited', 'Too many people log in at once.');
    this.#finished.set(state, now);
  }

  async #readUnderWay(asker: Asker): Promise<LoginUnderWay> {
    const sealed = readCookie(asker, nameCookie(readSlot(asker.publicUrl)));
    const underWay = sealed === undefined ? null : await this.#seal.open('login', sealed, new Date());
    if (underWay !== null) return underWay as unknown as LoginUnderWay;
    throw new AppError('invalid_credentials', 'No login is under way in this browser, or it took too long.');
  }

  async #ask<Result>(question: (options: RequestOptions) => Promise<Result>): Promise<Result> {
    try {
      return await question({
        [INSECURE]: this.#insecure,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch (error) {
      throw explain(error);
    }
  }
}

/** Of so many tabs at once, as a browser opens them in the morning, each logs in by itself. */
const SLOTS = Array.from({ length: 8 }, (_, slot) => slot);

function nameCookie(slot: number): LoginCookie {
  return `la_login_${slot}`;
}

/** One that is free, at random, as others may look at the same time; any where none is. */
function chooseSlot(asker: Asker): number {
  const free = SLOTS.filter((slot) => readCookie(asker, nameCookie(slot)) === undefined);
  return (free.length > 0 ? free : SLOTS).at(randomInt(free.length || SLOTS.length)) ?? 0;
}

/** The slot of the login that the browser comes back from: the state begins with it. */
function readSlot(url: URL): number {
  return Number(/^[0-7](?=\.)/.exec(url.searchParams.get('state') ?? '')?.[0] ?? 0);
}

interface RequestOptions {
  readonly [INSECURE]: boolean;
  readonly signal: AbortSignal;
}

/** For an LMS without https: on a developer's machine, or on a network of its own. Marked so that nobody uses it lightly. */
// oxlint-disable-next-line typescript/no-deprecated
const INSECURE: typeof oauth.allowInsecureRequests = oauth.allowInsecureRequests;

/** The LMS names the type of its JWTs `JWT`, where the standard has `Bearer`. */
const ANSWERS = { recognizedTokenTypes: { jwt: () => {} } };

function readVoucher(answer: oauth.TokenEndpointResponse, refreshToken: string | null): LmsVoucher {
  // it comes straight from the LMS, over a connection of our own, so that the signature adds nothing (OIDC Core, 3.1.3.7)
  return { bearer: readUnsignedToken(answer.access_token), refreshToken: answer.refresh_token ?? refreshToken };
}

/** In brackets why, for whoever runs the site; anybody can put any words into an address. */
function nameRefusal({ error }: oauth.AuthorizationResponseError): string {
  return REFUSALS.has(error) ? ` (${error})` : '';
}

/** Refusals of the LMS are the end of a login; its faults are not, nor that it is asked too often. Its own words may name the person. */
function explain(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (isOfClient(error)) {
    const message =
      'The LMS does not know this application: LMS_CLIENT_ID or LMS_CLIENT_SECRET are not as they are there.';
    return new AppError('invalid_credentials', message, { cause: error });
  }
  if (error instanceof oauth.ResponseBodyError && error.status < 500 && error.status !== 429) {
    return new AppError('invalid_credentials', 'The LMS does not accept the login.', { cause: error });
  }
  return new AppError('store_unavailable', 'The LMS does not answer, so that nobody can log in.', { cause: error });
}

/** Whether it is us whom the LMS refuses, which it says with a challenge. */
function isOfClient(error: unknown): boolean {
  return (
    (error instanceof oauth.WWWAuthenticateChallengeError && error.status === 401) ||
    (error instanceof oauth.ResponseBodyError && error.error === 'invalid_client')
  );
}
