import { AppError } from '../errors.ts';
import { isKeyShaped } from './api-keys.ts';
import type { Authenticate } from './caller.ts';
import { allows } from './grants.ts';
import type { KeyRing } from './key-ring.ts';

const HOW = 'send "Authorization: Token <api key>", with a key made by "learner-analytics keys create NAME"';

/** Lets in trusted services, by API key; they see the courses that the key is for. */
export function createServiceAuthentication(keys: KeyRing): Authenticate {
  return async function authenticateService({ headers }) {
    const authorization = headers.get('authorization')?.trim() ?? '';
    if (authorization === '') throw new AppError('authentication_required', `No credential was given: ${HOW}.`);
    const [scheme = '', key = '', ...rest] = authorization.split(/ +/);
    if (scheme.toLowerCase() !== 'token' || rest.length > 0 || !isKeyShaped(key)) {
      throw new AppError('invalid_credentials', `The Authorization header does not hold an API key: ${HOW}.`);
    }
    const held = await keys.find(key);
    if (held === null) {
      throw new AppError('invalid_credentials', `The API key is unknown, was revoked or has expired: ${HOW}.`);
    }
    const { name, grants } = held;
    return { kind: 'service', name, maySee: async (courseId) => allows(grants, courseId) };
  };
}
