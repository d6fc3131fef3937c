import { AppError } from '../errors.ts';
import { LocalFault, isPassing, isTableMissing } from './engine-errors.ts';

/** Why nodes did not do what they were given to do. */
type Failures = ReadonlyMap<unknown, Error>;

/** What was thrown, or an error of its text where it is none. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Whether it is the node that could not do something, and not what was to be done. */
export function isOfNode(failure: unknown): failure is AppError {
  if (!(failure instanceof AppError) || failure instanceof LocalFault) return false;
  return failure.code === 'store_unavailable' || failure.code === 'internal_error';
}

/** Whether a node does not answer for reasons of its own, as others may: it has no such table or right, or no room. */
export function isRefusal(error: unknown): boolean {
  return isOfNode(error) && (error.code === 'store_unavailable' || isTableMissing(error));
}

/** The failure where all `nodes` failed: one that waiting does not help, or that of the first. */
export function findFatal(failures: Failures, nodes: readonly unknown[]): Error | undefined {
  if (nodes.length === 0 || failures.size < nodes.length) return undefined;
  const all = [...failures.values()];
  return all.find((failure) => !isPassing(failure)) ?? all[0];
}

/** What is no fault of the nodes, though some of them did it, as a file of this machine that cannot be read to its end. */
export function findCommonFault(failures: Failures): Error | undefined {
  return [...failures.values()].find((failure) => !isOfNode(failure));
}

/** A fault in words for an operator; null for none, and where waiting is all that can be done. */
export function tellFault(fault: AppError | null): string | null {
  return fault === null || isPassing(fault) ? null : fault.message;
}
