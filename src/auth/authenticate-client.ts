import { parse } from 'hono/utils/cookie';
import { AppError } from '../errors.ts';
import { createServiceAuthentication } from './authenticate-service.ts';
import type { Asker, Authenticate, Caller } from './caller.ts';
import type { CourseAccess } from './course-access.ts';
import type { KeyRing } from './key-ring.ts';
import type { VerifyToken } from './lms-tokens.ts';
import { isSameOrigin } from './same-origin.ts';

interface ClientDeps {
  readonly keys: KeyRing;
  readonly verifyToken: VerifyToken;
  readonly access: CourseAccess;
  /** Other sites whose pages may ask with the cookies of the LMS. */
  readonly allowedOrigins: readonly string[];
}

/** Lets in programs: services by API key, and those of a person by a JWT of the LMS, in a header or in its two cookies. */
export function createClientAuthentication(deps: ClientDeps): Authenticate {
  const authenticateService = createServiceAuthentication(deps.keys);
  return async function authenticateClient(asker) {
    const [scheme = '', token = '', ...rest] = (asker.headers.get('authorization')?.trim() ?? '').split(/ +/);
    if (scheme === '') {
      const carried = readLmsCookies(asker, deps.allowedOrigins);
      return carried === null ? authenticateService(asker) : identify(deps, carried);
    }
    if (!['jwt', 'bearer'].includes(scheme.toLowerCase())) return authenticateService(asker);
    if (token === '' || rest.length > 0) {
      throw new AppError('invalid_credentials', 'The Authorization header does not hold one token.');
    }
    return identify(deps, token);
  };
}

async function identify({ verifyToken, access }: ClientDeps, token: string): Promise<Caller> {
  const person = await verifyToken(token);
  return {
    kind: 'person',
    name: person.username,
    lmsToken: token,
    maySee: async (courseId) => access.maySee(person, courseId),
  };
}

/**
 * The token that the LMS left in two cookies of its domain: header and payload for scripts, the signature for servers.
 * @throws AppError `invalid_credentials` when a page of another site sends them
 */
function readLmsCookies(asker: Asker, allowedOrigins: readonly string[]): string | null {
  const cookies = parse(asker.headers.get('cookie') ?? '');
  const content = cookies['edx-jwt-cookie-header-payload'];
  const signature = cookies['edx-jwt-cookie-signature'];
  if (content === undefined || signature === undefined) return null;
  if (!isSameOrigin(asker, allowedOrigins)) {
    throw new AppError('invalid_credentials', 'Cookies do not count in requests of pages of another site.');
  }
  return `${content}.${signature}`;
}
