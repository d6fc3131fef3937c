import type { Store } from '../store/store.ts';
import { convertCell } from './convert-cell.ts';
import { BOUNDED_MEMORY, type Scratch, type StagedTable } from './scratch.ts';

interface Comparison {
  /** The table of the store. */
  readonly stored: 'lms_users' | 'lms_enrollments' | 'lms_courses';
  /** What tells its rows apart. */
  readonly keys: readonly string[];
  /** Its other columns that a source may have. */
  readonly columns: readonly string[];
}

interface Compared {
  /** Good rows of the source, and how many there are with those of the same keys put together. */
  readonly rows: number;
  readonly distinct: number;
  /** A table like the stored one, with the new and the different rows alone. */
  readonly changed: string;
}

/**
 * Compares the good rows of `staged` with what is stored. Several rows of the same keys count as one: of each column the last that
 * says something. A row that says nothing else than what is stored is none that changed, whatever it leaves open.
 */
export async function compareRows(
  store: Store,
  scratch: Scratch,
  { table, columns }: StagedTable,
  { stored, keys, columns: all }: Comparison,
): Promise<Compared> {
  const changed = await scratch.create(`AS ${stored} ENGINE = MergeTree ORDER BY tuple()`);
  const given = all.filter((name) => columns.includes(name));
  const good = `FROM ${table} WHERE reject = '' AND ${stored === 'lms_enrollments' ? store.keeps : 'true'}`;
  const [counted] = await store.read<{ rows: number; distinct: number }>(
    `SELECT sum(rows) AS rows, count() AS distinct FROM (SELECT count() AS rows ${good} GROUP BY ${keys.join(', ')})
     SETTINGS ${BOUNDED_MEMORY}`,
  );
  const { rows, distinct } = counted ?? { rows: 0, distinct: 0 };
  // a CSV file repeats people with every enrolment; elsewhere they stand once, and grouping millions takes its time
  const isOnce = rows === distinct;
  const last = (sql: string) => (isOnce ? sql : `anyLast(${sql})`);
  const hashes = `[${given.map((name) => `if(isNull(${name}), 0, cityHash64(assumeNotNull(${name})))`).join(', ')}]`;
  await store.run(
    `INSERT INTO ${changed} (${[...keys, ...given].join(', ')})
     WITH given AS (
       SELECT ${[...keys, ...given.map((name) => `${last(convertCell(name))} AS ${name}`)].join(', ')}
       ${good}
       ${isOnce ? '' : `GROUP BY ${keys.join(', ')}`}
     )
     SELECT ${[...keys, ...given].join(', ')}
     FROM given
     LEFT JOIN (SELECT ${keys.join(', ')}, true AS is_known, ${hashes} AS hashes FROM ${stored} FINAL) AS known
       ON ${keys.map((key) => `known.${key} = given.${key}`).join(' AND ')}
     WHERE known.is_known IS NULL
       OR arrayExists((now, was) -> now != 0 AND now != was, ${hashes} AS own, if(known.is_known IS NULL, own, known.hashes))
     -- the rows in their order, where one is to be the last
     SETTINGS ${BOUNDED_MEMORY}${isOnce ? '' : ', max_threads = 1'}`,
  );
  return { rows, distinct, changed };
}
