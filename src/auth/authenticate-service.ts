import { AppError } from '../errors.ts';
import { isKeyShaped } from './api-keys.ts';
import type { Authenticate } from './caller.ts';
import type { KeyRing } from './key-ring.ts';

const HOW = 'send "Authorization: Token <api key>", with a key made by "learner-analytics keys create NAME"';

/** Lets in trusted services, by API key; they see every course. */
export function createServiceAuthentication(keys: KeyRing): Authenticate {
  return async function authenticateService({ headers }) {
    const authorization = headers.get('authorization')?.trim() ?? '';
    if (authorization === '') throw new AppError('authentication_required', `No credential was given: ${HOW}.`);
    const [scheme = '', key = '', ...rest] = authorization.split(/ +/);
    if (scheme.toLowerCase() !== 'token' || rest.length > 0 || !isKeyShaped(key)) {
      throw new AppError('invalid_credentials', `The Authorization header does not hold an API key: ${HOW}.`);
    }
    const name = await keys.find(key);
    if (name === null) throw new AppError('invalid_credentials', `The API key is unknown or was revoked: ${HOW}.`);
    return { kind: 'service', name, maySee: async () => true };
  };
}
