import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { type ActiveDay, boundMetrics, DAY_COUNTS, type ListParams, serveRival } from './rival-app.ts';
import { fold } from './rival-columns.ts';
import { orderBy, packSegments, spellBytes } from './sqlite-tables.ts';

// The API over a SQLite file of a course, which never changes: no locks, mapped into memory as far as SQLite does that (2 GB).

const file = pathToFileURL(process.env['SQLITE_FILE']!);
file.searchParams.set('immutable', '1');
const database = new DatabaseSync(file, { readOnly: true });
database.exec('PRAGMA mmap_size = 2147418112; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY');

type Value = string | number;

const prepared = new Map<string, StatementSync>();

/** The one row of a statement, as a list. */
function read(sql: string, ...values: Value[]): unknown[] {
  let statement = prepared.get(sql);
  if (statement === undefined) {
    statement = database.prepare(sql);
    statement.setReturnArrays(true);
    prepared.set(sql, statement);
  }
  return (statement.get(...values) as unknown[] | undefined) ?? [];
}

const [snapshot, learnerCount, metadata] = read('SELECT snapshot, learner_count, metadata FROM course') as [
  number,
  number,
  string,
];

await serveRival({
  learnerCount,
  metadata,
  snapshot,
  findLearner: async (username) => {
    const [document = null] = read(
      'SELECT CAST(document AS BLOB) FROM learners CROSS JOIN documents USING (id) WHERE username = ?',
      username,
    );
    return document as Uint8Array<ArrayBuffer> | null;
  },
  listActiveDays: async (username) => {
    const [text = '[]'] = read(
      'SELECT days FROM learners CROSS JOIN timelines USING (id) WHERE username = ?',
      username,
    );
    const days = JSON.parse(text as string) as [string, ...number[]][];
    return days.map(
      ([date, ...counts]) =>
        ({ date, ...Object.fromEntries(DAY_COUNTS.map((name, index) => [name, counts[index]])) }) as ActiveDay,
    );
  },
  listLearners: async (params, { size, offset }) => {
    const { searched, conditions, values } = describeFilter(params);
    const column = params.order_by === 'name' ? 'name_folded' : params.order_by;
    // rows of a search come in the order of the usernames
    const [id, order] =
      searched && column === 'username'
        ? ['search.rowid', `search.rowid ${params.sort_order}`]
        : ['learners.id', orderBy(column, params.sort_order === 'desc')];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const from = !searched
      ? 'learners'
      : `${id} ${where}`.includes('learners.')
        ? 'search CROSS JOIN learners ON learners.id = search.rowid'
        : 'search';
    const [count] = conditions.length === 0 ? [learnerCount] : read(`SELECT count(*) FROM ${from} ${where}`, ...values);
    const [documents] = read(
      `SELECT CAST(group_concat(document, ',') AS BLOB)
       FROM (SELECT ${id} AS id FROM ${from} ${where} ORDER BY ${order} LIMIT ? OFFSET ?) AS page
       CROSS JOIN documents ON documents.id = page.id`,
      ...values,
      size,
      offset,
    );
    return { count: count as number, documents: (documents as Uint8Array | null) ?? new Uint8Array() };
  },
  close: async () => database.close(),
});

interface Filter {
  /** Whether rows of `search` are among what is asked. */
  readonly searched: boolean;
  readonly conditions: readonly string[];
  readonly values: readonly Value[];
}

/** Terms of fewer than three bytes are in no index: the texts of those who are left are looked at. */
function describeFilter(params: ListParams): Filter {
  const values: Value[] = [];
  const bind = (value: Value) => {
    values.push(value);
    return '?';
  };
  const conditions: string[] = [];
  const terms = (params.text_search ?? []).map(fold).filter((term) => term !== '');
  const long = terms.filter((term) => Buffer.byteLength(term) >= 3);
  const searched = long.length > 0;
  if (searched) {
    const match = long.map((term) => `"${spellBytes(term).replaceAll('"', '""')}"`).join(' ');
    conditions.push(`search MATCH ${bind(match)}`);
  }
  const { segments, ignore_segments: ignored } = params;
  if (segments !== undefined) conditions.push(`learners.segments & ${bind(packSegments(segments))}`);
  if (ignored !== undefined) conditions.push(`NOT learners.segments & ${bind(packSegments(ignored))}`);
  if (params.cohort) conditions.push(`learners.cohort = ${bind(params.cohort)}`);
  if (params.enrollment_mode) conditions.push(`learners.enrollment_mode = ${bind(params.enrollment_mode)}`);
  conditions.push(...boundMetrics(params, bind).map((condition) => `learners.${condition}`));
  for (const term of terms.filter((each) => !long.includes(each))) {
    const text = `SELECT search_text FROM texts WHERE texts.id = ${searched ? 'search.rowid' : 'learners.id'}`;
    conditions.push(`instr((${text}), ${bind(term)}) > 0`);
  }
  return { searched, conditions, values };
}
