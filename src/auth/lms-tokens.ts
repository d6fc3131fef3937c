import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { Person } from './course-access.ts';
import { openJwkSet } from './jwk-set.ts';

/** Somebody for whom the LMS vouched with a token. */
export interface TokenBearer extends Person {
  readonly name: string | null;
  readonly lmsToken: string;
  /** Seconds since 1970 from when on the token counts no more. */
  readonly expiresAt: number;
}

/** @throws AppError `invalid_credentials` for a token that does not count, `store_unavailable` when no key can be had */
export type VerifyToken = (token: string) => Promise<TokenBearer>;

/** Clocks of two machines may differ by so much. */
const TOLERANCE_SECONDS = 10;
const MAX_LENGTH = 8192;
/** The verifier passes over white space, which may not be in the header that hands a token on. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * That a token is for what concerns its own person: the LMS writes it into every one that somebody gets by logging in. What the
 * person may see here follows from their roles, which concern them.
 */
const OWN_DATA = 'user:me';

/** The claims of the LMS that count here. Of a restricted token we could not keep the restrictions, so none counts. */
const claims = z.object({
  preferred_username: z.string().min(1).max(255),
  exp: z.number(),
  iat: z.number(),
  name: z.string().nullish(),
  administrator: z.boolean().nullish(),
  superuser: z.boolean().nullish(),
  is_restricted: z.literal(false).nullish(),
  filters: z.array(z.literal(OWN_DATA)).nullish(),
  /** The LMS's word for an account that is active. */
  email_verified: z.literal(true).nullish(),
  version: z.string().regex(/^1\./).nullish(),
});

/**
 * Checks JWTs of the LMS: RS256 and RS512 with its public keys, HS256 with a shared secret, each only where configured.
 * @param now gives ms, from any time on: when a file of keys is looked at again
 */
export function createTokenCheck({ jwt }: Pick<Config, 'jwt'>, now?: () => number): VerifyToken {
  const findKeys = jwt.jwkSet === null ? null : openJwkSet(jwt.jwkSet, now);
  const secret = jwt.secret === null ? null : new TextEncoder().encode(jwt.secret);
  const options: JWTVerifyOptions = {
    ...(jwt.issuer !== null && { issuer: jwt.issuer }),
    audience: jwt.audience,
    clockTolerance: TOLERANCE_SECONDS,
    requiredClaims: ['exp', 'iat', 'iss', 'aud'],
  };

  /** Which keys are tried is decided by the algorithm, and with a key no other algorithm than its own. */
  async function verify(token: string): Promise<JWTPayload> {
    const { alg } = decodeProtectedHeader(token);
    if (alg === 'HS256' && secret !== null) {
      return (await jwtVerify(token, secret, { ...options, algorithms: ['HS256'] })).payload;
    }
    if ((alg !== 'RS256' && alg !== 'RS512') || findKeys === null) throw new errors.JOSEAlgNotAllowed();
    const header = decodeProtectedHeader(token) as { alg: string };
    const [encoded = '', payload = '', signature = ''] = token.split('.');
    for (const key of await findKeys(header, { protected: encoded, payload, signature })) {
      try {
        return (await jwtVerify(token, key, { ...options, algorithms: [alg] })).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    throw new errors.JWKSNoMatchingKey();
  }

  return async function verifyToken(token) {
    try {
      if (token.length > MAX_LENGTH || !COMPACT.test(token)) throw new errors.JWTInvalid();
      return readBearer(await verify(token), token);
    } catch (error) {
      throw explain(error);
    }
  };
}

/**
 * Reads a token that the LMS itself handed over, on a connection of ours to it; for any other the signature must be checked.
 * @throws AppError `invalid_credentials`
 */
export function readUnsignedToken(token: string): TokenBearer {
  try {
    return readBearer(decodeJwt(token), token);
  } catch (error) {
    throw explain(error);
  }
}

function readBearer(payload: JWTPayload, token: string): TokenBearer {
  const { data, error } = claims.safeParse(payload);
  if (error !== undefined) throw refuse(`its claim ${String(error.issues[0]?.path[0])} does not allow that`);
  const now = Date.now() / 1000;
  if (data.iat > now + TOLERANCE_SECONDS) throw refuse('it is of the future');
  if (data.exp < now - TOLERANCE_SECONDS) throw refuse('it has expired');
  return {
    username: data.preferred_username,
    name: data.name ?? null,
    isGlobalStaff: data.administrator === true || data.superuser === true,
    lmsToken: token,
    expiresAt: data.exp,
  };
}

/** Why a token does not count, for whoever sent it; never the token or what is in it. */
function explain(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refuse('it has expired');
  if (error instanceof errors.JWTClaimValidationFailed)
    return refuse(`its claim ${error.claim} is not what it must be`);
  if (error instanceof errors.JOSEAlgNotAllowed) return refuse('its algorithm is not accepted here');
  // TypeErrors are jose's word for what is no token at all, and for keys that do not fit
  if (error instanceof errors.JOSEError || error instanceof TypeError) return refuse('it is not signed by the LMS');
  return error;
}

function refuse(why: string): AppError {
  return new AppError('invalid_credentials', `The token does not count: ${why}.`);
}
