import { AppError } from './errors.ts';
import { readFaultName } from './fault-name.ts';
import { showPath } from './show-path.ts';

/** What to throw where the system gave no file or folder of that name, and why. */
export function unreadable(path: string, error: unknown): AppError {
  const code = readFaultName(error as NodeJS.ErrnoException);
  return new AppError('source_unreadable', `${showPath(path)} cannot be read (${code}).`, { cause: error });
}
