import type { Limits, Params, Store } from '../store/store.ts';

/** Which rows of `learners` are those of a snapshot. */
export interface SnapshotRows {
  readonly snapshot: number;
  /** The earlier snapshot that has the rows of whoever has none in this one; 0: this one has all. */
  readonly rest: number;
}

/** SQL of each course as it was published last: its key, the number of the snapshot as `latest`, and these columns of `snapshots`. */
export function latestSql(columns: readonly string[], where = 'true'): string {
  const picked = columns.map((column) => `, argMax(${column}, snapshot) AS ${column}`);
  return `SELECT course_id, max(snapshot) AS latest${picked.join('')} FROM snapshots WHERE ${where} GROUP BY course_id`;
}

/** The condition on `learners` for the rows of a snapshot, one per learner; takes `snapshotParams` under the same name. */
export function inSnapshotSql({ rest }: SnapshotRows, name = 'snapshot'): string {
  const own = `snapshot = {${name}:UInt64}`;
  if (rest === 0) return own;
  return `snapshot IN ({${name}:UInt64}, {${name}_rest:UInt64})
    AND (${own} OR username NOT IN (SELECT username FROM learners WHERE ${own}))`;
}

/** The parameters of `inSnapshotSql` under the same name. */
export function snapshotParams({ snapshot, rest }: SnapshotRows, name = 'snapshot'): Params {
  return rest === 0 ? { [name]: snapshot } : { [name]: snapshot, [`${name}_rest`]: rest };
}

/** How many learners one snapshot has, with those whose rows are an earlier one's. */
export async function countLearners(store: Store, rows: SnapshotRows, limits: Limits = {}): Promise<number> {
  const [counted] = await store.read<{ learners: number }>(
    `SELECT count() AS learners FROM learners WHERE ${inSnapshotSql(rows)}`,
    snapshotParams(rows),
    limits,
  );
  return counted?.learners ?? 0;
}

/** How many learners each of the snapshots has, by its number; those that have none may be absent. */
export async function countEach(
  store: Store,
  snapshots: ReadonlyArray<{ readonly rows: SnapshotRows }>,
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  const whole = snapshots.filter(({ rows }) => rows.rest === 0).map(({ rows }) => rows.snapshot);
  if (whole.length > 0) {
    const counted = await store.read<{ snapshot: number; learners: number }>(
      'SELECT snapshot, count() AS learners FROM learners WHERE snapshot IN {snapshots:Array(UInt64)} GROUP BY snapshot',
      { snapshots: whole },
    );
    for (const { snapshot, learners } of counted) counts.set(snapshot, learners);
  }
  for (const { rows } of snapshots) if (rows.rest !== 0) counts.set(rows.snapshot, await countLearners(store, rows));
  return counts;
}

/** SQL over the rows of a snapshot of a learner's number in its copy. What counts rows as they are read misnumbers those that a filter or another thread takes away. */
export const NUMBER_SQL = 'row_number() OVER (ORDER BY username) - 1';

/** The same over those of several snapshots that have all of their rows. */
export const EACH_NUMBER_SQL = 'row_number() OVER (PARTITION BY snapshot ORDER BY username) - 1';
