import type { Store } from '../store/store.ts';
import type { StagedTable } from './scratch.ts';

/** What an import found, whatever it read. */
export interface LmsResult {
  /** Files, or tables of a database. */
  readonly files: number;
  /** Rows taken, changed or not: people, enrolments, roles, names of courses. */
  readonly users: number;
  readonly enrollments: number;
  readonly roles: number;
  readonly courses: number;
  /** Whether the source told all its roles, so that none of an earlier import stayed for want of a word about it. */
  readonly roles_replaced: boolean;
  /**
   * Rows of people, enrolments and names of courses that are new or different from what was stored, and roles that are new or taken
   * back; where courses are shared, all but enrolments count once per shard.
   */
  readonly changed: number;
  /** Rows left out, by what was wrong with them. */
  readonly rejected: Readonly<Record<string, number>>;
  /** What the source lacks, and what follows from it, as sentences for the operator. */
  readonly warnings: readonly string[];
  readonly seconds: number;
}

/** What an import was that several shards took in: all have read the whole, and each stored what is its. */
export function addShards<Counts extends Pick<LmsResult, 'changed'>>(counts: readonly Counts[]): Counts {
  const [first] = counts;
  if (first === undefined) throw new Error('no shard took anything in');
  return { ...first, changed: counts.reduce((sum, { changed }) => sum + changed, 0) };
}

/** Rows that staging left out, by what was wrong with them, over all of these tables. */
export async function countRejects(store: Store, staged: readonly StagedTable[]): Promise<Record<string, number>> {
  const rejected: Record<string, number> = {};
  for (const { table } of staged) {
    const counts = await store.read<{ reason: string; rows: number }>(
      `SELECT reject AS reason, count() AS rows FROM ${table} WHERE reject != '' GROUP BY reject ORDER BY reject`,
    );
    for (const { reason, rows } of counts) rejected[reason] = (rejected[reason] ?? 0) + rows;
  }
  return rejected;
}
