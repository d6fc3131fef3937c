import { AppError } from '../errors.ts';

/** The engine's own words, without the statement that it repeats at length. */
export function describeCause(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, 500);
}

/** What the system did not let this process do, for whoever called a command. */
export function explainSystemError(error: NodeJS.ErrnoException): AppError {
  const text = `The system did not let this process do its work (${error.message}). Mend that, and run the command again; what was stored before is intact.`;
  return new AppError('store_unavailable', text, { cause: error });
}
