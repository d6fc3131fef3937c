import { AppError } from '../errors.ts';
import { formatTime } from '../store/format-time.ts';
import { requireKnownVersion } from '../store/known-version.ts';
import type { Store } from '../store/store.ts';
import type { RoleSource } from './import-roles.ts';
import type { LmsResult } from './lms-result.ts';

/** How an import went. */
export interface ImportRecord {
  readonly source: RoleSource;
  /** ISO 8601 UTC. */
  readonly ended_at: string;
  readonly users: number;
  readonly enrollments: number;
  readonly roles: number;
  /** Names of courses. */
  readonly courses: number;
  readonly warnings: readonly string[];
  /** What went wrong, for the operator; empty where nothing did. */
  readonly failure: string;
}

/**
 * Runs an import and notes how it went; wrong usage is no import, nor is a file that is not there, nor one that was broken off by
 * `signal`.
 */
export async function recordImport(
  store: Store,
  source: RoleSource,
  work: () => Promise<LmsResult>,
  signal?: AbortSignal,
): Promise<LmsResult> {
  await requireKnownVersion(store);
  const note = async (record: Partial<ImportRecord & Pick<LmsResult, 'roles_replaced'>>) => {
    const ended_at = formatTime(new Date());
    await store.insert('lms_imports', [{ source, ended_at, ...record }]);
  };
  let result: LmsResult;
  try {
    result = await work();
  } catch (error) {
    if (signal?.aborted !== true && !isMistyped(error, source)) {
      // a store that takes no note either is the failure that is being told
      await note({ failure: error instanceof AppError ? error.message : 'It failed by a fault of the program.' }).catch(
        () => undefined,
      );
    }
    throw error;
  }
  const { users, enrollments, roles, roles_replaced, courses, warnings } = result;
  await note({ users, enrollments, roles, roles_replaced, courses, warnings });
  return result;
}

function isMistyped(error: unknown, source: RoleSource): boolean {
  if (!(error instanceof AppError)) return false;
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  return error.code === 'usage' || (source !== 'mysql' && code === 'ENOENT');
}

/**
 * The latest import of each source that failed, and the latest that went well, with people and without, newest first. One of a time
 * that is still to come was noted by a clock that was ahead, nobody knows when: it counts as older than any other.
 */
export async function listLatestImports(store: Store): Promise<ImportRecord[]> {
  return store.query(
    `SELECT source, ended_at, users, enrollments, roles, courses, warnings, failure
     FROM lms_imports
     ORDER BY ended_at > now64(3), ended_at DESC
     LIMIT 1 BY source, failure = '', users > 0`,
  );
}
