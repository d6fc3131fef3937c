import { AppError } from '../errors.ts';
import type { Person } from './course-access.ts';

const PATIENCE_MS = 5000;

/**
 * Asks the LMS something with a person's own token.
 * @throws AppError `store_unavailable` when it does not answer, `invalid_credentials` when the token counts no more
 */
export async function askLms(url: string, token: NonNullable<Person['lmsToken']>): Promise<Response> {
  const response = await send(url, token);
  if (response.status !== 401) return response;
  throw new AppError('invalid_credentials', 'The LMS does not accept the token any more; log in again.');
}

async function send(url: string, token: string): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { authorization: `JWT ${token}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw complain('does not answer', error);
  }
}

/** @throws AppError `store_unavailable` for what is no JSON */
export async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw complain('did not answer in JSON', error);
  }
}

/** The error of an LMS that cannot be asked; `what` goes on from "The LMS". */
export function complain(what: string, cause?: unknown): AppError {
  return new AppError('store_unavailable', `The LMS ${what}, so that what it alone knows is not known.`, { cause });
}
